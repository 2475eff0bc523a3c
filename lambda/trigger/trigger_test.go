package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/trigger", &program) }

// run runs the program in an environment, and gives its exit status and what it says.
func run(t *testing.T, env ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Env = env
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestProgramOutsideOfLambdaSaysWhatItIs(t *testing.T) {
	if code, out := run(t, "PATH=/none"); code != 2 || !strings.Contains(out, "runs as a Lambda function only") {
		t.Errorf("exit %d, output %s", code, out)
	}
}

func TestProgramThatLacksItsEnvironmentEndsWithTheReason(t *testing.T) {
	lambda := []string{"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}
	named := append(lambda, "PIPELINE=app", "SOURCE_ACTION=Source")
	for want, env := range map[string][]string{
		"PIPELINE or SOURCE_ACTION is not set":            lambda,
		"the environment variable RULES holds no rules":   named,
		`the type is \"head\"`:                            append(named[:len(named):len(named)], `RULES=[{"name":"a","type":"head","exact":"x"}]`),
		"is no regular expression of RE2":                 append(named[:len(named):len(named)], `RULES=[{"name":"a","type":"tag","pattern":"("}]`),
		"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are": {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "AWS_REGION=eu-west-1", "PIPELINE=app", "SOURCE_ACTION=Source", "RULES=[]"},
	} {
		if code, out := run(t, env...); code != 1 || !strings.Contains(out, want) {
			t.Errorf("exit %d, want 1 and %s in %s", code, want, out)
		}
	}
}

func TestBinaryStaysSmall(t *testing.T) {
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 15<<20 {
		t.Errorf("%d bytes, want at most 15 MiB", info.Size())
	}
}
