package job

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"archway/internal/strict"
)

// Decode reads UserParameters into a struct, and refuses all that package strict refuses.
func Decode(parameters string, into any) error {
	const expected = "UserParameters of this action must be one JSON object"
	if strings.TrimSpace(parameters) == "" {
		return Misconfigured("%s, but they are empty.", expected)
	}
	if at := strings.Index(parameters, "#{"); at >= 0 {
		return Misconfigured("UserParameters of this action hold the variable %s, which CodePipeline didn't resolve; check the name of the action and of its namespace.",
			variable(parameters[at:]))
	}
	if err := strict.Decode([]byte(parameters), into); err != nil {
		return Misconfigured("%s with the fields that its documentation lists: %s.", expected, err)
	}
	return nil
}

func variable(s string) string {
	if end := strings.IndexByte(s, '}'); end >= 0 {
		return s[:end+1]
	}
	return s
}

// CheckRepository reads the name of a repository, with its registry's host.
func CheckRepository(value string) (name.Repository, error) {
	repository, err := name.NewRepository(value, name.StrictValidation)
	if err != nil {
		return name.Repository{},
			Misconfigured(
				"The settings lead to the repository %q, expected a registry's host and a repository's name: %s.",
				value, err)
	}
	return repository, nil
}
