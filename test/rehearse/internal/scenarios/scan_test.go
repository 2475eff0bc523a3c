package scenarios_test

import (
	"os"
	"strings"
	"sync"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
)

// scans says what ECR knows about the images of one repository, by the platform's name.
type scans struct {
	mu         sync.Mutex
	byPlatform map[string]endpoint.Scan
	// asked are the platforms whose images were asked about.
	asked chan string
}

func (s *scans) set(platform string, scan endpoint.Scan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byPlatform[platform] = scan
}

// scan finds out the platform by the build that pushed the image.
func (s *scans) scan(w **world) func(repository, digest string) endpoint.Scan {
	return func(_, digest string) endpoint.Scan {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, x := range (*w).Executions(scanned) {
			r := x.Result()
			for _, platform := range []string{"amd64", "arm64"} {
				if r.Variables["Build-app-"+platform]["IMAGE_DIGEST"] == digest {
					s.asked <- platform
					return s.byPlatform[platform]
				}
			}
		}
		return endpoint.Scan{Status: "FAILED", Description: "the test does not know the image " + digest}
	}
}

const scanned = "scanned"

func deployScanned(t *testing.T) (*world, *scans) {
	t.Helper()
	clean := endpoint.Scan{Status: "COMPLETE"}
	s := &scans{byPlatform: map[string]endpoint.Scan{"amd64": clean, "arm64": clean}, asked: make(chan string, 1000)}
	w := new(*world)
	scan := s.scan(w)
	*w = deployWith(t, gates+scanned, options{scan: scan})
	return *w, s
}

// An image with too many findings is not promoted, and a retry asks again.
func TestTooManyFindings(t *testing.T) {
	w, s := deployScanned(t)
	first := w.seed(scanned).Wait()[0]
	want := "linux/amd64: 0 critical, 0 high, 0 medium, 0 low; linux/arm64: 0 critical, 0 high, 0 medium, 0 low"
	if got := first.Action("ScanGate", "app").Message; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	before, err := w.Tags(scanned)
	if err != nil {
		t.Fatal(err)
	}
	// What is allowed is not too much; one platform is enough.
	s.set("amd64", endpoint.Scan{Status: "COMPLETE", Counts: map[string]int{"HIGH": 2, "MEDIUM": 100}})
	s.set("arm64", endpoint.Scan{Status: "COMPLETE", Counts: map[string]int{"HIGH": 3}})
	push := w.commit(scanned, "main", "2")
	x := push.Wait()[0]
	wantStatuses(t, x,
		"Source Succeeded, Build Succeeded, Merge Succeeded, Validate Succeeded, ScanGate Failed, SmokeTest DidNotRun, Promote DidNotRun")
	message := x.Action("ScanGate", "app").Message
	if !strings.Contains(message, "No tag was moved.\nlinux/arm64 (sha256:") ||
		!strings.Contains(message, ") has 3 high, allowed 2.") || strings.Contains(message, "linux/amd64") {
		t.Errorf("message %q", message)
	}
	w.wantTags(scanned, before)

	s.set("arm64", endpoint.Scan{Status: "COMPLETE"})
	again, err := w.RetryStage(t.Context(), scanned, "ScanGate", x.Execution, codepipeline.FailedActions)
	if err != nil {
		t.Fatal(err)
	}
	x = again.Wait()
	w.succeeded(x)
	digest := validated(x, "app")
	before[push.Commit()[:12]], before["latest"], before["main"] = digest, digest, digest
	w.wantTags(scanned, before)
}

// Accepted findings pass until their day is over.
func TestAcceptedFindings(t *testing.T) {
	w, s := deployScanned(t)
	s.set("amd64",
		endpoint.Scan{Status: "COMPLETE", Counts: map[string]int{"CRITICAL": 1, "HIGH": 1},
			Findings: []endpoint.Finding{
				{Name: "CVE-2026-1", Severity: "CRITICAL", Package: "zlib"},
				{Name: "CVE-2026-2", Severity: "HIGH", Package: "curl"},
			}})
	first := w.seed(scanned).Wait()[0]
	accepted := first.Action("ScanGate", "app")
	want := "linux/amd64: 0 critical, 1 high, 0 medium, 0 low, 1 accepted (CVE-2026-1); " +
		"linux/arm64: 0 critical, 0 high, 0 medium, 0 low"
	if accepted.Message != want {
		t.Errorf("message %q, want %q", accepted.Message, want)
	}
	log, err := os.ReadFile(accepted.Log)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"msg":"accepted"`, `"id":"CVE-2026-1"`, `"reason":"the \"library\" is not loaded"`, `"until":"2999-12-31"`,
		`"msg":"accepted, and not found in any image: it can be removed"`, `"id":"CVE-2025-1"`,
	} {
		if !strings.Contains(string(log), part) {
			t.Errorf("the log lacks %s:\n%s", part, log)
		}
	}
	before, err := w.Tags(scanned)
	if err != nil {
		t.Fatal(err)
	}
	s.set("amd64",
		endpoint.Scan{Status: "COMPLETE", Counts: map[string]int{"CRITICAL": 2}, Findings: []endpoint.Finding{
			{Name: "CVE-2026-1", Severity: "CRITICAL", Package: "zlib"},
			{Name: "CVE-2025-1", Severity: "CRITICAL", Package: "openssl"},
		}})
	x := w.commit(scanned, "main", "2").Wait()[0]
	refused := x.Action("ScanGate", "app")
	if refused.Status != codepipeline.Failed ||
		!strings.Contains(refused.Message,
			") has 1 critical, allowed 0: CVE-2025-1 in openssl (accepted until 2025-12-31).") {
		t.Errorf("%s: %q", refused.Status, refused.Message)
	}
	if log, err := os.ReadFile(refused.Log); err != nil ||
		!strings.Contains(string(log), `"msg":"accepted no longer: it counts again"`) {
		t.Errorf("%v\n%s", err, log)
	}
	w.wantTags(scanned, before)
}

func TestScanThatHasNotEndedIsWaitedFor(t *testing.T) {
	w, s := deployScanned(t)
	s.set("arm64", endpoint.Scan{}) // there is none yet
	push, err := w.PushSeed(t.Context(), scanned, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan codepipeline.Result, 1)
	go func() { ended <- push.Wait()[0] }()
	for _, next := range []endpoint.Scan{{Status: "IN_PROGRESS"}, {Status: "COMPLETE"}} {
		for platform := ""; platform != "arm64"; {
			select {
			case platform = <-s.asked:
			case r := <-ended:
				w.succeeded(r)
				t.Fatal("it did not wait")
			}
		}
		w.wantTags(scanned, map[string]string{})
		s.set("arm64", next)
	}
	x := push.Wait()[0]
	w.succeeded(x)
	digest := validated(x, "app")
	w.wantTags(scanned, map[string]string{push.Commit()[:12]: digest, "latest": digest, "main": digest})
}
