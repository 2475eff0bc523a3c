package rehearsal

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/iam"
)

// call is something that is done in somebody's name.
type call struct {
	by       iam.Principal
	action   string
	resource string
	context  map[string]string
}

// authorize asks for each call whether it is allowed, and for what follows from
// it. All refusals are in the error.
func (r *Rehearsal) authorize(calls ...call) error {
	var problems []error
	for _, c := range calls {
		problems = append(problems,
			r.permissions.Authorize(iam.Request{Principal: c.by, Action: c.action, Resource: c.resource,
				Context: c.context}))
		problems = append(problems, r.authorize(r.keyCalls(c)...), r.authorize(r.logKeyCalls(c)...))
		// ECR is taken to accept the image, and to tell in its signing status that there is no
		// signature: the refusal is noted, nothing else.
		_ = r.authorize(r.signCalls(c)...)
	}
	return errors.Join(problems...)
}

// keyUses are the calls of a customer's key that services make in the name of who
// works with an encrypted resource.
//
//   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
//   - https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
//   - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
var keyUses = map[string][]string{
	"s3:GetObject":    {"kms:Decrypt"},
	"s3:PutObject":    {"kms:GenerateDataKey"},
	"sns:Publish":     {"kms:GenerateDataKey", "kms:Decrypt"},
	"sqs:SendMessage": {"kms:GenerateDataKey", "kms:Decrypt"},
}

func (r *Rehearsal) keyCalls(c call) []call {
	actions, ok := keyUses[c.action]
	if !ok {
		return nil
	}
	resource, _, _ := strings.Cut(c.resource, "/") // an object has its bucket's key
	key, ok := r.keys[resource]
	if !ok {
		return nil
	}
	// A service that publishes in its own name says for which resource; of a role it is said
	// through which service.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
	context := c.context
	if c.by.Service == "" {
		service, _, _ := strings.Cut(c.action, ":")
		context = map[string]string{iam.KeyViaService: fmt.Sprintf("%s.%s.%s", service, region, r.account.URLSuffix)}
	}
	var calls []call
	for _, action := range actions {
		calls = append(calls, call{c.by, action, key, context})
	}
	return calls
}

// logKeyUses are the calls of a customer's key that CloudWatch Logs makes in its
// own name for an encrypted log group.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
var logKeyUses = []string{"kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo",
	"kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"}

func (r *Rehearsal) logKeyCalls(c call) []call {
	if c.action != "logs:PutLogEvents" {
		return nil
	}
	group, _, _ := strings.Cut(c.resource, ":log-stream:")
	// A log group's own ARN ends in ":*"; the encryption context is without that.
	key, ok := r.keys[group+":*"]
	if !ok {
		return nil
	}
	var calls []call
	for _, action := range logKeyUses {
		next := call{action: action, resource: key, context: map[string]string{iam.KeyLogGroup: group}}
		next.by.Service = fmt.Sprintf("logs.%s.%s", region, r.account.URLSuffix)
		calls = append(calls, next)
	}
	return calls
}

// signUses are the calls that ECR makes in the name of who pushes into a repository
// whose images it signs, besides the push of the signature itself: a manifest like
// the image's. Pointing a tag counts as a push, as it does for ECR's events.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html
var signUses = []string{"ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
	"ecr:CompleteLayerUpload"}

func (r *Rehearsal) signCalls(c call) []call {
	profile, ok := r.signed[c.resource]
	if !ok || c.action != "ecr:PutImage" {
		return nil
	}
	calls := []call{{by: c.by, action: "signer:SignPayload", resource: profile}}
	for _, action := range signUses {
		calls = append(calls, call{by: c.by, action: action, resource: c.resource})
	}
	return calls
}

// assume is what a service does first to act in the name of a role: it says for
// which resource of which account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func assume(service, role, source string) call {
	c := call{by: iam.Principal{Service: service}, action: "sts:AssumeRole", resource: role}
	if source != "" {
		c.context = sourced(source)
	}
	return c
}

// sourced are the condition keys of a call that a service makes for a resource.
func sourced(arn string) map[string]string {
	return map[string]string{iam.KeySourceARN: arn, iam.KeySourceAccount: accountID}
}

// session is a session of a role, named as CodePipeline and EventBridge name
// theirs: by the time.
func session(role string) iam.Principal {
	return iam.Principal{Role: role, Session: fmt.Sprint(time.Now().UnixMilli())}
}

// principalOf is the session whose credentials a build or a function has.
func principalOf(c endpoint.Caller) iam.Principal {
	p := iam.Principal{Role: c.Role, Session: c.Name}
	if _, id, ok := strings.Cut(c.Name, ":"); ok && c.Kind == "build" {
		p.Session = "AWSCodeBuild-" + id
	}
	return p
}

// allow tells whether the owner of credentials may make a call with them.
func (r *Rehearsal) allow(c endpoint.Caller, need endpoint.Need) error {
	return r.authorize(call{by: principalOf(c), action: need.Action, resource: need.Resource})
}

// arn is the ARN of a resource of the account.
func arn(service, resource string) string {
	return unserved.ARN(service, resource)
}
