// Package redact keeps secrets out of logs, and notices when a program printed
// one.
package redact

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// Mask replaces a secret.
const Mask = "***"

// Secrets is a set of values that must not be printed. The zero value is ready.
type Secrets struct {
	mu     sync.Mutex
	values []string
}

// Add declares a value secret from now on.
func (s *Secrets) Add(value string) {
	if value == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = append(s.values, value)
}

// Text masks the secrets in a text and reports whether there were any.
func (s *Secrets) Text(text string) (masked string, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range s.values {
		if strings.Contains(text, value) {
			text, found = strings.ReplaceAll(text, value, Mask), true
		}
	}
	return text, found
}

// Writer masks secrets on their way to another writer, line by line: a secret
// has no line break.
type Writer struct {
	secrets *Secrets
	out     io.Writer

	mu     sync.Mutex
	buffer []byte
	leaked bool
}

// NewWriter returns a Writer. Close writes an unfinished last line.
func NewWriter(secrets *Secrets, out io.Writer) *Writer {
	return &Writer{secrets: secrets, out: out}
}

// maxLine bounds what is kept back for a program that prints without line breaks.
const maxLine = 1 << 20

func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buffer = append(w.buffer, p...)
	end := bytes.LastIndexByte(w.buffer, '\n') + 1
	if end == 0 && len(w.buffer) > maxLine {
		end = len(w.buffer)
	}
	if end == 0 {
		return len(p), nil
	}
	err := w.flush(end)
	return len(p), err
}

func (w *Writer) flush(end int) error {
	text, found := w.secrets.Text(string(w.buffer[:end]))
	w.leaked = w.leaked || found
	w.buffer = append(w.buffer[:0], w.buffer[end:]...)
	_, err := io.WriteString(w.out, text)
	return err
}

// Close writes what is left.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.buffer) == 0 {
		return nil
	}
	return w.flush(len(w.buffer))
}

// Leaked reports whether a secret was among what was written.
func (w *Writer) Leaked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leaked
}
