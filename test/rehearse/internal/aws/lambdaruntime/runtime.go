package lambdaruntime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"archway/test/rehearse/internal/assumptions"
)

// Host is what functions find on this machine.
type Host struct {
	// Dir holds a folder per instance.
	Dir             string
	Account, Region string
	// Environment holds NAME=value pairs that every function gets.
	Environment []string
	// Credentials returns the environment that holds the credentials of a role.
	Credentials func(function, role string) []string
}

// Runtime runs functions.
type Runtime struct {
	host Host

	mu     sync.Mutex
	count  int
	idle   map[string][]*instance // by function
	all    map[*instance]bool
	closed bool
}

// New returns a Runtime for this machine.
func New(host Host) *Runtime {
	return &Runtime{host: host, idle: map[string][]*instance{}, all: map[*instance]bool{}}
}

// FunctionError is the failure of an invocation.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Invoke invokes a function once and returns its answer. The function's own
// failure is a *FunctionError.
func (r *Runtime) Invoke(ctx context.Context, f *Function, payload []byte, log io.Writer) ([]byte, error) {
	i, err := r.instance(f)
	if err != nil {
		return nil, err
	}
	answer, reusable, err := i.invoke(ctx, payload, log)
	r.release(i, reusable)
	return answer, err
}

// InvokeAsync invokes a function as an event source does: after an error it is
// invoked again with the same payload, as often as the function says.
func (r *Runtime) InvokeAsync(ctx context.Context, f *Function, payload []byte, log io.Writer) error {
	for attempt := 0; ; attempt++ {
		_, err := r.Invoke(ctx, f, payload, log)
		var failure *FunctionError
		if err == nil || !errors.As(err, &failure) || attempt >= f.Retries {
			return err
		}
		delay := assumptions.AsyncRetryDelays[min(attempt, len(assumptions.AsyncRetryDelays)-1)]
		fmt.Fprintf(log, "The invocation failed; it is tried again (%d of %d) in %v, on AWS in %v.\n", attempt+1,
			f.Retries, delay, time.Duration(attempt+1)*time.Minute)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// instance returns an idle instance of the function, or a new one.
func (r *Runtime) instance(f *Function) (*instance, error) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, errors.New("the rehearsal is over")
	}
	if idle := r.idle[f.Name]; len(idle) > 0 {
		i := idle[len(idle)-1]
		r.idle[f.Name] = idle[:len(idle)-1]
		r.mu.Unlock()
		return i, nil
	}
	r.count++
	number := r.count
	r.mu.Unlock()
	i, err := startInstance(r.host, f, number)
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.Name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[i] = true
	return i, nil
}

func (r *Runtime) release(i *instance, reusable bool) {
	if !reusable {
		i.stop()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !reusable {
		delete(r.all, i)
		return
	}
	r.idle[i.function.Name] = append(r.idle[i.function.Name], i)
}

// Close ends all instances.
func (r *Runtime) Close() {
	r.mu.Lock()
	r.closed = true
	all := r.all
	r.all = map[*instance]bool{}
	r.mu.Unlock()
	for i := range all {
		i.stop()
	}
}
