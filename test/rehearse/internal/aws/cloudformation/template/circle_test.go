package template

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestCircle(t *testing.T) {
	tests := map[string]struct {
		resources string
		want      []string
	}{
		"none": {`{"A": {"Properties": {"X": {"Ref": "B"}}}, "B": {"DependsOn": "C"}, "C": {}}`, nil},
		"two ways to the same": {`{"A": {"DependsOn": ["B", "C"]}, "B": {"DependsOn": "D"}, "C": {"Properties": {"X": {"Ref": "D"}}}, "D": {}}`,
			nil},
		"a role's own policy and what it is about": {`{
			"Role": {"Properties": {"Policies": [{"PolicyDocument": {"Statement": [{"Resource": {"Fn::GetAtt": ["Release", "Arn"]}}]}}]}},
			"Release": {"Properties": {"RepositoryPolicyText": {"Statement": [{"Condition": {"ArnNotEquals": {"aws:PrincipalArn": [{"Fn::GetAtt": ["Role", "Arn"]}]}}}]}}}
		}`, []string{"Release", "Role"}},
		"a policy that is a resource of its own": {`{
			"Role": {},
			"Policy": {"Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [{"Resource": {"Fn::GetAtt": ["Release", "Arn"]}}]}}},
			"Release": {"Properties": {"RepositoryPolicyText": {"Statement": [{"Condition": {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": "Role.Arn"}}}}]}}}
		}`, nil},
		"by DependsOn": {`{"A": {"DependsOn": "B"}, "B": {"DependsOn": ["C"]}, "C": {"DependsOn": ["A"]}}`,
			[]string{"A", "B", "C"}},
		"not from its start": {`{"A": {"DependsOn": "B"}, "B": {"DependsOn": "C"}, "C": {"DependsOn": "B"}}`,
			[]string{"B", "C"}},
		"by itself": {`{"A": {"Properties": {"X": {"Ref": "A"}}}}`, []string{"A"}},
		"in a text": {`{"A": {"Properties": {"X": {"Fn::Sub": "arn:${AWS::Partition}:${B.Arn}"}}}, "B": {"Properties": {"X": {"Fn::Sub": ["${A}${V}", {"V": "v"}]}}}}`,
			[]string{"A", "B"}},
		"in a value of a text": {
			`{"A": {"Properties": {"X": {"Fn::Sub": ["${V}", {"V": {"Ref": "B"}}]}}}, "B": {"DependsOn": "A"}}`,
			[]string{"A", "B"}},
		"what is no resource": {`{"A": {"Properties": {"X": {"Ref": "AWS::Region"}, "Y": {"Ref": "Parameter"}}}}`,
			nil},
	}
	for name, test := range tests {
		parsed := &Template{}
		if err := json.Unmarshal([]byte(test.resources), &parsed.Resources); err != nil {
			t.Fatal(err)
		}
		if got := parsed.Circle(); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, expected %v", name, got, test.want)
		}
	}
}
