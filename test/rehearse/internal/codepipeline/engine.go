package codepipeline

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync"
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
	turns     []*turns

	mu      sync.Mutex
	waiting int
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
}

// New checks the pipeline as CodePipeline does when one is created.
func New(p *Pipeline, options Options) (*Engine, error) {
	if err := p.check(options.Providers); err != nil {
		return nil, err
	}
	e := &Engine{pipeline: p, providers: options.Providers, dir: options.Dir, logs: options.Logs, observer: options.Observer}
	for range p.Stages {
		e.turns = append(e.turns, &turns{})
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

func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
