package constructs

import (
	"errors"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// EncryptionKeyProps describes the key of a stack. It may be nil.
type EncryptionKeyProps struct {
	// Publishers are the services that publish to topics which the key encrypts, e.g.
	// "events.amazonaws.com" for EventBridge and "cloudwatch.amazonaws.com" for alarms. Roles need
	// no mention here: they are allowed by their own policies. Default: none.
	Publishers []string

	// RemovalPolicy decides what becomes of the key when it leaves the stack: with DESTROY it is
	// deleted after 7 days, and what it has encrypted can't be read any more.
	// Default: RETAIN_ON_UPDATE_OR_DELETE: it stays, unless the stack's creation fails.
	RemovalPolicy awscdk.RemovalPolicy
}

var serviceName = regexp.MustCompile(`^[a-z0-9-]+\.amazonaws\.com$`)

// Validate reports everything that is wrong with the props.
func (p *EncryptionKeyProps) Validate() error {
	if p == nil {
		return nil // nothing is required
	}
	var errs []error
	for i, service := range p.Publishers {
		if !serviceName.MatchString(service) {
			errs = append(errs,
				wrong(at("Publishers", i), `is %q: give the name of a service, such as "events.amazonaws.com"`,
					service))
		}
	}
	return errors.Join(errs...)
}

// EncryptionKey is a customer-managed key, renewed every year, for the artifacts, images, logs and
// topics of one stack. Its policy lets the account's IAM policies decide who uses it, as the roles
// of this package do, and lets the services use it that have no role: CloudWatch Logs for log
// groups that this stack has named, and those that publish.
//
// A key of your own needs the same policy. ECR needs none: it works with grants that it makes when
// the repository is created.
type EncryptionKey struct {
	constructs.Construct

	// Key is the key.
	Key awskms.Key
}

// NewEncryptionKey adds the key to scope. props may be nil.
func NewEncryptionKey(scope constructs.Construct, id string, props *EncryptionKeyProps) *EncryptionKey {
	check("EncryptionKey", scope, id, props.Validate())
	var p EncryptionKeyProps
	if props != nil {
		p = *props
	}
	fill(&p.RemovalPolicy, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE)

	this := &EncryptionKey{Construct: constructs.NewConstruct(scope, &id)}
	this.Key = awskms.NewKey(this.Construct, jsii.String("Key"), &awskms.KeyProps{
		Description: jsii.String("Encrypts artifacts, images, logs and notifications of " +
			*awscdk.Aws_STACK_NAME()),
		EnableKeyRotation: jsii.Bool(true),
		PendingWindow:     awscdk.Duration_Days(jsii.Number(7)), // the shortest that KMS allows
		RemovalPolicy:     p.RemovalPolicy,
	})
	this.allowLogs()
	for _, service := range p.Publishers {
		this.allowPublisher(service)
	}
	return this
}

// uncut is how many characters of a stack's name every generated name has.
const uncut = 24

// allowLogs is for CloudWatch Logs, which names the log group in each call. A log group refers to
// its key, and so can't be referred to here: but CloudFormation names it after the stack, or after
// a function, which it names after the stack. Of a long name, a function's has only the beginning:
// 24 characters are never cut, as far as such names were seen.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func (k *EncryptionKey) allowLogs() {
	stack := awscdk.Stack_Of(k.Construct)
	groups := func(name string) *string {
		return stack.FormatArn(&awscdk.ArnComponents{
			Service:      jsii.String("logs"),
			Resource:     jsii.String("log-group"),
			ResourceName: &name,
			ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
		})
	}
	functions := "/aws/lambda/" + *awscdk.Aws_STACK_NAME() + "-*"
	if name := *stack.StackName(); !unresolved(name) && len(name) > uncut {
		functions = "/aws/lambda/" + name[:uncut] + "*"
	}
	k.allow("logs."+*awscdk.Aws_REGION()+"."+*awscdk.Aws_URL_SUFFIX(),
		map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": []*string{
			groups(*awscdk.Aws_STACK_NAME() + "-*"), groups(functions),
		}}},
		"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
		"kms:ReEncryptFrom", "kms:ReEncryptTo")
}

// allowPublisher is for a service that publishes to an encrypted topic. EventBridge tells the key
// neither account nor rule, so that a condition on them would drop every message without a word;
// the topic's own policy is what holds it.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
func (k *EncryptionKey) allowPublisher(service string) {
	var conditions map[string]any
	if service != "events.amazonaws.com" {
		conditions = map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}}
	}
	k.allow(service, conditions, "kms:Decrypt", "kms:GenerateDataKey")
}

func (k *EncryptionKey) allow(service string, conditions map[string]any, actions ...string) {
	statement := &awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(&service, nil)},
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings("*"), // in a key's policy: this key
	}
	if conditions != nil {
		statement.Conditions = &conditions
	}
	k.Key.AddToResourcePolicy(awsiam.NewPolicyStatement(statement), nil)
}

// topicKeyStatements let a role publish to a topic that a key encrypts. A key from elsewhere
// encrypts who knows what else: it may be used through SNS only.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#sns-what-permissions-for-sse
func topicKeyStatements(key awskms.IKey) []awsiam.PolicyStatement {
	statements := encryptStatements(key)
	if foreign(key) {
		for _, statement := range statements {
			statement.AddCondition(jsii.String("StringEquals"), map[string]any{"kms:ViaService": through("sns")})
		}
	}
	return statements
}

// foreign reports whether a key was made elsewhere.
func foreign(key awskms.IKey) bool { return key != nil && !*awscdk.Resource_IsOwnedResource(key) }

// through is what KMS calls a service of this Region that uses a key in the name of a role.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func through(service string) string {
	return service + "." + *awscdk.Aws_REGION() + "." + *awscdk.Aws_URL_SUFFIX()
}

// encryptStatements let a role write to what a key encrypts, and read it; without a key, nothing is
// needed.
func encryptStatements(key awskms.IKey) []awsiam.PolicyStatement {
	if key == nil {
		return nil
	}
	return []awsiam.PolicyStatement{allow([]*string{key.KeyArn()}, "kms:Decrypt", "kms:GenerateDataKey")}
}
