package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"archway/test/confirm/facts"
	"archway/test/confirm/internal/trial"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the facts into docs/aws.md")

const (
	document = "../../docs/aws.md"
	mark     = "<!-- Below this line the page is written by: go test ./test/confirm -run Document -update -->\n"
)

// The page has each fact, in the program's own words.
func TestDocument(t *testing.T) {
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	written, listed, ok := strings.Cut(string(content), mark)
	if !ok {
		t.Fatalf("%s has no line %q", document, mark)
	}
	want := page(facts.All())
	if *update {
		if err := os.WriteFile(document, []byte(written+mark+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("go test ./test/confirm -run Document -update writes it (-want +got):\n%s", diff)
	}
	for _, verdict := range []trial.Verdict{trial.Confirmed, trial.Refuted, trial.NotTried} {
		if !strings.Contains(written, string(verdict)) {
			t.Errorf("%s does not say what %q means", document, verdict)
		}
	}
}

func page(all []facts.Fact) string {
	var b strings.Builder
	fmt.Fprint(&b, "\n## The facts\n\n| fact | question | tried |\n|---|---|---|\n")
	for _, f := range all {
		how := "by `make confirm`"
		if f.Try == nil {
			how = "by hand"
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", f.Name, f.Name, f.Question, how)
	}
	for _, f := range all {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| reading | Archway is | rehearsed |\n|---|---|---|\n", f.Name, f.Question)
		for at, r := range f.Readings {
			right := "right"
			if r.Wrong != "" {
				right = "not right: " + r.Wrong
			}
			fmt.Fprintf(&b, "| %s: %s | %s | %s |\n", r.Name, r.Says, right, rehearsed(f, at))
		}
		fmt.Fprintf(&b, "\n%s\n", f.Proof)
		if len(f.ByHand) > 0 {
			fmt.Fprintln(&b)
			for at, step := range f.ByHand {
				fmt.Fprintf(&b, "%d. %s\n", at+1, step)
			}
			continue
		}
		line := trial.Result{Fact: f.Name, Verdict: trial.Confirmed, Says: f.Readings[0].Says, Seen: "…"}
		fmt.Fprintf(&b, "\n```text\n%s\n```\n", line)
	}
	return b.String()
}

func rehearsed(f facts.Fact, at int) string {
	with := ""
	if option := f.Readings[at].Option; option != "" {
		with = fmt.Sprintf("`make rehearse ARGS='--readings %s'`", option)
	}
	switch {
	case f.Unrehearsed:
		return "no"
	case at == 0 && with != "":
		return "always; in its other half by " + with
	case at == 0:
		return "always"
	case with == "":
		return "no"
	}
	return "by " + with
}
