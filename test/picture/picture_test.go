package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden picture anew, instead of comparing with it")

const example = "testdata/assembly"

func draw(t *testing.T, arguments ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := run(arguments, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPictureIsAsReviewed(t *testing.T) {
	const golden = "testdata/shop.svg"
	got := draw(t, example)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("the picture changes; if that is meant, run go test ./test/picture -update and look at %s (-want +got):\n%s",
			golden, diff)
	}
	for range 5 {
		if again := draw(t, example); !bytes.Equal(got, again) {
			t.Fatal("the same assembly gave another picture")
		}
	}
}

// A picture is well-formed, and tells its content in words.
func TestPictureInWords(t *testing.T) {
	var svg struct {
		Role  string `xml:"role,attr"`
		Label string `xml:"aria-labelledby,attr"`
		Title struct {
			ID   string `xml:"id,attr"`
			Text string `xml:",chardata"`
		} `xml:"title"`
		Description struct {
			ID   string `xml:"id,attr"`
			Text string `xml:",chardata"`
		} `xml:"desc"`
	}
	if err := xml.Unmarshal(draw(t, example), &svg); err != nil {
		t.Fatal(err)
	}
	if svg.Role != "img" || svg.Label != svg.Title.ID+" "+svg.Description.ID || svg.Title.Text != "The pipeline shop" {
		t.Errorf("got role %q, label %q, title %q", svg.Role, svg.Label, svg.Title.Text)
	}
	for _, want := range []string{
		"Stage 2, Build: api-arm64 (CodeBuild Graviton, medium, ≤ 60 min).",
		"Stage 6, Approve: look (a person approves, ≤ 3 days).",
		"api-check (Lambda, elsewhere), then api (Lambda, elsewhere) and ui (Lambda, elsewhere)",
		"validate may use", "everybody may use Artifacts/Bucket (denied: s3: *).",
	} {
		if !strings.Contains(svg.Description.Text, want) {
			t.Errorf("the description lacks %q:\n%s", want, svg.Description.Text)
		}
	}
}

// A subscription's address may hold a token. A picture holds none.
func TestPictureHidesAddresses(t *testing.T) {
	if bytes.Contains(draw(t, example), []byte("token-that-stays-secret")) {
		t.Error("the picture shows the endpoint of a subscription")
	}
}

func TestPictureOfOneStack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "picture.svg")
	draw(t, "-stack", "shop", "-o", file, example)
	if content, err := os.ReadFile(file); err != nil || !bytes.Equal(content, draw(t, example)) {
		t.Errorf("the file is not the picture: %v", err)
	}
}

// withRegistry is an assembly with a stack that has no pipeline, and the example's if it is asked
// for.
func withRegistry(t *testing.T, shop bool) string {
	t.Helper()
	dir := t.TempDir()
	stacks := `"archway-registry": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "registry.json"}}`
	if shop {
		if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
			t.Fatal(err)
		}
		stacks += `, "shop": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "shop.template.json"}, "additionalMetadataFile": "shop.metadata.json"}`
	}
	for name, content := range map[string]string{
		"manifest.json": `{"artifacts": {` + stacks + `}}`,
		"registry.json": `{"Resources": {"Profile": {"Type": "AWS::Signer::SigningProfile", "Properties": {}}}}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The picture leaves out stacks without a pipeline.
func TestPictureWithoutPipeline(t *testing.T) {
	dir := withRegistry(t, true)
	if !bytes.Equal(draw(t, dir), draw(t, example)) {
		t.Error("the registry's stack changes the picture")
	}
	if picture := draw(t, "-stack", "archway-registry", dir); !bytes.Contains(picture,
		[]byte("Signer::SigningProfile")) {
		t.Error("a stack that is asked for is not drawn")
	}
}

func TestWhatCanNotBeDrawn(t *testing.T) {
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "manifest.json"), []byte(`{"artifacts": {}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		arguments []string
		want      string
	}{
		"no folder":         {nil, "got 0 folders, expected one"},
		"no assembly":       {[]string{t.TempDir()}, "is no cloud assembly"},
		"no stack":          {[]string{empty}, "has no stack"},
		"no pipeline":       {[]string{withRegistry(t, false)}, "has no stack with a pipeline"},
		"no such stack":     {[]string{"-stack", "other", example}, `has no stack "other"`},
		"file can't be":     {[]string{"-o", filepath.Join(empty, "no", "file"), example}, "no such file"},
		"flag that is none": {[]string{"-x", example}, "-x"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(test.arguments, io.Discard, io.Discard); err == nil ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, expected %q", err, test.want)
			}
		})
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	var help bytes.Buffer
	if err := run([]string{"--help"}, io.Discard, &help); err != nil || !strings.Contains(help.String(), "-stack") {
		t.Errorf("got %v and %q, expected the flags", err, help.String())
	}
}
