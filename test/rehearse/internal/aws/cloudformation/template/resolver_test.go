package template

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fake are resources that answer with what they were asked.
type fake struct{}

func (fake) Ref(id string) (any, error) {
	if id == "Missing" {
		return nil, fmt.Errorf("the template has no resource %q", id)
	}
	return "ref-" + id, nil
}

func (fake) GetAtt(id, attribute string) (any, error) {
	if attribute == "Unknown" {
		return nil, fmt.Errorf("%s has no attribute %s", id, attribute)
	}
	return id + "/" + attribute, nil
}

const frame = `{
  "Parameters": {
    "Text": {"Type": "String", "Default": "text"},
    "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version"},
    "Elsewhere": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/other"},
    "Open": {"Type": "String"}
  },
  "Mappings": {"M": {"eu-west-1": {"k": "v"}}},
  "Conditions": {
    "Yes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
    "No": {"Fn::Not": [{"Condition": "Yes"}]},
    "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
    "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
    "Loop": {"Fn::Not": [{"Condition": "Loop"}]}
  },
  "Resources": {"R": {"Type": "T"}}
}`

func resolver(t *testing.T, text string) *Resolver {
	t.Helper()
	parsed, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return NewResolver(parsed, Environment{
		StackName: "stack", AccountID: "111122223333", Region: "eu-west-1", Partition: "aws",
		URLSuffix: "archway.test:5000",
		Stored:    func(name string) (string, bool) { return "30", strings.HasPrefix(name, "/cdk-bootstrap/") },
	}, fake{})
}

func value(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := decode([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestResolve(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain values stay":         {`{"a": [1, 1.50, true, null, "x"]}`, `{"a": [1, 1.50, true, null, "x"]}`},
		"Ref of a resource":         {`{"Ref": "R"}`, `"ref-R"`},
		"Ref of a parameter":        {`{"Ref": "Text"}`, `"text"`},
		"Ref of a list":             {`{"Ref": "List"}`, `["a", "b"]`},
		"Ref of a stored parameter": {`{"Ref": "Version"}`, `"30"`},
		"pseudo parameters": {`[{"Ref": "AWS::AccountId"}, {"Ref": "AWS::Region"}, {"Ref": "AWS::Partition"}, {"Ref": "AWS::URLSuffix"}, {"Ref": "AWS::StackName"}]`,
			`["111122223333", "eu-west-1", "aws", "archway.test:5000", "stack"]`},
		"GetAtt as a list":             {`{"Fn::GetAtt": ["R", "Arn"]}`, `"R/Arn"`},
		"GetAtt as a string":           {`{"Fn::GetAtt": "R.A.B"}`, `"R/A.B"`},
		"Join":                         {`{"Fn::Join": ["-", ["a", {"Ref": "R"}, 1]]}`, `"a-ref-R-1"`},
		"Join of a list that resolves": {`{"Fn::Join": ["|", {"Ref": "List"}]}`, `"a|b"`},
		"Sub": {`{"Fn::Sub": "${AWS::Region}/${R}/${R.Arn}/${!R}/$X"}`,
			`"eu-west-1/ref-R/R/Arn/${R}/$X"`},
		"Sub with values":          {`{"Fn::Sub": ["${a}${Text}", {"a": {"Ref": "R"}}]}`, `"ref-Rtext"`},
		"Select and Split":         {`{"Fn::Select": ["1", {"Fn::Split": [":", "a:b:c"]}]}`, `"b"`},
		"Select with a number":     {`{"Fn::Select": [0, ["x"]]}`, `"x"`},
		"FindInMap":                {`{"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}`, `"v"`},
		"If takes one branch only": {`{"Fn::If": ["Yes", "a", {"Fn::Nothing": 1}]}`, `"a"`},
		"If not":                   {`{"Fn::If": ["No", "a", "b"]}`, `"b"`},
		"And":                      {`{"Fn::If": ["Both", "a", "b"]}`, `"b"`},
		"Or":                       {`{"Fn::If": ["Either", "a", "b"]}`, `"a"`},
		"NoValue leaves the key out": {`{"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}`,
			`{"b": [1]}`},
		"NoValue by condition": {`{"a": {"Fn::If": ["No", "x", {"Ref": "AWS::NoValue"}]}}`, `{}`},
		"Contains":             {`{"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}`, `false`},
		"a policy's Condition is no call": {`{"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`,
			`{"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := resolver(t, frame).Resolve("P", value(t, test.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(value(t, test.want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveRefusesByNameAndPath(t *testing.T) {
	tests := map[string][]string{
		`{"a": [{"Fn::GetAZs": ""}]}`:                         {"P.a[0].Fn::GetAZs", "does not support Fn::GetAZs"},
		`{"Fn::ImportValue": "x"}`:                            {"Fn::ImportValue"},
		`{"Fn::Base64": "x"}`:                                 {"Fn::Base64"},
		`{"Ref": "AWS::NotificationARNs"}`:                    {"AWS::NotificationARNs"},
		`{"Ref": "Missing"}`:                                  {"P.Ref", "Missing"},
		`{"Ref": "Open"}`:                                     {"Open", "no default"},
		`{"Ref": "Elsewhere"}`:                                {"/other"},
		`{"Fn::GetAtt": ["R", "Unknown"]}`:                    {"P.Fn::GetAtt", "Unknown"},
		`{"Fn::GetAtt": ["R"]}`:                               {"P.Fn::GetAtt"},
		`{"Fn::Join": ["", "x"]}`:                             {"P.Fn::Join[1]", "expected a list"},
		`{"Fn::Join": ["", [["x"]]]}`:                         {"P.Fn::Join[1][0]", "expected a string"},
		`{"Fn::Select": [2, ["a"]]}`:                          {"index 2 of a list with 1 items"},
		`{"Fn::If": ["Unknown", 1, 2]}`:                       {"no condition \"Unknown\""},
		`{"Fn::If": ["Loop", 1, 2]}`:                          {"depends on itself"},
		`{"Fn::FindInMap": ["M", "us-east-1", "k"]}`:          {"M.us-east-1.k"},
		`{"Fn::Sub": "${Missing}"}`:                           {"${Missing}"},
		`{"Ref": "R", "Fn::Sub": "x"}`:                        {"must be alone"},
		`{"b": {"Fn::Cidr": 1}, "a": {"Fn::Transform": "x"}}`: {"P.a.Fn::Transform", "P.b.Fn::Cidr"},
	}
	for in, want := range tests {
		_, err := resolver(t, frame).Resolve("P", value(t, in))
		if err == nil {
			t.Errorf("%s: got no error", in)
			continue
		}
		for _, text := range want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: got %v, expected %q in it", in, err, text)
			}
		}
	}
}

// The rule is the one that the CDK writes.
func TestCheckRules(t *testing.T) {
	rule := `{
	  "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version"}},
	  "Rules": {"CheckBootstrapVersion": {"Assertions": [{
	    "Assert": {"Fn::Not": [{"Fn::Contains": [%s, {"Ref": "BootstrapVersion"}]}]},
	    "AssertDescription": "CDK bootstrap stack version 6 required."}]}},
	  "Resources": {"R": {"Type": "T"}}
	}`
	if err := resolver(t, fmt.Sprintf(rule, `["1", "2"]`)).CheckRules(); err != nil {
		t.Errorf("got %v", err)
	}
	err := resolver(t, fmt.Sprintf(rule, `["30"]`)).CheckRules()
	if err == nil || !strings.Contains(err.Error(), "version 6 required") {
		t.Errorf("got %v, expected the rule's text", err)
	}
}

func TestParseRefusesByName(t *testing.T) {
	tests := map[string]string{
		`{"Resources": {"R": {"Type": "T"}}, "Transform": "AWS::Serverless-2016-10-31"}`: "Transform",
		`{"Resources": {"R": {"Type": "T", "CreationPolicy": {}}}}`:                      "Resources.R: the rehearsal does not support the attribute CreationPolicy",
		`{"Resources": {"R": {}}}`: "Resources.R: it has no Type",
		`{}`:                       "no Resources",
		`{"Resources": 1}`:         "Resources",
		`[`:                        "template",
	}
	for text, want := range tests {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", text, err, want)
		}
	}
}

func TestNumbersKeepTheirForm(t *testing.T) {
	got, err := resolver(t, frame).Resolve("P", value(t, `{"Fn::Join": ["", ["v", 12345678901234567890]]}`))
	if err != nil || got != "v12345678901234567890" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, ok := value(t, "1").(json.Number); !ok {
		t.Error("a number was read as a float")
	}
}
