package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/google/uuid"

	"archway/test/rehearse/internal/aws/document"
)

// intrinsic reports whether an object is a call of an intrinsic function.
func intrinsic(path string, v map[string]any) (name string, argument any, ok bool, err error) {
	for key := range v {
		if key != "Ref" && !strings.HasPrefix(key, "Fn::") {
			continue
		}
		if len(v) > 1 {
			return "", nil, false,
				fmt.Errorf("%s: %s stands next to other keys (%s): an intrinsic function must be alone in its object",
					path, key, strings.Join(slices.Sorted(maps.Keys(v)), ", "))
		}
		return key, v[key], true, nil
	}
	return "", nil, false, nil
}

func (r *Resolver) call(path, name string, argument any) (any, error) {
	at := join(path, name)
	switch name {
	case "Ref":
		return r.ref(at, argument)
	case "Fn::GetAtt":
		return r.getAtt(at, argument)
	case "Fn::Join":
		return r.join(at, argument)
	case "Fn::Sub":
		return r.sub(at, argument)
	case "Fn::Select":
		return r.selectItem(at, argument)
	case "Fn::Split":
		return r.split(at, argument)
	case "Fn::FindInMap":
		return r.findInMap(at, argument)
	case "Fn::If":
		return r.branch(at, argument)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Contains":
		return r.test(at, name, argument)
	}
	return nil, fmt.Errorf("%s: the rehearsal does not support %s", at, name)
}

func (r *Resolver) ref(path string, argument any) (any, error) {
	name, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("%s: got %s, expected a name", path, kind(argument))
	}
	switch name {
	case "AWS::NoValue":
		return noValue{}, nil
	case "AWS::AccountId":
		return r.environment.AccountID, nil
	case "AWS::Region":
		return r.environment.Region, nil
	case "AWS::Partition":
		return r.environment.Partition, nil
	case "AWS::URLSuffix":
		return r.environment.URLSuffix, nil
	case "AWS::StackName":
		return r.environment.StackName, nil
	case "AWS::StackId":
		e := r.environment
		return arn.ARN{
			Partition: e.Partition, Service: "cloudformation", Region: e.Region, AccountID: e.AccountID,
			Resource: "stack/" + e.StackName + "/" + uuid.Nil.String(),
		}.String(), nil
	}
	if strings.HasPrefix(name, "AWS::") {
		return nil, fmt.Errorf("%s: the rehearsal does not support the pseudo parameter %s", path, name)
	}
	if parameter, ok := r.template.Parameters[name]; ok {
		return r.parameter(path, name, parameter)
	}
	value, err := r.resources.Ref(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return value, nil
}

func (r *Resolver) parameter(path, name string, p Parameter) (any, error) {
	if p.Default == nil {
		return nil, fmt.Errorf("%s: the parameter %s has no default, and a rehearsal asks for none", path, name)
	}
	value, ok := document.Text(p.Default)
	if !ok {
		return nil,
			fmt.Errorf("%s: the default of the parameter %s is %s, expected a string or number", path, name,
				kind(p.Default))
	}
	switch {
	case p.Type == "String" || p.Type == "Number":
		return value, nil
	case p.Type == "CommaDelimitedList":
		var items []any
		for item := range strings.SplitSeq(value, ",") {
			items = append(items, strings.TrimSpace(item))
		}
		return items, nil
	case p.Type == "AWS::SSM::Parameter::Value<String>":
		if r.environment.Stored != nil {
			if stored, ok := r.environment.Stored(value); ok {
				return stored, nil
			}
		}
		return nil,
			fmt.Errorf("%s: the parameter %s reads the stored parameter %q, which a rehearsal does not have", path,
				name, value)
	}
	return nil, fmt.Errorf("%s: the rehearsal does not support parameters of the type %q (%s)", path, p.Type, name)
}

func (r *Resolver) getAtt(path string, argument any) (any, error) {
	var id, attribute string
	switch a := argument.(type) {
	case string:
		id, attribute, _ = strings.Cut(a, ".")
	case []any:
		if len(a) == 2 {
			id, _ = a[0].(string)
			attribute, _ = a[1].(string)
		}
	}
	if id == "" || attribute == "" {
		return nil,
			fmt.Errorf("%s: got %s, expected a logical id and the name of an attribute", path, document.Show(argument))
	}
	value, err := r.resources.GetAtt(id, attribute)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return value, nil
}

func (r *Resolver) join(path string, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 2 {
		return nil, fmt.Errorf("%s: got %s, expected a delimiter and a list", path, document.Show(argument))
	}
	delimiter, ok := a[0].(string)
	if !ok {
		return nil, fmt.Errorf("%s[0]: got %s, expected a string", path, kind(a[0]))
	}
	items, err := r.strings(path+"[1]", a[1])
	if err != nil {
		return nil, err
	}
	return strings.Join(items, delimiter), nil
}

var substitution = regexp.MustCompile(`\$\{[^}]*\}`)

func (r *Resolver) sub(path string, argument any) (any, error) {
	text, ok := argument.(string)
	var values map[string]any
	if a, isList := argument.([]any); isList && len(a) == 2 {
		text, ok = a[0].(string)
		values, _ = a[1].(map[string]any)
	}
	if !ok {
		return nil,
			fmt.Errorf("%s: got %s, expected a string, or a string and an object", path, document.Show(argument))
	}
	var problem error
	result := substitution.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		value, err := r.substitute(path, name, values)
		if err != nil && problem == nil {
			problem = err
		}
		return value
	})
	return result, problem
}

func (r *Resolver) substitute(path, name string, values map[string]any) (string, error) {
	at := path + ".${" + name + "}"
	var value any
	var err error
	if expression, ok := values[name]; ok {
		value, err = r.resolve(at, expression)
	} else if strings.Contains(name, ".") {
		value, err = r.getAtt(at, name)
	} else {
		value, err = r.ref(at, name)
	}
	if err != nil {
		return "", err
	}
	text, ok := document.Text(value)
	if !ok {
		return "", fmt.Errorf("%s: got %s, expected a string", at, kind(value))
	}
	return text, nil
}

func (r *Resolver) selectItem(path string, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 2 {
		return nil, fmt.Errorf("%s: got %s, expected an index and a list", path, document.Show(argument))
	}
	resolved, err := r.resolve(path+"[0]", a[0])
	if err != nil {
		return nil, err
	}
	text, _ := document.Text(resolved)
	index, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("%s[0]: got %s, expected an index", path, document.Show(resolved))
	}
	value, err := r.resolve(path+"[1]", a[1])
	if err != nil {
		return nil, err
	}
	items, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%s[1]: got %s, expected a list", path, kind(value))
	}
	if index < 0 || index >= len(items) {
		return nil, fmt.Errorf("%s: index %d of a list with %d items", path, index, len(items))
	}
	return items[index], nil
}

func (r *Resolver) split(path string, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 2 {
		return nil, fmt.Errorf("%s: got %s, expected a delimiter and a string", path, document.Show(argument))
	}
	delimiter, ok := a[0].(string)
	if !ok || delimiter == "" {
		return nil, fmt.Errorf("%s[0]: got %s, expected a delimiter", path, document.Show(a[0]))
	}
	value, err := r.resolve(path+"[1]", a[1])
	if err != nil {
		return nil, err
	}
	text, ok := document.Text(value)
	if !ok {
		return nil, fmt.Errorf("%s[1]: got %s, expected a string", path, kind(value))
	}
	var items []any
	for item := range strings.SplitSeq(text, delimiter) {
		items = append(items, item)
	}
	return items, nil
}

func (r *Resolver) findInMap(path string, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 3 {
		return nil, fmt.Errorf("%s: got %s, expected a mapping and two keys", path, document.Show(argument))
	}
	keys, err := r.strings(path, a)
	if err != nil {
		return nil, err
	}
	value, ok := r.template.Mappings[keys[0]][keys[1]][keys[2]]
	if !ok {
		return nil, fmt.Errorf("%s: the template has no mapping %s", path, strings.Join(keys, "."))
	}
	return value, nil
}

// strings resolves a list whose items are scalars.
func (r *Resolver) strings(path string, v any) ([]string, error) {
	value, err := r.resolve(path, v)
	if err != nil {
		return nil, err
	}
	items, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%s: got %s, expected a list", path, kind(value))
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if texts[i], ok = document.Text(item); !ok {
			return nil, fmt.Errorf("%s[%d]: got %s, expected a string", path, i, kind(item))
		}
	}
	return texts, nil
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	}
	return document.Show(v)
}
