package lambdaruntime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is the handler's program, built once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "handler-")
	if err != nil {
		return "", err
	}
	f := &Function{Name: "handler", Handler: "bootstrap",
		Package: "archway/test/rehearse/internal/aws/lambdaruntime/testdata/handler"}
	return dir, f.Build(context.Background(), ".", dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := built(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func deploy(t *testing.T) (*Runtime, *Function) {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	r := New(Host{
		Dir: t.TempDir(), Account: "111122223333", Region: "eu-west-1",
		Environment: []string{"SHARED=host", "OVERRIDDEN=host"},
		Credentials: func(function,
			role string) []string {
			return []string{"AWS_ACCESS_KEY_ID=" + function + "/" + role}
		},
	})
	t.Cleanup(r.Close)
	return r, &Function{
		Name: "validate", ARN: "arn:validate", RoleARN: "role", Handler: "bootstrap", Timeout: 5 * time.Second,
		MemoryMB:    256,
		Environment: map[string]string{"OVERRIDDEN": "function"}, Retries: 2, Program: dir + "/bootstrap",
	}
}

func invoke(t *testing.T, r *Runtime, f *Function, do, value string) (string, string, error) {
	t.Helper()
	payload, err := json.Marshal(map[string]string{"do": do, "value": value})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	answer, err := r.Invoke(t.Context(), f, payload, &log)
	if err != nil {
		return "", log.String(), err
	}
	var text string
	if err := json.Unmarshal(answer, &text); err != nil {
		t.Fatalf("answer %q: %v", answer, err)
	}
	return text, log.String(), nil
}

func TestFunctionFindsWhatLambdaGivesIt(t *testing.T) {
	r, f := deploy(t)
	tests := []struct{ do, value, want string }{
		{"echo", "hello", "hello"},
		{"arn", "", "arn:validate"},
		{"left", "", "5s"},
		{"env", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"},
		{"env", "AWS_LAMBDA_FUNCTION_NAME", "validate"},
		{"env", "AWS_REGION", "eu-west-1"},
		{"env", "AWS_ACCESS_KEY_ID", "validate/role"},
		{"env", "SHARED", "host"},
		{"env", "OVERRIDDEN", "function"},
		{"env", "HOME", ""},
	}
	for _, test := range tests {
		got, _, err := invoke(t, r, f, test.do, test.value)
		if err != nil || got != test.want {
			t.Errorf("%s %s: got %q, %v, expected %q", test.do, test.value, got, err, test.want)
		}
	}
}

// The log holds what the invocation printed.
func TestLog(t *testing.T) {
	r, f := deploy(t)
	for _, do := range []string{"one", "two"} {
		_, log, err := invoke(t, r, f, do, "")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(log, "doing") != 1 || !strings.Contains(log, "doing "+do) || !strings.Contains(log, "START") ||
			!strings.Contains(log, "REPORT") {
			t.Errorf("%s: got %q", do, log)
		}
	}
	f.JSONLogs = true
	_, log, err := invoke(t, r, f, "three", "")
	if err != nil || !strings.Contains(log, `"type":"platform.start"`) {
		t.Errorf("got %q, %v, expected JSON", log, err)
	}
}

// An instance stays for the next invocation, and parallel ones get their own.
func TestInstances(t *testing.T) {
	r, f := deploy(t)
	first, _, err := invoke(t, r, f, "pid", "")
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := invoke(t, r, f, "pid", "")
	if err != nil || first != second {
		t.Errorf("got process %s, then %s, %v", first, second, err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, _, err := invoke(t, r, f, "echo", "x"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestFunctionErrors(t *testing.T) {
	r, f := deploy(t)
	tests := map[string]struct{ kind, message string }{
		"fail":  {"errorString", "no such image"},
		"exit":  {"Runtime.ExitError", "exit status 3"},
		"sleep": {"Sandbox.Timedout", "Task timed out after 0.50 seconds"},
	}
	for do, want := range tests {
		// Only what never ends needs an end soon: a busy machine may take its time for the others.
		if f.Timeout = time.Minute; do == "sleep" {
			f.Timeout = 500 * time.Millisecond
		}
		_, log, err := invoke(t, r, f, do, "no such image")
		f.Timeout = time.Minute
		var failure *FunctionError
		if !errors.As(err, &failure) || failure.Type != want.kind || !strings.Contains(failure.Message, want.message) {
			t.Errorf("%s: got %v, expected %+v", do, err, want)
		}
		if !strings.Contains(log, "doing "+do) {
			t.Errorf("%s: the log lacks what was printed before the error: %q", do, log)
		}
		if got, _, err := invoke(t, r, f, "echo", "next"); err != nil || got != "next" {
			t.Errorf("after %s: got %q, %v", do, got, err)
		}
	}
}

// An asynchronous invocation is tried three times.
func TestAsynchronousInvocation(t *testing.T) {
	r, f := deploy(t)
	var log bytes.Buffer
	err := r.InvokeAsync(t.Context(), f, []byte(`{"do":"fail","value":"broken"}`), &log)
	if err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
	if got := strings.Count(log.String(), "doing fail"); got != 3 {
		t.Errorf("got %d attempts, expected 3", got)
	}
}

func TestInvocationEndsWithItsContext(t *testing.T) {
	r, f := deploy(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := r.Invoke(ctx, f, []byte(`{"do":"sleep"}`), &bytes.Buffer{}); !errors.Is(err,
		context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestBuildNamesThePackageThatFails(t *testing.T) {
	f := &Function{Name: "validate", Handler: "bootstrap", Package: "archway/no/such/package"}
	if err := f.Build(t.Context(), ".", t.TempDir()); err == nil ||
		!strings.Contains(err.Error(), "archway/no/such/package") {
		t.Errorf("got %v", err)
	}
}
