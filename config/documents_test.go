package config_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// key is a row of a table of keys.
type key struct {
	// the document; and the path, with the names of keys that users choose in capitals:
	// images[].secrets.NAME.kmsKey
	where, path string
	fallback    string // what stands under "default"
	text        string // the whole row
}

var (
	keyTable = regexp.MustCompile("^\\| key, under `([^`]+)`[^|]*(\\| default )?\\|")
	inCode   = regexp.MustCompile("`([^`]+)`")
)

// keysOfDocuments are the rows of all tables that begin with "key, under …".
func keysOfDocuments(t *testing.T) []key {
	t.Helper()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys []key
	for _, file := range append(files, "../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var table []string
		for line := range strings.Lines(string(text)) {
			switch m := keyTable.FindStringSubmatch(line); {
			case m != nil:
				table = m
			case !strings.HasPrefix(line, "|"):
				table = nil
			case table != nil && !strings.HasPrefix(line, "|---"):
				cells := strings.Split(line, "|")
				k := key{where: filepath.Base(file), text: line}
				if table[2] != "" {
					k.fallback = cells[2]
				}
				if strings.Contains(cells[1], "of the image itself") {
					continue // it stands in its own table
				}
				for _, name := range inCode.FindAllStringSubmatch(cells[1], -1) {
					k.path = table[1] + "." + name[1]
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}

type schema struct {
	Ref                  string `json:"$ref"`
	Properties           map[string]schema
	AdditionalProperties json.RawMessage
	Items                *schema
	Default              any
	Defs                 map[string]schema `json:"$defs"`
}

// eachKey calls a function with the path of each key below a schema, and of the key that it stands
// under.
func (s schema) eachKey(all map[string]schema, at string, found func(path, parent string, property schema)) {
	if name, isRef := strings.CutPrefix(s.Ref, "#/$defs/"); isRef {
		if name == "Override" {
			return // any of the rule's own
		}
		s = all[name]
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property, path := s.Properties[name], strings.TrimPrefix(at+"."+name, ".")
		found(path, at, property)
		property.eachKey(all, path, found)
	}
	if s.Items != nil {
		s.Items.eachKey(all, at+"[]", found)
	}
	var values schema
	if json.Unmarshal(s.AdditionalProperties, &values) == nil {
		values.eachKey(all, at+".*", found)
	}
}

var chosen = regexp.MustCompile(`\.[A-Z]+\b`)

// ends reports whether a path is another one's end; "*" is a key that users choose, which documents
// write in capitals.
func ends(path, end string) bool {
	end = strings.TrimSuffix(chosen.ReplaceAllString(end, ".*"), "[]")
	return path == end || strings.HasSuffix(path, "."+end) || strings.HasSuffix(path, "."+strings.TrimSuffix(end, ".*"))
}

// Each key stands in a table of the documents, or in the row of what it is in, and with its
// default; and no table has others.
func TestDocumentedKeys(t *testing.T) {
	text, err := os.ReadFile("cdk.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var all schema
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	keys := keysOfDocuments(t)
	row := func(path string) (found *key) {
		for i := range keys {
			if ends(path, keys[i].path) {
				found = &keys[i]
			}
		}
		return found
	}
	known := map[string]bool{}
	schema{Ref: "#/$defs/Config"}.eachKey(all.Defs, "", func(path, parent string, property schema) {
		for _, k := range keys {
			known[k.path] = known[k.path] || ends(path, k.path)
		}
		own := row(path)
		if own == nil {
			name := path[strings.LastIndex(path, ".")+1:]
			for above := parent; above != ""; above = above[:max(0, strings.LastIndex(above, "."))] {
				if k := row(strings.TrimSuffix(above, "[]")); k != nil && strings.Contains(k.text, "`"+name+"`") {
					return
				}
			}
			if !slices.ContainsFunc(keys,
				func(k key) bool { return regexp.MustCompile(`\b` + name + `(\[\])?\.`).MatchString(k.path) }) {
				t.Errorf("%s stands in no table, nor in the row of what it is in", path)
			}
			return
		}
		switch value := property.Default.(type) {
		case string, float64, bool:
			for _, k := range keys {
				if ends(path, k.path) && k.fallback != "" && !strings.Contains(k.fallback, fmt.Sprint(value)) {
					t.Errorf("%s: the default of %s is %v, the table says:%s", k.where, path, value, k.fallback)
				}
			}
		}
	})
	for _, k := range keys {
		if !known[k.path] {
			t.Errorf("%s: there is no key %s", k.where, k.path)
		}
	}
}
