package change

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// specification is CloudFormation's, as the pinned command line of the CDK brings it along for its
// own comparison.
const specification = "../../../../node_modules/aws-cdk/db.json.gz"

// entity is what it says of a type.
type entity struct {
	Type       string `json:"cloudFormationType"`
	Properties map[string]struct {
		CausesReplacement string `json:"causesReplacement"`
	} `json:"properties"`
}

func entities(t *testing.T) map[string]entity {
	t.Helper()
	file, err := os.Open(specification)
	if err != nil {
		t.Fatalf("%v: make synth installs it", err)
	}
	defer file.Close()
	content, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Schema struct{ Resource struct{ Entities []entity } }
	}
	if err := json.NewDecoder(content).Decode(&all); err != nil {
		t.Fatal(err)
	}
	byType := map[string]entity{}
	for _, e := range all.Schema.Resource.Entities {
		byType[e.Type] = e
	}
	return byType
}

// What is taken to be replaced is what CloudFormation documents.
func TestUpdatesAreDocumented(t *testing.T) {
	all := entities(t)
	for name, k := range kinds {
		documented, found := all[name]
		if !found {
			t.Errorf("the specification has no %s", name)
		}
		var want []string
		for property, p := range documented.Properties {
			if p.CausesReplacement == "yes" {
				want = append(want, property)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, k.replaced); diff != "" {
			t.Errorf("%s (-documented +here):\n%s", name, diff)
		}
		if _, has := documented.Properties[k.name]; k.name != "" && !has {
			t.Errorf("%s has no property %s", name, k.name)
		}
	}
}

var typeLine = regexp.MustCompile(`(?m)^    Type: (AWS::[A-Za-z0-9:]+)$`)

// The types of a template that is reviewed are known.
func TestKindsAreComplete(t *testing.T) {
	text, err := os.ReadFile("../../../template/testdata/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	types := typeLine.FindAllStringSubmatch(string(text), -1)
	if len(types) < 20 {
		t.Fatalf("%d types in the template", len(types))
	}
	for _, m := range types {
		if _, known := kinds[m[1]]; !known {
			t.Errorf("%s is not known", m[1])
		}
	}
}
