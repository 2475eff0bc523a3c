package rehearsal

import (
	"context"
	"errors"
	"path/filepath"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// buildFunctions starts to compile the stacks' functions for this machine, and unpacks their code.
// What it returns waits for the programs, by function name.
func (r *Rehearsal) buildFunctions(ctx context.Context, stacks []*assembly.Stack) func() (map[string]string, error) {
	built := r.options.Programs
	if built == nil {
		built = &Programs{Dir: filepath.Join(r.options.Dir, "programs")}
	}
	return background(func() (map[string]string, error) {
		programs := map[string]string{}
		var problems []error
		for _, s := range stacks {
			stack, err := cloudformation.Load(s, unserved)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			for _, f := range cloudformation.Of[*lambdaruntime.Function](stack) {
				program, err := r.buildFunction(ctx, f, built)
				problems = append(problems, err)
				programs[f.Name] = program
			}
		}
		return programs, errors.Join(problems...)
	})
}

func (r *Rehearsal) buildFunction(ctx context.Context, f *lambdaruntime.Function, built *Programs) (string, error) {
	program, err := built.program(ctx, f, r.options.ModuleDir)
	if err != nil {
		return "", err
	}
	dir, err := r.folder(filepath.Join("functions", f.Name, "task"))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, f.Handler), f.Unpack(program, dir)
}
