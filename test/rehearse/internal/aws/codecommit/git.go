package codecommit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// git runs git without the settings of the person at the machine.
func git(ctx context.Context, dir string, arguments ...string) (string, error) {
	return gitEnv(ctx, dir, nil, arguments...)
}

func gitEnv(ctx context.Context, dir string, env []string, arguments ...string) (string, error) {
	c := exec.CommandContext(ctx, "git", arguments...)
	c.Dir = dir
	c.Env = append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
		"LC_ALL=C.UTF-8",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Rehearsal",
		"GIT_AUTHOR_EMAIL=rehearsal@archway.test",
		"GIT_COMMITTER_NAME=Rehearsal",
		"GIT_COMMITTER_EMAIL=rehearsal@archway.test",
	}, env...)
	var out, problem bytes.Buffer
	c.Stdout, c.Stderr = &out, &problem
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(problem.String()))
	}
	return strings.TrimRight(out.String(), "\n"), nil
}
