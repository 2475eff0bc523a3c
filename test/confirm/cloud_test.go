package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	accessKey = "AKIAEXAMPLEEXAMPLE00"
	secretKey = "a-secret-that-nobody-may-see"
)

// cloud is moto, with CodeCommit, of which it lacks most, in front of it.
type cloud struct {
	endpoint string

	mutex    sync.Mutex
	requests int
	// deletions are the names of the calls that delete pipelines and roles.
	deletions []string
	// git are the repositories of CodeCommit with their tag.
	git map[string]string
	// pipelines run only where a test wants them.
	pipelines *pipelines
}

// Nothing here leaves this machine: what is not the endpoint's address goes nowhere.
func TestMain(m *testing.M) {
	os.Setenv("HTTPS_PROXY", "http://127.0.0.1:9")
	os.Exit(m.Run())
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(`moto_server is not installed, and CI requires it: pip install "moto[server]"`)
		}
		t.Skip(`NOT CHECKED: moto_server is not installed: pip install "moto[server]"`)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL) // a group of its own
		_ = server.Wait()
	})
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("moto_server does not listen after a minute")
		}
	}
	c := &cloud{git: map[string]string{}}
	moto := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	moto.ModifyResponse = timesAsNumbers
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.requests++
		sent, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
		for _, call := range []string{"DeletePipeline", "DeleteRole"} {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+call) ||
				bytes.Contains(sent, []byte("Action="+call+"&")) {
				c.deletions = append(c.deletions, call)
			}
		}
		if call, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "CodeCommit_20150413."); ok {
			c.codeCommit(w, r, call)
			return
		}
		if call, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"),
			"CodePipeline_20150709."); ok && c.pipelines != nil {
			body, _ := io.ReadAll(r.Body)
			if c.pipelines.serve(w, call, body) {
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		// moto wants a location, AWS none without a source.
		if r.Header.Get("X-Amz-Target") == "CodeBuild_20161006.CreateProject" {
			body, _ := io.ReadAll(r.Body)
			body = bytes.Replace(body, []byte(`"type":"NO_SOURCE"`), []byte(`"type":"NO_SOURCE","location":"none"`), 1)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		moto.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	c.endpoint = front.URL
	return c
}

var written = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^"]*"`)

// timesAsNumbers writes times as AWS does for CodePipeline and CodeBuild: moto writes text, which
// the SDK refuses.
func timesAsNumbers(r *http.Response) error {
	if !strings.HasPrefix(r.Request.Header.Get("X-Amz-Target"), "Code") {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	body = written.ReplaceAll(body, []byte("1700000000"))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return err
}

func (c *cloud) codeCommit(w http.ResponseWriter, r *http.Request, call string) {
	var input struct {
		RepositoryName string            `json:"repositoryName"`
		ResourceArn    string            `json:"resourceArn"`
		Tags           map[string]string `json:"tags"`
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &input)
	var output any = map[string]any{}
	switch call {
	case "CreateRepository":
		c.git[input.RepositoryName] = input.Tags["archway-confirm"]
	case "DeleteRepository":
		delete(c.git, input.RepositoryName)
	case "ListRepositories":
		all := []map[string]string{}
		for name := range c.git {
			all = append(all, map[string]string{"repositoryName": name})
		}
		output = map[string]any{"repositories": all}
	case "ListTagsForResource":
		name := input.ResourceArn[strings.LastIndex(input.ResourceArn, ":")+1:]
		tag, there := c.git[name]
		if !there {
			w.Header().Set("X-Amzn-ErrorType", "RepositoryDoesNotExistException")
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		output = map[string]any{"tags": map[string]string{"archway-confirm": tag}}
	default:
		w.Header().Set("X-Amzn-ErrorType", "UnknownOperationException")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(output)
}

func (c *cloud) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &c.endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	}
}

// asked is the number of requests so far.
func (c *cloud) asked() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.requests
}

// resources are the names of all that is in the account, each with its kind.
func (c *cloud) resources(t *testing.T) []string {
	t.Helper()
	ctx, cfg := context.Background(), c.config()
	all := []string{}
	add := func(kind string, err error, names ...*string) {
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for _, name := range names {
			all = append(all, kind+" "+aws.ToString(name))
		}
	}
	buckets, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, nil)
	add("bucket", err)
	for _, b := range buckets.Buckets {
		add("bucket", nil, b.Name)
	}
	roles, err := iam.NewFromConfig(cfg).ListRoles(ctx, nil)
	add("role", err)
	for _, r := range roles.Roles {
		add("role", nil, r.RoleName)
	}
	functions, err := lambda.NewFromConfig(cfg).ListFunctions(ctx, nil)
	add("function", err)
	for _, f := range functions.Functions {
		add("function", nil, f.FunctionName)
	}
	queues, err := sqs.NewFromConfig(cfg).ListQueues(ctx, &sqs.ListQueuesInput{})
	add("queue", err)
	for _, q := range queues.QueueUrls {
		add("queue", nil, aws.String(q[strings.LastIndex(q, "/")+1:]))
	}
	rules, err := eventbridge.NewFromConfig(cfg).ListRules(ctx, &eventbridge.ListRulesInput{})
	add("rule", err)
	for _, r := range rules.Rules {
		add("rule", nil, r.Name)
	}
	images, err := ecr.NewFromConfig(cfg).DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{})
	add("images", err)
	for _, r := range images.Repositories {
		add("images", nil, r.RepositoryName)
	}
	projects, err := codebuild.NewFromConfig(cfg).ListProjects(ctx, nil)
	add("project", err, aws.StringSlice(projects.Projects)...)
	pipelines, err := codepipeline.NewFromConfig(cfg).ListPipelines(ctx, &codepipeline.ListPipelinesInput{})
	add("pipeline", err)
	for _, p := range pipelines.Pipelines {
		add("pipeline", nil, p.Name)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for name := range c.git {
		add("git", nil, &name)
	}
	slices.Sort(all)
	return all
}
