package rehearsal

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"archway/test/rehearse/internal/report/redact"
)

// A log that held a credential fails its action.
func TestLogWithACredential(t *testing.T) {
	var streamed strings.Builder
	r := &Rehearsal{secrets: &redact.Secrets{},
		options: Options{Dir: t.TempDir(), Stream: func(stage, action string) io.Writer { return &streamed }}}
	r.secrets.Add("hunter2")
	for printed, leak := range map[string]bool{"fine\n": false, "password: hunter2\n": true} {
		log, file, err := r.openLog("execution", "Build", "amd64")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(log, printed); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); errors.Is(err, ErrLeak) != leak {
			t.Errorf("%q: got %v", printed, err)
		}
		content, err := os.ReadFile(file)
		if err != nil || strings.Contains(string(content), "hunter2") {
			t.Errorf("the log holds %q, %v", content, err)
		}
	}
	if strings.Contains(streamed.String(), "hunter2") || !strings.Contains(streamed.String(), "fine") {
		t.Errorf("streamed: %q", streamed.String())
	}
}
