package iam

import "strings"

// Permission is the statement that Lambda makes of a permission for a service, or
// for another account, to invoke a function.
// https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
func Permission(path, function, action, principal, sourceARN, sourceAccount string) (Policy, error) {
	who := map[string]any{"AWS": principal}
	if isService(principal) {
		who = map[string]any{"Service": principal}
	}
	condition := map[string]any{}
	if sourceARN != "" {
		condition["ArnLike"] = map[string]any{KeySourceARN: sourceARN}
	}
	if sourceAccount != "" {
		condition["StringEquals"] = map[string]any{KeySourceAccount: sourceAccount}
	}
	return Resource(path, function, map[string]any{"Statement": map[string]any{
		"Effect": "Allow", "Principal": who, "Action": action, "Condition": condition,
	}})
}

// isService reports whether a principal is a service's name, and not an account's id or an ARN.
func isService(principal string) bool { return strings.HasSuffix(principal, ".amazonaws.com") }
