// Package output reads what earlier actions of an execution put out. A build runs somebody's
// Dockerfile, so that what it says is taken for nothing but what it must be.
package output

import (
	"context"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
)

// Outputs are the output variables of actions.
type Outputs = map[execution.Action]map[string]string

// Runs tells what a run builds, and what its actions have put out. execution.CodePipeline is one.
type Runs interface {
	Execution(ctx context.Context, id string) (execution.Execution, error)
	Outputs(ctx context.Context, id string, actions []execution.Action) (Outputs, error)
}

// Digest is an output variable that must be a digest, as no tag stays where it is between two
// stages.
func Digest(outputs Outputs, action execution.Action, variable string) (digest.Digest, error) {
	value := outputs[action][variable]
	d, err := digest.Parse(value)
	if err != nil || d.Algorithm() != digest.SHA256 {
		return "",
			job.Failed("The action %s put out %s=%.200q, expected a digest (sha256: and 64 hexadecimal digits). "+
				"Look into its log, and run the pipeline again.", action, variable, value)
	}
	return d, nil
}
