package eventbridge

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const push = `{
  "source": "aws.codecommit",
  "detail-type": "CodeCommit Repository State Change",
  "resources": ["arn:aws:codecommit:eu-west-1:1:app", "arn:other"],
  "detail": {
    "event": "referenceUpdated", "referenceType": "branch", "referenceName": "main", "commitId": "abc",
    "count": 5, "ok": true, "nothing": null, "address": "10.0.0.7", "empty": [],
    "files": [{"name": "a", "size": 1}, {"name": "b", "size": 2}]
  }
}`

func event(t *testing.T) Event {
	t.Helper()
	e, err := Decode(push)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func pattern(t *testing.T, text string) (*Pattern, error) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return ParsePattern(v)
}

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern string
		want    bool
	}{
		{`{"source": ["aws.codecommit"]}`, true},
		{`{"source": ["aws.s3", "aws.codecommit"]}`, true},
		{`{"source": ["AWS.CodeCommit"]}`, false},
		{`{"resources": ["arn:other"]}`, true},
		{`{"resources": ["arn:none"]}`, false},
		{`{"source": ["aws.codecommit"], "detail": {"event": ["referenceCreated"]}}`, false},
		{`{"source": ["aws.codecommit"], "detail": {"event": ["referenceCreated", "referenceUpdated"], "referenceType": ["branch"], "referenceName": ["main"]}}`,
			true},
		{`{"detail": {"referenceType": ["tag"], "referenceName": ["main"]}}`, false},
		{`{"detail": {"missing": ["x"]}}`, false},
		{`{"missing": {"deep": ["x"]}}`, false},
		{`{"missing": {"deep": [{"exists": false}]}}`, true},
		{`{"detail": {"count": [5]}}`, true},
		{`{"detail": {"count": [5.0]}}`, false}, // as it is written
		{`{"detail": {"count": ["5"]}}`, false},
		{`{"detail": {"ok": [true]}}`, true},
		{`{"detail": {"ok": ["true"]}}`, false},
		{`{"detail": {"nothing": [null]}}`, true},
		{`{"detail": {"missing": [null]}}`, false},
		{`{"detail": {"commitId": [{"exists": true}]}}`, true},
		{`{"detail": {"commitId": [{"exists": false}]}}`, false},
		{`{"detail": {"missing": [{"exists": false}]}}`, true},
		{`{"detail": {"empty": [{"exists": false}]}}`, true},
		{`{"detail": [{"exists": true}]}`, false}, // only leaves
		{`{"detail": {"referenceName": [{"prefix": "ma"}]}}`, true},
		{`{"detail": {"referenceName": [{"prefix": "MA"}]}}`, false},
		{`{"detail": {"referenceName": [{"prefix": {"equals-ignore-case": "MA"}}]}}`, true},
		{`{"detail": {"referenceName": [{"suffix": "in"}]}}`, true},
		{`{"detail": {"referenceName": [{"suffix": {"equals-ignore-case": "IN"}}]}}`, true},
		{`{"detail": {"referenceName": [{"suffix": {"equals-ignore-case": "longer than that"}}]}}`, false},
		{`{"detail": {"referenceName": [{"equals-ignore-case": "MAIN"}]}}`, true},
		{`{"detail": {"referenceName": [{"wildcard": "m*n"}]}}`, true},
		{`{"detail": {"referenceName": [{"wildcard": "*"}]}}`, true},
		{`{"detail": {"referenceName": [{"wildcard": "main*main"}]}}`, false},
		{`{"detail": {"referenceName": [{"wildcard": "*a*i*"}]}}`, true},
		{`{"detail": {"referenceName": [{"wildcard": "\\**"}]}}`, false},
		{`{"detail": {"referenceName": [{"wildcard": "m\\*n"}]}}`, false},
		{`{"detail": {"count": [{"numeric": [">", 0, "<=", 5]}]}}`, true},
		{`{"detail": {"count": [{"numeric": ["<", 5]}]}}`, false},
		{`{"detail": {"count": [{"numeric": ["=", 5.0]}]}}`, true},
		{`{"detail": {"count": [{"numeric": ["=", 4]}]}}`, false},
		{`{"detail": {"count": [{"numeric": ["=", 6]}]}}`, false},
		{`{"detail": {"count": [{"numeric": ["<", 6]}]}}`, true},
		{`{"detail": {"count": [{"numeric": ["<", 4]}]}}`, false},
		{`{"detail": {"count": [{"numeric": ["<=", 6]}]}}`, true},
		{`{"detail": {"count": [{"numeric": ["<=", 4]}]}}`, false},
		{`{"detail": {"count": [{"numeric": [">", 4]}]}}`, true},
		{`{"detail": {"count": [{"numeric": [">", 5]}]}}`, false},
		{`{"detail": {"count": [{"numeric": [">=", 5]}]}}`, true},
		{`{"detail": {"count": [{"numeric": [">=", 4]}]}}`, true},
		{`{"detail": {"count": [{"numeric": [">=", 6]}]}}`, false},
		{`{"detail": {"count": [{"numeric": [">", 4, "<", 5]}]}}`, false},
		{`{"detail": {"count": [{"numeric": [">", 5, "<", 7]}]}}`, false},
		{`{"detail": {"missing": [{"numeric": ["<", 9]}]}}`, false},
		{`{"detail": {"missing": [{"prefix": ""}]}}`, false},
		{`{"detail": {"missing": [{"wildcard": "*"}]}}`, false},
		{`{"detail": {"missing": [{"equals-ignore-case": ""}]}}`, false},
		{`{"detail": {"missing": [{"cidr": "0.0.0.0/0"}]}}`, false},
		{`{"detail": {"count": [{"prefix": "5"}]}}`, false},
		{`{"detail": {"count": [{"wildcard": "*"}]}}`, false},
		{`{"detail": {"referenceName": [{"prefix": "main"}]}}`, true},
		{`{"detail": {"referenceName": [{"prefix": "mains"}]}}`, false},
		{`{"detail": {"referenceName": [{"prefix": {"equals-ignore-case": "MAINS"}}]}}`, false},
		{`{"detail": {"referenceName": [{"suffix": "IN"}]}}`, false},
		{`{"detail": {"referenceName": [{"suffix": "mai"}]}}`, false},
		{`{"detail": {"referenceName": [{"suffix": {"equals-ignore-case": "AI"}}]}}`, false},
		{`{"detail": {"referenceName": [{"equals-ignore-case": "MAI"}]}}`, false},
		{`{"detail": {"referenceName": [{"wildcard": "main"}]}}`, true},
		{`{"detail": {"referenceName": [{"wildcard": "mai"}]}}`, false},
		{`{"detail": {"referenceName": [{"wildcard": "ma*"}]}}`, true},
		{`{"detail": {"referenceName": [{"wildcard": "*in"}]}}`, true},
		{`{"detail": {"referenceName": [{"wildcard": "*i*a*"}]}}`, false},
		{`{"detail": {"referenceName": [{"wildcard": "*n*n"}]}}`, false},
		{`{"detail": {"referenceName": [{"cidr": "10.0.0.0/8"}]}}`, false},
		{`{"detail": {"address": [{"cidr": "10.0.0.7/32"}]}}`, true},
		{`{"detail": {"count": [{"anything-but": 5}]}}`, false},
		{`{"detail": {"count": [{"anything-but": [4, 6]}]}}`, true},
		{`{"detail": {"nothing": [{"exists": true}]}}`, true},
		{`{"detail": {"ok": [{"numeric": ["=", 1]}]}}`, false},
		{`{"detail": {"referenceName": [{"numeric": [">", 0]}]}}`, false},
		{`{"detail": {"address": [{"cidr": "10.0.0.0/24"}]}}`, true},
		{`{"detail": {"address": [{"cidr": "10.0.1.0/24"}]}}`, false},
		{`{"detail": {"referenceName": [{"anything-but": "dev"}]}}`, true},
		{`{"detail": {"referenceName": [{"anything-but": ["dev", "main"]}]}}`, false},
		{`{"detail": {"missing": [{"anything-but": "dev"}]}}`, false},
		{`{"detail": {"referenceName": [{"anything-but": {"prefix": "ma"}}]}}`, false},
		{`{"detail": {"referenceName": [{"anything-but": {"suffix": ["x", "y"]}}]}}`, true},
		{`{"detail": {"referenceName": [{"anything-but": {"equals-ignore-case": ["MAIN"]}}]}}`, false},
		{`{"detail": {"referenceName": [{"anything-but": {"wildcard": "*ain"}}]}}`, false},
		{`{"resources": [{"anything-but": "arn:other"}]}`, true}, // one element is enough
		{`{"detail": {"files": {"name": ["b"], "size": [2]}}}`, true},
		{`{"detail": {"files": {"name": ["a"], "size": [2]}}}`, false},
		{`{"detail": {"$or": [{"referenceType": ["tag"]}, {"referenceName": ["main"]}]}}`, true},
		{`{"detail": {"$or": [{"referenceType": ["tag"]}, {"referenceName": ["dev"]}]}}`, false},
		{`{"source": ["x"], "$or": [{"source": ["aws.codecommit"]}, {"detail": {"count": [5]}}]}`, false},
	}
	for _, test := range tests {
		p, err := pattern(t, test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := p.Match(event(t)); got != test.want {
			t.Errorf("%s: got %v", test.pattern, got)
		}
	}
}

// Events that were never text have numbers of another type.
func TestNumbersOfEvents(t *testing.T) {
	for text, want := range map[string]bool{
		`{"n": [5]}`:                     true,
		`{"n": [6]}`:                     false,
		`{"n": ["5"]}`:                   false,
		`{"n": [{"numeric": [">", 4]}]}`: true,
	} {
		p, err := pattern(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(Event{"n": 5.0}); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestParsePatternRefusesByName(t *testing.T) {
	tests := map[string]string{
		`{}`:                                    "at least one field",
		`{"detail": {"source": "aws.s3"}}`:      "event pattern.detail.source",
		`{"source": "aws.s3"}`:                  "event pattern.source",
		`{"source": []}`:                        "empty list",
		`{"detail": {}}`:                        "empty object",
		`{"a": [{"regex": "x"}]}`:               `no operator "regex"`,
		`{"a": [{"prefix": "x", "suffix": 1}]}`: "2 operators",
		`{"a": [{"wildcard": "a**b"}]}`:         "consecutive",
		`{"a": [{"wildcard": "a\\b"}]}`:         "backslash",
		`{"a": [{"numeric": ["~", 1]}]}`:        "event pattern.a[0].numeric[0]",
		`{"a": [{"numeric": [">"]}]}`:           "one or two pairs",
		`{"a": [{"numeric": [">", 1, "<"]}]}`:   "one or two pairs",
		`{"a": [{"numeric": ">"}]}`:             "one or two pairs",
		`{"a": [{"numeric": [">", "1"]}]}`:      "expected a number",
		`{"a": [{"prefix": 1}]}`:                "expected a string",
		`{"a": [{"prefix": {"suffix": "x"}}]}`:  "equals-ignore-case",
		`{"a": [{"suffix": {"equals-ignore-case": "x", "prefix": "y"}}]}`: "equals-ignore-case",
		`{"a": [{"wildcard": 1}]}`:                                        "expected a string",
		`{"a": [{"wildcard": "**"}]}`:                                     "consecutive",
		`{"a": [{"wildcard": "a\\"}]}`:                                    "backslash",
		`{"a": [{"equals-ignore-case": ["x"]}]}`:                          "expected a string",
		`{"a": [{"anything-but": []}]}`:                                   "at least one value",
		`{"a": [{"anything-but": {}}]}`:                                   "at least one value",
		`{"a": [{"anything-but": {"prefix": []}}]}`:                       "at least one value",
		`{"a": [{"anything-but": {"prefix": [1]}}]}`:                      "expected a string",
		`{"a": [{"anything-but": [["x"]]}]}`:                              "expected a string, number",
		`{"$or": [{"a": ["x"]}, {}]}`:                                     "expected a pattern",
		`{"$or": [{"a": ["x"]}, {"b": "y"}]}`:                             "event pattern.$or[1].b",
		`{"a": [{"exists": "yes"}]}`:                                      "true or false",
		`{"a": [{"cidr": "x"}]}`:                                          "network",
		`{"a": [{"anything-but": {"numeric": 1}}]}`:                       `anything-but has no operator "numeric"`,
		`{"$or": [{"a": ["x"]}]}`:                                         "two patterns",
		`{"a": [["x"]]}`:                                                  "event pattern.a[0]",
	}
	for text, want := range tests {
		if _, err := pattern(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", text, err, want)
		}
	}
}

func TestTransformer(t *testing.T) {
	tests := map[string]struct {
		paths          map[string]string
		template, want string
	}{
		"bare values are JSON": {
			map[string]string{"c": "$.detail.commitId", "n": "$.detail.count", "o": "$.detail.ok", "r": "$.resources"},
			`{"c":<c>,"n":<n>,"o":<o>,"r":<r>}`,
			`{"c":"abc","n":5,"o":true,"r":["arn:aws:codecommit:eu-west-1:1:app","arn:other"]}`,
		},
		"in a string a value stands as it is": {
			map[string]string{"c": "$.detail.commitId"}, `{"text":"commit <c> \"<c>\""}`,
			`{"text":"commit abc \"abc\""}`,
		},
		"paths with indexes and quotes": {
			map[string]string{"f": "$.detail.files[1].name", "t": "$['detail-type']"}, `[<f>,<t>]`,
			`["b","CodeCommit Repository State Change"]`,
		},
		"an index beyond the list leaves nothing": {
			map[string]string{"last": "$.detail.files[2].name", "first": "$.resources[2]", "none": "$.detail.empty[0]"},
			`{"a":"-<last>-<first>-<none>-"}`, `{"a":"----"}`,
		},
		"the first and the last of a list": {
			map[string]string{"last": "$.resources[1]", "first": "$.resources[0]"}, `[<first>,<last>]`,
			`["arn:aws:codecommit:eu-west-1:1:app","arn:other"]`,
		},
		"an index of what is no list, a name of what is no object": {
			map[string]string{"i": "$.detail[0]", "n": "$.resources.name", "d": "$.detail.commitId.x"},
			`"-<i>-<n>-<d>-"`, `"----"`,
		},
		"an escaped quote does not end a string": {
			map[string]string{"c": "$.detail.commitId"}, `{"a":"\"<c>","b":<c>,"c":"\\","d":<c>}`,
			`{"a":"\"abc","b":"abc","c":"\\","d":"abc"}`,
		},
		"a template that is one string drops the quotes of what is no text": {
			map[string]string{"f": "$.detail.files[0]", "n": "$.detail.count", "c": "$.detail.commitId"},
			`"<f> <n> <c>"`, `"{name:a,size:1} 5 abc"`,
		},
		"a string in an object keeps them": {
			map[string]string{"f": "$.detail.files[0]"}, `{"f":"<f>"}`, `{"f":"{"name":"a","size":1}"}`,
		},
		"a missing path leaves nothing": {
			map[string]string{"x": "$.detail.missing"}, `{"a":"-<x>-"}`, `{"a":"--"}`,
		},
		"reserved variables": {
			nil, `{"rule":<aws.events.rule-name>,"time":"<aws.events.event.ingestion-time>"}`,
			`{"rule":"rule","time":"1970-01-01T00:00:00Z"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			transformer, err := NewTransformer("T", test.paths, test.template)
			if err != nil {
				t.Fatal(err)
			}
			rule := &Rule{Name: "rule"}
			got, err := rule.Payload(Target{Transformer: transformer}, event(t), time.Unix(0, 0))
			if err != nil || got != test.want {
				t.Errorf("got %s, %v\nexpected %s", got, err, test.want)
			}
		})
	}
}

// EventBridge does not escape: such a branch breaks the input, here as there.
func TestTransformerInStrings(t *testing.T) {
	transformer, err := NewTransformer("T", map[string]string{"b": "$.branch"}, `{"value":"<b>"}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := (&Rule{}).Payload(Target{Transformer: transformer}, Event{"branch": `a"b`}, time.Now())
	if err != nil || json.Valid([]byte(got)) {
		t.Errorf("got %s, %v", got, err)
	}
	whole, err := NewTransformer("T", map[string]string{"b": "$.branch"}, `"<b>"`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (&Rule{}).Payload(Target{Transformer: whole}, Event{"branch": `a"b`}, time.Now()); err != nil ||
		got != `"a"b"` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestNewTransformerRefuses(t *testing.T) {
	tests := map[string]struct {
		paths    map[string]string
		template string
	}{
		"no input path defines": {nil, `<x>`},
		"no InputTemplate":      {nil, ``},
		"starts with $":         {map[string]string{"x": "detail"}, `<x>`},
		"does not support":      {map[string]string{"x": "$..detail"}, `<x>`},
		"out of range":          {map[string]string{"x": "$.a[99999999999999999999]"}, `<x>`},
		"reserved":              {map[string]string{"AWSx": "$.a"}, `<AWSx>`},
		"letters, digits":       {map[string]string{"a.b": "$.a"}, `x`},
	}
	for want, test := range tests {
		if _, err := NewTransformer("T", test.paths, test.template); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %q", err, want)
		}
	}
}

func TestTransformerHasAHundredPaths(t *testing.T) {
	paths := map[string]string{}
	for len(paths) < 100 {
		paths[fmt.Sprint("p", len(paths))] = "$.detail"
	}
	if _, err := NewTransformer("T", paths, "<p0>"); err != nil {
		t.Error(err)
	}
	paths["one-more"] = "$.detail"
	if _, err := NewTransformer("T", paths, "<p0>"); err == nil ||
		!strings.Contains(err.Error(), "got 101 input paths, at most 100") {
		t.Errorf("got %v", err)
	}
}

func TestPayloadWithoutTransformer(t *testing.T) {
	r := &Rule{}
	for want, target := range map[string]Target{
		`"abc"`:   {InputPath: "$.detail.commitId"},
		`{"a":1}`: {Input: `{"a":1}`},
	} {
		if got, err := r.Payload(target, event(t), time.Now()); err != nil || got != want {
			t.Errorf("got %s, %v, expected %s", got, err, want)
		}
	}
	if got, err := r.Payload(Target{}, event(t), time.Now()); err != nil || !strings.Contains(got, "aws.codecommit") {
		t.Errorf("got %s, %v, expected the event", got, err)
	}
	if got, err := r.Payload(Target{InputPath: "$.x"}, event(t), time.Now()); err != nil || got != "{}" {
		t.Errorf("a path that leads nowhere: got %s, %v", got, err)
	}
}

func TestDisabledRuleMatchesNothing(t *testing.T) {
	p, err := pattern(t, `{"source": ["aws.codecommit"]}`)
	if err != nil {
		t.Fatal(err)
	}
	if (&Rule{Pattern: p}).Match(event(t)) || !(&Rule{Pattern: p, Enabled: true}).Match(event(t)) {
		t.Error("a rule matches if it is enabled, and only then")
	}
}
