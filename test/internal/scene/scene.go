// Package scene makes of a stack what a picture shows of it, as words: what starts the pipeline,
// its stages, what the stack keeps, and who may do what. Nothing of the template is left out
// silently: what has no words of its own is counted by its type.
package scene

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/internal/assembly"
)

// Scene is one stack.
type Scene struct {
	Title string
	// Note says of the pipeline as a whole what holds for it.
	Note   string
	Starts []Event // what starts the pipeline
	Stages []Stage
	Others []Event // what else comes about by itself
	Keeps  []Card
	Who    []Identity
	// Change tells that it shows a stack before and after a change, and marks what differs.
	Change bool
	// Also counts the resources that have no place in the picture.
	Also []string
}

// Event is a rule with what it waits for and what it then does.
type Event struct {
	When, Rule, Then Card
}

// Stage is a stage of a pipeline.
type Stage struct {
	Name string
	// Groups are actions that run in parallel; the groups run one after the other.
	Groups [][]Card
	// Notes say what the stage itself does.
	Notes []string
	Mark  Mark
}

// Kind is what sort of thing a card shows; it gives the card its color.
type Kind string

// The kinds.
const (
	Source   Kind = "source"
	Build    Kind = "build"
	Function Kind = "function"
	Person   Kind = "person"
	Store    Kind = "store"
	Rule     Kind = "rule"
	Other    Kind = "other"
)

// Card is a thing with a name.
type Card struct {
	Kind  Kind
	Title string
	Lines []string
	// Of are the logical ids of the resources that it stands for.
	Of   []string
	Mark Mark
}

// Identity is somebody who may do something.
type Identity struct {
	Name, As string
	May      []Permission
	Mark     Mark
}

// Permission is what an identity may do with one thing.
type Permission struct {
	Thing string
	Verbs []string
	Class Class
	// Any marks a permission that names no resource, Denied one that takes away.
	Any, Denied bool
	// Actions are the IAM actions, Conditions the keys of their conditions.
	Actions, Conditions []string
	Mark                Mark
}

// Class is the most that a permission allows.
type Class string

// The classes, from the least to the most.
const (
	Reads  Class = "read"
	Runs   Class = "run"
	Writes Class = "write"
)

// builder looks at a stack.
type builder struct {
	resources map[string]assembly.Resource // by logical id
	ids       []string                     // in a fixed order
	scene     Scene
	shown     map[string]bool   // by resource type
	users     map[string][]user // by the logical id of a role
	runs      map[string][]run  // by the logical id of a project or function
	// naming counts the roles whose policies name a resource.
	naming map[string]int
	// writers are those who may change a thing, by its name.
	writers map[string][]user
	// spared are those whom a thing's own policy lets write, and nobody else.
	spared map[string]string
}

// user is who has a role.
type user struct{ name, as string }

// run is an action that runs something.
type run struct{ stage, action string }

// New looks at a stack, by its name and its resources.
func New(name string, resources map[string]assembly.Resource) Scene {
	b := &builder{
		resources: resources, shown: map[string]bool{}, users: map[string][]user{}, runs: map[string][]run{},
		naming: map[string]int{}, writers: map[string][]user{}, spared: map[string]string{}, scene: Scene{Title: name},
	}
	b.ids = slices.SortedFunc(maps.Keys(resources), func(x, y string) int {
		return strings.Compare(resources[x].Path+" "+x, resources[y].Path+" "+y)
	})
	b.pipelines()
	b.events()
	b.rules()
	b.permissions()
	b.keeps()
	b.also()
	return b.scene
}

// of are the ids of the resources of a type, which count as shown from then on.
func (b *builder) of(kind string) []string {
	b.shown[kind] = true
	var ids []string
	for _, id := range b.ids {
		if b.resources[id].Type == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

func (b *builder) also() {
	counts := map[string]int{}
	for _, r := range b.resources {
		if !b.shown[r.Type] {
			counts[strings.TrimPrefix(r.Type, "AWS::")]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		b.scene.Also = append(b.scene.Also, fmt.Sprintf("%d × %s", counts[kind], kind))
	}
}

// names are the properties that hold a name that somebody chose.
var names = []string{"Name", "RepositoryName", "FunctionName", "BucketName", "TopicName", "QueueName", "LogGroupName",
	"RoleName", "DashboardName", "AlarmName"}

// nouns tell things apart that were given the same name, as a pipeline, its source and its image
// often are.
var nouns = map[string]string{
	"AWS::CodeBuild::Project":     "project",
	"AWS::CodeCommit::Repository": "source",
	"AWS::CodePipeline::Pipeline": "pipeline",
	"AWS::ECR::Repository":        "registry",
	"AWS::Lambda::Function":       "function",
	"AWS::S3::Bucket":             "bucket",
	"AWS::SNS::Topic":             "topic",
	"AWS::SQS::Queue":             "queue",
}

// label is what a resource is called: the name that it was given, or the path of its construct.
func (b *builder) label(id string) string {
	r := b.resources[id]
	for _, property := range names {
		if name, ok := r.Properties[property].(string); ok && name != "" {
			return name
		}
	}
	if r.Path != "" {
		return r.Path
	}
	return id
}

// thing is what a resource is called among things of other types.
func (b *builder) thing(id string) string {
	r := b.resources[id]
	label := b.label(id)
	switch {
	case r.Type == "AWS::CodeBuild::Project" && len(b.runs[id]) == 1:
		return "project " + b.runs[id][0].action
	case r.Type == "AWS::Lambda::Function":
		return "function " + b.program(id)
	case label == r.Path || nouns[r.Type] == "":
		return label
	}
	return nouns[r.Type] + " " + label
}

// reference is the resource that a value refers to first.
func (b *builder) reference(value any) (id string, ok bool) {
	walk(value, func(found string) {
		if _, known := b.resources[found]; known && !ok {
			id, ok = found, true
		}
	})
	return id, ok
}

// text is a value as people read it: the resources in it by their labels.
func (b *builder) text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any:
		if parts, ok := v["Fn::Join"].([]any); ok && len(parts) == 2 {
			var texts []string
			items, _ := parts[1].([]any)
			for _, item := range items {
				texts = append(texts, b.text(item))
			}
			separator, _ := parts[0].(string)
			return strings.Join(texts, separator)
		}
		if id, ok := b.reference(v); ok {
			return b.label(id)
		}
		if text, ok := v["Fn::Sub"].(string); ok {
			return strings.NewReplacer("${AWS::", "‹", "}", "›").Replace(text)
		}
		if name, ok := v["Ref"].(string); ok {
			return "‹" + strings.TrimPrefix(name, "AWS::") + "›"
		}
		return "…"
	}
	return fmt.Sprint(value)
}

// list is a value that may stand alone or in a list.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

func object(value any, keys ...string) map[string]any {
	m, _ := value.(map[string]any)
	for _, key := range keys {
		m, _ = m[key].(map[string]any)
	}
	return m
}

// plural counts things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
