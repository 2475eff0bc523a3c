package rehearsal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdkecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/report/redact"
)

// releases is a stack with a release that one role may write, and whose other roles have policies
// that would let them.
const releases = `{"Resources": {
	"Staging": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "staging/app"}},
	"Release": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "app", "RepositoryPolicyText": {"Version": "2012-10-17", "Statement": [{
		"Effect": "Deny", "Principal": "*",
		"Action": ["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"],
		"Condition": {"ArnNotEquals": {"aws:PrincipalArn": [{"Fn::GetAtt": ["Promoter", "Arn"]}, "arn:aws:iam::111122223333:role/break-glass"]}}
	}]}}},
	"Promoter": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "promoter", "AssumeRolePolicyDocument": {"Statement": []}}},
	"Builder": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "builder", "AssumeRolePolicyDocument": {"Statement": []}}},
	"BreakGlass": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "break-glass", "AssumeRolePolicyDocument": {"Statement": []}}},
	"Writes": {"Type": "AWS::IAM::Policy", "Properties": {
		"PolicyName": "Writes", "Roles": [{"Ref": "Promoter"}, {"Ref": "Builder"}, {"Ref": "BreakGlass"}],
		"PolicyDocument": {"Statement": [
			{"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
			{"Effect": "Allow", "Action": "ecr:*", "Resource": [{"Fn::GetAtt": ["Staging", "Arn"]}, {"Fn::GetAtt": ["Release", "Arn"]}]}
		]}
	}}
}}`

// account is a Rehearsal of nothing but a registry, the endpoint and the policies of a template.
func accountOf(t *testing.T, template string, change func(*Options)) *Rehearsal {
	t.Helper()
	r := &Rehearsal{
		options: Options{Dir: t.TempDir()}, secrets: &redact.Secrets{}, permissions: iam.NewAccount(accountID),
		registries: map[string]cloudformation.Registry{}, keys: map[string]string{}, signed: map[string]string{},
	}
	if change != nil {
		change(&r.options)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := r.startServices(); err != nil {
		t.Fatal(err)
	}
	stack, err := cloudformation.Load(&assembly.Stack{Name: "app", Template: []byte(template)}, r.account)
	if err == nil {
		err = r.create(t.Context(), stack, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// taken is operator who has the credentials of a role, and what they do with them.
type taken struct {
	r      *Rehearsal
	client *sdkecr.Client
	http   http.RoundTripper
	auth   authn.Authenticator
}

func takeOver(t *testing.T, r *Rehearsal, role string) taken {
	t.Helper()
	values := map[string]string{}
	for _, pair := range r.api.StaticEnvironment(endpoint.Caller{Kind: "build", Name: "project:1",
		Role: "arn:aws:iam::111122223333:role/" + role}) {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	bundle, err := os.ReadFile(r.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	connect := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", r.reg.Port()))
		},
	}
	t.Cleanup(connect.CloseIdleConnections)
	by := taken{r: r, http: connect, client: sdkecr.NewFromConfig(aws.Config{
		Region: region, BaseEndpoint: aws.String(r.api.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(values["AWS_ACCESS_KEY_ID"],
			values["AWS_SECRET_ACCESS_KEY"], values["AWS_SESSION_TOKEN"]),
	})}
	out, err := by.client.GetAuthorizationToken(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := base64.StdEncoding.DecodeString(*out.AuthorizationData[0].AuthorizationToken)
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ := strings.Cut(string(token), ":")
	by.auth = authn.FromConfig(authn.AuthConfig{Username: user, Password: password})
	return by
}

func (by taken) reference(t *testing.T, reference string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(by.r.RegistryHost() + "/" + reference)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func (by taken) push(t *testing.T, reference string, image v1.Image) error {
	t.Helper()
	return remote.Write(by.reference(t, reference), image, remote.WithTransport(by.http), remote.WithAuth(by.auth))
}

// putImage does what "aws ecr put-image" does.
func (by taken) putImage(t *testing.T, repository string, image v1.Image) error {
	t.Helper()
	manifest, err := image.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	_, err = by.client.PutImage(t.Context(), &sdkecr.PutImageInput{
		RepositoryName: aws.String(repository), ImageManifest: aws.String(string(manifest)),
		ImageTag: aws.String("latest"),
	})
	return err
}

// A build that was taken over, whose own policies would let it, moves no tag of a release, in no
// way there is.
func TestTakenOverBuildWritesNoRelease(t *testing.T) {
	for _, mount := range []bool{false, true} {
		r := accountOf(t, releases, func(o *Options) { o.Readings.Mount = mount })
		image, err := random.Image(64, 1)
		if err != nil {
			t.Fatal(err)
		}
		build, promoter := takeOver(t, r, "builder"), takeOver(t, r, "promoter")
		if err := build.push(t, "staging/app:cache-amd64", image); err != nil {
			t.Fatalf("into its own repository: %v", err)
		}
		denied := func(action string) string {
			return "User: arn:aws:sts::111122223333:assumed-role/builder/AWSCodeBuild-1" +
				" is not authorized to perform: " + action +
				" on resource: arn:aws:ecr:eu-west-1:111122223333:repository/app" +
				" with an explicit deny in a resource-based policy"
		}
		var api smithy.APIError
		err = build.putImage(t, "app", image)
		if !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" ||
			api.ErrorMessage() != denied("ecr:PutImage") {
			t.Errorf("put-image: got %v", err)
		}
		err = build.push(t, "app:latest", image)
		var refused *transport.Error
		if !errors.As(err, &refused) || refused.StatusCode != http.StatusForbidden || len(refused.Errors) != 1 ||
			refused.Errors[0].Code != transport.DeniedErrorCode ||
			refused.Errors[0].Message != denied("ecr:InitiateLayerUpload") {
			t.Errorf("push: got %v", err)
		}
		// Where the layers are there already, it is the manifest that is refused.
		if err := promoter.push(t, "app:v1", image); err != nil {
			t.Fatalf("the promoter: %v", err)
		}
		err = build.push(t, "app:latest", image)
		if !errors.As(err, &refused) || refused.StatusCode != http.StatusForbidden ||
			refused.Errors[0].Message != denied("ecr:PutImage") {
			t.Errorf("push of what is there: got %v", err)
		}
		if tags, err := r.Tags("app"); err != nil || len(tags) != 1 {
			t.Errorf("the release has the tags %v, %v, expected v1 alone", tags, err)
		}
		if _, err := remote.Get(build.reference(t, "app:v1"), remote.WithTransport(build.http),
			remote.WithAuth(build.auth)); err != nil {
			t.Errorf("a build pulls what is released: %v", err)
		}
		if err := takeOver(t, r, "break-glass").putImage(t, "app", image); err != nil {
			t.Errorf("whom the policy names: %v", err)
		}
	}
}
