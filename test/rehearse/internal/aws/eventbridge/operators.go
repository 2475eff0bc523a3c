package eventbridge

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"archway/test/rehearse/internal/aws/document"
)

func parseMatcher(path string, v any) (matcher, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return literal(path, v)
	}
	if len(object) != 1 {
		return nil, fmt.Errorf("%s: got %d operators, expected 1", path, len(object))
	}
	for operator, argument := range object {
		return parseOperator(path+"."+operator, operator, argument)
	}
	panic("unreachable")
}

func parseOperator(path, operator string, argument any) (matcher, error) {
	switch operator {
	case "exists":
		want, ok := argument.(bool)
		if !ok {
			return nil, fmt.Errorf("%s: got %s, expected true or false", path, document.Show(argument))
		}
		return func(_ any, present bool) bool { return present == want }, nil
	case "prefix", "suffix":
		return affix(path, operator, argument)
	case "equals-ignore-case":
		return textMatcher(path, argument, func(want, got string) bool { return strings.EqualFold(want, got) })
	case "wildcard":
		return wildcardMatcher(path, argument)
	case "numeric":
		return numeric(path, argument)
	case "cidr":
		return cidr(path, argument)
	case "anything-but":
		return anythingBut(path, argument)
	}
	return nil, fmt.Errorf("%s: EventBridge patterns have no operator %q", path, operator)
}

// literal matches one value exactly. Numbers are compared as they are written:
// EventBridge takes 300 and 300.0 for two values.
func literal(path string, v any) (matcher, error) {
	switch v.(type) {
	case nil, string, bool, json.Number, float64:
		return func(got any, present bool) bool { return present && same(v, got) }, nil
	}
	return nil,
		fmt.Errorf("%s: got %s, expected a string, number, true, false, null or an operator", path, document.Show(v))
}

func same(a, b any) bool {
	switch a.(type) {
	case json.Number, float64:
		switch b.(type) {
		case json.Number, float64:
			return document.Show(a) == document.Show(b)
		}
		return false
	}
	return a == b
}

func textMatcher(path string, argument any, match func(want, got string) bool) (matcher, error) {
	want, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("%s: got %s, expected a string", path, document.Show(argument))
	}
	return func(v any, present bool) bool {
		got, ok := v.(string)
		return present && ok && match(want, got)
	}, nil
}

func affix(path, operator string, argument any) (matcher, error) {
	has := strings.HasPrefix
	part := func(s string, n int) string { return s[:min(n, len(s))] }
	if operator == "suffix" {
		has = strings.HasSuffix
		part = func(s string, n int) string { return s[max(0, len(s)-n):] }
	}
	if object, ok := argument.(map[string]any); ok {
		inner, ok := object["equals-ignore-case"]
		if !ok || len(object) != 1 {
			return nil,
				fmt.Errorf("%s: got %s, expected a string or {\"equals-ignore-case\": …}", path,
					document.Show(argument))
		}
		return textMatcher(path, inner, func(want, got string) bool {
			return strings.EqualFold(want, part(got, len(want)))
		})
	}
	return textMatcher(path, argument, func(want, got string) bool { return has(got, want) })
}

func wildcardMatcher(path string, argument any) (matcher, error) {
	text, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("%s: got %s, expected a string", path, document.Show(argument))
	}
	parts, err := wildcardParts(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return func(v any, present bool) bool {
		got, ok := v.(string)
		return present && ok && matchParts(parts, got)
	}, nil
}

// wildcardParts splits at unescaped stars; \* and \\ stand for themselves.
func wildcardParts(text string) ([]string, error) {
	parts := []string{""}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*':
			if i > 0 && text[i-1] == '*' && parts[len(parts)-1] == "" {
				return nil, fmt.Errorf("%q: EventBridge refuses consecutive wildcards", text)
			}
			parts = append(parts, "")
		case c == '\\':
			i++
			if i == len(text) || text[i] != '*' && text[i] != '\\' {
				return nil, fmt.Errorf("%q: after a backslash only * and \\ can stand", text)
			}
			parts[len(parts)-1] += string(text[i])
		default:
			parts[len(parts)-1] += string(c)
		}
	}
	return parts, nil
}

func matchParts(parts []string, text string) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return text == first
	}
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}

func numeric(path string, argument any) (matcher, error) {
	list, ok := argument.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return nil,
			fmt.Errorf("%s: got %s, expected one or two pairs of a comparison and a number", path,
				document.Show(argument))
	}
	var tests []func(*big.Float) bool
	for i := 0; i < len(list); i += 2 {
		limit, ok := number(list[i+1])
		if !ok {
			return nil, fmt.Errorf("%s[%d]: got %s, expected a number", path, i+1, document.Show(list[i+1]))
		}
		var allowed []int
		switch list[i] {
		case "=":
			allowed = []int{0}
		case "<":
			allowed = []int{-1}
		case "<=":
			allowed = []int{-1, 0}
		case ">":
			allowed = []int{1}
		case ">=":
			allowed = []int{0, 1}
		default:
			return nil, fmt.Errorf("%s[%d]: got %s, expected =, <, <=, > or >=", path, i, document.Show(list[i]))
		}
		tests = append(tests, func(n *big.Float) bool { return slices.Contains(allowed, n.Cmp(limit)) })
	}
	return func(v any, present bool) bool {
		n, ok := number(v)
		if !present || !ok {
			return false
		}
		for _, test := range tests {
			if !test(n) {
				return false
			}
		}
		return true
	}, nil
}

func number(v any) (*big.Float, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case float64:
		return big.NewFloat(v), true
	default:
		return nil, false
	}
	n, _, err := big.ParseFloat(text, 10, 128, big.ToNearestEven)
	return n, err == nil
}

func cidr(path string, argument any) (matcher, error) {
	text, _ := argument.(string)
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, fmt.Errorf("%s: got %s, expected a network such as 10.0.0.0/24", path, document.Show(argument))
	}
	return func(v any, present bool) bool {
		text, _ := v.(string)
		address, err := netip.ParseAddr(text)
		return present && err == nil && network.Contains(address)
	}, nil
}

// anythingBut matches a value that is there and that none of its arguments match.
func anythingBut(path string, argument any) (matcher, error) {
	var refused []matcher
	add := func(m matcher, err error) error {
		refused = append(refused, m)
		return err
	}
	switch a := argument.(type) {
	case map[string]any:
		for operator, inner := range a {
			switch operator {
			case "prefix", "suffix", "equals-ignore-case", "wildcard":
			default:
				return nil, fmt.Errorf("%s: anything-but has no operator %q", path, operator)
			}
			items, ok := inner.([]any)
			if !ok {
				items = []any{inner}
			}
			for _, item := range items {
				if err := add(parseOperator(path+"."+operator, operator, item)); err != nil {
					return nil, err
				}
			}
		}
	case []any:
		for i, item := range a {
			if err := add(literal(fmt.Sprintf("%s[%d]", path, i), item)); err != nil {
				return nil, err
			}
		}
	default:
		return anythingBut(path, []any{argument})
	}
	if len(refused) == 0 {
		return nil, fmt.Errorf("%s: got %s, expected at least one value", path, document.Show(argument))
	}
	return func(v any, present bool) bool {
		return present && !slices.ContainsFunc(refused, func(m matcher) bool { return m(v, true) })
	}, nil
}
