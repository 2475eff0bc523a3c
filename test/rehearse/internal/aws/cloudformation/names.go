package cloudformation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"archway/test/rehearse/internal/aws/document"
)

// name is the physical name of a resource: its own, or one as CloudFormation
// generates it, of the stack's name, the logical id and a suffix.
func (l *loader) name(id string) (string, error) {
	if name, ok := l.names[id]; ok {
		return name, nil
	}
	r, ok := l.template.Resources[id]
	if !ok {
		return "", fmt.Errorf("the template has no resource %q", id)
	}
	d := descriptors[r.Type]
	name := l.generatedName(id, d.lowercase)
	if expression, ok := r.Properties[d.name]; ok {
		path := "Resources." + id + ".Properties." + d.name
		value, err := l.resolver.Resolve(path, expression)
		if err != nil {
			return "", err
		}
		text, ok := document.Text(value)
		if !ok || text == "" {
			return "", fmt.Errorf("%s: got %s, expected a name", path, document.Show(value))
		}
		name = text
	}
	l.names[id] = name
	return name, nil
}

// generatedName is always the same for the same stack and id, so that two
// rehearsals can be compared.
func (l *loader) generatedName(id string, lowercase bool) string {
	sum := sha256.Sum256([]byte(l.stack.Name + "/" + id))
	suffix := strings.ToUpper(hex.EncodeToString(sum[:6]))
	short := func(s string, n int) string { return s[:min(len(s), n)] }
	name := short(l.stack.Name, 24) + "-" + short(id, 24) + "-" + suffix
	if lowercase {
		name = strings.ToLower(name)
	}
	return name
}

// identify tells what a resource is called. After an error the name is empty, and everything else
// as ever: what follows from it is not wrong for a second reason.
func (l *loader) identify(id string) (identity, error) {
	name, err := l.name(id)
	arn := l.arnOf(l.template.Resources[id].Type, name)
	return identity{account: l.account, stack: l.stack.Name, id: id, name: name, arn: arn}, err
}

// arnOf is the ARN of a resource, by type; it is empty if the type has none.
func (l *loader) arnOf(kind, name string) string {
	if d := descriptors[kind]; d.arn != nil {
		return d.arn(l.account, name)
	}
	return ""
}

// Ref implements template.Resources.
func (l *loader) Ref(id string) (any, error) {
	i, err := l.identify(id)
	if err != nil {
		return nil, err
	}
	if ref := descriptors[l.template.Resources[id].Type].ref; ref != nil {
		return ref(i), nil
	}
	return i.name, nil
}

// GetAtt implements template.Resources.
func (l *loader) GetAtt(id, attribute string) (any, error) {
	i, err := l.identify(id)
	if err != nil {
		return nil, err
	}
	if attribute == "Arn" && i.arn != "" {
		return i.arn, nil
	}
	kind := l.template.Resources[id].Type
	if value, ok := descriptors[kind].attributes[attribute]; ok {
		return value(i), nil
	}
	return nil, fmt.Errorf("the rehearsal does not support the attribute %s of %s (%s)", attribute, id, kind)
}
