package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/aws/iam"
)

func init() {
	describe("AWS::IAM::Role", descriptor{
		read: (*loader).role, access: true, name: "RoleName", arn: global("iam", "role/%s"),
		withoutEffect: map[string]string{
			"Description":        describes,
			"MaxSessionDuration": "no session lasts as long as the shortest limit",
			"Tags":               describes,
		},
	})
	describe("AWS::IAM::ManagedPolicy", descriptor{
		read: (*loader).managedPolicy, access: true, name: "ManagedPolicyName", arn: global("iam", "policy/%s"),
		ref:           arnOf,
		withoutEffect: map[string]string{"Description": describes},
	})
	describe("AWS::IAM::Policy", descriptor{read: (*loader).inlinePolicy, access: true})
}

// builtIn are the policies that AWS manages, as far as the CDK attaches them.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
var builtIn = map[string]any{
	"service-role/AWSLambdaBasicExecutionRole": map[string]any{"Statement": map[string]any{
		"Effect": "Allow", "Resource": "*",
		"Action": []any{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
	}},
}

// role reads a role with its inline policies. Others are attached at the end.
func (l *loader) role(r *resource) {
	r.oneOf("Path", "", "/") // it would be part of the ARN
	if r.text("PermissionsBoundary") != "" {
		r.fail("PermissionsBoundary", "the rehearsal does not support permissions boundaries")
	}
	role := &iam.Role{ARN: r.arn, ID: l.stack.Name + "/" + r.id}
	document, _ := r.get("AssumeRolePolicyDocument")
	var err error
	if role.Trust, err = iam.Trust(l.path(r.id, "AssumeRolePolicyDocument"), r.arn, document); err != nil {
		r.fail("AssumeRolePolicyDocument", "%v", err)
	}
	for i, inline := range r.objects("Policies") {
		inline.required("PolicyName")
		document, _ := inline.get("PolicyDocument")
		policy, err := iam.Identity(l.path(r.id, fmt.Sprintf("Policies[%d]", i)), document)
		if err != nil {
			inline.fail("PolicyDocument", "%v", err)
		}
		role.Policies = append(role.Policies, policy)
	}
	l.managed[r.name] = r.texts("ManagedPolicyArns")
	l.stack.Access.Roles = append(l.stack.Access.Roles, role)
}

// managedPolicy reads a policy that roles name, or that names roles.
func (l *loader) managedPolicy(r *resource) { l.policies[r.arn] = l.policy(r) }

// inlinePolicy reads a policy that names the roles it is attached to.
func (l *loader) inlinePolicy(r *resource) {
	r.text("PolicyName")
	l.policy(r)
}

// policy reads a policy, and attaches it to the roles that it names.
func (l *loader) policy(r *resource) iam.Policy {
	for _, property := range []string{"Groups", "Users"} {
		if len(r.texts(property)) > 0 {
			r.fail(property, "the rehearsal supports policies of roles only")
		}
	}
	document, _ := r.get("PolicyDocument")
	policy, err := iam.Identity(l.path(r.id, "PolicyDocument"), document)
	if err != nil {
		r.fail("PolicyDocument", "%v", err)
	}
	for _, role := range r.texts("Roles") {
		l.attached[role] = append(l.attached[role], policy)
	}
	return policy
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
