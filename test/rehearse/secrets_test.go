package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/report"

	"github.com/klauspost/compress/zstd"
)

// Secrets of a build get into no layer, label, log or attestation. A value that the build is told
// openly is found in all four places, so that not finding a secret there means something.
func TestSecretsOfABuild(t *testing.T) {
	r := rehearse(t, "testdata/secrets/cdk.json")
	push, err := r.PushSeed(t.Context(), "secrets",
		write("number", rand.Text())) // else the layers of an earlier run are taken again
	result := only(t, push, err)
	if result.Status != codepipeline.Succeeded {
		t.Fatalf("got %s", result.Status)
	}
	// A public tag is pointed elsewhere, so that a topic with the same key is told.
	index, err := report.ReadRegistry(r, "secrets")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Retag("secrets", "latest", index.Tagged[0].Entries[0].Digest); err != nil {
		t.Fatal(err)
	}
	if log, err := r.RunSchedules(t.Context()); err != nil || len(r.Notices()) != 1 {
		t.Errorf("%v: a topic was told %+v\n%s", err, r.Notices(), log)
	}
	for _, call := range r.Calls() {
		if call.Code != "" {
			t.Errorf("the call %s of %s was refused: %s", call.Operation, call.Caller, call.Code)
		}
	}

	// With a key and secrets of its own, the pipeline still has no permission for them that it does
	// not need.
	permissions := r.Permissions()
	for _, refused := range permissions.Refused {
		t.Errorf("refused: %s", refused)
	}
	for _, unused := range permissions.Unused {
		service, _, _ := strings.Cut(unused.Action, ":")
		alarms := strings.Contains(unused.Statement, ".KeyPolicy.Statement[2]") // none goes off here
		if slices.Contains([]string{"kms", "secretsmanager", "ssm"}, service) && !alarms {
			t.Errorf("nothing needs %+v", unused)
		}
	}

	npmrc, token := r.BuildSecret(codebuild.SecretsManager, "build/npm"),
		r.BuildSecret(codebuild.ParameterStore, "/build/token")
	const open = "known-to-everybody"
	var kinds = map[string]int{}
	stored(t, r.Dir(), func(path string, content []byte) {
		for _, secret := range []string{npmrc, token} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds a secret", path)
			}
		}
		if bytes.Contains(content, []byte(open)) {
			kinds[kind(path, content)]++
		}
		if bytes.Contains(content, []byte(sum(npmrc))) && bytes.Contains(content, []byte(sum(token))) {
			kinds["proof"]++
		}
	})
	for _, action := range result.Stage("Build").Actions {
		log, err := os.ReadFile(action.Log)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(log), "\nBase image without a digest: debian:bookworm-slim\n") {
			t.Errorf("the log of %s does not tell of a base image that may change:\n%s", action.Name, log)
		}
		if !strings.Contains(string(log), "the token is ***\n") {
			t.Errorf("the log of %s does not mask the secret:\n%s", action.Name, log)
		}
	}
	for _, kind := range []string{"layer", "config", "attestation", "log", "proof"} {
		if kinds[kind] == 0 {
			t.Errorf("what is no secret was looked for in each %s, and not found", kind)
		}
	}
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

func kind(path string, content []byte) string {
	switch {
	case strings.HasSuffix(path, ".log"):
		return "log"
	case bytes.Contains(content, []byte(`"predicateType"`)):
		return "attestation"
	case bytes.HasPrefix(content, []byte("{")) && bytes.Contains(content, []byte(`"rootfs"`)):
		return "config"
	case !bytes.HasPrefix(content, []byte("{")):
		return "layer"
	}
	return "manifest"
}

// stored visits every blob of the registry, caches and all, uncompressed, and every log.
func stored(t *testing.T, dir string, visit func(path string, content []byte)) {
	t.Helper()
	for _, folder := range []string{"registry", "logs"} {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			defer file.Close()
			content, err := io.ReadAll(file)
			if err != nil {
				return err
			}
			plain, err := uncompressed(content)
			if err != nil {
				return err
			}
			visit(path, plain)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func uncompressed(content []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(content, []byte{0x1f, 0x8b}):
		r, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	case bytes.HasPrefix(content, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		r, err := zstd.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	return content, nil
}
