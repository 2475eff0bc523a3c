package index_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
)

func TestAmbiguousManifests(t *testing.T) {
	for _, test := range []struct{ name, json, want string }{
		{"top", `{"layers":[],"layers":[]}`, `the key "layers" stands twice`},
		{"unknown key", `{"x":1,"x":2}`, `the key "x" stands twice`},
		{"platform", `{"manifests":[{},{"platform":{"architecture":"arm64","architecture":"amd64"}}]}`,
			`the key "architecture" stands twice (in "manifests.1.platform")`},
		{"case", `{"manifests":[{"platform":{"architecture":"arm64","Architecture":"amd64"}}]}`,
			`the key "Architecture" differs from "architecture" by case alone (in "manifests.0.platform")`},
		{"case alone", `{"config":{"DIGEST":"x"}}`,
			`the key "DIGEST" differs from "digest" by case alone (in "config")`},
		{"letters that fold", `{"layerſ":[]}`, `the key "layerſ" differs from "layers" by case alone`},
		{"subject", `{"subject":{"mediatype":"x"}}`,
			`the key "mediatype" differs from "mediaType" by case alone (in "subject")`},
		{"annotations", `{"annotations":{"a":"1","a":"2"}}`, `the key "a" stands twice (in "annotations")`},
		{"escaped", `{"layers":[],"l\u0061yers":[]}`, `the key "layers" stands twice`},
		{"in what nobody knows", `{"x":[{"y":{"z":1,"z":1}}]}`, `the key "z" stands twice (in "x.0.y")`},
		{"bytes", "{\"annotations\":{\"a\":\"\xff\"}}", `it holds bytes that are no UTF-8`},
		{"two", `{"a":1,"a":2,"b":1,"b":2}`, `the key "a" stands twice; the key "b" stands twice`},
		{"very many", `{"a":1` + strings.Repeat(`,"a":1`, 100) + `}`,
			strings.TrimSuffix(strings.Repeat(`the key "a" stands twice; `, 5), "; ")},
		{"letters that steer", `{"\u009b":1,"\u009b":1}`, `the key "\u009b" stands twice`},

		{"annotations by case", `{"annotations":{"a":"1","A":"2"}}`, ""},
		{"what nobody knows by case", `{"x":1,"X":2,"history":{"Layers":1}}`, ""},
		{"unknown keys", `{"layers":[{"x":1,"urls":[]}],"y":null}`, ""},
		{"alike in two objects", `{"layers":[{"digest":"a"},{"digest":"b"}],"config":{"digest":"c"}}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := index.ParseManifest([]byte(test.json))
			if diff := cmp.Diff(test.want, strings.Join(m.Ambiguous, "; ")); m.Err != nil || diff != "" {
				t.Errorf("%v\n%s", m.Err, diff)
			}
		})
	}
}

func TestAmbiguousConfigs(t *testing.T) {
	for json, want := range map[string]string{
		`{"architecture":"arm64","Architecture":"amd64"}`:         `the key "Architecture" differs from "architecture" by case alone`,
		`{"config":{"Entrypoint":["/a"],"entrypoint":["/b"]}}`:    `the key "entrypoint" differs from "Entrypoint" by case alone (in "config")`,
		`{"config":{"Labels":{"a":"1","a":"2"}}}`:                 `the key "a" stands twice (in "config.Labels")`,
		`{"rootfs":{"diff_ids":[],"diff_ids":[]}}`:                `the key "diff_ids" stands twice (in "rootfs")`,
		`{"history":[{"created_by":"a","created_by":"b"}]}`:       `the key "created_by" stands twice (in "history.0")`,
		`{"config":{"Labels":{"a":"1","A":"2"}},"container":"x"}`: "",
	} {
		c, err := index.ParseConfig([]byte(json))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, strings.Join(c.Ambiguous, "; ")); diff != "" {
			t.Errorf("%s: %s", json, diff)
		}
	}
}

func TestAmbiguousStatements(t *testing.T) {
	statement := func(more string) string {
		return `{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"` + fixture.SLSA02 + `"` + more + `}`
	}
	for _, test := range []struct{ name, json, want string }{
		{"subject", statement(`,"subject":[],"subject":[]`), `the key "subject" stands twice`},
		{"case", statement(`,"Subject":[]`), `the key "Subject" differs from "subject" by case alone`},
		{"digest", statement(`,"subject":[{"digest":{"sha256":"a","sha256":"b"}}]`),
			`the key "sha256" stands twice (in "subject.0.digest")`},
		{"commit", statement(`,"predicate":{"invocation":{"configSource":{"digest":{"sha1":"a","sha1":"b"}}}}`),
			`the key "sha1" stands twice`},
		{"commit's field by case", statement(`,"predicate":{"invocation":{"configsource":{"digest":{"sha1":"a"}}}}`),
			`its predicate: the key "configsource" differs from "configSource" by case alone (in "invocation")`},
		{"resource by case", statement(`,"predicate":{"materials":[{"URI":"git+x"}]}`),
			`the key "URI" differs from "uri"`},
		{"good", statement(`,"subject":[],"predicate":{"materials":[{"uri":"git+x"}],"x":{"a":1,"A":2}}`), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := index.ParseStatement(index.InToto,
				[]byte(test.json)); fmt.Sprint(err) == "<nil>" != (test.want == "") ||
				err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	good := fixture.Envelope([]byte(statement(`,"predicate":{}`)), false)
	twice := bytes.Replace(good, []byte(`{`), []byte(`{"payload":"x",`), 1)
	if _, err := index.ParseStatement(index.DSSE, twice); err == nil ||
		!strings.Contains(err.Error(), `the key "payload" stands twice`) {
		t.Errorf("error %v", err)
	}
	if _, err := index.ParseStatement(index.DSSE, good); err != nil {
		t.Errorf("error %v", err)
	}
}

// Bills of materials are read as streams.
func TestAmbiguousBills(t *testing.T) {
	for more, want := range map[string]string{
		`,"subject":[],"subject":[]`: `the key "subject" stands twice`,
		`,"Subject":[]`:              `the key "Subject" differs from "subject" by case alone`,
		`,"subject":[],"other":1`:    "",
	} {
		s := fixture.New()
		image := s.Linux("amd64", "")
		text := `{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document"` + more + `}`
		root := s.Index(image, s.AttestIn(image, index.InToto, []byte(text)))
		i, err := index.Get(t.Context(), s, root.Digest, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := index.ReadBills(t.Context(), s, i); err != nil {
			t.Fatal(err)
		}
		bills := i.Images()[0].Bills
		if len(bills) != 1 {
			t.Fatalf("%d bills", len(bills))
		}
		if got := bills[0].Err; got == nil != (want == "") || got != nil && got.Error() != want {
			t.Errorf("%s: error %v", more, got)
		}
	}
}
