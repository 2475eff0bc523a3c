package job

import (
	"regexp"
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
		return Misconfigured("UserParameters of this action hold the variable %s, which CodePipeline didn't resolve; check the name of the action and of its namespace.", variable(parameters[at:]))
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

// Required are parameters by name; Missing is the configuration error that names those that are empty.
type Required map[string]string

// Missing returns nil if all are there.
func (r Required) Missing(order ...string) error {
	var missing []string
	for _, field := range order {
		if r[field] == "" {
			missing = append(missing, field)
		}
	}
	if len(missing) > 0 {
		return Misconfigured("UserParameters of this action lack %s.", strings.Join(missing, ", "))
	}
	return nil
}

var sha256 = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// CheckDigest refuses what isn't a digest, such as a tag: a tag can be moved between two stages.
func CheckDigest(field, value string) error {
	if sha256.MatchString(value) {
		return nil
	}
	return Misconfigured("The parameter %s is %q, expected a digest (sha256: and 64 hexadecimal digits); pass on the digest that the earlier action exported, never a tag.", field, value)
}

// CheckRepository reads the name of a repository, with its registry's host.
func CheckRepository(value string) (name.Repository, error) {
	repository, err := name.NewRepository(value, name.StrictValidation)
	if err != nil {
		return name.Repository{}, Misconfigured("The parameter repository is %q, expected a registry's host and a repository's name: %s.", value, err)
	}
	return repository, nil
}
