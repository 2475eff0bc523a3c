package rehearsal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"archway/test/rehearse/internal/report/redact"
)

// openLog opens the log of an action.
func (r *Rehearsal) openLog(execution, stage, action string) (io.WriteCloser, string, error) {
	r.mu.Lock()
	r.logCount++
	number := r.logCount
	r.mu.Unlock()
	dir, err := r.folder(filepath.Join("logs", execution))
	if err != nil {
		return nil, "", err
	}
	name := filepath.Join(dir, fmt.Sprintf("%03d-%s-%s.log", number, stage, action))
	file, err := os.Create(name)
	if err != nil {
		return nil, "", err
	}
	out := io.MultiWriter(file, r.measured.Log())
	if r.options.Stream != nil {
		out = io.MultiWriter(out, r.options.Stream(stage, action))
	}
	return &actionLog{Writer: redact.NewWriter(r.secrets, out), file: file}, name, nil
}

// Redact masks the secrets of this rehearsal in a text, as they are masked in logs.
func (r *Rehearsal) Redact(text string) string {
	masked, _ := r.secrets.Text(text)
	return masked
}

// actionLog is a log that holds no secret.
type actionLog struct {
	*redact.Writer
	file *os.File
}

// ErrLeak says that a program printed a password or a key. What it printed is masked
// here; in a real log it would stand.
var ErrLeak = errors.New("the log held a credential: it is masked here, and would be readable on AWS")

// Close fails if a secret was printed.
func (l *actionLog) Close() error {
	err := errors.Join(l.Writer.Close(), l.file.Close())
	if l.Leaked() {
		err = errors.Join(err, ErrLeak)
	}
	return err
}
