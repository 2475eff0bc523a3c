package check_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
)

// A testCase is an image and what the checks must report about it, all of them together: "severity
// check platform".
type testCase struct {
	name string
	make func(*fixture.Store) digest.Digest
	// builds gives the digests that builds reported, by platform.
	builds func(s *fixture.Store, root digest.Digest) map[string]digest.Digest
	want   check.Want
	report []string
}

func (c testCase) render(s *fixture.Store) (root digest.Digest, builds map[string]digest.Digest) {
	root = c.make(s)
	if c.builds != nil {
		builds = c.builds(s, root)
	}
	return root, builds
}

// cases are those of all checks, by the check that they are about. Each check's file adds its own.
var cases = map[string][]testCase{}

func about(check string, more ...testCase) struct{} {
	cases[check] = append(cases[check], more...)
	return struct{}{}
}

// all gives the cases with full names, in a fixed order.
func all() []testCase {
	var list []testCase
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		for _, c := range cases[name] {
			c.name = name + "/" + c.name
			if c.want.Platforms == nil {
				c.want.Platforms = []specs.Platform{fixture.AMD64, fixture.ARM64}
			}
			list = append(list, c)
		}
	}
	return list
}

// read reads all that the checks judge.
func read(t *testing.T, source index.Source, root digest.Digest, builds map[string]digest.Digest,
	want check.Want) *index.Image {
	t.Helper()
	image, err := index.Get(t.Context(), source, root, builds)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.ReadLayers(t.Context(), source, image, want.Deep); err != nil {
		t.Fatal(err)
	}
	return image
}

// short is what a case expects of a finding.
func short(findings []check.Finding) []string {
	var list []string
	for _, f := range findings {
		s := string(f.Severity) + " " + f.Check
		if f.Subject.Platform != "" {
			s += " " + f.Subject.Platform
		}
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// findings gives all findings about an image, as the command line and the function get them.
func findings(t *testing.T, source index.Source, root digest.Digest, want check.Want,
	builds map[string]digest.Digest) []check.Finding {
	t.Helper()
	verdict, err := validation.Of(t.Context(), source, root, want, builds)
	if err != nil {
		t.Fatal(err)
	}
	return verdict.Findings
}

func TestEachCaseIsReportedAsItShould(t *testing.T) {
	for _, c := range all() {
		t.Run(c.name, func(t *testing.T) {
			store := fixture.New()
			root, builds := c.render(store)
			findings := findings(t, store, root, c.want, builds)
			slices.Sort(c.report)
			if diff := cmp.Diff(c.report, short(findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for _, f := range findings {
				t.Log(f.Message())
			}
		})
	}
}

// Each check has a case that only it reports.
func TestEachCheckHasItsCase(t *testing.T) {
	alone := map[string]bool{}
	for _, c := range all() {
		store := fixture.New()
		root, builds := c.render(store)
		names := map[string]bool{}
		for _, f := range findings(t, store, root, c.want, builds) {
			names[f.Check] = true
		}
		if len(names) == 1 {
			maps.Copy(alone, names)
		}
	}
	for _, c := range check.All() {
		if !alone[c.Name] {
			t.Errorf("no case is reported by %s alone", c.Name)
		}
		if len(cases[c.Name]) < 2 ||
			!slices.ContainsFunc(cases[c.Name], func(c testCase) bool { return c.report == nil }) {
			t.Errorf("%s has no neighbouring case that passes", c.Name)
		}
	}
}

// merged is the usual shape of a case: an index of both platforms, after a change.
func merged(change func(s *fixture.Store, amd64, arm64 *specs.Descriptor)) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
		if change != nil {
			change(s, &amd64, &arm64)
		}
		return s.Index(amd64, arm64).Digest
	}
}

// document is an index of both platforms whose own document is changed.
func document(change func(map[string]any)) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		return s.IndexWith(change, s.Linux("amd64", ""), s.Linux("arm64", "")).Digest
	}
}

// with is an index of both platforms and more entries.
func with(more func(s *fixture.Store) []specs.Descriptor) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		return s.Index(append([]specs.Descriptor{s.Linux("amd64", ""), s.Linux("arm64", "")}, more(s)...)...).Digest
	}
}

// image is an index in which the arm64 image is made differently.
func image(spec fixture.ImageSpec) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		spec := spec
		if spec.Platform.OS == "" {
			spec.Platform = fixture.ARM64
		}
		return s.Index(s.Linux("amd64", ""), s.Image(spec)).Digest
	}
}
