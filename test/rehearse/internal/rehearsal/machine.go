package rehearsal

import (
	"context"
	"fmt"
	"path/filepath"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/ecr"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/lambdaruntime"
	"archway/test/rehearse/internal/machine"
	"archway/test/rehearse/internal/machine/standin"
)

// hosts are what builds and functions find on this machine.
type hosts struct {
	build    codebuild.Host
	function lambdaruntime.Host
}

// prepareMachine makes the machine ready, with the registry, the AWS endpoint and
// BuildKit running. cli waits for the folder with the aws program.
func (r *Rehearsal) prepareMachine(ctx context.Context, stacks []*assembly.Stack, cli func() (string, error)) (hosts,
	error) {
	var mirror *standin.Mirror
	steps := []struct {
		name string
		do   func() error
	}{
		{"prepare the machine", func() (err error) {
			if r.machine, err = machine.Prepare(ctx, r.options.Progress); err == nil {
				r.onClose(r.machine.Close)
			}
			return err
		}},
		{"get the base images", func() error {
			files, generators, err := r.dockerfiles(ctx, stacks)
			if err != nil {
				return err
			}
			mirror, err = standin.Serve(ctx, standin.Options{
				Dockerfiles: files, Generators: generators,
				OnlyStandIns: r.options.OnlyStandIns, Transport: r.options.Registries, Progress: r.options.Progress,
			})
			if err != nil {
				return err
			}
			r.bases = mirror.Bases
			r.onClose(mirror.Close)
			return nil
		}},
		{"start the registry and the AWS endpoint", r.startServices},
	}
	for _, s := range steps {
		if err := r.step(s.name, s.do); err != nil {
			return hosts{}, &MachineError{err}
		}
	}
	var docker codebuild.Docker
	err := r.step("start BuildKit", func() error {
		builds, err := r.builderConfig(stacks, mirror.Host)
		if err != nil {
			return err
		}
		builder, config, err := r.machine.StartBuildKit(ctx,
			machine.BuildKit{RegistryHost: r.reg.Host(), CAFile: r.reg.CAFile(), MirrorHost: mirror.Host,
				Mirrored: mirror.Registries, Caches: builds.mirrors, Frontends: builds.frontends,
				Images: builds.images})
		docker = codebuild.Docker{Host: r.machine.DockerHost, Builder: builder, BuildxConfig: config}
		return err
	})
	if err != nil {
		return hosts{}, &MachineError{err}
	}
	if err := r.step("wait for the Docker engine", func() error { return r.awaitEngine(ctx) }); err != nil {
		return hosts{}, &MachineError{err}
	}
	var bin string
	err = r.step("find the AWS CLI", func() (err error) { bin, err = cli(); return err })
	if err != nil {
		return hosts{}, &MachineError{err}
	}
	h, err := r.hosts(docker, bin)
	if err != nil {
		return hosts{}, &MachineError{err}
	}
	return h, nil
}

func (r *Rehearsal) startServices() error {
	dir, err := r.folder("registry")
	if err != nil {
		return err
	}
	host := fmt.Sprintf("%s.dkr.ecr.%s.%s", accountID, region, domain)
	r.reg, err = ecr.Start(ecr.Options{Dir: dir, Hosts: []string{host}, Intercept: r.options.Intercept,
		Mount: r.options.Readings.Mount, Now: r.options.Now})
	if err != nil {
		return err
	}
	r.onClose(r.reg.Close)
	r.account = unserved
	r.account.URLSuffix = fmt.Sprintf("%s:%d", domain, r.reg.Port())
	r.invoke = r.newInvoke()
	r.api, err = endpoint.Start(endpoint.Options{
		Account: accountID, Region: region,
		RegistryHost: r.reg.Host(),
		Registry:     repositories{r.reg, r.allow},
		Scan:         r.scan,
		Jobs:         r.invoke,
		Pipelines:    &history{r: r, answers: map[[2]string]int{}},
		Commits:      commitReader{r},
		Allow:        r.allow,
		Starts:       executionStarter{r},
		Secrets:      r.secrets,
	})
	if err != nil {
		return err
	}
	r.onClose(r.api.Close)
	return nil
}

// hosts gathers the environment of builds and functions.
func (r *Rehearsal) hosts(docker codebuild.Docker, bin string) (hosts, error) {
	builds, err := r.folder("builds")
	if err != nil {
		return hosts{}, err
	}
	instances, err := r.folder("instances")
	if err != nil {
		return hosts{}, err
	}
	environment := r.environment()
	if r.machine.Proxy != "" {
		environment = append(environment, "HTTPS_PROXY="+r.machine.Proxy)
	}
	const system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	return hosts{
		build: codebuild.Host{
			Dir: builds, Account: accountID, Region: region,
			Path: bin + string(filepath.ListSeparator) + r.machine.Bin + string(filepath.ListSeparator) +
				system,
			Environment:  environment,
			BuildxPlugin: r.machine.BuildxPlugin,
			Docker:       docker,
			Secret:       r.secret,
			FreshShell:   r.options.Readings.FreshShell,
			Credentials: func(build, role string) []string {
				return r.api.ContainerEnvironment(endpoint.Caller{Kind: "build", Name: build, Role: role})
			},
		},
		function: lambdaruntime.Host{
			Dir: instances, Account: accountID, Region: region,
			Environment: environment,
			Credentials: func(function, role string) []string {
				return r.api.StaticEnvironment(endpoint.Caller{Kind: "function", Name: function, Role: role})
			},
		},
	}, nil
}
