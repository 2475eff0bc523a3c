package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// measured is what one run of a program took.
type measured struct {
	mebibytes float64
	took      time.Duration
	// cpu is the processor time of it, which other programs on the machine hardly change.
	cpu time.Duration
	// read are the bytes that the registry sent, over so many requests.
	read, requests int64
	// code is the exit code.
	code           int
	stdout, stderr string
}

// measure runs a program that reads from a registry. An exit code other than 0 is no error here.
func measure(ctx context.Context, s *served, program string, args ...string) (measured, error) {
	var m measured
	bytesBefore, requestsBefore := s.bytes.Load(), s.requests.Load()
	cmd := exec.CommandContext(ctx, program, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return m, err
	}
	ended := make(chan struct{})
	peak := make(chan float64)
	go func() { peak <- watchMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	m.took, m.cpu = time.Since(began), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	close(ended)
	m.mebibytes = <-peak
	m.read, m.requests = s.bytes.Load()-bytesBefore, s.requests.Load()-requestsBefore
	m.stdout, m.stderr = stdout.String(), stderr.String()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		m.code, err = exit.ExitCode(), nil
	}
	return m, err
}

// watchMemory reads a process's peak resident memory until it ends. What wait4 reports would count
// this process's own memory in: the child begins as its copy.
func watchMemory(pid int, ended <-chan struct{}) (mebibytes float64) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(status)) {
			var kibibytes float64
			if _, scanned := fmt.Sscanf(line, "VmHWM: %f kB", &kibibytes); err == nil && scanned == nil {
				mebibytes = max(mebibytes, kibibytes/1024)
			}
		}
		select {
		case <-ended:
			return mebibytes
		case <-time.After(5 * time.Millisecond):
		}
	}
}
