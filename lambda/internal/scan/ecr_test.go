package scan

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
)

// answering is a scanner whose ECR gives one answer.
func answering(t *testing.T, status int, body string) (scanner Scanner, asked *string) {
	t.Helper()
	asked = new(string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		*asked = r.Header.Get("X-Amz-Target") + " " + string(text)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return ECR(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(s.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}), asked
}

var image = digest.FromString("image")

func TestECRIsAskedByDigest(t *testing.T) {
	scanner, asked := answering(t, 200, `{"imageScanStatus":{"status":"COMPLETE"}}`)
	if _, err := scanner(t.Context(), "team/app", image); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"DescribeImageScanFindings ", `"repositoryName":"team/app"`,
		`"imageDigest":"` + image.String() + `"`} {
		if !strings.Contains(*asked, part) {
			t.Errorf("asked %s, want %s in it", *asked, part)
		}
	}
	if strings.Contains(*asked, "imageTag") {
		t.Errorf("asked by a tag: %s", *asked)
	}
}

func TestECRsAnswersAreUnderstood(t *testing.T) {
	status := func(status, description string) string {
		return fmt.Sprintf(`{"imageScanStatus":{"status":%q,"description":%q}}`, status, description)
	}
	tests := []struct {
		name string
		body string
		want Scan
	}{
		{"basic scanning",
			`{"imageScanStatus":{"status":"COMPLETE","description":"The scan was completed successfully."},"imageScanFindings":{
			"findingSeverityCounts":{"HIGH":1,"UNDEFINED":2},"findings":[
			{"name":"CVE-2025-1","severity":"HIGH","attributes":[{"key":"package_version","value":"3.0"},{"key":"package_name","value":"openssl"}]},
			{"name":"CVE-2025-2","severity":"UNDEFINED"}]}}`,
			Scan{State: Done, Status: "COMPLETE: The scan was completed successfully",
				Counts: map[string]int{"HIGH": 1, "UNDEFINED": 2},
				Findings: []Finding{{Name: "CVE-2025-1", Severity: "HIGH", Package: "openssl 3.0"},
					{Name: "CVE-2025-2", Severity: "UNDEFINED"}}}},
		{"enhanced scanning",
			`{"imageScanStatus":{"status":"ACTIVE"},"imageScanFindings":{"findingSeverityCounts":{"CRITICAL":2},"enhancedFindings":[
			{"title":"CVE-2025-3 - lodash","severity":"CRITICAL","packageVulnerabilityDetails":{"vulnerabilityId":"CVE-2025-3","vulnerablePackages":[{"name":"lodash","version":"4.0"}]}},
			{"title":"A secret","severity":"CRITICAL"}]}}`,
			Scan{State: Done, Status: "ACTIVE", Counts: map[string]int{"CRITICAL": 2},
				Findings: []Finding{{Name: "CVE-2025-3", Severity: "CRITICAL", Package: "lodash 4.0"},
					{Name: "A secret", Severity: "CRITICAL"}}}},
		{"under way", status("IN_PROGRESS", ""), Scan{State: Waiting, Status: "IN_PROGRESS"}},
		{"not yet begun", status("PENDING", ""), Scan{State: Waiting, Status: "PENDING"}},
		{"nothing known of it", `{}`, Scan{State: Waiting, Status: "unknown"}},
		{"an unknown distribution, enhanced", status("UNSUPPORTED_IMAGE", ""),
			Scan{State: Unscannable, Status: "UNSUPPORTED_IMAGE"}},
		{"an unknown distribution, basic",
			status("FAILED", "UnsupportedImageError: The operating system and/or package manager are not supported."),
			Scan{State: Unscannable,
				Status: "FAILED: UnsupportedImageError: The operating system and/or package manager are not supported"}},
		{"a failure", status("FAILED", "internal"), Scan{State: Broken, Status: "FAILED: internal"}},
		{"too old to be watched", status("SCAN_ELIGIBILITY_EXPIRED", ""),
			Scan{State: Broken, Status: "SCAN_ELIGIBILITY_EXPIRED"}},
		{"gone", status("FINDINGS_UNAVAILABLE", ""), Scan{State: Broken, Status: "FINDINGS_UNAVAILABLE"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.want.Counts == nil {
				test.want.Counts = map[string]int{}
			}
			scanner, _ := answering(t, 200, test.body)
			got, err := scanner(t.Context(), "app", image)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindingsOfAllPagesAreRead(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ NextToken string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		asked = append(asked, in.NextToken)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		next := ""
		if len(asked) < 3 {
			next = fmt.Sprintf(`,"nextToken":"%d"`, len(asked))
		}
		fmt.Fprintf(w,
			`{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findingSeverityCounts":{"LOW":3},"findings":[{"name":"CVE-%d","severity":"LOW"}]}%s}`,
			len(asked), next)
	}))
	t.Cleanup(s.Close)
	got, err := ECR(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(s.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})(t.Context(), "app", image)
	if err != nil {
		t.Fatal(err)
	}
	want := Scan{State: Done, Status: "COMPLETE", Counts: map[string]int{"LOW": 3}, Findings: []Finding{
		{Name: "CVE-1", Severity: "LOW"}, {Name: "CVE-2", Severity: "LOW"}, {Name: "CVE-3", Severity: "LOW"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "1", "2"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// A scan that has not begun is waited for, and other errors are errors.
func TestScanNotBegun(t *testing.T) {
	scanner, _ := answering(t, 400, `{"__type":"ScanNotFoundException","message":"no scan"}`)
	if s, err := scanner(t.Context(), "app", image); err != nil || s.State != Waiting ||
		s.Status != "there is no scan" {
		t.Errorf("%+v, %v", s, err)
	}
	scanner, _ = answering(t, 400, `{"__type":"ImageNotFoundException","message":"no image"}`)
	if _, err := scanner(t.Context(), "app", image); err == nil ||
		!strings.Contains(err.Error(), "ImageNotFoundException") {
		t.Errorf("error %v", err)
	}
}
