package proof

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"archway/test/rehearse/internal/machine"
)

const (
	// runLimit is for a program that prints and ends; emulation makes it slow.
	runLimit = 2 * time.Minute
	// answerLimit is for a server to start and answer.
	answerLimit = time.Minute
	// cleanLimit is for removing a container and an image, also after a cancel.
	cleanLimit = 30 * time.Second
	// maxOutput is as much of an answer as is compared.
	maxOutput = 1 << 20
)

// Options says which image to prove, and how to reach it.
type Options struct {
	// Docker is the client; "docker" of the PATH if empty. Host is the engine's
	// address, the Machine's DockerHost.
	Docker, Host string
	// User and Password log in to the registry of Image.
	User, Password string
	// Image is registry host/repository:tag.
	Image    string
	Expect   []Expectation
	Progress io.Writer
}

// Result is one platform's proof.
type Result struct {
	Expectation
	// Got is what the image printed or answered, without white space around it.
	Got     string  `json:"got"`
	Seconds float64 `json:"seconds"`
	// Err is nil if the image did as expected.
	Err error `json:"-"`
}

// Run pulls the image for each expected platform, runs it and compares; all
// platforms, even if one fails. The error joins those of the results.
func Run(ctx context.Context, options Options) ([]Result, error) {
	registry, _, ok := strings.Cut(options.Image, "/")
	if !ok {
		return nil, fmt.Errorf("image %q: expected registry host/repository:tag", options.Image)
	}
	config, err := os.MkdirTemp("", "archway-proof-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(config)
	p := &prover{options, newDocker(options.Docker, options.Host, config)}
	if _, _, err := p.docker.run(ctx, options.Password, "login", "--username", options.User, "--password-stdin",
		registry); err != nil {
		return nil, fmt.Errorf("log in to %s: %w", registry, err)
	}
	var (
		results []Result
		errs    []error
	)
	for _, expect := range options.Expect {
		start := time.Now()
		r := Result{Expectation: expect}
		r.Got, r.Err = p.platform(ctx, expect)
		r.Seconds = time.Since(start).Seconds()
		if r.Err == nil && r.Got != strings.TrimSpace(expect.Output) {
			r.Err = fmt.Errorf("%s of %s: got %q, expected %q", expect.Platform, options.Image, r.Got, expect.Output)
		}
		if r.Err == nil {
			fmt.Fprintf(options.Progress, "proof: %s says %q (%.1f s)\n", expect.Platform, r.Got, r.Seconds)
		} else {
			fmt.Fprintf(options.Progress, "proof: %s failed: %v\n", expect.Platform, r.Err)
		}
		results = append(results, r)
		errs = append(errs, r.Err)
	}
	return results, errors.Join(errs...)
}

type prover struct {
	Options
	docker *docker
}

// platform returns what the image of one platform says.
func (p *prover) platform(ctx context.Context, expect Expectation) (got string, err error) {
	if _, _, err := p.docker.run(ctx, "", "pull", "--quiet", "--platform", expect.Platform, p.Image); err != nil {
		return "", fmt.Errorf("pull %s of %s: %w", expect.Platform, p.Image, err)
	}
	container := machine.ContainerPrefix + strings.ToLower(rand.Text()[:10])
	defer func() {
		// Also after a cancel. The next platform's pull would only take the tag away
		// from this image, and leave it behind.
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
		defer cancel()
		_, _, rmErr := p.docker.run(clean, "", "rm", "--force", "--volumes", container)
		if rmErr != nil && strings.Contains(rmErr.Error(), "No such container") {
			rmErr = nil // it never came to be
		}
		err = errors.Join(err, rmErr, p.forget(clean, expect.Platform))
	}()
	if expect.HTTP == nil {
		got, err = p.output(ctx, expect, container)
	} else {
		got, err = p.answer(ctx, expect, container)
	}
	if err != nil {
		err = fmt.Errorf("run %s of %s: %w", expect.Platform, p.Image, err)
	}
	return strings.TrimSpace(got), err
}

// forget removes the image. In the rehearsal's own engine only its name goes: the
// last proof of each repository and platform stays there under another, so that
// the next pull finds most layers and is quick.
func (p *prover) forget(ctx context.Context, platform string) error {
	own := p.Host == machine.OwnDockerHost
	if own {
		_, path, _ := strings.Cut(p.Image, "/")
		path, _, _ = strings.Cut(path, "@")
		path, _, _ = strings.Cut(path, ":")
		kept := kept + path + ":" + strings.ReplaceAll(platform, "/", "-")
		if _, _, err := p.docker.run(ctx, "", "tag", p.Image, kept); err != nil {
			return err
		}
	}
	_, _, err := p.docker.run(ctx, "", "rmi", p.Image)
	if own && err == nil {
		_, _, err = p.docker.run(ctx, "", "image", "prune", "--force") // what lost the name just now
	}
	return err
}

// kept is where images stay.
const kept = "archway-proof/"

// output runs a program that ends.
func (p *prover) output(ctx context.Context, expect Expectation, container string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	// No network: what it prints must not depend on one.
	stdout, _, err := p.docker.run(ctx, "", "run", "--name", container, "--network", "none", "--platform",
		expect.Platform, p.Image)
	return stdout, err
}

// answer runs a server and asks it until it answers.
func (p *prover) answer(ctx context.Context, expect Expectation, container string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	// On a free port of this machine only.
	_, _, err := p.docker.run(ctx, "", "run", "--detach", "--name", container, "--platform", expect.Platform,
		"--publish", fmt.Sprintf("127.0.0.1::%d", expect.HTTP.Port), p.Image)
	if err != nil {
		return "", err
	}
	for {
		got, err := p.ask(ctx, expect.HTTP, container)
		if err == nil {
			return got, nil
		}
		running, _, inspectErr := p.docker.run(ctx, "", "inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}",
			container)
		if state, code, _ := strings.Cut(strings.TrimSpace(running), " "); inspectErr == nil && state == "false" {
			return "",
				fmt.Errorf("the server ended with exit code %s before it answered%s", code, p.logs(ctx, container))
		}
		select {
		case <-ctx.Done():
			return "",
				fmt.Errorf("no good answer from port %d, path %s, within %v: %w%s", expect.HTTP.Port, expect.HTTP.Path,
					answerLimit, err, p.logs(ctx, container))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// ask makes the request on the port of this machine that the engine chose.
func (p *prover) ask(ctx context.Context, request *HTTP, container string) (string, error) {
	ports, _, err := p.docker.run(ctx, "", "port", container, fmt.Sprintf("%d/tcp", request.Port))
	if err != nil {
		return "", err
	}
	address, _, _ := strings.Cut(strings.TrimSpace(ports), "\n")
	return get(ctx, "http://"+address+request.Path)
}

// logs is the end of what a server printed.
func (p *prover) logs(ctx context.Context, container string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
	defer cancel()
	stdout, stderr, err := p.docker.run(ctx, "", "logs", container)
	if err != nil {
		return "\n  (its log can't be read: " + err.Error() + ")"
	}
	return indented(stdout + stderr)
}

func get(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	// A container's port is reached directly, whatever proxy the machine has.
	client := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxOutput))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d, expected 200: %s", response.StatusCode, strings.TrimSpace(string(body)))
	}
	return string(body), err
}
