package iam

import (
	"fmt"
	"slices"
	"strings"
)

// condition is one operator with one key; its values are alternatives.
type condition struct {
	test     operator
	name     string // of the operator
	ifExists bool
	key      string
	values   []string
}

// operator compares a request's value with one of a policy. Negated operators are
// true for a request without the key; of several values none may match.
type operator struct {
	match   func(pattern, value string) bool
	negated bool
}

func equal(pattern, value string) bool { return pattern == value }

func sameText(pattern, value string) bool { return strings.EqualFold(pattern, value) }

// operators are those that the templates use, and their kin. ArnEquals and ArnLike
// do the same. "Null" is apart: it asks whether the key is there.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
var operators = map[string]operator{
	"ArnEquals":                 {matchARN, false},
	"ArnLike":                   {matchARN, false},
	"ArnNotEquals":              {matchARN, true},
	"ArnNotLike":                {matchARN, true},
	"Bool":                      {sameText, false},
	"StringEquals":              {equal, false},
	"StringEqualsIgnoreCase":    {sameText, false},
	"StringLike":                {matchWildcard, false},
	"StringNotEquals":           {equal, true},
	"StringNotEqualsIgnoreCase": {sameText, true},
	"StringNotLike":             {matchWildcard, true},
}

const null = "Null"

// The condition keys whose values the rehearsal knows for every call, or of which
// it knows which calls have none. A key that is not here could have a value on AWS
// that nobody here knows, so a policy that asks for it is refused. Keys are
// compared without case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
const (
	KeyPrincipalAccount = "aws:PrincipalAccount"
	KeyPrincipalARN     = "aws:PrincipalArn"
	KeyResourceAccount  = "aws:ResourceAccount"
	KeySecureTransport  = "aws:SecureTransport"
	// KeySourceAccount and KeySourceARN are set only where a service calls for a resource.
	KeySourceAccount = "aws:SourceAccount"
	KeySourceARN     = "aws:SourceArn"
	// KeyViaService is set where a service uses a key in its caller's name.
	KeyViaService = "kms:ViaService"
	// KeyLogGroup is set where CloudWatch Logs uses a key for a log group.
	KeyLogGroup = "kms:EncryptionContext:aws:logs:arn"
)

var knownKeys = []string{
	KeyPrincipalAccount, KeyPrincipalARN, KeyResourceAccount, KeySecureTransport, KeySourceAccount, KeySourceARN,
	KeyViaService,
	KeyLogGroup,
}

func newCondition(name, key string, values []string) (condition, error) {
	c := condition{name: name, values: values}
	base, ifExists := strings.CutSuffix(name, "IfExists")
	c.ifExists = ifExists
	if c.test, _ = operators[base]; c.test.match == nil && name != null {
		return c, fmt.Errorf("the rehearsal does not support the condition operator %s", name)
	}
	i := slices.IndexFunc(knownKeys, func(known string) bool { return strings.EqualFold(known, key) })
	if i < 0 {
		return c,
			fmt.Errorf("condition %s: the rehearsal does not know which values the condition key %s has", name, key)
	}
	c.key = knownKeys[i]
	for _, value := range values {
		if strings.Contains(value, "${") {
			return c,
				fmt.Errorf("condition %s of %s: the rehearsal does not support policy variables, got %q", name, key,
					value)
		}
	}
	return c, nil
}

// holds reports whether the request fulfills the condition.
func (c condition) holds(context map[string]string) bool {
	value, ok := context[c.key]
	if c.name == null {
		return slices.ContainsFunc(c.values, func(v string) bool { return sameText(v, "true") == !ok })
	}
	if !ok {
		return c.test.negated || c.ifExists
	}
	return slices.ContainsFunc(c.values, func(v string) bool { return c.test.match(v, value) }) != c.test.negated
}
