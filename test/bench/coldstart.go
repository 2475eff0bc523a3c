package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// readyIn is the goal for the time from a function's start until it asks Lambda for its first
	// event.
	readyIn = 50 * time.Millisecond
	// largest is the goal for a function's program, in bytes.
	largest = 15e6
)

// coldStart measures how long the function takes from its start until it asks for its first event,
// and its program's size. It is built as it is deployed.
func coldStart(ctx context.Context, work string, runs int) error {
	program := filepath.Join(work, "bootstrap")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w -buildid=", "-tags",
		"lambda.norpc", "-o", program, "./lambda/validate")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the function: %w\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	// The settings of a pipeline lie beside it.
	const settings = `{"name":"bench","source":{"repository":"bench","branch":"main"},"stages":[],"images":[]}`
	if err := os.WriteFile(filepath.Join(work, "settings.json"), []byte(settings), 0o644); err != nil {
		return err
	}
	var times []time.Duration
	for range max(runs, 11) { // single starts scatter
		took, err := startFunction(ctx, program)
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	took := median(times)
	fmt.Printf("  %-44s %9.1f ms  (slowest of %d: %.1f ms; goal: at most %d ms)\n",
		"the function is ready for its first event in",
		float64(took.Microseconds())/1e3, len(times), float64(times[len(times)-1].Microseconds())/1e3,
		readyIn.Milliseconds())
	fmt.Printf("  %-44s %9.1f MB  (goal: at most %.0f MB)\n\n", "its program has", float64(info.Size())/1e6,
		largest/1e6)
	switch {
	case took > readyIn:
		return fmt.Errorf("the function takes %s until it is ready, expected at most %s", took, readyIn)
	case info.Size() > largest:
		return fmt.Errorf("the function's program has %d bytes, expected at most %.0f", info.Size(), largest)
	}
	return nil
}

// startFunction starts the function as Lambda does, and ends it once it is ready.
func startFunction(ctx context.Context, program string) (time.Duration, error) {
	ready := make(chan time.Time, 1)
	runtime := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/runtime/invocation/next") {
			select {
			case ready <- time.Now():
			default:
			}
			<-r.Context().Done()
		}
	}))
	defer runtime.Close()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, program)
	c.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(runtime.URL, "http://"), "AWS_REGION=eu-west-1",
		"AWS_LAMBDA_FUNCTION_NAME=validate",
		"LAMBDA_TASK_ROOT=" + filepath.Dir(program), "REGISTRY=111122223333.dkr.ecr.eu-west-1.amazonaws.com",
		"AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_SESSION_TOKEN=none",
	}
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case at := <-ready:
		cancel()
		<-ended // killed
		return at.Sub(began), nil
	case err := <-ended:
		return 0, fmt.Errorf("the function ended before it was ready: %v\n%s", err, &said)
	}
}
