package scenarios_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// identity is who works with the environment of a build: the build, or who took it over.
type identity struct {
	world       *world
	environment map[string]string
	repository  name.Repository
	auth        authn.Authenticator
	ecr         *ecr.Client
	pipelines   *codepipeline.Client
}

// identity logs in with the credentials in an environment.
func (w *world) identity(ctx context.Context, environment map[string]string) (*identity, error) {
	repository, err := name.NewRepository(environment["REPOSITORY_URI"])
	if err != nil {
		return nil, err
	}
	config := aws.Config{
		Region: environment["AWS_REGION"], BaseEndpoint: aws.String(environment["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(
			environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment["AWS_SESSION_TOKEN"]),
	}
	b := &identity{
		world: w, environment: environment, repository: repository,
		ecr: ecr.NewFromConfig(config), pipelines: codepipeline.NewFromConfig(config),
	}
	out, err := b.ecr.GetAuthorizationToken(ctx, nil)
	if err != nil {
		return nil, err
	}
	token, err := base64.StdEncoding.DecodeString(*out.AuthorizationData[0].AuthorizationToken)
	if err != nil {
		return nil, err
	}
	user, password, _ := strings.Cut(string(token), ":")
	b.auth = authn.FromConfig(authn.AuthConfig{Username: user, Password: password})
	return b, nil
}

func (b *identity) commit() string { return b.environment["CODEBUILD_RESOLVED_SOURCE_VERSION"] }

// remote are the options with which the registry is asked in this name.
func (b *identity) remote(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithAuth(b.auth), remote.WithTransport(b.world.http), remote.WithContext(ctx)}
}

// pull reads an image's manifests, and the first of its blobs.
func (b *identity) pull(ctx context.Context, ref name.Reference, more ...remote.Option) error {
	found, err := remote.Image(ref, append(b.remote(ctx), more...)...)
	if err == nil {
		_, err = found.RawConfigFile()
	}
	return err
}

// missing reports whether an error says that the registry lacks something.
func missing(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}

// rule asks CodePipeline for the build rule of the execution.
func (b *identity) rule(ctx context.Context) (string, error) {
	out, err := b.pipelines.GetPipelineExecution(ctx, &codepipeline.GetPipelineExecutionInput{
		PipelineName:        aws.String(b.environment["PIPELINE"]),
		PipelineExecutionId: aws.String(b.environment["EXECUTION_ID"]),
	})
	if err != nil {
		return "", err
	}
	for _, v := range out.PipelineExecution.Variables {
		if aws.ToString(v.Name) == "rule" {
			return aws.ToString(v.ResolvedValue), nil
		}
	}
	return "", errors.New("the execution has no variable rule")
}

// outputs asks CodePipeline what actions of a stage have put out, until all of them have succeeded:
// its history lags.
func (b *identity) outputs(ctx context.Context, stage string, actions []string) (map[string]map[string]string, error) {
	const looks = 10
	for look := 1; ; look++ {
		newest, err := b.newest(ctx, stage)
		if err != nil {
			return nil, err
		}
		outputs := map[string]map[string]string{}
		for _, action := range actions {
			if a := newest[action]; a.Status == types.ActionExecutionStatusSucceeded {
				outputs[action] = a.Output.OutputVariables
			}
		}
		if len(outputs) == len(actions) {
			return outputs, nil
		}
		if look == looks {
			return nil, fmt.Errorf("after %d looks, of %q only %v have succeeded", looks, actions, outputs)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// newest are the newest attempts of the actions of a stage, by name.
func (b *identity) newest(ctx context.Context, stage string) (map[string]types.ActionExecutionDetail, error) {
	pages := codepipeline.NewListActionExecutionsPaginator(b.pipelines, &codepipeline.ListActionExecutionsInput{
		PipelineName: aws.String(b.environment["PIPELINE"]),
		Filter:       &types.ActionExecutionFilter{PipelineExecutionId: aws.String(b.environment["EXECUTION_ID"])},
	})
	newest := map[string]types.ActionExecutionDetail{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.ActionExecutionDetails {
			known, ok := newest[aws.ToString(a.ActionName)]
			if aws.ToString(a.StageName) == stage && (!ok || a.StartTime.After(*known.StartTime)) {
				newest[aws.ToString(a.ActionName)] = a
			}
		}
	}
	return newest, nil
}

// takeOver is who took over the latest build of some kind.
func (w *world) takeOver(is func(environment map[string]string) bool) *identity {
	w.t.Helper()
	w.mu.Lock()
	all := slices.Clone(w.built)
	w.mu.Unlock()
	slices.Reverse(all)
	at := slices.IndexFunc(all, is)
	if at < 0 {
		w.t.Fatal("no such build has run")
	}
	b, err := w.identity(w.t.Context(), maps.Clone(all[at]))
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}
