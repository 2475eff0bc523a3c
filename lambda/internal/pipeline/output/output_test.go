package output_test

import (
	"strings"
	"testing"

	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/output"
)

const good = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestDigest(t *testing.T) {
	action := execution.Action{Stage: "Build", Name: "app-amd64"}
	of := func(value string) (string, error) {
		d, err := output.Digest(map[execution.Action]map[string]string{action: {"IMAGE_DIGEST": value}}, action,
			"IMAGE_DIGEST")
		return d.String(), err
	}
	if d, err := of(good); err != nil || d != good {
		t.Errorf("%s, %v", d, err)
	}
	for _, value := range []string{
		"", "none", "latest", strings.ToUpper(good), good + "\n", " " + good, good[:70], good + "00",
		"sha512:" + strings.Repeat("0", 128),
		good + `"},{"name":"BASH_ENV","value":"$(id)`, `{"digest":"` + good + `"}`, "@" + good,
	} {
		if d, err := of(value); err == nil ||
			!strings.Contains(err.Error(), "The action Build/app-amd64 put out IMAGE_DIGEST=") {
			t.Errorf("%q is taken for %s, %v", value, d, err)
		}
	}
}
