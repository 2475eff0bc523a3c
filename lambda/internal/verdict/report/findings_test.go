package report

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/verdict/check"
)

func TestRenderings(t *testing.T) {
	subject := check.Subject{Digest: "sha256:" + strings.Repeat("a", 64), Platform: "linux/amd64"}
	findings := []check.Finding{
		{Check: "rootfs", Severity: check.Error, Subject: subject, Problem: "it is broken", Cure: "mend it"},
		{Check: "sbom", Severity: check.Warning, Problem: "it is silent",
			Downgraded: &check.Downgraded{From: check.Error, Reason: "nobody reads it"}},
	}
	got := []string{Tally(nil), Tally(findings), Tally(append(findings, findings[1]))}
	got = append(got, List(findings)...)
	var lines bytes.Buffer
	Log(slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})), findings)
	got = append(got, strings.Split(strings.TrimSpace(lines.String()), "\n")...)
	want := []string{
		"no errors", "1 error, 1 warning", "1 error, 2 warnings",
		"\n1. error rootfs: linux/amd64 (sha256:aaaaaaaaaaaa): it is broken; mend it.",
		"\n2. warning sbom: the reference: it is silent. (Downgraded from error: nobody reads it)",
		`{"level":"WARN","msg":"finding","check":"rootfs","severity":"error","subject":"` + subject.Digest +
			`","platform":"linux/amd64","message":"linux/amd64 (sha256:aaaaaaaaaaaa): it is broken; mend it"}`,
		`{"level":"WARN","msg":"finding","check":"sbom","severity":"warning","subject":"","platform":"",` +
			`"downgradedFrom":"error","reason":"nobody reads it","message":"the reference: it is silent"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
