package config_test

import (
	"strings"
	"testing"

	"archway/config"
)

func TestRegion(t *testing.T) {
	for region, test := range map[string]struct{ refused, warned string }{
		"":              {},
		"eu-central-1":  {},
		"cn-north-1":    {refused: "cn-north-1 (CDK_DEFAULT_REGION) has no CodePipeline"},
		"us-gov-west-1": {warned: "Region us-gov-west-1: GovCloud has no arm64 machines"},
		"eu-south-2":    {warned: "Region eu-south-2: AWS's pages don't list"},
	} {
		cfg, err := config.Load([]byte(`{"pipelines": [{"name": "app", "images": [{"name": "app"}]}]}`), ".")
		if err != nil {
			t.Fatal(err)
		}
		err = cfg.In(region)
		if (err != nil) != (test.refused != "") || err != nil && !strings.Contains(err.Error(), test.refused) {
			t.Errorf("%s: got %v, want %q", region, err, test.refused)
		}
		said := strings.Join(cfg.Pipelines[0].Warnings, "\n")
		if (said != "") != (test.warned != "") || !strings.HasPrefix(said, test.warned) {
			t.Errorf("%s: warned of %q, want %q", region, said, test.warned)
		}
	}
}
