package template_test

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// table are the rows of the table below a heading of a document, up to the next heading.
func table(t *testing.T, file, heading string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(document(t, file), "\n"+heading+"\n")
	text, _, _ := strings.Cut(rest, "\n#")
	all := rows(text)
	if !found || len(all) == 0 {
		t.Fatalf("%s has no table below %q", file, heading)
	}
	return all
}

var digits = regexp.MustCompile(`\d+`)

// numbers are those that a text names, without those in code.
func numbers(text string) []int {
	var found []int
	for _, n := range digits.FindAllString(regexp.MustCompile("`[^`]*`").ReplaceAllString(text, ""), -1) {
		value, _ := strconv.Atoi(n)
		found = append(found, value)
	}
	return found
}

// values are the different values of a property, of all resources of a type in all templates whose
// id fits.
func values(t *testing.T, resourceType, id, property string) []int {
	t.Helper()
	found := map[int]bool{}
	for _, stack := range all {
		for _, p := range partsOf(t, stack, resourceType) {
			if value, ok := p.properties[property].(float64); ok && regexp.MustCompile(id).MatchString(p.id) {
				found[int(value)] = true
			}
		}
	}
	if len(found) == 0 {
		t.Errorf("no %s that fits %q has %s", resourceType, id, property)
	}
	return slices.Sorted(maps.Keys(found))
}
