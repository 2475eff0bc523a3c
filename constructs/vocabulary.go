package constructs

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"archway/internal/spec"
)

// What users say of an image and its builds. In props, a value that says nothing stands for the
// default.
type (
	// Validation says how an image's index is judged, and Downgrade makes the findings of one check
	// weigh less.
	Validation = spec.Validation
	Downgrade  = spec.Downgrade

	// ScanGate says how many findings of scans an image may have, and Accepted which of them count
	// against no limit.
	//
	// The findings are those of ECR's scan on push, which [Repositories] have, or Amazon
	// Inspector's, where the account has turned on enhanced scanning. CodePipeline's own action for
	// Inspector (InspectorScan) is not used: it knows images by a tag, which another execution may
	// move, and of several architectures it scans one.
	ScanGate   = spec.ScanGate
	ScanLimits = spec.Limits
	Accepted   = spec.Accepted

	// SmokeCheck is what a smoke test runs, and on which machine, and what it expects: of a program
	// that ends, its exit code and output; of a server, an answer.
	SmokeCheck = spec.SmokeTest
	HTTPCheck  = spec.HTTPCheck

	// BuildSecret says where a secret is kept that a Dockerfile may mount.
	BuildSecret = spec.Secret

	// Machine is the machine of a build, and how long it may take.
	Machine = spec.Build
	Compute = spec.Compute

	// Upstream is a registry whose images ECR can cache.
	Upstream = spec.Upstream
)

// What an error can be made. Neither stops the pipeline.
const (
	Warning = spec.Warning
	Info    = spec.Info
)

// The sizes of build machines.
const (
	ComputeSmall   = spec.Small
	ComputeMedium  = spec.Medium
	ComputeLarge   = spec.Large
	ComputeXLarge  = spec.XLarge
	Compute2XLarge = spec.XXLarge
)

// The registries that have a fixed address.
const (
	DockerHub               = spec.DockerHub
	ECRPublic               = spec.ECRPublic
	GitHubContainerRegistry = spec.GitHubContainerRegistry
	GitLabContainerRegistry = spec.GitLabContainerRegistry
	Kubernetes              = spec.Kubernetes
	Quay                    = spec.Quay
)

// filled is what a prop says, with the defaults.
func filled[T any](value T) T {
	spec.Fill(&value)
	return value
}

// specProblems are what spec says of a prop, and of what is in it, by the names of the fields.
func specProblems(prop string, value any) []error {
	return slices.DeleteFunc(problemsIn(prop, reflect.ValueOf(value)), func(err error) bool { return err == nil })
}

func problemsIn(prop string, value reflect.Value) (errs []error) {
	if value = reflect.Indirect(value); !value.IsValid() {
		return nil
	}
	names := map[string]string{}
	for _, f := range spec.Fields(value.Type()) {
		field, name := value.FieldByIndex(f.Index), strings.TrimPrefix(prop+"."+f.Name, ".")
		names[f.Key] = name
		switch {
		case field.IsZero() && f.Required:
			errs = append(errs, wrong(name, "is missing: %s", f.Missing()))
		case !field.IsZero():
			errs = append(errs, broken(name, field, f.Check(field)))
			errs = append(errs, problemsOfItems(name, f, field)...)
		}
	}
	if beside, ok := value.Interface().(interface{ Problems() []spec.Problem }); ok {
		for _, problem := range beside.Problems() {
			name := prop
			if problem.Key != "" {
				name = names[problem.Key]
			}
			errs = append(errs, broken(name, reflect.Value{}, problem.Message))
		}
	}
	return errs
}

func problemsOfItems(prop string, f spec.Field, value reflect.Value) (errs []error) {
	switch value.Kind() {
	case reflect.Struct, reflect.Pointer:
		if reflect.Indirect(value).Kind() == reflect.Struct {
			return problemsIn(prop, value)
		}
	case reflect.Slice:
		for i := range value.Len() {
			if item := value.Index(i); item.Kind() == reflect.Struct {
				errs = append(errs, problemsIn(at(prop, i), item)...)
			} else if f.Rule != nil {
				errs = append(errs, broken(at(prop, i), item, f.Rule.Check(item.String())))
			}
		}
	case reflect.Map:
		if f.Names == nil {
			return nil
		}
		keys := map[string]reflect.Value{}
		for _, key := range value.MapKeys() {
			keys[key.String()] = value.MapIndex(key)
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			name := fmt.Sprintf("%s[%q]", prop, key)
			errs = append(errs, broken(name, reflect.Value{}, f.Names.Check(key)))
			if keys[key].Kind() == reflect.Struct {
				errs = append(errs, problemsIn(name, keys[key])...)
			}
		}
	}
	return errs
}

// broken is the problem of a value, or nil. A message that is a predicate shows the value itself if
// it matters.
func broken(prop string, value reflect.Value, message string) error {
	value = reflect.Indirect(value)
	predicate := slices.ContainsFunc([]string{"is ", "has ", "holds ", "can't "},
		func(verb string) bool { return strings.HasPrefix(message, verb) })
	switch {
	case message == "", value.IsValid() && value.Kind() == reflect.String && unresolved(value.String()):
		return nil
	case predicate:
		return wrong(prop, "%s", message)
	case !value.IsValid():
		return wrong(prop+":", "%s", message)
	}
	shown, err := json.Marshal(value.Interface())
	if err != nil {
		return wrong(prop+":", "%s", message)
	}
	return wrong(prop, "is %s: %s", shown, message)
}

// named is the problem of a text that breaks a rule of spec, or nil.
func named(prop, rule, text string) error {
	return broken(prop, reflect.ValueOf(text), spec.Named(rule).Check(text))
}
