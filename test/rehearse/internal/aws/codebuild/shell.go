package codebuild

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// shell is the one shell that all commands of a build share, or that starts a shell for each of
// them. It reads the names of files with commands from one pipe, and writes their statuses to
// another; both are opened by name each time, so that no file descriptor of ours is there for a
// command to inherit or to overwrite.
type shell struct {
	name string // bash or sh
	// fresh lets each command have a shell of its own.
	fresh bool
	dir   string // control files
	log   io.Writer

	in, out  *os.File
	statuses chan status
	count    int

	// The state that the last command to complete left behind.
	env []string
	cwd string

	closed  chan struct{}
	command *exec.Cmd
	ended   chan struct{} // closed when the process is gone
}

// status is the status of the command with that number.
type status struct{ command, code int }

// shellEnded is written in the shell's place when it is gone.
const shellEnded = -1

// driver is what the shell runs. It must survive set -u, set -e and pipefail;
// after a failed command set -e may end it, and that is the command's failure.
const shared = `while IFS=' ' read -r CODEBUILD_BUILD_SUCCEEDING __rehearsal_number <'%[1]s/in'; do
export CODEBUILD_BUILD_SUCCEEDING
. '%[1]s/command-'"$__rehearsal_number"
__rehearsal_status=$?
/usr/bin/env -0 >'%[1]s/env'
pwd >'%[1]s/cwd'
echo "$__rehearsal_number $__rehearsal_status" >'%[1]s/out'
done
`

// separate is what the shell runs where each command has a shell of its own. Under "set -a" all
// variables that a command sets are exported, and nothing else but the folder is left behind. AWS's
// runner for CodeCatalyst does so, with variables that are called like CodeBuild's:
// https://github.com/aws/codecatalyst-runner-cli
const separate = `while IFS=' ' read -r __rehearsal_succeeding __rehearsal_number <'%[1]s/in'; do
%[2]s '%[1]s/fresh-'"$__rehearsal_number"
echo "$__rehearsal_number $?" >'%[1]s/out'
done
`

// own is the shell of one command. What ends it early leaves nothing behind.
const own = `cd "$(cat '%[1]s/cwd')"
set -a
. '%[1]s/env.sh'
CODEBUILD_BUILD_SUCCEEDING=%[3]d
. '%[1]s/command-%[2]d'
CODEBUILD_LAST_EXIT=$?
export -p >'%[1]s/env.sh'
/usr/bin/env -0 >'%[1]s/env'
pwd >'%[1]s/cwd'
exit $CODEBUILD_LAST_EXIT
`

func newShell(name string, fresh bool, dir, cwd string, env []string, log io.Writer) (*shell, error) {
	if strings.Contains(dir, "'") {
		return nil, fmt.Errorf("the folder %s has a quote in its name", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s := &shell{name: name, fresh: fresh, dir: dir, env: env, cwd: cwd, log: log, closed: make(chan struct{})}
	var err error
	if s.in, err = pipe(filepath.Join(dir, "in")); err != nil {
		return nil, err
	}
	if s.out, err = pipe(filepath.Join(dir, "out")); err != nil {
		return nil, errors.Join(err, s.in.Close())
	}
	s.statuses = make(chan status)
	go s.read()
	script := fmt.Sprintf(shared, dir)
	if fresh {
		script = fmt.Sprintf(separate, dir, strings.Join(s.program(), " "))
	}
	var problems []error
	for name, content := range map[string]string{
		"driver.sh": script, "cwd": cwd, "env": strings.Join(env, "\x00"), "env.sh": "",
	} {
		problems = append(problems, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	return s, errors.Join(problems...)
}

// program is the command line of a shell.
func (s *shell) program() []string {
	if s.name == "bash" {
		return []string{"/bin/bash", "--noprofile", "--norc"}
	}
	return []string{"/bin/sh"}
}

// pipe makes a named pipe. Open for reading and writing it has always a peer, so
// that the shell never waits for one.
func pipe(name string) (*os.File, error) {
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		return nil, fmt.Errorf("named pipe %s: %w", name, err)
	}
	return os.OpenFile(name, os.O_RDWR, 0)
}

func (s *shell) start() error {
	line := append(s.program(), filepath.Join(s.dir, "driver.sh"))
	s.command = exec.Command(line[0], line[1:]...)
	s.command.Dir = s.cwd
	s.command.Env = s.env
	s.command.Stdout, s.command.Stderr = s.log, s.log
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A program left in the background keeps the output open.
	s.command.WaitDelay = time.Second
	if err := s.command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.ended = ended
	command := s.command
	go func() {
		// The exit status is read from ProcessState.
		_ = command.Wait()
		close(ended)
	}()
	return nil
}

func (s *shell) running() bool {
	if s.ended == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// run runs one command and returns its status. If the shell is gone a new one
// starts with what the last complete command left behind.
func (s *shell) run(ctx context.Context, text string, succeeding bool) (int, error) {
	if !s.running() {
		if err := s.start(); err != nil {
			return 0, err
		}
	}
	s.count++
	file := filepath.Join(s.dir, "command-"+strconv.Itoa(s.count))
	if err := os.WriteFile(file, []byte(text+"\n"), 0o644); err != nil {
		return 0, err
	}
	flag := 0
	if succeeding {
		flag = 1
	}
	if s.fresh {
		script := fmt.Sprintf(own, s.dir, s.count, flag)
		if err := os.WriteFile(filepath.Join(s.dir, "fresh-"+strconv.Itoa(s.count)), []byte(script),
			0o644); err != nil {
			return 0, err
		}
	}
	if _, err := fmt.Fprintf(s.in, "%d %d\n", flag, s.count); err != nil {
		return 0, err
	}
	ended := s.ended
	for {
		select {
		case got := <-s.statuses:
			if got.command != s.count {
				continue // the shell ended right after an earlier command
			}
			if got.code == shellEnded {
				return s.command.ProcessState.ExitCode(), nil
			}
			return got.code, s.remember()
		case <-ended:
			// What the shell wrote before it ended is read before this.
			if _, err := fmt.Fprintf(s.out, "%d %d\n", s.count, shellEnded); err != nil {
				return 0, err
			}
			ended = nil
		case <-ctx.Done():
			s.kill()
			return 0, context.Cause(ctx)
		}
	}
}

// read hands on the statuses until the pipe is closed.
func (s *shell) read() {
	r := bufio.NewReader(s.out)
	for {
		var got status
		if _, err := fmt.Fscanln(r, &got.command, &got.code); err != nil {
			return
		}
		select {
		case s.statuses <- got:
		case <-s.closed:
			return
		}
	}
}

// remember reads the state that the command left behind.
func (s *shell) remember() error {
	env, err := os.ReadFile(filepath.Join(s.dir, "env"))
	if err != nil {
		return err
	}
	cwd, err := os.ReadFile(filepath.Join(s.dir, "cwd"))
	if err != nil {
		return err
	}
	s.env = strings.Split(strings.TrimSuffix(string(env), "\x00"), "\x00")
	if dir := strings.TrimSuffix(string(cwd), "\n"); dir != "" {
		s.cwd = dir
	}
	return nil
}

// variable returns an exported variable as the last complete command left it.
func (s *shell) variable(name string) (string, bool) {
	for _, pair := range s.env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// grace is the time between asking programs to end and ending them.
const grace = 3 * time.Second

// kill ends the shell and everything that it started.
func (s *shell) kill() {
	if s.command == nil || s.command.Process == nil {
		return
	}
	group := -s.command.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(grace):
	}
	// Also what the shell left in the background.
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-s.ended
}

// close ends the shell and removes its pipes.
func (s *shell) close() {
	s.kill()
	close(s.closed)
	s.in.Close()
	s.out.Close()
}
