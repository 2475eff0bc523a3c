package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// specimen is an image of which it is known what is wrong with it.
type specimen struct {
	name string
	// check is the one that must refuse it. Empty: the image is good.
	check string
	make  func(*maker) []v1.Descriptor
}

var specimens = []specimen{
	{"good", "", func(m *maker) []v1.Descriptor { return m.both(nil) }},
	{"good, with provenance as BuildKit makes it", "", func(m *maker) []v1.Descriptor {
		entries := m.both(nil)
		return append(entries, m.provenance(entries[0]), m.provenance(entries[1]))
	}},
	{"good, v8 in the config alone", "", func(m *maker) []v1.Descriptor {
		arm64 := m.image(v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}, m.app("arm64"))
		arm64.Platform.Variant = ""
		return []v1.Descriptor{m.good("amd64"), arm64}
	}},
	{"good, v8 in the index alone", "", func(m *maker) []v1.Descriptor {
		arm64 := m.good("arm64")
		arm64.Platform.Variant = "v8"
		return []v1.Descriptor{m.good("amd64"), arm64}
	}},
	{"a program of the other machine", "entry-elf",
		func(m *maker) []v1.Descriptor { return m.both(staticELF("amd64")) }},
	{"no dynamic loader", "elf-interp",
		func(m *maker) []v1.Descriptor { return m.both(program("arm64", loaderOf["arm64"])) }},
	{"a script with Windows line ends", "shebang",
		func(m *maker) []v1.Descriptor { return m.both([]byte("#!/bin/sh\r\necho hello\r\n")) }},
	{"a platform is missing", "platform-set",
		func(m *maker) []v1.Descriptor { return []v1.Descriptor{m.good("amd64")} }},
	{"the platforms are swapped", "config-platform", func(m *maker) []v1.Descriptor {
		entries := m.both(nil)
		entries[0].Platform, entries[1].Platform = entries[1].Platform, entries[0].Platform
		return entries
	}},
	{"one image under both platforms", "digest-dup", func(m *maker) []v1.Descriptor {
		amd64 := m.good("amd64")
		arm64 := amd64
		platform := linux("arm64")
		arm64.Platform = &platform
		return []v1.Descriptor{amd64, arm64}
	}},
	{"a child is gone", "child-missing", func(m *maker) []v1.Descriptor {
		entries := m.both(nil)
		m.remove(entries[1].Digest)
		return entries
	}},
	{"a layer is gone", "layer-missing", func(m *maker) []v1.Descriptor {
		l := m.app("arm64")
		entries := []v1.Descriptor{m.good("amd64"), m.image(linux("arm64"), l)}
		m.remove(l.Digest)
		return entries
	}},
	{"a byte of a layer is another", "layer-digest", func(m *maker) []v1.Descriptor {
		l := m.app("arm64")
		if b, err := os.ReadFile(m.file(l.Digest)); err == nil {
			b[len(b)/2] ^= 1
			m.note(os.WriteFile(m.file(l.Digest), b, 0o644))
		}
		return []v1.Descriptor{m.good("amd64"), m.image(linux("arm64"), l)}
	}},
	{"a wrong size of a child", "descriptor", func(m *maker) []v1.Descriptor {
		entries := m.both(nil)
		entries[1].Size++
		return entries
	}},
	{"two commits", "same-revision", func(m *maker) []v1.Descriptor {
		m.revision = strings.Repeat("1", 40)
		amd64 := m.good("amd64")
		m.revision = strings.Repeat("2", 40)
		return []v1.Descriptor{amd64, m.good("arm64")}
	}},
	{"fewer layers in the config", "rootfs", func(m *maker) []v1.Descriptor {
		l := m.app("arm64")
		entry := m.image(linux("arm64"), l)
		manifest := v1.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest,
			Layers: []v1.Descriptor{l.Descriptor}}
		manifest.Config = m.document(v1.MediaTypeImageConfig,
			v1.Image{Platform: linux("arm64"), Config: v1.ImageConfig{Entrypoint: []string{"/app"}},
				RootFS: v1.RootFS{Type: "layers"}})
		changed := m.document(v1.MediaTypeImageManifest, manifest)
		changed.Platform = entry.Platform
		return []v1.Descriptor{m.good("amd64"), changed}
	}},
}

// maker makes small images.
type maker struct {
	*folder
	revision string
	layers   int
}

// app is a layer with a good program.
func (m *maker) app(arch string) layer { return m.file64(staticELF(arch)) }

func (m *maker) file64(content []byte) layer {
	m.layers++
	return m.layer(func(w *tar.Writer) error {
		t := newTree(w, fmt.Sprint("specimen ", m.layers)) // no two layers are the same
		t.file("app", 0o755, content, len(content))
		t.file("data", 0o644, nil, 4096)
		return t.err
	}, ordinary)
}

func (m *maker) image(platform v1.Platform, l layer) v1.Descriptor {
	run := v1.ImageConfig{Entrypoint: []string{"/app"}}
	if m.revision != "" {
		run.Labels = map[string]string{v1.AnnotationRevision: m.revision}
	}
	return m.folder.image(platform, run, l)
}

func (m *maker) good(arch string) v1.Descriptor { return m.image(linux(arch), m.app(arch)) }

// both are images for both platforms; the one for arm64 starts the program, if there is one.
func (m *maker) both(arm64 []byte) []v1.Descriptor {
	if arm64 == nil {
		arm64 = staticELF("arm64")
	}
	return []v1.Descriptor{m.good("amd64"), m.image(linux("arm64"), m.file64(arm64))}
}

// provenance is an attestation as BuildKit attaches it.
func (m *maker) provenance(of v1.Descriptor) v1.Descriptor {
	statement := m.document("application/vnd.in-toto+json", map[string]any{
		"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://slsa.dev/provenance/v0.2",
		"predicate": map[string]any{},
		"subject":   []any{map[string]any{"name": "app", "digest": map[string]string{"sha256": of.Digest.Encoded()}}},
	})
	statement.Annotations = map[string]string{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}
	unknown := v1.Platform{OS: "unknown", Architecture: "unknown"}
	config := m.document(v1.MediaTypeImageConfig,
		v1.Image{Platform: unknown, RootFS: v1.RootFS{Type: "layers", DiffIDs: []digest.Digest{statement.Digest}}})
	entry := m.document(v1.MediaTypeImageManifest, v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest, Config: config,
		Layers: []v1.Descriptor{statement},
	})
	entry.Platform = &unknown
	entry.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest",
		"vnd.docker.reference.digest": of.Digest.String()}
	return entry
}

// compareVerdicts has both judge good and broken images. It fails if the validator's verdict is not
// the right one.
func compareVerdicts(ctx context.Context, path, ours, crane string) error {
	f := newFolder(path)
	for i, s := range specimens {
		f.index(fmt.Sprintf("specimen-%d", i), s.make(&maker{folder: f, layers: 100 * i})...)
	}
	if f.err != nil {
		return f.err
	}
	registry, err := serve(path)
	if err != nil {
		return err
	}
	defer registry.close()
	fmt.Printf("  %-44s %-38s %s\n", "verdicts", "validate", "crane validate --remote")
	var problems []error
	right := [2]int{}
	for i, s := range specimens {
		image := fmt.Sprintf("%s:specimen-%d", registry.repository, i)
		m, err := measure(ctx, registry, ours, "-o", "json", image)
		if err != nil {
			return fmt.Errorf("validate: %w", err)
		}
		refusing, err := errorsOf(m)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		c, err := measure(ctx, registry, crane, "validate", "--remote", image)
		if err != nil {
			return fmt.Errorf("crane: %w", err)
		}
		if good := s.check == ""; good != (m.code == 0) || !good && !slices.Contains(refusing, s.check) {
			problems = append(problems,
				fmt.Errorf("%s: validate finds %q with exit code %d, expected %q", s.name, refusing, m.code, s.check))
		} else {
			right[0]++
		}
		verdict := func(code int) string {
			if code == 0 {
				return "valid"
			}
			return "refused"
		}
		theirs := verdict(c.code)
		if (s.check == "") != (c.code == 0) {
			theirs += "  (wrong)"
		} else {
			right[1]++
		}
		fmt.Printf("  %-44s %-38s %s\n", s.name, strings.TrimSpace(verdict(m.code)+" "+strings.Join(refusing, ", ")),
			theirs)
	}
	fmt.Printf("  %-44s %-38s %d of %d\n\n", "right", fmt.Sprintf("%d of %d", right[0], len(specimens)), right[1],
		len(specimens))
	return errors.Join(problems...)
}

// errorsOf are the checks that refuse an image, each once.
func errorsOf(m measured) ([]string, error) {
	var document struct {
		Images []struct {
			Error    string
			Findings []struct{ Check, Severity string }
		}
	}
	if err := json.Unmarshal([]byte(m.stdout), &document); err != nil || len(document.Images) != 1 ||
		document.Images[0].Error != "" {
		return nil, fmt.Errorf("validate gave no verdict (%v)\n%s%s", err, m.stdout, m.stderr)
	}
	var checks []string
	for _, f := range document.Images[0].Findings {
		if f.Severity == "error" {
			checks = append(checks, f.Check)
		}
	}
	slices.Sort(checks)
	return slices.Compact(checks), nil
}
