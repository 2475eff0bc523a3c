// Package cloudformation turns a template into what can be rehearsed: the
// repositories, registries, projects, functions, rules and pipelines of a stack.
// All that it knows of a type of resources stands in one descriptor.
package cloudformation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/cloudformation/template"
	"archway/test/rehearse/internal/aws/document"
	"archway/test/rehearse/internal/aws/iam"
)

// Stack is an interpreted stack.
type Stack struct {
	Name    string
	Outputs []Output
	Access  Access

	declared []any // what its resources are, in the order of their logical ids
}

func (s *Stack) add(v any) { s.declared = append(s.declared, v) }

// Of returns what a stack has of one kind, such as its Queues, in the order of the logical ids.
func Of[T any](s *Stack) []T {
	var list []T
	for _, v := range s.declared {
		if t, ok := v.(T); ok {
			list = append(list, t)
		}
	}
	return list
}

// Output is an output of the stack.
type Output struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

// Load interprets a stack. All that the rehearsal does not support is in the
// error, by name and path.
func Load(source *assembly.Stack, account Account) (*Stack, error) {
	l, err := newLoader(source, account)
	if err != nil {
		return nil, err
	}
	if err := l.load(); err != nil {
		return nil, fmt.Errorf("%s: %w", source.TemplateFile, err)
	}
	return l.stack, nil
}

func newLoader(source *assembly.Stack, account Account) (*loader, error) {
	t, err := template.Parse(source.Template)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source.TemplateFile, err)
	}
	l := &loader{
		source:      source,
		account:     account,
		template:    t,
		stack:       &Stack{Name: source.Name, Access: Access{Keys: map[string]string{}, Signed: map[string]string{}}},
		names:       map[string]string{},
		retries:     map[string]int{},
		policies:    map[string]iam.Policy{},
		managed:     map[string][]string{},
		attached:    map[string][]iam.Policy{},
		deadLetters: map[string]string{},
		settings:    map[string][]byte{},
		shown:       map[string]any{},

		providers: map[string]string{},
	}
	l.resolver = template.NewResolver(t, template.Environment{
		StackName: source.Name,
		AccountID: account.ID,
		Region:    account.Region,
		Partition: account.Partition,
		URLSuffix: account.URLSuffix,
		Stored:    stored,
	}, l)
	return l, nil
}

// stored are the parameters that an account has after "cdk bootstrap".
func stored(name string) (string, bool) {
	if strings.HasPrefix(name, "/cdk-bootstrap/") && strings.HasSuffix(name, "/version") {
		return assumptions.BootstrapVersion, true
	}
	return "", false
}

type loader struct {
	source      *assembly.Stack
	account     Account
	template    *template.Template
	resolver    *template.Resolver
	stack       *Stack
	names       map[string]string       // physical names by logical id
	retries     map[string]int          // by function name
	deadLetters map[string]string       // queues, by function name
	settings    map[string][]byte       // files in functions' code, by function name
	shown       map[string]any          // settings in pipelines' metadata, by pipeline name
	policies    map[string]iam.Policy   // managed ones, by ARN
	managed     map[string][]string     // ARNs of managed policies, by role name
	attached    map[string][]iam.Policy // by role name
	// providers are the types of the custom resources that functions stand behind, by the
	// function's ARN.
	providers map[string]string
	// accessOnly reports whether resources that don't say who may do what are left out.
	accessOnly bool
}

func (l *loader) load() error {
	if err := l.resolver.CheckRules(); err != nil {
		return err
	}
	if circle := l.template.Circle(); len(circle) > 0 {
		return fmt.Errorf("circular dependency between resources: [%s]", strings.Join(circle, ", "))
	}
	problems := []error{l.findProviders()}
	for _, id := range slices.Sorted(maps.Keys(l.template.Resources)) {
		problems = append(problems, l.resource(id))
	}
	if !l.accessOnly {
		problems = append(problems, l.outputs())
	}
	problems = append(problems, l.attach(), l.checkSettings())
	if err := errors.Join(problems...); err != nil {
		return err
	}
	l.configure()
	return nil
}

func (l *loader) resource(id string) error {
	declared := l.template.Resources[id]
	path := "Resources." + id
	d, known := descriptors[declared.Type]
	if l.accessOnly && !d.access {
		return nil
	}
	if declared.Condition != "" {
		exists, err := l.resolver.Condition(path+".Condition", declared.Condition)
		if err != nil || !exists {
			return err
		}
	}
	if !known {
		return fmt.Errorf("%s: the rehearsal does not support resources of the type %s", path, declared.Type)
	}
	if d.ignored != "" {
		return nil
	}
	resolved, err := l.resolver.Resolve(path+".Properties", map[string]any(declared.Properties))
	if err != nil {
		return err
	}
	values, _ := resolved.(map[string]any)
	r := &resource{properties: newProperties(id, declared.Type, values), metadata: declared.Metadata}
	if r.identity, err = l.identify(id); err != nil && !d.named {
		r.fail(d.name, "%v", err)
	}
	if d.named {
		r.required(d.name)
	} else if d.name != "" {
		r.text(d.name)
	}
	d.read(l, r)
	return r.done()
}

func (l *loader) outputs() error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(l.template.Outputs)) {
		o := l.template.Outputs[name]
		path := "Outputs." + name
		if o.Condition != "" {
			exists, err := l.resolver.Condition(path+".Condition", o.Condition)
			if err != nil {
				problems = append(problems, err)
			}
			if !exists {
				continue
			}
		}
		value, err := l.resolver.Resolve(path+".Value", o.Value)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		text, ok := document.Text(value)
		if !ok {
			problems = append(problems, fmt.Errorf("%s.Value: got %s, expected a string", path, document.Show(value)))
		}
		l.stack.Outputs = append(l.stack.Outputs, Output{Name: name, Value: text, Description: o.Description})
	}
	return errors.Join(problems...)
}
