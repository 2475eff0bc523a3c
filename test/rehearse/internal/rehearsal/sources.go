package rehearsal

import (
	"fmt"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
)

// Source is a source repository with what it starts.
type Source struct {
	Repository string
	// Branch is the one that is pushed to.
	Branch string
	// Stacks are those with pipelines of this source.
	Stacks []*cloudformation.Stack
}

// followed are the source repositories of a stack's pipelines, each with the branch that the source
// action names.
func followed(stack *cloudformation.Stack) (repositories, branches []string) {
	for _, p := range cloudformation.Of[*codepipeline.Pipeline](stack) {
		for _, s := range p.Stages {
			for _, a := range s.Actions {
				name := a.Configuration["RepositoryName"]
				if a.Type == actions.CodeCommit && !slices.Contains(repositories, name) {
					repositories, branches = append(repositories, name), append(branches, a.Configuration["BranchName"])
				}
			}
		}
	}
	return repositories, branches
}

// Sources are the source repositories of all pipelines, in the order of their stacks.
func (r *Rehearsal) Sources() []*Source {
	var all []*Source
	for _, stack := range r.stacks {
		repositories, branches := followed(stack)
		for i, name := range repositories {
			at := slices.IndexFunc(all, func(s *Source) bool { return s.Repository == name })
			if at < 0 {
				at, all = len(all), append(all, &Source{Repository: name, Branch: branches[i]})
				if d, ok := r.repositories[name]; ok && d.declared.SeedBranch != "" {
					all[at].Branch = d.declared.SeedBranch
				}
			}
			all[at].Stacks = append(all[at].Stacks, stack)
		}
	}
	return all
}

// Only leaves the stacks that one pipeline needs: its own, the one with its source, and those
// without pipelines, such as the registry's.
func Only(stacks []*assembly.Stack, pipeline string) ([]*assembly.Stack, error) {
	var loaded []*cloudformation.Stack
	var sources, names []string
	for _, s := range stacks {
		stack, err := cloudformation.Load(s, unserved)
		if err != nil {
			return nil, err
		}
		loaded = append(loaded, stack)
		for _, p := range cloudformation.Of[*codepipeline.Pipeline](stack) {
			names = append(names, p.Name)
			if p.Name == pipeline {
				sources, _ = followed(stack)
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no pipeline %q: the stacks have none", pipeline)
	}
	if !slices.Contains(names, pipeline) {
		return nil, fmt.Errorf("there is no pipeline %q; there are %s", pipeline, strings.Join(names, ", "))
	}
	var kept []*assembly.Stack
	for i, stack := range loaded {
		pipelines := cloudformation.Of[*codepipeline.Pipeline](stack)
		if len(pipelines) == 0 ||
			slices.ContainsFunc(pipelines, func(p *codepipeline.Pipeline) bool { return p.Name == pipeline }) ||
			slices.ContainsFunc(cloudformation.Of[cloudformation.Repository](stack),
				func(r cloudformation.Repository) bool { return slices.Contains(sources, r.Name) }) {
			kept = append(kept, stacks[i])
		}
	}
	return kept, nil
}
