package proof

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// docker is the client with credentials of its own, which no other program sees.
type docker struct {
	program string
	env     []string
}

func newDocker(program, host, configDir string) *docker {
	if program == "" {
		program = "docker"
	}
	env := append(os.Environ(), "DOCKER_CONFIG="+configDir)
	if host != "" {
		env = append(env, "DOCKER_HOST="+host)
	}
	return &docker{program, env}
}

// run returns what the command printed, on standard output and on standard error.
func (d *docker) run(ctx context.Context, stdin string, args ...string) (stdout, stderr string, err error) {
	cmd := exec.CommandContext(ctx, d.program, args...)
	cmd.Env = d.env
	cmd.Stdin = strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		err = fmt.Errorf("docker %s: %w%s", args[0], err, indented(said.String()))
	}
	return out.String(), said.String(), err
}

// indented is the end of what a program said, on lines of their own.
func indented(text string) string {
	const shown = 15
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	return "\n  " + strings.Join(lines[max(0, len(lines)-shown):], "\n  ")
}
