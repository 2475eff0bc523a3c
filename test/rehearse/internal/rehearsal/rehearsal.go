// Package rehearsal deploys stacks to one machine and runs their pipelines: it
// ties the parts of the rehearsal together, for the command and for tests.
package rehearsal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/cloudwatch"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
	"archway/test/rehearse/internal/aws/ecr"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/eventbridge"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/lambdaruntime"
	"archway/test/rehearse/internal/machine"
	"archway/test/rehearse/internal/machine/standin"
	"archway/test/rehearse/internal/report/redact"
)

// The account that stands for a real one. The registry's host name ends in a
// domain that is reserved for tests.
const (
	accountID = "111122223333"
	region    = "eu-west-1"
	partition = "aws"
	domain    = "archway.test"

	// operator starts, retries and rolls back by hand.
	operator = "arn:" + partition + ":iam::" + accountID + ":user/rehearsal"
)

// unserved is the account before its registry has a port: names and ARNs don't depend on that.
var unserved = cloudformation.Account{ID: accountID, Region: region, Partition: partition, URLSuffix: domain}

// Options say where and how to rehearse.
type Options struct {
	// Dir is the working folder. Required; it must be empty.
	Dir string
	// ModuleDir is a folder in a Go module that knows the packages of the functions.
	ModuleDir string
	// WorkingCopy, if set, is a folder whose files are pushed instead of the seed. The pipelines
	// must have one source.
	WorkingCopy string
	// OnlyStandIns leaves the registries of base images alone. Registries, if set, leads to them.
	OnlyStandIns bool
	Registries   http.RoundTripper
	// BuildKitImage, if set, is the image that builds run in without root, and not the template's.
	BuildKitImage string
	// Programs, if set, keeps the functions' programs for other rehearsals.
	Programs *Programs
	// StandInCLI lets builds call the stand-in for the AWS CLI, also where the machine has the CLI
	// itself: that one takes nearly a second of a processor for each call.
	StandInCLI bool
	// Step is told when a part of the set-up starts; what it returns is called at
	// its end. Nil if nobody wants to know.
	Step func(name string) (done func(error))
	// Progress takes what the set-up of the machine says.
	Progress io.Writer
	// Observer is told about each change of an execution.
	Observer codepipeline.Observer
	// Stream, if set, also takes what actions print, line by line.
	Stream func(stage, action string) io.Writer
	// Builds, if set, does the work of all builds. Then everything else runs as
	// ever, and the machine needs to have nothing: neither root nor Docker.
	Builds BuildFunc
	// Approve, if set, answers for the person whom a manual approval asks, who may
	// take time. Nil approves at once.
	Approve func(context.Context, actions.Request) (actions.Decision, error)
	// Scan, if set, says what ECR knows about the vulnerabilities of an image. Nil: of an image
	// without a distribution that it can't be scanned, of others that nothing was found.
	Scan func(repository, digest string) endpoint.Scan
	// Readings are the unproven facts about AWS of which the other reading is taken.
	Readings assumptions.Readings
	// Now, if set, is the registry's clock, by which it tells when an image was pushed.
	Now func() time.Time
	// Intercept, if set, wraps the registry: tests inject faults here.
	Intercept func(http.Handler) http.Handler
}

// Rehearsal is an account on one machine, with deployed stacks.
type Rehearsal struct {
	options Options
	secrets *redact.Secrets
	machine *machine.Machine
	reg     *ecr.Registry
	api     *endpoint.Server
	invoke  *actions.Invoke
	runtime *lambdaruntime.Runtime
	account cloudformation.Account
	closers []func() error
	bases   []standin.Base

	stacks       []*cloudformation.Stack
	repositories map[string]*repository
	registries   map[string]cloudformation.Registry
	projects     map[string]*codebuild.Project
	functions    map[string]*lambdaruntime.Function
	engines      map[string]*codepipeline.Engine // by ARN
	rules        []*eventbridge.Rule
	permissions  *iam.Account
	keys         map[string]string // of encrypted resources, both by ARN
	signed       map[string]string // profiles of repositories, both by ARN

	measured cloudwatch.Collector
	states   states

	created  time.Time
	base     context.Context // of executions that calls start
	invoking sync.Mutex      // one function at a time decides about events

	mu            sync.Mutex
	queues        map[string][]string // messages by ARN
	secretValues  map[string]string   // made up, by the secret
	startedByCall []*codepipeline.Execution
	startRefusal  error // of every start by a call
	logCount      int
}

// repository is a deployed CodeCommit repository.
type repository struct {
	declared cloudformation.Repository
	git      *codecommit.Repository
}

// MachineError: the machine can't rehearse; its text says what is needed.
type MachineError struct{ Err error }

func (e *MachineError) Error() string { return e.Err.Error() }

func (e *MachineError) Unwrap() error { return e.Err }

// Check tells whether the stacks can be rehearsed, without any set-up.
func Check(stacks []*assembly.Stack) error {
	var problems []error
	for _, s := range stacks {
		_, err := cloudformation.Load(s, unserved)
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// New prepares the machine and deploys the stacks. Nothing was pushed yet. After
// an error nothing is left running.
func New(ctx context.Context, stacks []*assembly.Stack, options Options) (*Rehearsal, error) {
	if options.Step == nil {
		options.Step = func(string) func(error) { return func(error) {} }
	}
	if options.Progress == nil {
		options.Progress = io.Discard
	}
	r := &Rehearsal{
		options:      options,
		secrets:      &redact.Secrets{},
		repositories: map[string]*repository{},
		registries:   map[string]cloudformation.Registry{},
		projects:     map[string]*codebuild.Project{},
		functions:    map[string]*lambdaruntime.Function{},
		engines:      map[string]*codepipeline.Engine{},
		permissions:  iam.NewAccount(accountID),
		keys:         map[string]string{},
		signed:       map[string]string{},
		queues:       map[string][]string{},
		secretValues: map[string]string{},
		base:         ctx,
		created:      time.Now(),
	}
	if err := r.open(ctx, stacks); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// open starts what the stacks need, in the order in which it is needed.
func (r *Rehearsal) open(ctx context.Context, stacks []*assembly.Stack) error {
	// What takes time and needs nothing else is done while the machine is prepared.
	early, cancel := context.WithCancel(ctx)
	defer cancel()
	built := r.buildFunctions(early, stacks)
	cli := func() (string, error) { return "", nil } // only builds call it
	if r.options.Builds == nil {
		cli = r.findCLI(early)
	}
	hosts, err := r.prepare(ctx, stacks, cli)
	if err == nil {
		err = r.step("deploy the stacks", func() error { return r.deploy(ctx, stacks, hosts) })
	}
	if err != nil {
		// Both write into the working folder, which may be removed now.
		cancel()
		_, _ = built()
		_, _ = cli()
		return err
	}
	var programs map[string]string
	err = r.step("build the functions", func() (err error) { programs, err = built(); return err })
	if err != nil {
		return err
	}
	for name, program := range programs {
		r.functions[name].Program = program
	}
	return nil
}

func (r *Rehearsal) prepare(ctx context.Context, stacks []*assembly.Stack, cli func() (string, error)) (hosts, error) {
	if r.options.Builds != nil {
		return r.prepareStubs(ctx, stacks)
	}
	return r.prepareMachine(ctx, stacks, cli)
}

func (r *Rehearsal) step(name string, do func() error) error {
	done := r.options.Step(name)
	err := do()
	done(err)
	return err
}

func (r *Rehearsal) onClose(f func() error) { r.closers = append(r.closers, f) }

// Close stops everything that New and the executions started.
func (r *Rehearsal) Close() error {
	for _, engine := range r.engines {
		for _, x := range engine.Executions() {
			x.Stop()
		}
	}
	problems := []error{r.Settle()}
	for i := len(r.closers) - 1; i >= 0; i-- {
		problems = append(problems, r.closers[i]())
	}
	r.closers = nil
	return errors.Join(problems...)
}

// Stacks are the deployed stacks.
func (r *Rehearsal) Stacks() []*cloudformation.Stack { return r.stacks }

// Dir is the working folder.
func (r *Rehearsal) Dir() string { return r.options.Dir }

// RegistryHost is the registry's host and port.
func (r *Rehearsal) RegistryHost() string { return r.reg.Host() }

// Machine is the prepared machine.
func (r *Rehearsal) Machine() *machine.Machine { return r.machine }

// Bases are the images that Dockerfiles name, and what the builds get for them.
func (r *Rehearsal) Bases() []standin.Base { return r.bases }

// Calls are the AWS calls that builds and functions made.
func (r *Rehearsal) Calls() []endpoint.Call { return r.api.Calls() }

// Login returns credentials for the registry that belong to no role.
func (r *Rehearsal) Login() (user, password string) {
	password = rand.Text()
	r.secrets.Add(password)
	r.reg.Authorize("AWS", password)
	return "AWS", password
}

// Tags returns the digest that each tag of a registry repository points at.
func (r *Rehearsal) Tags(repository string) (map[string]string, error) { return r.reg.Tags(repository) }

// Manifest reads a manifest from a registry repository.
func (r *Rehearsal) Manifest(repository, reference string) (manifest []byte, mediaType string, err error) {
	return r.reg.Manifest(repository, reference)
}

// folder makes a folder in the working folder.
func (r *Rehearsal) folder(name string) (string, error) {
	dir := filepath.Join(r.options.Dir, name)
	return dir, os.MkdirAll(dir, 0o755)
}

var errExists = errors.New("it exists already in the account")

// create adds a name to a table of the account, where names are unique.
func create[T any](table map[string]T, kind, name string, value T) error {
	if _, ok := table[name]; ok {
		return fmt.Errorf("%s %s: %w: two stacks or resources have the same name", kind, name, errExists)
	}
	table[name] = value
	return nil
}
