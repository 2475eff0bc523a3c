// Package output reads what earlier actions of an execution put out. A build runs somebody's Dockerfile, so that what it says is
// taken for nothing but what it must be.
package output

import (
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/execution"
	"archway/lambda/internal/job"
)

// Digest is an output variable that must be a digest, as no tag stays where it is between two stages.
func Digest(outputs map[execution.Action]map[string]string, action execution.Action, variable string) (digest.Digest, error) {
	value := outputs[action][variable]
	d, err := digest.Parse(value)
	if err != nil || d.Algorithm() != digest.SHA256 {
		return "", job.Failed("The action %s/%s put out %s=%.200q, expected a digest (sha256: and 64 hexadecimal digits). "+
			"Look into its log, and run the pipeline again.", action.Stage, action.Name, variable, value)
	}
	return d, nil
}
