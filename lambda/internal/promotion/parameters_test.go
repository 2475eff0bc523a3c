package promotion

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/internal/tag"
)

const good = `{"repository":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/app","digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","commit":"0123456789abcdef0123456789abcdef01234567","branch":"main","execution":"11111111-2222-3333-4444-555555555555","immutable":["{commit:12}"],"moving":["latest","{branch}"]}`

func TestParametersNameWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct{ old, new, message string }{
		"a tag for a digest":     {"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "latest", `The parameter digest is "latest", expected a digest`},
		"capital digits":         {"sha256:0123456789abcdef", "sha256:0123456789ABCDEF", "expected a digest"},
		"an unknown field":       {`"branch"`, `"brunch"`, `unknown field "brunch"`},
		"a missing field":        {`"commit":"0123456789abcdef0123456789abcdef01234567",`, ``, "lack commit"},
		"no execution":           {`"execution":"11111111-2222-3333-4444-555555555555",`, ``, "lack execution"},
		"no tags":                {`"immutable":["{commit:12}"],"moving":["latest","{branch}"]`, `"immutable":[],"moving":[]`, "lack immutable or moving"},
		"no registry":            {"111122223333.dkr.ecr.eu-west-1.amazonaws.com/app", "app", `The parameter repository is "app"`},
		"an unresolved variable": {`"main"`, `"#{variables.branch}"`, "the variable #{variables.branch}, which CodePipeline didn't resolve"},
		"a bad template":         {"{commit:12}", "{commmit}", "The parameter immutable[0] is no tag template"},
		"a bad downgrade":        {`"commit"`, `"downgrade":{"regression":"never"},"commit"`, "The parameter downgrade.regression"},
		"a bad moving template":  {"latest", "-latest", "The parameter moving[0] is no tag template"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Replace(good, test.old, test.new, 1))
			if failureType(err) != types.FailureTypeConfigurationError || !strings.Contains(err.Error(), test.message) {
				t.Errorf("error %v, want one with %q", err, test.message)
			}
		})
	}
	for name, text := range map[string]string{"empty": "", "no object": "[]", "more after it": good + "{}", "cut": good[:50]} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(text); failureType(err) != types.FailureTypeConfigurationError {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Whatever stands in UserParameters is refused as a configuration error or gives a digest and valid tags.
func FuzzParameters(f *testing.F) {
	f.Add(good)
	f.Add(strings.Replace(good, "latest", "{date:20060102}", 1))
	for _, text := range []string{"", "{}", "null", "[]", `{"digest":5}`, good + good, `{"repository":"#{"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		task, err := parse(text)
		if err != nil {
			if failureType(err) != types.FailureTypeConfigurationError || err.Error() == "" {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !strings.HasPrefix(task.digest.String(), "sha256:") || len(task.digest) != 71 {
			t.Errorf("digest %q", task.digest)
		}
		tags, err := task.render()
		for n, one := range tags {
			if err == nil && (!tag.Valid(one.Name) || n > 0 && one.Immutable && !tags[n-1].Immutable) {
				t.Errorf("tags %v", tags)
			}
		}
	})
}
