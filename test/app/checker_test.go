package app_test

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"sigs.k8s.io/yaml"
)

// The snippets of docs/checker.md are YAML, and the commands by which they check an image run as
// they stand there, against a registry whose image lacks everything.
func TestCheckerPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/checker.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	program := filepath.Join(bin, "archway-validate")
	if out, err := exec.Command("go", "build", "-o", program, "archway/lambda/validate").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer s.Close()
	image := strings.TrimPrefix(s.URL, "http://") + "/app:0123"
	reference, err := name.ParseReference(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(reference, empty.Index); err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(yaml|groovy|sh)\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	commands := 0
	for _, block := range blocks {
		var parsed map[string]any
		if block[1] == "yaml" {
			if err := yaml.UnmarshalStrict([]byte(block[2]), &parsed); err != nil || len(parsed) == 0 {
				t.Errorf("%v:\n%s", err, block[2])
			}
		}
		for line := range strings.Lines(block[2]) {
			command := strings.TrimRight(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "- ")), "'")
			command = strings.TrimPrefix(command, "sh '")
			command = strings.Replace(command, "./archway-validate-linux-amd64", "archway-validate", 1)
			command = strings.Replace(command, "$IMAGE:${{ github.sha }}", "$IMAGE", 1)
			if !strings.HasPrefix(command, "archway-validate ") {
				continue
			}
			commands++
			run := exec.Command("bash", "-euc", command)
			run.Dir = t.TempDir()
			run.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "IMAGE=" + image, "HOME=" + run.Dir}
			out, err := run.CombinedOutput()
			if run.ProcessState.ExitCode() != 1 {
				t.Errorf("%s: %v\n%s", command, err, out)
			}
			if written,
				err := os.ReadFile(filepath.Join(run.Dir, "validate.xml")); strings.Contains(command, "validate.xml") &&
				(err != nil || !strings.Contains(string(written), "<failure")) {
				t.Errorf("%s: %v\n%s", command, err, written)
			}
		}
	}
	if commands != 5 {
		t.Errorf("%d commands were run", commands)
	}
}
