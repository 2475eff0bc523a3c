package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/internal/scene"
)

// summarize says of each stack what it has.
func summarize(w io.Writer, a *assembly.Assembly) error {
	for i, s := range a.Stacks {
		resources, err := s.Resources()
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		stack(w, s, resources)
	}
	fmt.Fprintf(w, "\n%s.", plural(len(a.Stacks), "stack", "stacks"))
	if len(a.Stacks) > 1 {
		fmt.Fprintf(w, " One of them as YAML: make synth STACK=%s.", a.Stacks[0].Name)
	}
	fmt.Fprintln(w, " What changed since main: make diff")
	return nil
}

func stack(w io.Writer, s *assembly.Stack, resources map[string]assembly.Resource) {
	seen := scene.New(s.Name, resources)
	count := map[string]int{}
	for _, r := range resources {
		count[r.Type]++
	}
	fmt.Fprintln(w, s.Name)
	row := func(what, text string) {
		if text != "" {
			fmt.Fprintf(w, "  %-9s %s\n", what, text)
		}
	}
	var starts []string
	for _, e := range seen.Starts {
		starts = append(starts, strings.Join(append([]string{e.When.Title}, e.When.Lines...), ", "))
	}
	row("started", strings.Join(starts, "; "))
	var stages []string
	for _, stage := range seen.Stages {
		n := len(slices.Concat(stage.Groups...))
		text := stage.Name
		if n > 1 {
			text = fmt.Sprintf("%s (%d actions)", stage.Name, n)
		}
		stages = append(stages, text)
	}
	row("stages", strings.Join(stages, " → "))
	row("images", strings.Join(images(seen, resources), "; "))
	row("roles", roles(count, seen))
	row("resources", fmt.Sprintf("%d: %s", len(resources), most(count)))
	row("template", relative(s.TemplateFile))
}

// images are the registries that the template has, each with what holds for its tags.
func images(s scene.Scene, resources map[string]assembly.Resource) []string {
	var all []string
	for _, card := range s.Keeps {
		if len(card.Of) == 1 && resources[card.Of[0]].Type == "AWS::ECR::Repository" && len(card.Lines) > 1 {
			all = append(all, fmt.Sprintf("%s (%s)", card.Title, card.Lines[1]))
		}
	}
	return all
}

// roles says how many there are, and who of them may write what.
func roles(count map[string]int, s scene.Scene) string {
	n := count["AWS::IAM::Role"]
	if n == 0 {
		return ""
	}
	anywhere := 0
	for _, who := range s.Who {
		if slices.ContainsFunc(who.May,
			func(p scene.Permission) bool { return p.Any && p.Class == scene.Writes && !p.Denied }) {
			anywhere++
		}
	}
	text := plural(n, "role", "roles")
	if anywhere > 0 {
		text += fmt.Sprintf(", of which %d may write something that names no resource", anywhere)
	}
	return text
}

// most are the types of which there are most.
func most(count map[string]int) string {
	kinds := slices.SortedFunc(maps.Keys(count), func(x, y string) int {
		if count[x] != count[y] {
			return count[y] - count[x]
		}
		return strings.Compare(x, y)
	})
	const shown = 6
	var parts []string
	for _, kind := range kinds[:min(shown, len(kinds))] {
		parts = append(parts,
			fmt.Sprintf("%d %s", count[kind], strings.ReplaceAll(strings.TrimPrefix(kind, "AWS::"), "::", " ")))
	}
	if len(kinds) > shown {
		parts = append(parts, "…")
	}
	return strings.Join(parts, ", ")
}

func names(a *assembly.Assembly) string {
	var all []string
	for _, s := range a.Stacks {
		all = append(all, s.Name)
	}
	return strings.Join(all, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
