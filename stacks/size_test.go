package stacks_test

import (
	"fmt"
	"strings"
	"testing"

	"archway/config"
	"archway/stacks"
)

// CloudFormation would refuse them when they are deployed, long after everybody has looked away.
func TestTemplatesThatCloudFormationRefusesStopTheSynthesis(t *testing.T) {
	for _, test := range []struct {
		images  int
		keys    string
		refused string
	}{
		{20, ``, ""},
		{12, `"smokeTest": {}, "scanGate": {}`, ""},
		{25, ``, "bytes and 293 resources, and CloudFormation takes at most 1000000 and 500: build some"},
		{25, `"smokeTest": {}`, "resources, and CloudFormation takes at most 1000000 and 500: build some"},
	} {
		var images []string
		for i := range test.images {
			images = append(images, fmt.Sprintf(`{"name": "i%d", %s}`, i, test.keys))
		}
		text := strings.ReplaceAll(fmt.Sprintf(`{"pipelines": [{"name": "many", "images": [%s]}]}`, strings.Join(images, ", ")), ", }", "}")
		cfg, err := config.Load([]byte(text), ".")
		if err != nil {
			t.Fatal(err)
		}
		_, err = stacks.Synthesize(stacks.NewApp(cfg))
		switch {
		case err == nil && test.refused != "":
			t.Errorf("%d images, %s: no error", test.images, test.keys)
		case err != nil && (test.refused == "" || !strings.HasPrefix(err.Error(), "many: the template has ") || !strings.Contains(err.Error(), test.refused) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%d images, %s: got %v, want %q", test.images, test.keys, err, test.refused)
		}
	}
}
