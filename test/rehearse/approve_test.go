package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/codepipeline/actions"
)

// asking is a command that has been given a flag, and what it shows.
func asking(t *testing.T, flag string) (c *command, shown func() string) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	var f flags
	if err := f.approvals.Set(flag); err != nil {
		t.Fatal(err)
	}
	return newCommand(f, out, out), func() string {
		content, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
}

var request = actions.Request{Pipeline: "hello", Stage: "Approval", Action: "Approve",
	Text: "Promote?\nhello: sha256:1", Link: "https://console/1"}

func TestApprovalsFollowTheFlag(t *testing.T) {
	for flag, want := range map[string]actions.Decision{
		"approve": {Approved: true, Summary: "by --approvals approve, the default"},
		"reject":  {Summary: "by --approvals reject"},
	} {
		c, _ := asking(t, flag)
		got, err := c.decide(t.Context(), request)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", flag, got, err)
		}
	}
	if f, err := parseFlags([]string{"."}, io.Discard); err != nil || f.approvals != approve {
		t.Errorf("without the flag: %q, %v", f.approvals, err)
	}
	if _, err := parseFlags([]string{"--approvals", "maybe", "."}, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "use approve, reject or ask") {
		t.Errorf("an unknown answer: %v", err)
	}
}

// Approvals are asked for at the terminal.
func TestApprovalsAtTheTerminal(t *testing.T) {
	c, shown := asking(t, "ask")
	before := answers
	t.Cleanup(func() { answers = before })
	answers = strings.NewReader("y\nYes, it is fine\nno, not today\n\nn")
	var got []actions.Decision
	for range 5 {
		d, err := c.decide(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, d)
	}
	want := []actions.Decision{
		{Approved: true, Summary: "by the person at the terminal"}, {Approved: true, Summary: "it is fine"},
		{Summary: "not today"}, {Summary: "by the person at the terminal"}, {Summary: "by the person at the terminal"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, part := range []string{
		"hello waits for an approval (Approval / Approve):\nPromote?\nhello: sha256:1\nhttps://console/1\n" +
			"Approve? [y/n, and a reason] ",
	} {
		if !strings.Contains(shown(), part) {
			t.Errorf("shown %q, want %q", shown(), part)
		}
	}
	if _, err := c.decide(t.Context(), request); err == nil || !strings.Contains(err.Error(), "nobody answered") {
		t.Errorf("at the end of the input: %v", err)
	}
}

func TestQuestionEndsWithTheRehearsal(t *testing.T) {
	c, _ := asking(t, "ask")
	before := answers
	r, w := io.Pipe()
	t.Cleanup(func() { answers = before; w.Close() })
	answers = r
	stopped := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	if _, err := c.decide(ctx, request); !errors.Is(err, stopped) {
		t.Errorf("got %v, want %v", err, stopped)
	}
}
