package codepipeline

import (
	"io"
	"slices"
	"sync"

	"archway/test/rehearse/internal/assumptions"
)

// Observer is told about each change of an execution. It is called from several
// goroutines and must not block.
type Observer func(Result)

// Engine runs the executions of one pipeline.
type Engine struct {
	pipeline  *Pipeline
	providers map[ActionType]Provider
	dir       string
	logs      func(execution, stage, action string) (io.WriteCloser, string, error)
	observer  Observer
	readings  assumptions.Readings
	queues    []*stageQueue

	starting sync.Mutex // one start at a time

	mu         sync.Mutex
	waiting    int
	executions []*Execution
	tokens     map[string]*Execution // by the token that the start was made with
	stages     []stageState
}

// stageState is what CodePipeline remembers of a stage.
type stageState struct {
	// entered is the execution that was the last to enter.
	entered *Execution
	// latest are the latest attempts, by action.
	latest map[string]*Attempt
	// succeeded are the executions that succeeded here, the latest last.
	succeeded []*Execution
}

// Options says where an engine keeps its artifacts and logs.
type Options struct {
	Providers map[ActionType]Provider
	// Dir holds the artifacts.
	Dir string
	// Logs opens the log of an action and returns the file's path.
	Logs func(execution, stage, action string) (io.WriteCloser, string, error)
	// Observer may be nil.
	Observer Observer
	// Readings are those of unproven facts.
	Readings assumptions.Readings
}

// New checks the pipeline as CodePipeline does when one is created.
func New(p *Pipeline, options Options) (*Engine, error) {
	if err := p.check(options.Providers); err != nil {
		return nil, err
	}
	e := &Engine{
		pipeline: p, providers: options.Providers, dir: options.Dir, logs: options.Logs, observer: options.Observer,
		readings: options.Readings, tokens: map[string]*Execution{},
	}
	for range p.Stages {
		e.queues = append(e.queues, &stageQueue{supersede: p.Mode == Superseded})
		e.stages = append(e.stages, stageState{latest: map[string]*Attempt{}})
	}
	return e, nil
}

// Pipeline is the pipeline that the engine runs.
func (e *Engine) Pipeline() *Pipeline { return e.pipeline }

// leftQueue is called when an execution no longer waits for the first stage.
func (e *Engine) leftQueue() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting--
}

// Find returns the execution with that id.
func (e *Engine) Find(id string) (*Execution, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.executions {
		if x.id == id {
			return x, true
		}
	}
	return nil, false
}

// Executions are all executions, in the order of their starts.
func (e *Engine) Executions() []*Execution {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.executions)
}

// register adds an execution to those that can be found.
func (e *Engine) register(x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.executions, x) {
		e.executions = append(e.executions, x)
	}
}

func (e *Engine) enter(stage int, x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stages[stage].entered = x
}

func (e *Engine) succeed(stage int, x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stages[stage].succeeded = append(e.stages[stage].succeeded, x)
}
