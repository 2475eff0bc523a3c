package codebuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/google/uuid"

	"archway/test/internal/archive"
	"archway/test/rehearse/internal/report/redact"
)

// Runner runs builds.
type Runner struct {
	host Host

	mu      sync.Mutex
	numbers map[string]int
}

// NewRunner returns a Runner for this machine.
func NewRunner(host Host) *Runner {
	return &Runner{host: host, numbers: map[string]int{}}
}

// Request is StartBuild's input, as a pipeline gives it.
type Request struct {
	Project *Project
	// Overrides come before the project's own variables, those before the buildspec's.
	Overrides []Variable
	// Source is the archive of the primary source.
	Source Source
	// Secondary are the other sources.
	Secondary []Source
	Initiator string
	Log       io.Writer
}

// Source is an archive in the artifact bucket.
type Source struct {
	Name     string
	File     string
	Location string
	Revision string
}

// Build is a finished build.
type Build struct {
	ID       string
	Err      error
	Phases   []Phase
	Exported map[string]string
	// Start and End are those of the commands, without what the rehearsal does around them.
	Start, End time.Time
}

// Phase is one phase that ran.
type Phase struct {
	Name     string
	Duration time.Duration
	Err      error
}

// Run does one build. The context ends it early.
func (r *Runner) Run(ctx context.Context, request Request) Build {
	r.mu.Lock()
	r.numbers[request.Project.Name]++
	number := r.numbers[request.Project.Name]
	r.mu.Unlock()
	masked := &redact.Secrets{}
	log := redact.NewWriter(masked, request.Log)
	request.Log = log
	// The log itself is closed by whoever opened it.
	defer log.Close()
	b := &build{
		Request: request,
		masked:  masked,
		host:    r.host,
		number:  number,
		id:      request.Project.Name + ":" + uuid.NewString(),
		dir:     filepath.Join(r.host.Dir, fmt.Sprintf("%s-%d", request.Project.Name, number)),
		start:   time.Now(),
	}
	result := Build{ID: b.id}
	if request.Project.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, request.Project.Timeout, errTimedOut)
		defer cancel()
	}
	if err := b.provision(); err != nil {
		result.Err = fmt.Errorf("DOWNLOAD_SOURCE: %w", err)
		return result
	}
	defer b.shell.close()
	result.Start = time.Now()
	result.Phases, result.Err = b.phases(ctx)
	result.End = time.Now()
	if result.Err == nil {
		result.Exported = b.exported()
	}
	for _, phase := range []string{"UPLOAD_ARTIFACTS", "FINALIZING"} { // there is nothing to do in either
		b.complete(phase, nil)
	}
	return result
}

type build struct {
	Request
	host   Host
	number int
	id     string
	dir    string
	start  time.Time
	shell  *shell
	// masked are values that the log does not show: CodeBuild puts *** in their place.
	masked *redact.Secrets
}

// say writes a line in the manner of CodeBuild's agent.
func (b *build) say(format string, arguments ...any) {
	fmt.Fprintf(b.Log, "[Container] %s %s\n", time.Now().UTC().Format("2006/01/02 15:04:05.000000"),
		fmt.Sprintf(format, arguments...))
}

// provision makes the build's folders, unpacks its sources and gets its shell ready.
func (b *build) provision() error {
	src, home := filepath.Join(b.dir, "src"), filepath.Join(b.dir, "root")
	plugins := filepath.Join(home, ".docker", "cli-plugins")
	for _, dir := range []string{src, plugins} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if b.host.BuildxPlugin != "" {
		if err := os.Symlink(b.host.BuildxPlugin, filepath.Join(plugins, "docker-buildx")); err != nil {
			return err
		}
	}
	if err := archive.Unpack(b.Source.File, src); err != nil {
		return err
	}
	env := b.environment(src, home)
	if err := b.secrets(env); err != nil {
		return err
	}
	for _, source := range b.Secondary {
		dir := filepath.Join(b.dir, "src-"+source.Name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if err := archive.Unpack(source.File, dir); err != nil {
			return err
		}
		env["CODEBUILD_SRC_DIR_"+source.Name] = dir
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		pairs = append(pairs, name+"="+env[name])
	}
	var err error
	control := filepath.Join(b.dir, "control")
	b.shell, err = newShell(b.Project.BuildSpec.Shell, b.host.FreshShell, control, src, pairs, b.Log)
	return err
}

// noDaemon is an address where no Docker daemon listens, and whose name says why.
const noDaemon = "unix:///run/no-docker-daemon-in-an-unprivileged-build.sock"

func (b *build) arn() string {
	return arn.ARN{
		Partition: "aws", Service: "codebuild", Region: b.host.Region, AccountID: b.host.Account,
		Resource: "build/" + b.id,
	}.String()
}

// environment is the build's environment: what CodeBuild sets, then the
// buildspec's variables, then the project's, then those of the start.
func (b *build) environment(src, home string) map[string]string {
	env := map[string]string{
		"PATH":               b.host.Path,
		"HOME":               home,
		"LANG":               "C.UTF-8",
		"AWS_REGION":         b.host.Region,
		"AWS_DEFAULT_REGION": b.host.Region,

		"CODEBUILD_BUILD_ARN":               b.arn(),
		"CODEBUILD_BUILD_ID":                b.id,
		"CODEBUILD_BUILD_IMAGE":             b.Project.Environment.Image,
		"CODEBUILD_BUILD_NUMBER":            strconv.Itoa(b.number),
		"CODEBUILD_BUILD_SUCCEEDING":        "1",
		"CODEBUILD_INITIATOR":               b.Initiator,
		"CODEBUILD_LOG_PATH":                b.id[strings.LastIndex(b.id, ":")+1:],
		"CODEBUILD_RESOLVED_SOURCE_VERSION": b.Source.Revision,
		"CODEBUILD_SOURCE_REPO_URL":         "",
		"CODEBUILD_SOURCE_VERSION":          b.Source.Location,
		"CODEBUILD_SRC_DIR":                 src,
		"CODEBUILD_START_TIME":              strconv.FormatInt(b.start.UnixMilli(), 10),
	}
	set := func(pairs []string) {
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
	}
	set(b.host.Environment)
	if b.Project.Environment.Privileged {
		set([]string{
			"DOCKER_HOST=" + b.host.Docker.Host,
			"BUILDX_BUILDER=" + b.host.Docker.Builder,
			"BUILDX_CONFIG=" + b.host.Docker.BuildxConfig,
		})
	} else {
		// Without privileged mode no daemon runs in a build's container. This
		// machine has one, which must not be found.
		set([]string{"DOCKER_HOST=" + noDaemon})
	}
	if b.host.Credentials != nil {
		set(b.host.Credentials(b.id, b.Project.RoleARN))
	}
	maps.Copy(env, b.Project.BuildSpec.Variables)
	for _, v := range slices.Concat(b.Project.Environment.Variables, b.Overrides) {
		env[v.Name] = v.Value
	}
	return env
}

// secrets puts what variables stand for into the environment, and keeps it out of the log.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.secrets-manager
func (b *build) secrets(env map[string]string) error {
	for _, v := range slices.Concat(b.Project.Environment.Variables, b.Overrides) {
		if v.Type != SecretsManager && v.Type != ParameterStore {
			continue
		}
		if b.host.Secret == nil {
			return fmt.Errorf("the variable %s is of the type %s, and nothing is kept anywhere", v.Name, v.Type)
		}
		value, err := b.host.Secret(b.id, b.Project.RoleARN, v)
		if err != nil {
			return err
		}
		b.masked.Add(value)
		env[v.Name] = value
	}
	return nil
}

// phases runs the phases of the buildspec in order.
func (b *build) phases(ctx context.Context) ([]Phase, error) {
	var ran []Phase
	var failure error
	for _, name := range phaseNames {
		spec, ok := b.Project.BuildSpec.Phases[name]
		if !ok {
			continue
		}
		upper := strings.ToUpper(name)
		b.say("Entering phase %s", upper)
		started := time.Now()
		err := b.phase(ctx, spec, failure == nil)
		b.complete(upper, err)
		if err != nil {
			err = &PhaseError{Phase: upper, Err: err}
		}
		ran = append(ran, Phase{Name: upper, Duration: time.Since(started), Err: err})
		if err == nil {
			continue
		}
		failure = errors.Join(failure, err)
		if ctx.Err() != nil {
			break
		}
		if spec.OnFailure == "CONTINUE" {
			continue
		}
		// A failed build phase is followed by post_build; everything else is not.
		if name != "build" || spec.OnFailure == "ABORT" {
			break
		}
	}
	return ran, failure
}

// complete says how a phase ended.
func (b *build) complete(phase string, err error) {
	state := "SUCCEEDED"
	var why CommandError
	if err != nil {
		state = "FAILED"
		if failure := (*CommandError)(nil); errors.As(err, &failure) {
			why = *failure
		}
	}
	if errors.Is(err, errTimedOut) {
		state = "TIMED_OUT"
	}
	b.say("Phase complete: %s State: %s", phase, state)
	b.say("Phase context status code: %s Message: %s", why.Code, why.Message)
}

// phase runs a phase's commands until one fails, and then what must run in any case.
func (b *build) phase(ctx context.Context, spec PhaseSpec, succeeding bool) error {
	err := b.commands(ctx, spec.Commands, succeeding)
	if len(spec.Finally) > 0 && ctx.Err() == nil {
		err = errors.Join(err, b.commands(ctx, spec.Finally, succeeding && err == nil))
	}
	return err
}

func (b *build) commands(ctx context.Context, commands []string, succeeding bool) error {
	for _, command := range commands {
		b.say("Running command %s", firstLine(command))
		status, err := b.shell.run(ctx, command, succeeding)
		if errors.Is(err, errTimedOut) {
			return err
		}
		if err != nil {
			return &CommandError{Code: "CLIENT_ERROR", Message: err.Error()}
		}
		if status != 0 {
			b.say("Command did not exit successfully %s exit status %d", firstLine(command), status)
			return &CommandError{
				Code: "COMMAND_EXECUTION_ERROR",
				Message: fmt.Sprintf("Error while executing command: %s. Reason: exit status %d", firstLine(command),
					status),
			}
		}
	}
	return nil
}

// exported reads the exported variables as post_build left them.
func (b *build) exported() map[string]string {
	values := map[string]string{}
	for _, name := range b.Project.BuildSpec.Exported {
		if value, ok := b.shell.variable(name); ok {
			values[name] = value
		}
	}
	return values
}

func firstLine(text string) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if rest != "" {
		line += " …"
	}
	return line
}
