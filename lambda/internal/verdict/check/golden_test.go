package check_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
)

var update = flag.Bool("update", false, "write the golden file anew")

// testdata/messages.golden has what people read of the cases of all checks, each text once: who
// changes one reads in the diff what it says now, and where a cure differs by place, all of them.
func TestMessages(t *testing.T) {
	const golden = "testdata/messages.golden"
	told := book{}
	for _, c := range all() {
		store := fixture.New()
		root, builds := c.render(store)
		verdict, err := validation.Of(t.Context(), store, root, c.want, builds)
		if err != nil {
			t.Fatal(err)
		}
		var places [check.Pipeline + 1][]check.Finding
		for place := range check.Pipeline + 1 {
			c.want.Place = place
			places[place] = check.Run(verdict.Image, c.want)
		}
		told.heading = c.name
		for n, f := range places[check.Registry] {
			if len(places[check.Folder]) == len(places[check.Registry]) { // where no Content-Type is missing
				told.tell(f, places[check.Folder][n], places[check.Pipeline][n])
			} else {
				told.tell(f, f, places[check.Pipeline][n])
			}
		}
	}
	got := strings.Join(told.lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got); -update accepts it:\n%s", golden, diff)
	}
}

// book are messages, each of which is told once.
type book struct {
	lines   []string
	heading string
	// cure is the latest, and told are the texts that are there.
	cure string
	told []string
}

// tell adds a finding as it is at a registry, in a folder and in a pipeline.
func (b *book) tell(registry, folder, pipeline check.Finding) {
	text := fmt.Sprintf("%s %s: %s", registry.Severity, registry.Check, registry.Problem)
	if !b.once(text) {
		return
	}
	if b.heading != "" {
		b.lines, b.heading = append(b.lines, "", "# "+b.heading), ""
	}
	b.add("", text)
	switch registry.Cure {
	case "":
	case b.cure:
		b.add("  cure: ", "as above")
	default:
		b.add("  cure: ", registry.Cure)
	}
	b.cure = registry.Cure
	for _, other := range []struct {
		where string
		check.Finding
	}{{"folder", folder}, {"pipeline", pipeline}} {
		if p := other.Problem; p != registry.Problem && b.once(other.where+p) {
			b.add("  in a "+other.where+": ", p)
		}
		if c := other.Cure; c != registry.Cure && b.once(other.where+c+registry.Cure) {
			b.add("  cure in a "+other.where+": ", c)
		}
	}
}

// once reports whether a text is new.
func (b *book) once(text string) bool {
	text = plainDigests(text)
	if slices.Contains(b.told, text) {
		return false
	}
	b.told = append(b.told, text)
	return true
}

func (b *book) add(first, text string) {
	b.lines = append(b.lines, first+plainDigests(text))
}

var digests = regexp.MustCompile(`sha(256|512):[0-9a-f]{12,}`)

// plainDigests leaves out of a text what changes with every byte of an image.
func plainDigests(text string) string { return digests.ReplaceAllString(text, "sha$1:…") }
