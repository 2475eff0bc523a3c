package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// shortest is the length from which a text is taken for a secret; what is shorter would mask words.
const shortest = 8

// masker keeps credentials out of what is printed.
type masker struct {
	mutex   sync.Mutex
	secrets []string
}

func (m *masker) add(secret string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if len(secret) >= shortest && !slices.Contains(m.secrets, secret) {
		m.secrets = append(m.secrets, secret)
	}
}

// credentials tells the masker of each that is handed out: those of a session change.
func (m *masker) credentials(provider aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := provider.Retrieve(ctx)
		for _, secret := range []string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken} {
			m.add(secret)
		}
		return c, err
	})
}

type maskedWriter struct {
	m *masker
	w io.Writer
}

func (m *masker) writer(w io.Writer) io.Writer { return maskedWriter{m, w} }

// Write takes whole lines.
func (w maskedWriter) Write(p []byte) (int, error) {
	w.m.mutex.Lock()
	defer w.m.mutex.Unlock()
	masked := p
	for _, s := range w.m.secrets {
		masked = bytes.ReplaceAll(masked, []byte(s), []byte("***"))
	}
	_, err := w.w.Write(masked)
	return len(p), err
}
