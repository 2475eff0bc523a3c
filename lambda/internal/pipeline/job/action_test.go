package job_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/internal/settings"
	"archway/lambda/internal/pipeline/job"
)

var loaded = &settings.Loaded{Pipeline: settings.Pipeline{Name: "app-pipeline",
	Images: []settings.Image{{Name: "web"}}}, Sum: strings.Repeat("0", 64)}

func TestActionsTakeTheirParameters(t *testing.T) {
	sum := loaded.Sum
	for name, test := range map[string]struct {
		action     func(*settings.Loaded, job.Work) job.Work
		parameters string
		// want is what the error says, or the image that the work is about.
		want string
	}{
		"all images": {job.Action, `{"settings":"` + sum + `","execution":"x"}`, ""},
		"one image":  {job.ImageAction, `{"settings":"` + sum + `","execution":"x","image":"web"}`, "web"},
		"an image for all": {job.Action, `{"settings":"` + sum + `","execution":"x","image":"web"}`,
			`name the image "web", but the action is about all`},
		"an unknown image": {job.ImageAction, `{"settings":"` + sum + `","execution":"x","image":"job"}`,
			`name the image "job", and the pipeline app-pipeline has none`},
		"no image":     {job.ImageAction, `{"settings":"` + sum + `","execution":"x"}`, `name the image ""`},
		"no execution": {job.Action, `{"settings":"` + sum + `"}`, "lack execution"},
		"no settings": {job.Action, `{"execution":"x"}`,
			"made with other settings () than this function (000000000000)"},
		"other settings": {job.Action, `{"settings":"` + strings.Repeat("1", 64) + `","execution":"x"}`,
			"Finish the deployment, then retry the stage"},
		"a variable": {job.Action,
			`{"settings":"` + sum + `","execution":"#{codepipeline.PipelineExecutionId}"}`,
			"hold the variable #{codepipeline.PipelineExecutionId}, which CodePipeline didn't resolve"},
		"nothing":            {job.Action, " ", "they are empty"},
		"an unknown key":     {job.Action, `{"settings":"` + sum + `","execution":"x","digest":"sha256:0"}`, "digest"},
		"a key twice":        {job.Action, `{"settings":"` + sum + `","execution":"x","execution":"y"}`, "execution"},
		"a key's other case": {job.Action, `{"settings":"` + sum + `","execution":"x","Execution":"y"}`, "Execution"},
		"text after it":      {job.Action, `{"settings":"` + sum + `","execution":"x"}{}`, "after"},
	} {
		t.Run(name, func(t *testing.T) {
			var did *job.Job
			work := test.action(loaded,
				func(_ context.Context, j job.Job) (map[string]string, error) { did = &j; return nil, nil })
			_, err := work(t.Context(), job.Job{Parameters: test.parameters, Log: slog.New(slog.DiscardHandler)})
			var failure *job.Failure
			if errors.As(err, &failure) {
				if failure.Type != types.FailureTypeConfigurationError || !strings.Contains(err.Error(), test.want) ||
					did != nil {
					t.Errorf("error %v (%s), work %v, want %q and none", err, failure.Type, did, test.want)
				}
				return
			}
			if err != nil || did == nil || did.Execution != "x" {
				t.Fatalf("job %+v, error %v", did, err)
			}
			if got := did.Image; test.want == "" && got != nil || test.want != "" &&
				(got == nil || got.Name != test.want) {
				t.Errorf("image %v, want %q", got, test.want)
			}
		})
	}
}
