package actions

import (
	"strings"
	"testing"
	"time"

	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// Each provider refuses by name what it would otherwise skip in silence.
func TestCheck(t *testing.T) {
	source := &CodeCommitSource{}
	build := &Build{Project: func(name string) (*codebuild.Project, bool) { return nil, name == "known" }}
	invoke := &Invoke{Function: func(name string) (*lambdaruntime.Function, bool) { return nil, name == "known" }}
	approval := &Approval{}
	type configuration map[string]string
	tests := []struct {
		provider        codepipeline.Provider
		configuration   configuration
		inputs, outputs []string
		want            string // empty if it is accepted
	}{
		{source, configuration{"RepositoryName": "r", "BranchName": "b", "PollForSourceChanges": "false"}, nil,
			[]string{"Code"}, ""},
		{source, configuration{"RepositoryName": "r", "BranchName": "b"}, nil, []string{"Code"}, "CodePipeline polls"},
		{source, configuration{"RepositoryName": "r", "BranchName": "b", "PollForSourceChanges": "true"}, nil,
			[]string{"Code"}, "PollForSourceChanges"},
		{source, configuration{"BranchName": "b", "PollForSourceChanges": "false"}, nil, []string{"Code"},
			"RepositoryName: it is missing"},
		{source,
			configuration{"RepositoryName": "r", "BranchName": "b", "PollForSourceChanges": "false",
				"OutputArtifactFormat": "CODEBUILD_CLONE_REF"}, nil, []string{"Code"}, "CODE_ZIP only"},
		{source, configuration{"RepositoryName": "r", "BranchName": "b", "PollForSourceChanges": "false"}, nil, nil,
			"0 output artifacts"},
		{build, configuration{"ProjectName": "known"}, []string{"Code"}, nil, ""},
		{build, configuration{"ProjectName": "other"}, []string{"Code"}, nil, "the project other does not exist"},
		{build, configuration{"ProjectName": "known", "BatchEnabled": "true"}, []string{"Code"}, nil, "BatchEnabled"},
		{build, configuration{"ProjectName": "known", "CombineArtifacts": "true"}, []string{"Code"}, nil,
			"CombineArtifacts"},
		{build, configuration{"ProjectName": "known"}, nil, nil, "0 input artifacts"},
		{build, configuration{"ProjectName": "known"}, []string{"A", "B"}, nil, "PrimarySource"},
		{build, configuration{"ProjectName": "known", "PrimarySource": "A"}, []string{"A", "B"}, nil, ""},
		{build, configuration{"ProjectName": "known"}, []string{"A"}, []string{"Out"}, "output artifact Out"},
		{invoke, configuration{"FunctionName": "known", "UserParameters": "{}"}, nil, nil, ""},
		{invoke, configuration{"FunctionName": "other"}, nil, nil, "the function other"},
		{invoke, configuration{"FunctionName": "known", "Other": "x"}, nil, nil, "configuration Other"},
		{invoke, configuration{"FunctionName": "known"}, nil, []string{"Out"}, "output artifact Out"},
		{approval, nil, nil, nil, ""},
		{approval, configuration{"CustomData": "x", "ExternalEntityLink": "https://x", "NotificationArn": "arn:x"}, nil,
			nil, ""},
		{approval, configuration{"Approvers": "x"}, nil, nil, "configuration Approvers"},
		{approval, nil, []string{"Code"}, nil, "1 input artifacts"},
	}
	for _, test := range tests {
		err := test.provider.Check(codepipeline.Action{Configuration: test.configuration, Inputs: test.inputs,
			Outputs: test.outputs})
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%v: got %v", test.configuration, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%v: got %v, expected %q", test.configuration, err, test.want)
		}
	}
}

// Approvals wait as long as CodePipeline allows.
func TestApprovalTimeout(t *testing.T) {
	for timeout, good := range map[time.Duration]bool{
		0:                   true,
		5 * time.Minute:     true,
		60 * 24 * time.Hour: true,
		4 * time.Minute:     false,
		61 * 24 * time.Hour: false,
	} {
		if err := (&Approval{}).Check(codepipeline.Action{Timeout: timeout}); (err == nil) != good {
			t.Errorf("%v: got %v", timeout, err)
		}
	}
}

func TestOverrides(t *testing.T) {
	got, err := overrides(`[{"name":"A","value":"1"},{"name":"B","type":"PLAINTEXT","value":"2"}]`)
	if err != nil || len(got) != 2 || got[1].Value != "2" {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		`[{"name":"A","value":"a"b"}]`:                        "EnvironmentVariables",
		`[{"name":"A","value":"x","type":"SECRETS_MANAGER"}]`: "SECRETS_MANAGER",
		`[{"value":"x"}]`:                                     "no name",
		`[{"name":"A","values":"x"}]`:                         "values",
	} {
		if _, err := overrides(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", text, err, want)
		}
	}
}
