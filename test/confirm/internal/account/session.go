// Package account makes resources in an AWS account, and deletes what it made, and nothing else:
// each has a name that begins with the run's random prefix, and a tag that holds it, and both are
// looked at before anything is deleted.
package account

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// tagKey is the tag of everything that a run makes; its value is the run's prefix.
const tagKey = "archway-confirm"

var prefixPattern = regexp.MustCompile(`^archway-confirm-[0-9a-f]{8}$`)

// NewPrefix begins the names of everything that a run makes.
func NewPrefix() string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // it never fails
	return "archway-confirm-" + hex.EncodeToString(random)
}

// IsPrefix reports whether a run can have had this prefix. Nothing shorter may say what is to be
// deleted.
func IsPrefix(s string) bool { return prefixPattern.MatchString(s) }

// Options are what a person allows, and how long the program is patient.
type Options struct {
	// ChangeAccountSettings allows to change a setting of the whole account, and to put it back.
	ChangeAccountSettings bool
	// Patience is how long a start token is tried.
	Patience time.Duration
	// Pace is the time between two looks at something that changes by itself.
	Pace time.Duration
	// Limit is how long anything is waited for.
	Limit time.Duration
}

// Session is one run in one account. A fact gets a copy with its own name, by For.
type Session struct {
	Options
	Config                     aws.Config
	Account, Partition, Region string
	Prefix                     string

	CodeBuild    *codebuild.Client
	CodeCommit   *codecommit.Client
	CodePipeline *codepipeline.Client
	ECR          *ecr.Client
	Events       *eventbridge.Client
	IAM          *iam.Client
	Lambda       *lambda.Client
	S3           *s3.Client
	SQS          *sqs.Client

	// Secret is told of each credential that AWS hands out, so that it reaches no output.
	Secret func(string)

	fact   string
	ledger *ledger
}

// New asks who is calling. Nothing is made.
func New(ctx context.Context, cfg aws.Config, prefix string, options Options, secret func(string)) (*Session,
	string, error) {
	caller, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, "", err
	}
	self, err := arn.Parse(aws.ToString(caller.Arn))
	if err != nil {
		return nil, "", fmt.Errorf("the caller's ARN %q: %w", aws.ToString(caller.Arn), err)
	}
	return &Session{
		Options: options, Config: cfg, Account: aws.ToString(caller.Account), Partition: self.Partition,
		Region:       cfg.Region,
		Prefix:       prefix,
		CodeBuild:    codebuild.NewFromConfig(cfg),
		CodeCommit:   codecommit.NewFromConfig(cfg),
		CodePipeline: codepipeline.NewFromConfig(cfg),
		ECR:          ecr.NewFromConfig(cfg),
		Events:       eventbridge.NewFromConfig(cfg),
		IAM:          iam.NewFromConfig(cfg),
		Lambda:       lambda.NewFromConfig(cfg),
		// Buckets in the path work with each endpoint.
		S3:     s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil }),
		SQS:    sqs.NewFromConfig(cfg),
		Secret: secret, ledger: &ledger{},
	}, self.String(), nil
}

// For is the session of one fact: what it makes is called by it.
func (s *Session) For(fact string) *Session {
	own := *s
	own.fact, own.ledger = fact, &ledger{}
	return &own
}

// Name is the whole name of a resource.
func (s *Session) Name(what string) string { return s.Prefix + "-" + s.fact + "-" + what }

// ARN is that of something in this account and Region.
func (s *Session) ARN(service, resource string) string {
	return arn.ARN{
		Partition: s.Partition, Service: service, Region: s.Region, AccountID: s.Account, Resource: resource,
	}.String()
}

// ErrNotSeen says that what was waited for did not come within the session's limit.
var ErrNotSeen = errors.New("not seen")

// Wait asks until the answer is yes. An error ends it at once.
func (s *Session) Wait(ctx context.Context, what string, ask func() (bool, error)) error {
	deadline := time.Now().Add(s.Limit)
	for {
		switch done, err := ask(); {
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case done:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%s: %w within %v", what, ErrNotSeen, s.Limit)
		}
		if err := s.Sleep(ctx, s.Pace); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// Sleep ends early with the context.
func (s *Session) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
