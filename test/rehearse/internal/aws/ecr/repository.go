package ecr

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Repository is one repository as a template declares it.
type Repository struct {
	Name string
	// Mutability is MUTABLE (also if empty), IMMUTABLE, MUTABLE_WITH_EXCLUSION
	// or IMMUTABLE_WITH_EXCLUSION.
	Mutability string
	// Exclusions are wildcard filters: tags that match one of them are the
	// exception from Mutability. Only for the two …_WITH_EXCLUSION.
	Exclusions []string
	// Encryption is the type and the key: blobs are mounted only where they are the same.
	Encryption string
}

// The rules of ECR's CreateRepository.
var (
	repositoryName = regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`)
	wildcardFilter = regexp.MustCompile(`^[0-9a-zA-Z._*-]{1,128}$`)
)

const (
	maxFilters   = 5
	maxWildcards = 2
)

type repository struct {
	// writing is held from the look at a tag to its writing, so that two
	// promotions at once can't both find an immutable tag free.
	writing   sync.Mutex
	immutable func(tag string) bool
	// pushed is when each manifest came, by digest; writing guards it.
	pushed     map[string]time.Time
	encryption string
}

// AddRepository creates a repository; a push to any other name is refused.
func (r *Registry) AddRepository(spec Repository) error {
	if !repositoryName.MatchString(spec.Name) || len(spec.Name) < 2 || len(spec.Name) > 256 {
		return &Error{"InvalidParameterException", fmt.Sprintf(
			"Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '%s'', 2 to 256 characters; got %q",
			repositoryName, spec.Name)}
	}
	immutable, err := immutability(spec)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.repositories[spec.Name] != nil {
		return &Error{"RepositoryAlreadyExistsException", fmt.Sprintf(
			"The repository with name '%s' already exists in the registry with id '%s'", spec.Name, r.ID())}
	}
	r.repositories[spec.Name] = &repository{
		immutable: immutable, pushed: map[string]time.Time{}, encryption: spec.Encryption,
	}
	return nil
}

func (r *Registry) repository(name string) (*repository, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if repo := r.repositories[name]; repo != nil {
		return repo, nil
	}
	return nil, &Error{"RepositoryNotFoundException", fmt.Sprintf(
		"The repository with name '%s' does not exist in the registry with id '%s'", name, r.ID())}
}

// immutability returns which tags, once written, can't be written again.
func immutability(spec Repository) (func(tag string) bool, error) {
	if len(spec.Exclusions) > maxFilters {
		return nil, &Error{"InvalidParameterException", fmt.Sprintf(
			"repository %s has %d mutability exclusion filters, at most %d are allowed", spec.Name,
			len(spec.Exclusions), maxFilters)}
	}
	var filters []*regexp.Regexp
	for _, f := range spec.Exclusions {
		if !wildcardFilter.MatchString(f) || strings.Count(f, "*") > maxWildcards {
			return nil, &Error{"InvalidParameterException", fmt.Sprintf(
				"repository %s: mutability exclusion filter %q must match %s with at most %d wildcards", spec.Name, f,
				wildcardFilter, maxWildcards)}
		}
		parts := strings.Split(f, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		filters = append(filters, regexp.MustCompile("^"+strings.Join(parts, ".*")+"$"))
	}
	excluded := func(tag string) bool {
		for _, f := range filters {
			if f.MatchString(tag) {
				return true
			}
		}
		return false
	}
	withExclusion := strings.HasSuffix(spec.Mutability, "_WITH_EXCLUSION")
	if withExclusion != (len(filters) > 0) {
		return nil, &Error{"InvalidParameterException", fmt.Sprintf(
			"repository %s: tag mutability %q with %d exclusion filters; filters and …_WITH_EXCLUSION need each other",
			spec.Name, spec.Mutability, len(filters))}
	}
	switch spec.Mutability {
	case "", "MUTABLE":
		return func(string) bool { return false }, nil
	case "IMMUTABLE":
		return func(string) bool { return true }, nil
	case "MUTABLE_WITH_EXCLUSION":
		return excluded, nil
	case "IMMUTABLE_WITH_EXCLUSION":
		return func(tag string) bool { return !excluded(tag) }, nil
	}
	return nil, &Error{"InvalidParameterException", fmt.Sprintf(
		"repository %s: tag mutability %q is none of MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION",
		spec.Name, spec.Mutability)}
}
