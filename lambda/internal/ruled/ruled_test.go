package ruled

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"

	"archway/internal/rule"
	"archway/lambda/internal/job"
)

var ruled = []rule.Tagged{
	{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "main"}, Images: map[string]rule.Tags{"web": {Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}}}},
	{Rule: rule.Rule{Name: "release", Type: rule.Branch, Pattern: `release-(?<version>\d+\.\d+)`}, Images: map[string]rule.Tags{"web": {Immutable: []string{"{commit:6}-{version}"}, Moving: []string{"r{version}", "{branch}"}}}},
	{Rule: rule.Rule{Name: "tag", Type: rule.Tag, Pattern: `v(?<rest>.*)`}, Images: map[string]rule.Tags{"web": {Immutable: []string{"{tag}", "{rest}", "{date:20060102,Asia/Shanghai}-{rest}"}}}},
}

func TestRuleGivesTheTagsOfItsReference(t *testing.T) {
	for name, test := range map[string]struct{ rule, ref, want string }{
		"branch":         {"main", "main", `{"branch":"main","commit":"c","immutable":["{commit:12}"],"moving":["latest","{branch}"]}`},
		"named group":    {"release", "release-1.2", `{"branch":"release-1.2","commit":"c","immutable":["{commit:6}-1.2"],"moving":["r1.2","{branch}"]}`},
		"git tag":        {"tag", "v1.0+b", `{"branch":"v1.0+b","commit":"c","immutable":["v1.0-b","1.0-b","{date:20060102,Asia/Shanghai}-1.0-b"],"moving":null}`},
		"cut at the top": {"tag", "v-/x", `{"branch":"v-/x","commit":"c","immutable":["v--x","x","{date:20060102,Asia/Shanghai}---x"],"moving":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			work := Work(ruled, Promotion, func(_ context.Context, j job.Job) (map[string]string, error) { got = j.Parameters; return nil, nil })
			if _, err := work(t.Context(), job.Job{Parameters: `{"commit":"c","rule":"` + test.rule + `","ref":"` + test.ref + `","image":"web"}`}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRuleThatGivesNoTagsStopsWithTheReason(t *testing.T) {
	const tail = `: a tag has 1 to 128 letters, digits, "_", "." and "-", and does not begin with "." or "-".`
	for name, test := range map[string]struct{ rule, ref, image, want string }{
		"no rule":       {"other", "main", "web", `No tag was moved: there is no build rule "other"; expected one of main, release, tag.`},
		"another ref":   {"release", "main", "web", `No tag was moved: the rule release (branch /release-(?<version>\d+\.\d+)/) does not match the branch "main". Start the pipeline with variables that belong together.`},
		"another image": {"main", "main", "job", `No tag was moved: the rule main has no tags for the image "job".`},
		"an empty tag":  {"tag", "v", "web", `No tag was moved: the rule tag gives the tag "v" no valid tag: tag template "{rest}": gives an empty tag` + tail},
		"no parameter":  {"main", "", "web", `No tag was moved: UserParameters of this action lack ref, a text.`},
	} {
		t.Run(name, func(t *testing.T) {
			parameters, _ := json.Marshal(map[string]string{"rule": test.rule, "ref": test.ref, "image": test.image})
			_, err := apply(ruled, Promotion, string(parameters))
			var failure *job.Failure
			if !errors.As(err, &failure) || failure.Type != types.FailureTypeConfigurationError || err.Error() != test.want {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestRulesComeFromTheEnvironmentAsTheyWereWritten(t *testing.T) {
	text := rule.Encode(ruled)
	if strings.Contains(text, `\u003c`) {
		t.Errorf("%s wastes characters", text)
	}
	got, err := Rules(func(string) string { return text })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ruled, got); diff != "" {
		t.Error(diff)
	}
	if none, err := Rules(func(string) string { return "" }); none != nil || err != nil {
		t.Errorf("got %v, %v", none, err)
	}
	if _, err := Rules(func(string) string { return `[{"regex":"x"}]` }); err == nil || !strings.Contains(err.Error(), "RULES holds no rules") {
		t.Errorf("got %v", err)
	}
}

func TestValidationGetsMovingTagsAndKeepsItsRule(t *testing.T) {
	for parameters, want := range map[string]string{
		`{"digest":"d","rule":"release","ref":"release-1.2","image":"web"}`: `{"branch":"release-1.2","digest":"d","moving":["r1.2","{branch}"],"rule":"release"}`,
		`{"digest":"d","rule":"release"}`:                                   `{"digest":"d","rule":"release"}`,
	} {
		got, err := apply(ruled, Validation, parameters)
		if err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
