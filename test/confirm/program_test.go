package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"

	"archway/test/confirm/facts"
	"archway/test/confirm/internal/account"
)

// output of one run of the program in this process.
type output struct {
	code          int
	out, problems string
}

func (o output) String() string { return o.out + o.problems }

// confirm runs the program with facts of its own.
func confirm(ctx context.Context, c *cloud, change func(*program), tried []facts.Fact, arguments ...string) output {
	var out, problems bytes.Buffer
	p := &program{
		arguments: arguments, in: strings.NewReader(""), out: &out, problems: &problems, facts: tried,
		pace: time.Millisecond, limit: 5 * time.Second,
		config: func(context.Context) (aws.Config, error) {
			if c == nil {
				return aws.Config{}, nil
			}
			return c.config(), nil
		},
	}
	if change != nil {
		change(p)
	}
	code := p.run(ctx)
	return output{code, out.String(), problems.String()}
}

// makesAll is a fact that makes one resource of each kind, and then does something.
func makesAll(name string, then func(context.Context, *account.Session) (facts.Seen, error)) facts.Fact {
	return facts.Fact{
		Name: name, Readings: []facts.Reading{{Name: "one", Says: "it is one"}, {Name: "two", Says: "it is two"},
			{Name: "bad", Says: "it is bad", Wrong: "a lot"}},
		Try: func(ctx context.Context, s *account.Session) (facts.Seen, error) {
			bucket, err := s.Bucket(ctx, "bucket")
			role, roleErr := s.Role(ctx, "role", "lambda",
				account.Statement{Effect: "Allow", Action: "s3:*", Resource: "*"})
			runs, runsErr := s.Role(ctx, "runs", "codepipeline")
			_, functionErr := s.Function(ctx, "function", role, "def handler(e, c): pass")
			_, projectErr := s.Project(ctx, "project", role, "version: 0.2")
			_, arn, queueErr := s.Queue(ctx, "queue")
			ruleErr := s.Rule(ctx, "rule", `{"source":["x"]}`, ebtypes.Target{Arn: &arn})
			_, imagesErr := s.Images(ctx, "images")
			_, gitErr := s.Git(ctx, "git")
			_, pipelineErr := s.Pipeline(ctx, "pipeline", declared(runs, bucket))
			_, putErr := s.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"),
				Body: strings.NewReader("1")})
			_, againErr := s.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"),
				Body: strings.NewReader("2")})
			_, dropErr := s.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k")})
			if err := errors.Join(err, roleErr, runsErr, functionErr, projectErr, queueErr, ruleErr, imagesErr, gitErr,
				pipelineErr, putErr, againErr, dropErr); err != nil {
				return facts.Seen{}, err
			}
			return then(ctx, s)
		},
	}
}

func declared(role, bucket string) cptypes.PipelineDeclaration {
	stage := func(name string, category cptypes.ActionCategory, provider string) cptypes.StageDeclaration {
		return cptypes.StageDeclaration{Name: &name, Actions: []cptypes.ActionDeclaration{{
			Name: &name, ActionTypeId: &cptypes.ActionTypeId{
				Category: category, Owner: cptypes.ActionOwnerAws, Provider: &provider, Version: aws.String("1"),
			},
		}}}
	}
	return cptypes.PipelineDeclaration{
		RoleArn: &role, ArtifactStore: &cptypes.ArtifactStore{Type: cptypes.ArtifactStoreTypeS3, Location: &bucket},
		Stages: []cptypes.StageDeclaration{
			stage("Source", cptypes.ActionCategorySource, "S3"),
			stage("Wait", cptypes.ActionCategoryApproval, "Manual"),
		},
	}
}

func sees(reading string) func(context.Context, *account.Session) (facts.Seen, error) {
	return func(context.Context, *account.Session) (facts.Seen, error) {
		return facts.Seen{Reading: reading, Text: "what it saw"}, nil
	}
}

func plain(name, reading string) facts.Fact {
	f := makesAll(name, nil)
	f.Try = sees(reading)
	return f
}

func TestEndings(t *testing.T) {
	c := newCloud(t)
	before := c.resources(t)
	atWork := 0
	counted := func(then func(context.Context, *account.Session) (facts.Seen, error)) facts.Fact {
		return makesAll("all", func(ctx context.Context, s *account.Session) (facts.Seen, error) {
			atWork = len(c.resources(t)) - len(before)
			return then(ctx, s)
		})
	}
	for name, test := range map[string]struct {
		then func(context.Context, *account.Session) (facts.Seen, error)
		code int
		says string
	}{
		"confirmed": {sees("one"), exitOK, "confirmed           all: it is one; seen: what it saw\n"},
		"refuted": {sees("two"), exitOK,
			"refuted             all: it is two; seen: what it saw (Archway is right under " +
				"it, too)\n"},
		"wrong":   {sees("bad"), exitRefuted, "NOT RIGHT UNDER IT: a lot\n"},
		"unknown": {sees("else"), exitRefuted, "something that no reading says"},
		"error": {func(context.Context, *account.Session) (facts.Seen, error) {
			return facts.Seen{}, errors.New("it broke off")
		}, exitIncomplete, "could not be tried  all: it broke off\n"},
		"panic": {func(context.Context, *account.Session) (facts.Seen, error) { panic("oh") }, exitIncomplete,
			"defective: oh"},
		"not given": {func(context.Context, *account.Session) (facts.Seen, error) {
			return facts.Seen{}, facts.NotTried{Why: "git is not installed"}
		}, exitOK, "could not be tried  all: git is not installed\n"},
		"secret": {func(_ context.Context, s *account.Session) (facts.Seen, error) {
			s.Secret("a-password")
			return facts.Seen{}, errors.New("refused: " + secretKey + " and " + accessKey + " and a-password")
		}, exitIncomplete, "refused: *** and *** and ***"},
	} {
		t.Run(name, func(t *testing.T) {
			got := confirm(t.Context(), c, nil, []facts.Fact{counted(test.then)}, "--yes")
			if got.code != test.code || !strings.Contains(got.out, test.says) {
				t.Errorf("exit %d, want %d, and %q in\n%v", got.code, test.code, test.says, got)
			}
			for _, secret := range []string{secretKey, accessKey} {
				if strings.Contains(got.String(), secret) {
					t.Errorf("credentials in the output:\n%v", got)
				}
			}
			if atWork != 10 {
				t.Errorf("%d resources were made, want one of each kind, and a role more:\n%v", atWork, got)
			}
			if diff := cmp.Diff(before, c.resources(t)); diff != "" {
				t.Errorf("left behind:\n%s\n%v", diff, got)
			}
		})
	}
	// What was made last is deleted first: a pipeline that still runs needs its role.
	if want := []string{"DeletePipeline", "DeleteRole", "DeleteRole"}; len(c.deletions) < 3 ||
		!slices.Equal(c.deletions[:3], want) {
		t.Errorf("deleted %q, want %q first", c.deletions, want)
	}
}

func TestInterrupt(t *testing.T) {
	c := newCloud(t)
	before := c.resources(t)
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := makesAll("interrupted", func(ctx context.Context, s *account.Session) (facts.Seen, error) {
		cancel()
		return facts.Seen{}, s.Sleep(ctx, time.Hour)
	})
	got := confirm(ctx, c, nil, []facts.Fact{interrupted, makesAll("next", sees("one"))}, "--yes")
	if got.code != exitIncomplete || !strings.Contains(got.out, "could not be tried  next: interrupted") {
		t.Errorf("exit %d\n%v", got.code, got)
	}
	if diff := cmp.Diff(before, c.resources(t)); diff != "" {
		t.Errorf("left behind:\n%s", diff)
	}
}

// What has a similar name, or even the name of something that was asked for, and was made by
// somebody else, stays.
func TestDecoys(t *testing.T) {
	c := newCloud(t)
	s3c := s3.NewFromConfig(c.config(), func(o *s3.Options) { o.UsePathStyle = true })
	decoys := func(ctx context.Context, prefix string) error {
		_, e1 := s3c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(prefix + "-all-other")})
		_, e2 := iam.NewFromConfig(c.config()).CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: aws.String(prefix + "-all-taken"), AssumeRolePolicyDocument: aws.String(account.Policy())})
		_, e3 := ecr.NewFromConfig(c.config()).CreateRepository(ctx,
			&ecr.CreateRepositoryInput{RepositoryName: aws.String(prefix + "-all-other")})
		_, e4 := sqs.NewFromConfig(c.config()).CreateQueue(ctx, &sqs.CreateQueueInput{
			QueueName: aws.String(prefix + "-all-other"),
			Tags:      map[string]string{"archway-confirm": "archway-confirm-00000000"}})
		_, e5 := codecommit.NewFromConfig(c.config()).CreateRepository(ctx, &codecommit.CreateRepositoryInput{
			RepositoryName: aws.String(prefix + "x-all-git"), Tags: map[string]string{"archway-confirm": prefix}})
		return errors.Join(e1, e2, e3, e4, e5)
	}
	var prefix string
	var kept []string
	f := makesAll("all", func(ctx context.Context, s *account.Session) (facts.Seen, error) {
		prefix = s.Prefix
		made := c.resources(t)
		if err := decoys(ctx, prefix); err != nil {
			t.Fatal(err)
		}
		for _, r := range c.resources(t) {
			if !slices.Contains(made, r) {
				kept = append(kept, r)
			}
		}
		_, err := s.Role(ctx, "taken", "lambda")
		return facts.Seen{}, err
	})
	before := c.resources(t)
	got := confirm(t.Context(), c, nil, []facts.Fact{f}, "--yes")
	if len(kept) != 5 {
		t.Fatalf("decoys %q, want five\n%v", kept, got)
	}
	check := func() {
		t.Helper()
		now := slices.DeleteFunc(c.resources(t), func(r string) bool { return slices.Contains(before, r) })
		if diff := cmp.Diff(kept, now); diff != "" {
			t.Errorf("decoys:\n%s\n%v", diff, got)
		}
	}
	check()
	if got.code != exitIncomplete || !strings.Contains(got.out, "EntityAlreadyExists") {
		t.Errorf("exit %d\n%v", got.code, got)
	}
	// Neither does --clean delete them.
	got = confirm(t.Context(), c, nil, nil, "--clean", prefix, "--yes")
	check()
	if got.code != exitIncomplete || !strings.Contains(got.problems, "this run did not make it") {
		t.Errorf("exit %d\n%v", got.code, got)
	}
}

// A run that was killed is cleaned by its prefix.
func TestClean(t *testing.T) {
	c := newCloud(t)
	// Others' resources are not even spoken of.
	if _, err := iam.NewFromConfig(c.config()).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("others"), AssumeRolePolicyDocument: aws.String(account.Policy())}); err != nil {
		t.Fatal(err)
	}
	before := c.resources(t)
	prefix := account.NewPrefix()
	s, _, err := account.New(t.Context(), c.config(), prefix, account.Options{Pace: time.Millisecond,
		Limit: time.Second}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := makesAll("all", sees("one")).Try(t.Context(), s.For("all")); err != nil {
		t.Fatal(err)
	}
	if made := len(c.resources(t)) - len(before); made != 10 {
		t.Fatalf("%d resources, want ten", made)
	}
	if got := confirm(t.Context(), c, nil, nil, "--clean", prefix); got.code != exitUsage ||
		len(c.resources(t))-len(before) != 10 {
		t.Errorf("without consent: exit %d\n%v", got.code, got)
	}
	got := confirm(t.Context(), c, nil, nil, "--clean", prefix, "--yes")
	if diff := cmp.Diff(before, c.resources(t)); diff != "" || got.code != exitOK || !strings.Contains(got.out,
		"10 deleted") {
		t.Errorf("exit %d, left behind:\n%s\n%v", got.code, diff, got)
	}
}

func TestConsent(t *testing.T) {
	c := newCloud(t)
	answers := func(terminal bool, answer string) func(*program) {
		return func(p *program) { p.terminal, p.in = terminal, strings.NewReader(answer) }
	}
	for name, test := range map[string]struct {
		change func(*program)
		tried  bool
	}{
		"yes":               {answers(true, "yes\n"), true},
		"no":                {answers(true, "no\n"), false},
		"nothing":           {answers(true, ""), false},
		"yes by no one":     {answers(false, "yes\n"), false},
		"nobody there":      {answers(false, ""), false},
		"flag asks no one":  {func(p *program) { p.arguments = []string{"--yes"} }, true},
		"interrupt instead": {func(p *program) { p.terminal, p.in = true, blocked{t.Context()} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			tried := false
			f := plain("fact", "one")
			f.Try = func(context.Context, *account.Session) (facts.Seen, error) {
				tried = true
				return facts.Seen{Reading: "one"}, nil
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			before := c.asked()
			got := confirm(ctx, c, func(p *program) {
				test.change(p)
				if b, ok := p.in.(blocked); ok {
					p.in = interrupting{cancel, b}
				}
			}, []facts.Fact{f})
			if asked := c.asked() - before; asked != 1 {
				t.Errorf("%d requests, want one, which asks who is calling", asked)
			}
			if tried != test.tried || (got.code == exitOK) != test.tried || (got.code == exitUsage) == test.tried {
				t.Errorf("tried: %t, want %t; exit %d\n%v", tried, test.tried, got.code, got)
			}
		})
	}
}

// blocked is a terminal at which nobody types; interrupting is one at which somebody interrupts.
type (
	blocked      struct{ ctx context.Context }
	interrupting struct {
		cancel context.CancelFunc
		io.Reader
	}
)

func (b blocked) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, io.EOF }
func (i interrupting) Read(p []byte) (int, error) {
	i.cancel()
	return i.Reader.Read(p)
}

func TestUsage(t *testing.T) {
	broken := func(p *program) {
		p.config = func(context.Context) (aws.Config, error) { return aws.Config{}, errors.New("no such profile") }
	}
	for name, test := range map[string]struct {
		change    func(*program)
		arguments []string
		code      int
		says      string
	}{
		"no Region":        {nil, []string{"--yes"}, exitUsage, "there is no Region"},
		"no configuration": {broken, []string{"--yes"}, exitUsage, "no such profile"},
		"unknown fact":     {nil, []string{"--only", "fact,facts"}, exitUsage, `no fact "facts"`},
		"unknown flag":     {nil, []string{"--fast"}, exitUsage, "not defined: -fast"},
		"an argument":      {nil, []string{"fact"}, exitUsage, `"fact" is no flag`},
		"a wide prefix":    {nil, []string{"--clean", "archway-"}, exitUsage, "whole prefix"},
		"an empty pattern": {nil, []string{"--clean", "archway-confirm-0123abc"}, exitUsage, "whole prefix"},
		"clean and only": {nil, []string{"--clean", "archway-confirm-0123abcd", "--only", "fact"}, exitUsage,
			"exclude"},
		"no patience":  {nil, []string{"--patience", "0s"}, exitUsage, "--patience is 0s"},
		"help":         {nil, []string{"--help"}, exitOK, "Usage: make confirm"},
		"list":         {nil, []string{"--list"}, exitOK, "fact  "},
		"list as JSON": {nil, []string{"--list", "--json"}, exitOK, `"fact": "fact"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := confirm(t.Context(), nil, test.change, []facts.Fact{plain("fact", "one")}, test.arguments...)
			if got.code != test.code || !strings.Contains(got.String(), test.says) {
				t.Errorf("exit %d, want %d, and %q in\n%v", got.code, test.code, test.says, got)
			}
		})
	}
}

func TestOnlyAndJSON(t *testing.T) {
	c := newCloud(t)
	byHand := facts.Fact{Name: "hand", ByHand: []string{"do it"}}
	tried := []facts.Fact{plain("first", "one"), plain("second", "bad"), byHand}
	got := confirm(t.Context(), c, nil, tried, "--yes", "--json", "--only", "first,hand")
	var document struct {
		Prefix string
		Facts  []map[string]any
	}
	if err := json.Unmarshal([]byte(got.out), &document); err != nil || got.code != exitOK ||
		!account.IsPrefix(document.Prefix) {
		t.Fatalf("exit %d, %v\n%v", got.code, err, got)
	}
	want := []map[string]any{
		{"fact": "first", "verdict": "confirmed", "reading": "one", "says": "it is one", "seen": "what it saw"},
		{"fact": "hand", "verdict": "could not be tried", "seen": "by hand: docs/aws.md#hand"},
	}
	if diff := cmp.Diff(want, document.Facts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Against moto, which has no pipelines that run, most trials break off somewhere: each cleans up.
func TestAllFactsCleanUp(t *testing.T) {
	c := newCloud(t)
	before := c.resources(t)
	got := confirm(t.Context(), c, nil, facts.All(), "--yes", "--patience", "1ms")
	for _, f := range facts.All() {
		if !strings.Contains(got.out, "  "+f.Name+": ") {
			t.Errorf("nothing is said of %s", f.Name)
		}
	}
	for _, bad := range []string{"defective", "LEFT BEHIND", secretKey} {
		if strings.Contains(got.String(), bad) {
			t.Errorf("%q in\n%v", bad, got)
		}
	}
	if diff := cmp.Diff(before, c.resources(t)); diff != "" {
		t.Errorf("left behind:\n%s\n%v", diff, got)
	}
	t.Log(got)
}

// The program itself, as make starts it.
func TestProcess(t *testing.T) {
	c := newCloud(t)
	before := c.resources(t)
	binary := t.TempDir() + "/confirm"
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	start := func(arguments ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd, out := exec.Command(binary, arguments...), &bytes.Buffer{}
		cmd.Env = append(cmd.Environ(), "AWS_ENDPOINT_URL="+c.endpoint, "AWS_REGION=us-east-1",
			"AWS_EC2_METADATA_DISABLED=true",
			"AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+secretKey)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, out
	}
	cmd, out := start("--only", "start-tokens")
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(out.String(), "--yes") {
		t.Errorf("without a terminal: %v\n%s", cmd.ProcessState, out)
	}
	if diff := cmp.Diff(before, c.resources(t)); diff != "" {
		t.Errorf("made without consent:\n%s", diff)
	}
	// A function is waited for in vain, or a pipeline is there: in both something was made.
	cmd, out = start("--yes", "--only", "lambda-time")
	for begin := time.Now(); len(c.resources(t)) == len(before); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatalf("nothing was made in a minute\n%s", out)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != exitIncomplete {
		t.Errorf("interrupted: %v\n%s", cmd.ProcessState, out)
	}
	if diff := cmp.Diff(before, c.resources(t)); diff != "" {
		t.Errorf("left behind:\n%s\n%s", diff, out)
	}
}
