package cli

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// terminal takes what is written, while it is looked at.
type terminal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

func TestProgressIsShownAndTakenAway(t *testing.T) {
	w := &terminal{}
	p := &progress{}
	p.documents.Store(3)
	p.bytes.Store(12_340_000)
	p.run(w, "app\x1b[31m:1", 0)
	const want = "app\\u001b[31m:1: read 3 documents, 12.3 MB …"
	for end := time.Now().Add(10 * time.Second); !strings.Contains(w.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("shown: %q, want %q", w.String(), want)
		}
	}
	p.stop()
	if got := w.String(); !strings.HasSuffix(got, clearLine) || strings.Contains(got, "\n") {
		t.Errorf("left on the terminal: %q", got)
	}
}

func TestQuickImagesShowNoProgress(t *testing.T) {
	w := &terminal{}
	p := &progress{}
	p.run(w, "app", time.Hour)
	p.stop()
	if got := w.String(); got != "" {
		t.Errorf("shown: %q", got)
	}
}

func TestProgressIsForTerminalsOnly(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, p := range []*progress{startProgress(&bytes.Buffer{}, "app"), startProgress(null, "app")} {
		if p.ended != nil {
			t.Error("it was started")
		}
		p.stop()
	}
}
