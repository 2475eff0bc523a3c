package scan

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/job"
)

// Parameters are the UserParameters of a ScanGate action.
type Parameters struct {
	// Repository is the registry's host and the repository.
	Repository string `json:"repository"`
	// Digest is the validated index's.
	Digest string `json:"digest"`
	// Limits are how many findings of a severity each image may have, by severity in capital letters.
	Limits map[string]int `json:"limits"`
	// Minutes is how long the scans may take.
	Minutes int `json:"minutes"`
	// AllowUnscannable lets images pass in which the scanner knows nothing.
	AllowUnscannable bool `json:"allowUnscannable"`
}

// target is what is judged, and how.
type target struct {
	repository       name.Repository
	digest           digest.Digest
	limits           map[string]int
	patience         time.Duration
	allowUnscannable bool
}

func parse(text string) (*target, error) {
	var p Parameters
	if err := job.Decode(text, &p); err != nil {
		return nil, err
	}
	if err := (job.Required{"repository": p.Repository, "digest": p.Digest}).Missing("repository", "digest"); err != nil {
		return nil, err
	}
	if err := job.CheckDigest("digest", p.Digest); err != nil {
		return nil, err
	}
	repository, err := job.CheckRepository(p.Repository)
	if err != nil {
		return nil, err
	}
	if len(p.Limits) == 0 {
		return nil, job.Misconfigured("The parameter limits is empty, so that every image would pass; give how many findings are allowed of one severity at least.")
	}
	for _, severity := range slices.Sorted(maps.Keys(p.Limits)) {
		if !slices.Contains(severities, severity) || p.Limits[severity] < 0 {
			return nil, job.Misconfigured("The parameter limits allows %d of %q, expected 0 or more of %s.", p.Limits[severity], severity, strings.Join(severities, ", "))
		}
	}
	if p.Minutes < 1 {
		return nil, job.Misconfigured("The parameter minutes is %d, expected 1 or more.", p.Minutes)
	}
	return &target{
		repository: repository, digest: digest.Digest(p.Digest), limits: p.Limits,
		patience: time.Duration(p.Minutes) * time.Minute, allowUnscannable: p.AllowUnscannable,
	}, nil
}
