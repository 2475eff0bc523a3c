package lambdaruntime

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// instance is one execution environment: the program and its runtime API.
type instance struct {
	function *Function
	server   *http.Server
	command  *exec.Cmd
	ended    chan struct{}

	// output is the file that the program prints to; read says how far it was
	// handed on to a log.
	output *os.File
	read   int64

	next    chan invocation
	ready   chan struct{} // the program asked for an invocation
	outcome chan outcome
	// asking tells that the program waits for an invocation; only exchange uses it.
	asking bool

	mu      sync.Mutex
	current string // request id of the invocation under way
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
}

type outcome struct {
	id     string
	answer []byte
	err    error
}

const api = "/2018-06-01/runtime/"

func startInstance(host Host, f *Function, number int) (*instance, error) {
	dir := filepath.Join(host.Dir, fmt.Sprintf("%s-%d", f.Name, number))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	output, err := os.OpenFile(filepath.Join(dir, "output"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		output.Close()
		return nil, err
	}
	i := &instance{
		function: f,
		output:   output,
		ended:    make(chan struct{}),
		next:     make(chan invocation),
		ready:    make(chan struct{}, 1),
		outcome:  make(chan outcome, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api+"invocation/next", i.serveNext)
	mux.HandleFunc("POST "+api+"invocation/{id}/response", i.serveResponse)
	mux.HandleFunc("POST "+api+"invocation/{id}/error", i.serveError)
	mux.HandleFunc("POST "+api+"init/error", i.serveInitError)
	i.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		// It returns when the instance is stopped.
		_ = i.server.Serve(listener)
	}()
	i.command = exec.Command(f.Program)
	i.command.Dir = dir
	i.command.Env = i.environment(host, listener.Addr().String(), number)
	i.command.Stdout, i.command.Stderr = output, output
	i.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := i.command.Start(); err != nil {
		i.server.Close()
		output.Close()
		return nil, err
	}
	go func() {
		// The exit status is read from ProcessState.
		_ = i.command.Wait()
		close(i.ended)
	}()
	return i, nil
}

func (i *instance) environment(host Host, address string, number int) []string {
	f := i.function
	env := map[string]string{
		"PATH":                            "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"LANG":                            "en_US.UTF-8",
		"TZ":                              ":UTC",
		"AWS_REGION":                      host.Region,
		"AWS_DEFAULT_REGION":              host.Region,
		"AWS_EXECUTION_ENV":               "AWS_Lambda_provided.al2023",
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME": fmt.Sprintf("%s/[$LATEST]%032d", time.Now().UTC().Format("2006/01/02"),
			number),
		"AWS_LAMBDA_RUNTIME_API": address,
		"LAMBDA_RUNTIME_DIR":     "/var/runtime",
		"LAMBDA_TASK_ROOT":       filepath.Dir(f.Program),
		"_HANDLER":               f.Handler,
	}
	if f.JSONLogs {
		env["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
		env["AWS_LAMBDA_LOG_LEVEL"] = cmp.Or(f.LogLevel, "INFO")
	}
	set := func(pairs []string) {
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
	}
	set(host.Environment)
	if host.Credentials != nil {
		set(host.Credentials(f.Name, f.RoleARN))
	}
	maps.Copy(env, f.Environment)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		pairs = append(pairs, name+"="+env[name])
	}
	return pairs
}

// invoke gives the program one event. reusable reports whether the instance can
// take another one.
func (i *instance) invoke(ctx context.Context, payload []byte, log io.Writer) (answer []byte, reusable bool,
	err error) {
	started := time.Now()
	in := invocation{id: uuid.NewString(), payload: payload, deadline: started.Add(i.function.Timeout)}
	i.mu.Lock()
	i.current = in.id
	i.mu.Unlock()
	i.platform(log, "START", in.id, nil)
	answer, reusable, err = i.exchange(ctx, in)
	i.mu.Lock()
	i.current = ""
	i.mu.Unlock()
	i.copyOutput(log)
	i.platform(log, "REPORT", in.id,
		map[string]any{"durationMs": time.Since(started).Milliseconds(), "memorySizeMB": i.function.MemoryMB,
			"error": errorText(err)})
	return answer, reusable, err
}

func (i *instance) exchange(ctx context.Context, in invocation) (answer []byte, reusable bool, err error) {
	timeout := time.NewTimer(time.Until(in.deadline))
	defer timeout.Stop()
	var next chan invocation // nil until the program asks
	var given bool
	var done *outcome
	answered := func(got outcome) {
		if got.id == in.id { // else an answer that came too late
			done = &got
		}
	}
	for {
		if i.asking && !given {
			next = i.next
		}
		select {
		case next <- in:
			next, given, i.asking = nil, true, false
		case got := <-i.outcome:
			if got.id == "" { // the program could not even start
				return nil, false, got.err
			}
			answered(got)
		case <-i.ready:
			// The invocation is over when the program asks for the next one:
			// what it printed after its answer belongs to it. The answer came
			// before, and may still lie beside this.
			i.asking = true
			if given && done == nil {
				select {
				case got := <-i.outcome:
					answered(got)
				default:
				}
			}
			if done != nil {
				return done.answer, true, done.err
			}
		case <-i.ended:
			select {
			case got := <-i.outcome:
				done = &got
			default:
			}
			if done != nil {
				return done.answer, false, done.err
			}
			return nil, false,
				&FunctionError{"Runtime.ExitError",
					fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %s", in.id, i.command.ProcessState)}
		case <-timeout.C:
			return nil, false,
				&FunctionError{"Sandbox.Timedout",
					fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", in.id,
						i.function.Timeout.Seconds())}
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}

// copyOutput copies what the program printed since the last time.
func (i *instance) copyOutput(log io.Writer) {
	n, err := io.Copy(log, io.NewSectionReader(i.output, i.read, 1<<62))
	i.read += n
	if err != nil {
		fmt.Fprintf(log, "reading the function's output: %v\n", err)
	}
}

// platform writes what Lambda itself says in a log.
func (i *instance) platform(log io.Writer, event, id string, record map[string]any) {
	if i.function.JSONLogs {
		if record == nil {
			record = map[string]any{}
		}
		record["requestId"] = id
		line, err := json.Marshal(map[string]any{"time": time.Now().UTC().Format(time.RFC3339Nano),
			"type": "platform." + strings.ToLower(event), "record": record})
		if err == nil {
			fmt.Fprintf(log, "%s\n", line)
		}
		return
	}
	fmt.Fprintf(log, "%s RequestId: %s", event, id)
	for _, key := range slices.Sorted(maps.Keys(record)) {
		fmt.Fprintf(log, " %s: %v", key, record[key])
	}
	fmt.Fprintln(log)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// stop ends the program and its runtime API.
func (i *instance) stop() {
	_ = syscall.Kill(-i.command.Process.Pid, syscall.SIGKILL)
	<-i.ended
	i.server.Close()
	i.output.Close()
}
