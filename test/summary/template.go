package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"archway/test/internal/assembly"

	"go.yaml.in/yaml/v3"
)

// print writes a stack's template as YAML, in its own order. A text of several lines that occurs
// again, as the buildspecs of several builds do, stands once, under an anchor that the others name:
// what YAML's readers make of it is the template, letter by letter.
func print(w io.Writer, s *assembly.Stack) error {
	var template yaml.Node
	if err := yaml.Unmarshal(s.Template, &template); err != nil {
		return fmt.Errorf("%s: %w", s.TemplateFile, err)
	}
	count := map[string]int{}
	texts(&template, nil, func(node *yaml.Node, _ string) { count[node.Value]++ })
	first := map[string]*yaml.Node{}
	texts(&template, nil, func(node *yaml.Node, name string) {
		if count[node.Value] < 2 {
			return
		}
		anchored := first[node.Value]
		if anchored == nil {
			node.Anchor = fmt.Sprintf("%s-%d", name, len(first)+1)
			first[node.Value] = node
			return
		}
		*node = yaml.Node{Kind: yaml.AliasNode, Alias: anchored, Value: anchored.Anchor}
	})
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(&template); err != nil {
		return err
	}
	return encoder.Close()
}

// texts visits each text of several lines with the key that it stands under. JSON's braces and
// quotes go.
func texts(node *yaml.Node, key *yaml.Node, visit func(node *yaml.Node, name string)) {
	plain(node)
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			plain(node.Content[i])
			texts(node.Content[i+1], node.Content[i], visit)
		}
	case yaml.ScalarNode:
		if strings.Count(node.Value, "\n") > 3 {
			node.Style = yaml.LiteralStyle
			name := "text"
			if key != nil {
				name = strings.ReplaceAll(key.Value, "::", "-")
			}
			visit(node, name)
		}
	default:
		for _, item := range node.Content {
			texts(item, key, visit)
		}
	}
}

// notText are texts that some reader of YAML takes for something else if they have no quotes.
var notText = regexp.MustCompile(`(?i)^(y|yes|n|no|on|off|true|false|null|~|<<|=|[-+.]?[0-9].*|[-+.].*)?$`)

// plain leaves out quotes that nothing needs.
func plain(node *yaml.Node) {
	switch {
	case node.Kind == yaml.AliasNode:
	case node.Kind == yaml.ScalarNode && node.Tag == "!!str" && notText.MatchString(node.Value):
		node.Style = yaml.DoubleQuotedStyle
	default:
		node.Style = 0
	}
}
