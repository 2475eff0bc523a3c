// Package endpoint is the endpoint of the few AWS calls that functions and
// buildspecs make, over the JSON 1.1 protocol, and SNS's over Query. Every other call is refused by
// name. Each caller has credentials of its own, so that the calls of a role are
// known as such.
package endpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"archway/test/rehearse/internal/report/redact"
)

// Options says what the endpoint answers with.
type Options struct {
	Account, Region string
	// RegistryHost is the registry's host and port.
	RegistryHost string
	Registry     Registry
	Jobs         Jobs
	// Scan tells what was found in an image of a repository.
	Scan      func(repository, digest string) (Scan, error)
	Pipelines Pipelines
	Commits   Commits
	// Allow tells whether a caller may do what a call needs; the error says why not.
	// Without it, in tests of the endpoint alone, everybody may do everything.
	Allow  func(Caller, Need) error
	Starts Starts
	// Secrets gets each credential that the endpoint issues.
	Secrets *redact.Secrets
}

// Server is the running endpoint.
type Server struct {
	options  Options
	listener net.Listener
	http     *http.Server

	mu          sync.Mutex
	credentials map[string]*keys // by access key id
	pages       map[string]page  // by token
	calls       []Call
	notices     []Notice
}

// Call is one call that was made.
type Call struct {
	Time      time.Time `json:"time"`
	Caller    Caller    `json:"caller"`
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	// Code is the error's name; empty if the call succeeded.
	Code string `json:"code,omitempty"`
}

// Error is an error that AWS would answer, with AWS's name for it.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Start listens on the loopback interface.
func Start(options Options) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, listener: listener, credentials: map[string]*keys{}, pages: map[string]page{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+credentialsPath+"{id}", s.serveCredentials)
	mux.HandleFunc("/", s.serveCall)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		// It returns when Close was called.
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

// URL is the address of the endpoint, for AWS_ENDPOINT_URL.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close stops the endpoint.
func (s *Server) Close() error { return s.http.Close() }

// Calls returns the calls so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// service is a service of AWS, with the calls that are answered.
type service struct {
	// signing is its name in signatures.
	signing    string
	operations map[string]operation
}

// operation is one call: its answer, and what it needs. Which actions of IAM know resources, and
// which, is in the service authorization reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
type operation struct {
	answer func(s *Server, caller Caller, body []byte) (any, error)
	need   func(s *Server, in resourceNames) Need
}

// services are known by the first part of X-Amz-Target, and their operations by the second.
var services = map[string]service{
	"AmazonEC2ContainerRegistry_V20150921": elasticContainerRegistry,
	"CodePipeline_20150709":                codePipeline,
	"CodeCommit_20150413":                  codeCommit,
}

var elasticContainerRegistry = service{"ecr", map[string]operation{
	"GetAuthorizationToken":     {(*Server).getAuthorizationToken, ofEverything("ecr:GetAuthorizationToken")},
	"PutImage":                  {(*Server).putImage, ofRegistry("ecr:PutImage")},
	"DescribeImages":            {(*Server).describeImages, ofRegistry("ecr:DescribeImages")},
	"DescribeImageScanFindings": {(*Server).describeImageScanFindings, ofRegistry("ecr:DescribeImageScanFindings")},
}}

var codePipeline = service{"codepipeline", map[string]operation{
	// A job has no ARN.
	"PutJobSuccessResult":    {(*Server).putJobSuccessResult, ofEverything("codepipeline:PutJobSuccessResult")},
	"PutJobFailureResult":    {(*Server).putJobFailureResult, ofEverything("codepipeline:PutJobFailureResult")},
	"GetPipelineExecution":   {(*Server).getPipelineExecution, ofPipeline("codepipeline:GetPipelineExecution")},
	"GetPipelineState":       {(*Server).getPipelineState, ofNamed("codepipeline:GetPipelineState")},
	"ListActionExecutions":   {(*Server).listActionExecutions, ofPipeline("codepipeline:ListActionExecutions")},
	"StartPipelineExecution": {(*Server).startPipelineExecution, ofNamed("codepipeline:StartPipelineExecution")},
}}

// maxBody is more than any supported call needs: a manifest has 4 MiB at most.
const maxBody = 8 << 20

func (s *Server) serveCall(w http.ResponseWriter, r *http.Request) {
	if isQuery(r) {
		s.serveQuery(w, r)
		return
	}
	target := r.Header.Get("X-Amz-Target")
	caller, service, err := s.authenticate(r)
	var answer any
	if err == nil {
		answer, err = s.dispatch(r, caller, target)
	}
	_, name, found := strings.Cut(target, ".")
	if !found {
		name = r.Method + " " + r.URL.Path
	}
	s.record(Call{Time: time.Now(), Caller: caller, Service: service, Operation: name, Code: code(err)})
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, answer)
}

func (s *Server) dispatch(r *http.Request, caller Caller, target string) (any, error) {
	prefix, name, _ := strings.Cut(target, ".")
	called, ok := services[prefix].operations[name]
	if !ok {
		if target == "" {
			target = r.Method + " " + r.URL.Path
		}
		return nil,
			&Error{"UnknownOperationException",
				fmt.Sprintf("the rehearsal does not support the call %s (made by %s)", target, caller)}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, &Error{"SerializationException", err.Error()}
	}
	if err := s.allow(caller, called, body); err != nil {
		return nil, err
	}
	return called.answer(s, caller, body)
}

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

func code(err error) string {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return "InternalFailure"
}

// fail answers an error as the JSON 1.1 protocol has it. Our own faults are
// answered with 400 too: a client would only repeat what can't succeed.
func fail(w http.ResponseWriter, err error) {
	e := &Error{Code: "InternalFailure", Message: err.Error()}
	errors.As(err, &e)
	w.Header().Set("X-Amzn-ErrorType", e.Code)
	reply(w, http.StatusBadRequest, map[string]string{"__type": e.Code, "message": e.Message})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	// The client is gone if this fails.
	_ = json.NewEncoder(w).Encode(v)
}

func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return &Error{"SerializationException", err.Error()}
	}
	return nil
}
