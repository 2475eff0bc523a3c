package rehearsal

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// BuildFunc does what a build of a project would do, with the environment that
// the project, its action and CodeBuild give it, and the credentials of the
// project's role. It returns the exported variables.
type BuildFunc func(ctx context.Context, environment map[string]string) (map[string]string, error)

// stubBuild is a CodeBuild action without CodeBuild.
type stubBuild struct {
	*actions.Build
	r  *Rehearsal
	do BuildFunc
}

// Run implements codepipeline.Provider.
func (s *stubBuild) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
	environment, err := s.Environment(run)
	if err != nil {
		return codepipeline.Outcome{Err: err}
	}
	name := run.Configuration["ProjectName"]
	project, ok := s.Project(name)
	if !ok || len(run.Inputs) == 0 {
		return codepipeline.Outcome{Err: fmt.Errorf("the project %s, or its source, does not exist", name)}
	}
	id := project.Name + ":" + rand.Text()
	caller := endpoint.Caller{Kind: "build", Name: id, Role: project.RoleARN}
	for _, pair := range append(s.r.environment(), s.r.api.StaticEnvironment(caller)...) {
		name, value, _ := strings.Cut(pair, "=")
		environment[name] = value
	}
	environment["AWS_REGION"] = region
	environment["CODEBUILD_BUILD_ID"] = id
	environment["CODEBUILD_RESOLVED_SOURCE_VERSION"] = run.Inputs[0].Revision
	variables, err := s.do(ctx, environment)
	return codepipeline.Outcome{Variables: variables, ExternalID: id, Err: err}
}

// prepareStubs makes ready what pipelines need whose builds are a test's:
// no machine, no BuildKit, no name in /etc/hosts. The functions find the registry
// through a proxy.
func (r *Rehearsal) prepareStubs(ctx context.Context, stacks []*assembly.Stack) (hosts, error) {
	// The seeds are unpacked on the way; which base images they need is of no interest.
	if _, _, err := r.dockerfiles(ctx, stacks); err != nil {
		return hosts{}, err
	}
	if err := r.startServices(); err != nil {
		return hosts{}, err
	}
	proxy, err := r.startProxy()
	if err != nil {
		return hosts{}, err
	}
	instances, err := r.folder("instances")
	if err != nil {
		return hosts{}, err
	}
	return hosts{function: lambdaruntime.Host{
		Dir: instances, Account: accountID, Region: region,
		Environment: append(r.environment(), "HTTPS_PROXY=http://"+proxy),
		Credentials: func(function, role string) []string {
			return r.api.StaticEnvironment(endpoint.Caller{Kind: "function", Name: function, Role: role})
		},
	}}, nil
}

// CAFile is the bundle of roots that makes the registry's certificate valid.
func (r *Rehearsal) CAFile() string { return r.reg.CAFile() }

// environment is what every process finds. Nothing of the person's at the machine
// is in it: no settings, no credentials.
func (r *Rehearsal) environment() []string {
	return []string{
		"SSL_CERT_FILE=" + r.reg.CAFile(),
		"AWS_ENDPOINT_URL=" + r.api.URL(),
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
}

// startProxy leads every connection to the registry, by whatever name.
func (r *Rehearsal) startProxy() (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodConnect {
			http.Error(w, "this proxy only connects", http.StatusMethodNotAllowed)
			return
		}
		upstream, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.reg.Port()))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			upstream.Close()
			return
		}
		go func() {
			defer client.Close()
			defer upstream.Close()
			fmt.Fprint(client, "HTTP/1.1 200 Connection established\r\n\r\n")
			go io.Copy(upstream, buffered)
			io.Copy(client, upstream)
		}()
	})}
	go server.Serve(listener)
	r.onClose(server.Close)
	return listener.Addr().String(), nil
}
