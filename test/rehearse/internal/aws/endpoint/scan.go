package endpoint

import "fmt"

// Scan is what ECR knows about the vulnerabilities of one image. The rehearsal scans nothing: a
// test says what was found. Left out are enhanced findings, pages, most details of findings, and
// everything that Inspector has beyond that.
type Scan struct {
	// Status is ECR's, such as COMPLETE; empty if there is no scan yet.
	Status string
	// Description explains the status.
	Description string
	// Counts are the findings by severity, in capital letters.
	Counts map[string]int
	// Findings are the findings themselves, if a test says which.
	Findings []Finding
}

// Finding is one that basic scanning has made.
type Finding struct{ Name, Severity, Package string }

func (f Finding) answer() map[string]any {
	return map[string]any{"name": f.Name, "severity": f.Severity,
		"attributes": []any{map[string]any{"key": "package_name", "value": f.Package}}}
}

func (s *Server) describeImageScanFindings(_ Caller, body []byte) (any, error) {
	var in struct {
		Repository string `json:"repositoryName"`
		Image      struct {
			Digest string `json:"imageDigest"`
			Tag    string `json:"imageTag"`
		} `json:"imageId"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if in.Image.Digest == "" {
		// ECR takes a tag as well. What the pipeline judges must not be what another run has moved
		// meanwhile.
		return nil,
			&Error{"InvalidParameterException",
				fmt.Sprintf("the rehearsal supports images by digest only, got the tag %q", in.Image.Tag)}
	}
	scan, err := s.options.Scan(in.Repository, in.Image.Digest)
	if err != nil {
		return nil, err
	}
	if scan.Status == "" {
		return nil,
			&Error{"ScanNotFoundException",
				fmt.Sprintf("Image scan does not exist for the image with '{imageDigest:'%s'}' in the repository with name '%s'",
					in.Image.Digest, in.Repository)}
	}
	counts := scan.Counts
	if counts == nil {
		counts = map[string]int{}
	}
	findings := []any{}
	for _, f := range scan.Findings {
		findings = append(findings, f.answer())
	}
	return map[string]any{
		"repositoryName":    in.Repository,
		"imageId":           map[string]string{"imageDigest": in.Image.Digest},
		"imageScanStatus":   map[string]string{"status": scan.Status, "description": scan.Description},
		"imageScanFindings": map[string]any{"findings": findings, "findingSeverityCounts": counts},
	}, nil
}
