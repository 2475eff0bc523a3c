package scene

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVerbsSayEveryAction(t *testing.T) {
	tests := map[string]struct {
		service string
		actions []string
		words   []string
		class   Class
	}{
		"a pull": {"ecr", []string{"BatchGetImage", "GetDownloadUrlForLayer"}, []string{"pull"},
			Reads},
		"half a pull": {"ecr", []string{"BatchGetImage"}, []string{"read manifests"}, Reads},
		"a tag is written": {"ecr", []string{"BatchGetImage", "PutImage"},
			[]string{"read manifests", "write manifests and tags"}, Writes},
		"a phrase and more": {"codepipeline", []string{"StartPipelineExecution", "StopPipelineExecution"},
			[]string{"start", "StopPipelineExecution"}, Runs},
		"an action nobody foresaw": {"ecr", []string{"DeleteRepository"}, []string{"DeleteRepository"}, Writes},
		"a service nobody foresaw": {"braket", []string{"GetQuantumTask"}, []string{"GetQuantumTask"}, Reads},
		"a customer's key": {"kms", []string{"Decrypt", "GenerateDataKey"}, []string{"encrypt and decrypt"},
			Writes},
		"everything": {"s3", []string{"*"}, []string{"*"}, Writes},
	}
	for name, test := range tests {
		words, class := verbs(test.service, test.actions)
		if diff := cmp.Diff(test.words, words); diff != "" || class != test.class {
			t.Errorf("%s: class %s, expected %s (-want +got):\n%s", name, class, test.class, diff)
		}
	}
}

func TestLongTimesAreInDays(t *testing.T) {
	for minutes, want := range map[string]string{
		"60":    "≤ 60 min",
		"1440":  "≤ 1440 min",
		"1500":  "≤ 1500 min",
		"10080": "≤ 7 days",
	} {
		if got := atMost(minutes); got != want {
			t.Errorf("%s minutes: got %q, expected %q", minutes, got, want)
		}
	}
}
