package redact

import (
	"bytes"
	"testing"
)

// A writer masks secrets, also across writes.
func TestWriterMasksSecrets(t *testing.T) {
	secrets := &Secrets{}
	secrets.Add("hunter2")
	secrets.Add("")
	var out bytes.Buffer
	w := NewWriter(secrets, &out)
	for _, part := range []string{"password hun", "ter2, again: hunter2\nnext", " line\n", "unfinished"} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "password ***, again: ***\nnext line\nunfinished"; got != want || !w.Leaked() {
		t.Errorf("got %q, leaked %v, expected %q", got, w.Leaked(), want)
	}
}

func TestWriterKnowsThatNothingLeaked(t *testing.T) {
	secrets := &Secrets{}
	secrets.Add("hunter2")
	var out bytes.Buffer
	w := NewWriter(secrets, &out)
	if _, err := w.Write([]byte("nothing here\n")); err != nil || w.Leaked() || out.String() != "nothing here\n" {
		t.Errorf("got %q, leaked %v, %v", out.String(), w.Leaked(), err)
	}
}
