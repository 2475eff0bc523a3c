package validation

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/check"
)

const (
	some       = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	parameters = `{"repository":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/app","digest":"` + some + `","revision":"0123456789abcdef0123456789abcdef01234567","builds":{"linux/amd64":"` + some + `","linux/arm64":"` + some + `"}}`
)

func TestParametersGiveTheTask(t *testing.T) {
	task, err := parse(strings.Replace(parameters, "linux/arm64", "linux/aarch64", 1))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]digest.Digest{"linux/amd64": some, "linux/arm64": some}, task.builds); diff != "" {
		t.Error(diff)
	}
	if len(parameters) > 1000 {
		t.Errorf("%d characters, more than CodePipeline takes", len(parameters))
	}
}

func TestParametersGiveThePolicy(t *testing.T) {
	task, err := parse(strings.Replace(parameters, `"builds"`, `"branch":"main","moving":["latest","{branch}"],"allow":["linux/arm/v7"],"downgrade":{"config-parity":"info: known"},"provenance":true,"sbom":true,"deep":true,"builds"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	want := check.Want{
		Provenance: true, SBOM: true, Deep: true, Allowed: []specs.Platform{{OS: "linux", Architecture: "arm", Variant: "v7"}},
		Downgrades: map[string]check.Downgrade{"config-parity": {To: check.Info, Reason: "known"}},
	}
	if diff := cmp.Diff(want, task.policy); diff != "" {
		t.Error(diff)
	}
	if len(task.moving) != 2 || task.branch != "main" {
		t.Errorf("%+v", task)
	}
}

func TestParametersNameWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct{ old, new, message string }{
		"a tag for a digest":     {some, "latest", `The parameter digest is "latest", expected a digest`},
		"a build's empty digest": {`amd64":"` + some, `amd64":"`, `The parameter builds.linux/amd64 is "", expected a digest`},
		"an unknown field":       {`"revision"`, `"revison"`, `unknown field "revison"`},
		"missing fields":         {`"revision":"0123456789abcdef0123456789abcdef01234567","builds":{"linux/amd64":"` + some + `","linux/arm64":"` + some + `"}`, `"revision":""`, "lack revision, builds"},
		"a platform twice":       {"linux/amd64", "linux/arm64/v8", "names the platform linux/arm64 twice"},
		"no platform":            {"linux/amd64", "a/b/c/d", `"a/b/c/d" is no platform`},
		"half a platform":        {"linux/amd64", "amd64", `"amd64" is no platform`},
		"a bad template":         {`"builds"`, `"moving":["latest","{tag}"],"builds"`, "The parameter moving[1] is no tag template"},
		"no such check":          {`"builds"`, `"downgrade":{"config-partiy":"info:x"},"builds"`, `did you mean "config-parity"?`},
		"no reason":              {`"builds"`, `"downgrade":{"config-parity":"info"},"builds"`, "The parameter downgrade.config-parity: "},
		"an allowed nothing":     {`"builds"`, `"allow":["arm64"],"builds"`, `The parameter allow: "arm64" is no platform`},
		"an unresolved variable": {`"` + some + `"`, `"#{Merge-app.INDEX_DIGEST}"`, "the variable #{Merge-app.INDEX_DIGEST}, which CodePipeline didn't resolve"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Replace(parameters, test.old, test.new, 1))
			if f := failed(err); f == nil || f.Type != types.FailureTypeConfigurationError || !strings.Contains(f.Message, test.message) {
				t.Errorf("error %v, want one with %q", err, test.message)
			}
		})
	}
}

func TestRuleDecidesWhichPlatformsAreRequired(t *testing.T) {
	const only = `,"rule":"RULE","only":{"linux/amd64":["pr","dev"]}}`
	ruled := strings.TrimSuffix(parameters, "}") + only
	without := strings.Replace(ruled, `"linux/arm64":"`+some, `"linux/arm64":"none`, 1)
	for name, test := range map[string]struct{ parameters, want string }{
		"all of them":                        {strings.Replace(ruled, "RULE", "main", 1), ""},
		"fewer":                              {strings.Replace(without, "RULE", "pr", 1), ""},
		"a build that leaves itself out":     {strings.Replace(without, "RULE", "main", 1), `The build of linux/arm64 gave "none", but the build rule "main" says that it is built.`},
		"a build that should be left out":    {strings.Replace(ruled, "RULE", "dev", 1), `but the build rule "dev" says that it is left out.`},
		"a build that leaves out, by itself": {strings.Replace(parameters, `"linux/arm64":"`+some, `"linux/arm64":"none`, 1), `The build of linux/arm64 gave "none"`},
		"every platform":                     {`{"repository":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/app","digest":"` + some + `","revision":"r","builds":{"linux/arm64":"none"},"rule":"pr","only":{"linux/amd64":["pr"]}}`, `leaves out every platform`},
	} {
		t.Run(name, func(t *testing.T) {
			task, err := parse(test.parameters)
			if test.want == "" {
				if err != nil || len(task.platforms) != len(task.builds) || len(task.builds) != strings.Count(test.parameters, "sha256")-1 {
					t.Errorf("got %v, %v", task, err)
				}
				return
			}
			if f := failed(err); f == nil || f.Type != types.FailureTypeConfigurationError || !strings.Contains(f.Message, test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func FuzzParameters(f *testing.F) {
	f.Add(parameters)
	for _, text := range []string{"", "{}", "null", "[]", `{"builds":{"":""}}`, parameters + " x", strings.ReplaceAll(parameters, "linux", "windows")} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		task, err := parse(text)
		if err != nil {
			if f := failed(err); f == nil || f.Type != types.FailureTypeConfigurationError {
				t.Fatalf("error %v", err)
			}
			return
		}
		if len(task.builds) == 0 || len(task.builds) != len(task.platforms) || task.digest.Validate() != nil || task.revision == "" {
			t.Errorf("task %+v", task)
		}
	})
}
