package codebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"archway/test/rehearse/internal/aws/document"
)

// BuildSpec is a buildspec of version 0.2.
type BuildSpec struct {
	Shell     string // bash or sh
	Variables map[string]string
	Exported  []string
	Phases    map[string]PhaseSpec
}

// PhaseSpec is one phase of a buildspec.
type PhaseSpec struct {
	OnFailure string // ABORT, CONTINUE or empty
	Commands  []string
	Finally   []string
}

// phaseNames in the order in which they run.
var phaseNames = []string{"install", "pre_build", "build", "post_build"}

// ParseBuildSpec reads a buildspec in YAML or JSON. What the rehearsal does not
// interpret is refused by name.
func ParseBuildSpec(text string) (*BuildSpec, error) {
	content, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("buildspec: %w", err)
	}
	var root any
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("buildspec: %w", err)
	}
	object, err := fields("buildspec", root, "version", "env", "phases", "cache")
	if err != nil {
		return nil, err
	}
	// Only 0.2 runs all commands in one shell. cache only changes how long a
	// build takes, and is empty at the first build.
	if version, _ := document.Text(object["version"]); version != "0.2" {
		return nil, fmt.Errorf("buildspec.version: got %s, expected 0.2", document.Show(object["version"]))
	}
	spec := &BuildSpec{Shell: "sh", Variables: map[string]string{}, Phases: map[string]PhaseSpec{}}
	if env, ok := object["env"]; ok {
		if err := spec.parseEnv(env); err != nil {
			return nil, err
		}
	}
	phases, err := fields("buildspec.phases", object["phases"], phaseNames...)
	if err != nil {
		return nil, err
	}
	if len(phases) == 0 {
		return nil, fmt.Errorf("buildspec.phases: it has no phase")
	}
	for _, name := range slices.Sorted(maps.Keys(phases)) {
		if spec.Phases[name], err = parsePhase("buildspec.phases."+name, phases[name]); err != nil {
			return nil, err
		}
	}
	return spec, nil
}

func (s *BuildSpec) parseEnv(v any) error {
	env, err := fields("buildspec.env", v, "shell", "variables", "exported-variables")
	if err != nil {
		return err
	}
	if shell, ok := env["shell"]; ok {
		if shell != "bash" && shell != "/bin/sh" && shell != "sh" {
			return fmt.Errorf("buildspec.env.shell: got %s, expected \"bash\" or \"/bin/sh\"", document.Show(shell))
		}
		if shell == "bash" {
			s.Shell = "bash"
		}
	}
	if variables, ok := env["variables"]; ok {
		object, ok := variables.(map[string]any)
		if !ok {
			return fmt.Errorf("buildspec.env.variables: got %s, expected an object", document.Show(variables))
		}
		for name, value := range object {
			text, ok := document.Text(value)
			if !ok {
				return fmt.Errorf("buildspec.env.variables.%s: got %s, expected a string", name, document.Show(value))
			}
			s.Variables[name] = text
		}
	}
	if exported, ok := env["exported-variables"]; ok {
		if s.Exported, err = list("buildspec.env.exported-variables", exported); err != nil {
			return err
		}
		for _, name := range s.Exported {
			if strings.HasPrefix(name, "AWS_") {
				return fmt.Errorf("buildspec.env.exported-variables: %s: names that start with AWS_ can't be exported",
					name)
			}
		}
	}
	return nil
}

func parsePhase(path string, v any) (PhaseSpec, error) {
	var phase PhaseSpec
	object, err := fields(path, v, "commands", "finally", "on-failure")
	if err != nil {
		return phase, err
	}
	if value, ok := object["on-failure"]; ok {
		phase.OnFailure, _ = value.(string)
		if phase.OnFailure != "ABORT" && phase.OnFailure != "CONTINUE" {
			return phase,
				fmt.Errorf("%s.on-failure: got %s; the rehearsal supports ABORT and CONTINUE", path,
					document.Show(value))
		}
	}
	if phase.Commands, err = list(path+".commands", object["commands"]); err != nil {
		return phase, err
	}
	if len(phase.Commands) == 0 {
		return phase, fmt.Errorf("%s.commands: a phase needs at least one command", path)
	}
	if finally, ok := object["finally"]; ok {
		if phase.Finally, err = list(path+".finally", finally); err != nil {
			return phase, err
		}
	}
	return phase, nil
}

// fields checks that v is an object with known keys only.
func fields(path string, v any, known ...string) (map[string]any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: got %s, expected an object", path, document.Show(v))
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, key) {
			return nil,
				fmt.Errorf("%s.%s: the rehearsal does not support this; known are %s", path, key,
					strings.Join(known, ", "))
		}
	}
	return object, nil
}

func list(path string, v any) ([]string, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%s: got %s, expected a list", path, document.Show(v))
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if texts[i], ok = item.(string); !ok {
			return nil,
				fmt.Errorf("%s[%d]: got %s, expected a string; a command with \": \" in it must be quoted", path, i,
					document.Show(item))
		}
	}
	return texts, nil
}
