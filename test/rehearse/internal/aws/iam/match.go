package iam

import (
	"fmt"
	"strings"
)

// matchWildcard reports whether a pattern with * (any characters) and ? (one character) fits a
// text.
func matchWildcard(pattern, text string) bool {
	// The place after the last *, and how far it had matched: on a mismatch that *
	// takes one character more.
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchAction reports whether a pattern fits an action, whose case does not count.
func matchAction(pattern, action string) bool {
	return matchWildcard(strings.ToLower(pattern), strings.ToLower(action))
}

// arnParts is how many parts an ARN has; the last one may hold colons.
const arnParts = 6

// matchARN reports whether a pattern fits an ARN, part by part: a wildcard does not reach into the
// next part. An action without resources is about "*", which only the pattern "*" matches.
func matchARN(pattern, arn string) bool {
	if pattern == "*" {
		return true
	}
	patterns, parts := strings.SplitN(pattern, ":", arnParts), strings.SplitN(arn, ":", arnParts)
	if len(patterns) != arnParts || len(parts) != arnParts {
		return false
	}
	for i := range parts {
		if !matchWildcard(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

// checkAction refuses what is no pattern for actions.
func checkAction(pattern string) error {
	service, name, ok := strings.Cut(pattern, ":")
	if pattern != "*" && (!ok || service == "" || name == "" || strings.ContainsAny(service, "*?")) {
		return fmt.Errorf("action %q: expected service:Action, where only the second part may have wildcards, or *",
			pattern)
	}
	return nil
}

// checkResource refuses what is no pattern for resources.
func checkResource(pattern string) error {
	if strings.Contains(pattern, "${") {
		return fmt.Errorf("resource %q: the rehearsal does not support policy variables", pattern)
	}
	parts := strings.SplitN(pattern, ":", arnParts)
	if pattern != "*" &&
		(len(parts) != arnParts || parts[0] != "arn" || parts[2] == "" || strings.ContainsAny(parts[2], "*?")) {
		return fmt.Errorf("resource %q: expected an ARN of six parts with the service named, or *", pattern)
	}
	return nil
}
