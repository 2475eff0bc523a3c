package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/assembly"
	"archway/test/rehearse/internal/aws/iam"
)

// Access is who may do what, as a stack deploys it.
type Access struct {
	Roles    []*iam.Role
	Policies []iam.ResourcePolicy
	// Keys are the customer's keys with which resources are encrypted, both by ARN.
	Keys map[string]string
	// Signed are the profiles with which ECR signs what is pushed into repositories,
	// both by ARN.
	Signed map[string]string
}

// access are the interpreters of what says who may do what.
var access map[string]func(l *loader, id string, p *properties)

func init() {
	access = map[string]func(l *loader, id string, p *properties){
		"AWS::CodePipeline::Pipeline":    (*loader).pipeline, // it says which keys encrypt topics from elsewhere
		"AWS::ECR::Repository":           (*loader).registry,
		"AWS::ECR::SigningConfiguration": (*loader).signing,
		"AWS::IAM::ManagedPolicy":        (*loader).policy,
		"AWS::IAM::Policy":               (*loader).policy,
		"AWS::IAM::Role":                 (*loader).role,
		"AWS::KMS::Key":                  (*loader).key,
		"AWS::Lambda::Permission":        (*loader).permission,
		"AWS::Logs::LogGroup":            (*loader).logGroup,
		"AWS::S3::Bucket":                (*loader).bucket,
		"AWS::S3::BucketPolicy":          (*loader).bucketPolicy,
		"AWS::SNS::Topic":                (*loader).topic,
		"AWS::Signer::SigningProfile":    (*loader).signingProfile,
		"AWS::SNS::TopicPolicy":          (*loader).topicPolicy,
		"AWS::SQS::Queue":                (*loader).queue,
		"AWS::SQS::QueuePolicy":          (*loader).queuePolicy,
	}
}

// LoadAccess interprets only who may do what in a stack.
func LoadAccess(source *assembly.Stack, account Account) (Access, error) {
	l, err := newLoader(source, account)
	if err != nil {
		return Access{}, err
	}
	l.only = access
	if err := l.load(); err != nil {
		return Access{}, fmt.Errorf("%s: %w", source.TemplateFile, err)
	}
	return l.stack.Access, nil
}

// path names a policy for people: two stacks may have the same logical ids.
func (l *loader) path(id, rest string) string { return l.stack.Name + "/" + id + "." + rest }

// builtIn are the policies that AWS manages, as far as the CDK attaches them.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
var builtIn = map[string]any{
	"service-role/AWSLambdaBasicExecutionRole": map[string]any{"Statement": map[string]any{
		"Effect": "Allow", "Resource": "*",
		"Action": []any{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
	}},
}

// role reads a role with its inline policies. Others are attached at the end.
func (l *loader) role(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("RoleName", "%v", err)
	}
	p.text("RoleName")
	p.oneOf("Path", "", "/") // it would be part of the ARN
	if p.text("PermissionsBoundary") != "" {
		p.fail("PermissionsBoundary", "the rehearsal does not support permissions boundaries")
	}
	arn, _ := l.arnOf(p.kind, name)
	role := &iam.Role{ARN: arn, ID: l.stack.Name + "/" + id}
	document, _ := p.get("AssumeRolePolicyDocument")
	if role.Trust, err = iam.Trust(l.path(id, "AssumeRolePolicyDocument"), arn, document); err != nil {
		p.fail("AssumeRolePolicyDocument", "%v", err)
	}
	for i, inline := range p.objects("Policies") {
		inline.required("PolicyName")
		document, _ := inline.get("PolicyDocument")
		policy, err := iam.Identity(l.path(id, fmt.Sprintf("Policies[%d]", i)), document)
		if err != nil {
			inline.fail("PolicyDocument", "%v", err)
		}
		role.Policies = append(role.Policies, policy)
	}
	l.managed[name] = p.texts("ManagedPolicyArns")
	l.stack.Access.Roles = append(l.stack.Access.Roles, role)
}

// policy reads a policy that names the roles it is attached to.
func (l *loader) policy(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("PolicyName", "%v", err)
	}
	for _, property := range []string{"PolicyName", "ManagedPolicyName"} {
		p.text(property)
	}
	for _, property := range []string{"Groups", "Users"} {
		if len(p.texts(property)) > 0 {
			p.fail(property, "the rehearsal supports policies of roles only")
		}
	}
	document, _ := p.get("PolicyDocument")
	policy, err := iam.Identity(l.path(id, "PolicyDocument"), document)
	if err != nil {
		p.fail("PolicyDocument", "%v", err)
	}
	if arn, ok := l.arnOf(p.kind, name); ok {
		l.policies[arn] = policy
	}
	for _, role := range p.texts("Roles") {
		l.attached[role] = append(l.attached[role], policy)
	}
}

// attach gives the roles the policies that are resources of their own.
func (l *loader) attach() error {
	for _, role := range l.stack.Access.Roles {
		name := role.ARN[strings.LastIndex(role.ARN, "/")+1:]
		role.Policies = append(role.Policies, l.attached[name]...)
		delete(l.attached, name)
		for _, arn := range l.managed[name] {
			policy, ok := l.policies[arn]
			if _, aws, found := strings.Cut(arn, ":iam::aws:policy/"); found && builtIn[aws] != nil {
				policy, _ = iam.Identity(role.ID+": "+aws, builtIn[aws])
				ok = true
			}
			if !ok {
				return fmt.Errorf("role %s: the rehearsal does not know the managed policy %s", role.ID, arn)
			}
			role.Policies = append(role.Policies, policy)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.attached)) {
		return fmt.Errorf("a policy is attached to the role %s, which is not part of the stack", name)
	}
	return nil
}

// resourcePolicy adds the policy of a resource.
func (l *loader) resourcePolicy(id, resource string, p *properties, property string) {
	document, ok := p.get(property)
	if !ok {
		return
	}
	policy, err := iam.Resource(l.path(id, property), resource, document)
	if err != nil {
		p.fail(property, "%v", err)
	}
	l.addPolicy(id, resource, policy)
}

func (l *loader) addPolicy(id, resource string, policy iam.Policy) {
	l.stack.Access.Policies = append(l.stack.Access.Policies, iam.ResourcePolicy{
		Resource: resource, ID: l.stack.Name + "/" + id, Policy: policy,
	})
}

func (l *loader) bucketPolicy(id string, p *properties) {
	arn, _ := l.arnOf("AWS::S3::Bucket", p.required("Bucket"))
	l.resourcePolicy(id, arn, p, "PolicyDocument")
}

func (l *loader) topicPolicy(id string, p *properties) {
	for _, arn := range p.texts("Topics") {
		l.resourcePolicy(id, arn, p, "PolicyDocument")
	}
}

func (l *loader) queuePolicy(id string, p *properties) {
	for _, url := range p.texts("Queues") {
		arn, _ := l.arnOf("AWS::SQS::Queue", url[strings.LastIndex(url, "/")+1:])
		l.resourcePolicy(id, arn, p, "PolicyDocument")
	}
}

func (l *loader) key(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("KeyId", "%v", err)
	}
	arn, _ := l.arnOf(p.kind, name)
	l.resourcePolicy(id, arn, p, "KeyPolicy")
}

// permission reads a permission to invoke a function.
func (l *loader) permission(id string, p *properties) {
	function := p.required("FunctionName")
	if !strings.HasPrefix(function, "arn:") {
		function, _ = l.arnOf("AWS::Lambda::Function", function)
	}
	policy, err := iam.Permission(l.path(id, "Permission"), function, p.required("Action"), p.required("Principal"), p.text("SourceArn"), p.text("SourceAccount"))
	if err != nil {
		p.fail("Action", "%v", err)
	}
	l.addPolicy(id, function, policy)
}

// encrypted notes the key of a resource, if it is a customer's. Keys that AWS
// manages serve everybody in the account who may use the resource.
func (l *loader) encrypted(resource, key string) {
	if key == "" || strings.HasPrefix(key, "alias/aws/") {
		return
	}
	if !strings.HasPrefix(key, "arn:") {
		key, _ = l.arnOf("AWS::KMS::Key", key)
	}
	l.stack.Access.Keys[resource] = key
}

func (l *loader) logGroup(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("LogGroupName", "%v", err)
	}
	p.text("LogGroupName")
	arn, _ := l.arnOf(p.kind, name)
	l.encrypted(arn, p.text("KmsKeyId"))
}

func (l *loader) topic(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("TopicName", "%v", err)
	}
	p.text("TopicName")
	arn, _ := l.arnOf(p.kind, name)
	l.encrypted(arn, p.text("KmsMasterKeyId"))
}

// bucketKey notes the key of a bucket.
func (l *loader) bucketKey(arn string, p *properties) {
	for _, rule := range p.object("BucketEncryption").objects("ServerSideEncryptionConfiguration") {
		rule.text("BucketKeyEnabled") // it makes fewer calls of the key, not others
		byDefault := rule.object("ServerSideEncryptionByDefault")
		byDefault.oneOf("SSEAlgorithm", "AES256", "aws:kms")
		l.encrypted(arn, byDefault.text("KMSMasterKeyID"))
	}
}
