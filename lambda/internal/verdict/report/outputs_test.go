package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
	"archway/version"
)

var golden = flag.Bool("golden", false, "write the golden files of the outputs anew")

// verdicts are of three images: one good, one with findings of each weight and with text that would
// steer any of the formats, and one that could not be read.
func verdicts(out report.Output) error {
	const amd64 = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	const hostile = "a|b `c` @me <img src=x> ](https://evil.example) 100%\n::error::x ]]> & \"q\""
	good := check.Verdict{Image: &index.Image{Digest: amd64}}
	bad := check.Verdict{Image: &index.Image{Digest: amd64}, Findings: []check.Finding{
		{Check: "platform-set", Severity: check.Error, Subject: check.Subject{Digest: amd64},
			Problem: "linux/arm64 is missing", Cure: "build it"},
		{Check: "entry-elf", Severity: check.Error, Subject: check.Subject{Digest: amd64, Platform: "linux/amd64"},
			Problem: hostile},
		{Check: "entry-elf", Severity: check.Warning, Subject: check.Subject{Digest: amd64, Platform: "linux/arm64"},
			Problem: "is odd"},
		{Check: "rootfs", Severity: check.Info, Subject: check.Subject{Digest: amd64, Platform: "linux/amd64"},
			Problem: "differs", Downgraded: &check.Downgraded{From: check.Error, Reason: "as | always"}},
	}}
	out.Add("ghcr.io/me/app:1", good, nil)
	out.Add("ghcr.io/me/app:2,x", bad, nil)
	out.Add("ghcr.io/me/none:1", check.Verdict{}, errors.New("there is no such image"))
	return out.End()
}

func written(t *testing.T, format string, how report.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := verdicts(report.Open(format, &b, how)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each format is what its readers expect: compared with what was looked at, and parsed.
func TestOutputs(t *testing.T) {
	if got := report.Formats(); got != "text, json, sarif, junit, github or markdown" {
		t.Errorf("formats: %s", got)
	}
	for _, format := range []string{"text", "sarif", "github", "markdown"} {
		t.Run(format, func(t *testing.T) {
			got := written(t, format, report.Options{})
			if format == "sarif" { // of all rules only some stand in the golden file
				got = regexp.MustCompile(`(?s)"rules": \[.*?\n          \]`).ReplaceAllString(got, `"rules": []`)
				got = strings.Replace(got, `"version": "`+version.Version+`"`, `"version": "VERSION"`, 1)
			}
			file := "testdata/" + format + ".golden"
			if *golden {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got, -golden writes it anew):\n%s", diff)
			}
		})
	}
}

// Every result of SARIF has a rule that is listed, and a level that there is.
func TestSARIF(t *testing.T) {
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Invocations []struct{ ExecutionSuccessful bool }
			Results     []struct{ RuleID, Level string }
		}
	}
	if err := json.Unmarshal([]byte(written(t, "sarif", report.Options{})), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	rules := map[string]bool{}
	for _, r := range run.Tool.Driver.Rules {
		rules[r.ID] = true
	}
	var levels []string
	for _, r := range run.Results {
		if !rules[r.RuleID] {
			t.Errorf("there is no rule %s", r.RuleID)
		}
		levels = append(levels, r.Level)
	}
	if log.Version != "2.1.0" || len(rules) != len(check.All()) || run.Invocations[0].ExecutionSuccessful ||
		!cmp.Equal(levels, []string{"error", "error", "warning", "note"}) {
		t.Errorf("version %s, %d rules, levels %v, %+v", log.Version, len(rules), levels, run.Invocations)
	}
}

// JUnit's numbers are those of its cases, and what it says survives XML.
func TestJUnit(t *testing.T) {
	type suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Cases    []struct {
			Failure *struct {
				Text string `xml:",chardata"`
			} `xml:"failure"`
			Error *struct{} `xml:"error"`
		} `xml:"testcase"`
	}
	var all struct {
		suite
		Suites []suite `xml:"testsuite"`
	}
	decoder := xml.NewDecoder(strings.NewReader(written(t, "junit", report.Options{})))
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) && err != nil {
		t.Errorf("after the document: %v", err)
	}
	tests, failures, failed := 0, 0, 0
	said := ""
	for _, s := range all.Suites {
		own := 0
		for _, c := range s.Cases {
			if c.Failure != nil {
				own++
				said += c.Failure.Text
			}
			if c.Error != nil {
				failed++
			}
		}
		if s.Tests != len(s.Cases) || s.Failures != own {
			t.Errorf("%d cases and %d failures, said are %d and %d", len(s.Cases), own, s.Tests, s.Failures)
		}
		tests, failures = tests+len(s.Cases), failures+own
	}
	if all.Tests != tests || all.Failures != failures || all.Errors != failed || failures != 2 || failed != 1 {
		t.Errorf("%+v, want %d, %d, %d", all.suite, tests, failures, failed)
	}
	if !strings.Contains(said, "<img src=x>") {
		t.Errorf("lost: %s", said)
	}
}

// Colors stand around words alone, and quiet leaves out what is valid.
func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := verdicts(report.Open("text", &b, report.Options{Color: &b})); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "ghcr.io/me/app:1: \x1b[1;32mvalid\x1b[0m\n") ||
		!strings.Contains(got, "\n  \x1b[1;31merror\x1b[0m  platform-set\n") {
		t.Errorf("%q", got)
	}
	if got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(b.String(), ""); got != written(t, "text",
		report.Options{}) {
		t.Errorf("with colors another text:\n%s", got)
	}
	quiet := written(t, "text", report.Options{Quiet: true})
	if strings.Contains(quiet, "app:1: ") || !strings.Contains(quiet, "NOT VALID") ||
		!strings.HasSuffix(quiet, "1 of 3 images valid, 1 not known\n") {
		t.Errorf("quiet:\n%s", quiet)
	}
}
