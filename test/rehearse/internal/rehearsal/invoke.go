package rehearsal

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// Invoke invokes a stack's function that is built from a package, as somebody does who may, and
// waits for its answer. The function's own failure is a *lambdaruntime.FunctionError.
func (r *Rehearsal) Invoke(
	ctx context.Context, stack, pkg string, payload []byte,
) (answer []byte, log string, err error) {
	f, err := r.function(stack, pkg)
	if err != nil {
		return nil, "", err
	}
	if err := r.authorize(functionCalls(f)...); err != nil {
		return nil, "", err
	}
	var lines bytes.Buffer
	answer, err = r.runtime.Invoke(ctx, f, payload, &lines)
	return answer, lines.String(), err
}

func (r *Rehearsal) function(stack, pkg string) (*lambdaruntime.Function, error) {
	for _, s := range r.stacks {
		functions := cloudformation.Of[*lambdaruntime.Function](s)
		at := slices.IndexFunc(functions, func(f *lambdaruntime.Function) bool { return f.Package == pkg })
		if s.Name == stack && at >= 0 {
			return functions[at], nil
		}
	}
	return nil, fmt.Errorf("the stack %s has no function that is built from %s", stack, pkg)
}

// Find finds an execution of a pipeline by its id.
func (r *Rehearsal) Find(pipeline, id string) (*codepipeline.Execution, error) {
	engine, err := r.engine(pipeline)
	if err != nil {
		return nil, err
	}
	x, ok := engine.Find(id)
	if !ok {
		return nil, fmt.Errorf("the pipeline %s has no execution %s", pipeline, id)
	}
	return x, nil
}
