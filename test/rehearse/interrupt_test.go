package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestInterruptStopsEverything(t *testing.T) {
	needsMachine(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "rehearse")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	temporary := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temporary, 0o755); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "test/testdata/hello-go/cdk.json")
	c.Dir = root
	c.Env = append(os.Environ(), "TMPDIR="+temporary)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	interrupted := false
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		said.WriteString(scanner.Text() + "\n")
		if !interrupted && strings.Contains(scanner.Text(), "Build: hello-go-arm64 started") {
			interrupted = true
			time.Sleep(500 * time.Millisecond)
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	err = c.Wait()
	if !interrupted {
		t.Fatalf("it ended before a build started: %v\n%s", err, said.String())
	}
	if code := c.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("got exit code %d, expected %d", code, exitFailed)
	}
	if !strings.Contains(said.String(), "stopped") {
		t.Errorf("it does not say that it was stopped:\n%s", said.String())
	}
	if hosts, err := os.ReadFile("/etc/hosts"); err != nil || strings.Contains(string(hosts), "archway.test") {
		t.Errorf("/etc/hosts still has the registry's name: %v\n%s", err, hosts)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	// Whatever the rehearsal starts knows its temporary folder.
	for _, process := range processes(t) {
		if strings.Contains(process.environment, temporary) {
			t.Errorf("still running: %s", process.command)
			_ = syscall.Kill(process.id, syscall.SIGKILL)
		}
	}
}
