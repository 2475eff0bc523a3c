package cloudformation

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"archway/test/internal/assembly"
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

// LoadAccess interprets only who may do what in a stack.
func LoadAccess(source *assembly.Stack, account Account) (Access, error) {
	l, err := newLoader(source, account)
	if err != nil {
		return Access{}, err
	}
	l.accessOnly = true
	if err := l.load(); err != nil {
		return Access{}, fmt.Errorf("%s: %w", source.TemplateFile, err)
	}
	return l.stack.Access, nil
}

// path names a policy for people: two stacks may have the same logical ids.
func (l *loader) path(id, rest string) string { return l.stack.Name + "/" + id + "." + rest }

// resourcePolicy adds the policy of a resource, which stands in a property of r.
func (l *loader) resourcePolicy(r *resource, arn, property string) {
	document, ok := r.get(property)
	if !ok {
		return
	}
	policy, err := iam.Resource(l.path(r.id, property), arn, document)
	if err != nil {
		r.fail(property, "%v", err)
	}
	l.addPolicy(r.id, arn, policy)
}

func (l *loader) addPolicy(id, resource string, policy iam.Policy) {
	l.stack.Access.Policies = append(l.stack.Access.Policies, iam.ResourcePolicy{
		Resource: resource, ID: l.stack.Name + "/" + id, Policy: policy,
	})
}

// encrypted notes the key of a resource, if it is a customer's. Keys that AWS
// manages serve everybody in the account who may use the resource.
func (l *loader) encrypted(resource, key string) {
	if key == "" || strings.HasPrefix(key, "alias/aws/") {
		return
	}
	if !arn.IsARN(key) {
		key = l.arnOf(keyType, key)
	}
	l.stack.Access.Keys[resource] = key
}
