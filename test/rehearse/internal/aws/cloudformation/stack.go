// Package cloudformation turns a template into what can be rehearsed: the
// repositories, registries, projects, functions, rules and pipelines of a stack.
package cloudformation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/assembly"
	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/cloudformation/template"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/eventbridge"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// Account is where stacks are deployed.
type Account struct {
	ID, Region, Partition, URLSuffix string
}

// Stack is an interpreted stack.
type Stack struct {
	Name         string
	Repositories []Repository
	Registries   []Registry
	Projects     []*codebuild.Project
	Functions    []*lambdaruntime.Function
	Rules        []*eventbridge.Rule
	Pipelines    []*codepipeline.Pipeline
	Queues       []Queue
	Caches       []Cache
	// Providers are the functions behind custom resources.
	Providers []Provider
	Outputs   []Output
	// Watched are the dashboards and alarms.
	Watched []Watched
	Access  Access
}

// Repository is a CodeCommit repository.
type Repository struct {
	Name, ARN, ID string
	// Seed is the asset with the first commit's files, on the branch SeedBranch; nil if there is none.
	Seed       *assembly.Asset
	SeedBranch string
}

// Registry is an ECR repository.
type Registry struct {
	Name, ARN  string
	Mutability string
	Exclusions []string
	// Encryption is the type and the key, as one text.
	Encryption string
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
		source:   source,
		account:  account,
		template: t,
		stack:    &Stack{Name: source.Name, Access: Access{Keys: map[string]string{}, Signed: map[string]string{}}},
		names:    map[string]string{},
		retries:  map[string]int{},
		policies: map[string]iam.Policy{},
		managed:  map[string][]string{},
		attached: map[string][]iam.Policy{},
		letters:  map[string]string{},
		settings: map[string][]byte{},
		shown:    map[string]any{},

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
	source   *assembly.Stack
	account  Account
	template *template.Template
	resolver *template.Resolver
	stack    *Stack
	names    map[string]string       // physical names by logical id
	retries  map[string]int          // by function name
	letters  map[string]string       // queues for dead letters by function name
	settings map[string][]byte       // files in functions' code, by function name
	shown    map[string]any          // settings in pipelines' metadata, by pipeline name
	policies map[string]iam.Policy   // managed ones, by ARN
	managed  map[string][]string     // ARNs of managed policies, by role name
	attached map[string][]iam.Policy // by role name
	// providers are the types of the custom resources that functions stand behind, by the function's ARN.
	providers map[string]string
	// only, if set, leaves out resources of other types.
	only map[string]func(l *loader, id string, p *properties)
}

// interpreters read the resources that are executed.
var interpreters map[string]func(l *loader, id string, p *properties)

func init() {
	interpreters = map[string]func(l *loader, id string, p *properties){
		"AWS::CloudWatch::Alarm":               (*loader).alarm,
		"AWS::CloudWatch::Dashboard":           (*loader).dashboard,
		"AWS::CodeBuild::Project":              (*loader).project,
		"AWS::CodeCommit::Repository":          (*loader).repository,
		"AWS::CodePipeline::Pipeline":          (*loader).pipeline,
		"AWS::ECR::PullThroughCacheRule":       (*loader).pullThrough,
		"AWS::ECR::Repository":                 (*loader).registry,
		"AWS::ECR::RepositoryCreationTemplate": (*loader).creationTemplate,
		"AWS::Events::Rule":                    (*loader).rule,
		"AWS::Lambda::EventInvokeConfig":       (*loader).invokeConfig,
		"AWS::Lambda::Function":                (*loader).function,
		"AWS::S3::Bucket":                      (*loader).bucket,
		"AWS::SQS::Queue":                      (*loader).queue,
		autoDelete:                             (*loader).autoDeletion,
	}
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
	if l.only == nil {
		problems = append(problems, l.outputs())
	}
	problems = append(problems, l.attach(), l.checkSettings())
	if err := errors.Join(problems...); err != nil {
		return err
	}
	for _, f := range l.stack.Functions {
		if retries, ok := l.retries[f.Name]; ok {
			f.Retries = retries
		}
		f.DeadLetters = l.letters[f.Name]
	}
	return nil
}

func (l *loader) resource(id string) error {
	r := l.template.Resources[id]
	path := "Resources." + id
	if l.only != nil && l.only[r.Type] == nil {
		return nil
	}
	if r.Condition != "" {
		exists, err := l.resolver.Condition(path+".Condition", r.Condition)
		if err != nil || !exists {
			return err
		}
	}
	interpret, ok := interpreters[r.Type]
	if !ok {
		interpret, ok = access[r.Type]
	}
	if !ok {
		if withoutEffect[r.Type][""] != "" {
			return nil
		}
		return fmt.Errorf("%s: the rehearsal does not support resources of the type %s", path, r.Type)
	}
	resolved, err := l.resolver.Resolve(path+".Properties", map[string]any(r.Properties))
	if err != nil {
		return err
	}
	values, _ := resolved.(map[string]any)
	p := newProperties(id, r.Type, values)
	interpret(l, id, p)
	return p.done()
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
		text, ok := scalarText(value)
		if !ok {
			problems = append(problems, fmt.Errorf("%s.Value: got %s, expected a string", path, show(value)))
		}
		l.stack.Outputs = append(l.stack.Outputs, Output{Name: name, Value: text, Description: o.Description})
	}
	return errors.Join(problems...)
}
