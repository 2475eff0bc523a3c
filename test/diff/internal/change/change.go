// Package change compares two cloud assemblies: what a deployment of the second one changes of what
// the first one has deployed.
package change

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/internal/cost"
	"archway/test/internal/scene"
)

// Stack is what changes of a stack.
type Stack struct {
	Name string
	// Mark says what becomes of the stack as a whole; empty if nothing changes.
	Mark scene.Mark
	// Resources are those that change, the most serious first.
	Resources []Resource
	// Others are changes of the template and the stack beside its resources.
	Others []Property
	// Flow says what changes of what starts the pipeline and of its stages.
	Flow []Line
	// Restructured tells that the pipeline's stages or actions are others than before.
	Restructured bool
	// Access says who may do more, and who may do less.
	Access []Line
	// Settings are what changes of the settings by which the pipeline's functions decide.
	Settings []Property
	// Cost is what the stack costs, before and afterwards.
	Cost [2]*cost.Bill

	scenes [2]*scene.Scene
}

// Line is a sentence with a mark.
type Line struct {
	Mark scene.Mark
	Text string
	// Details say it exactly.
	Details []string
}

// Resource is a resource that changes.
type Resource struct {
	ID, Type, Label string
	Mark            scene.Mark
	// Because names the properties that force a replacement.
	Because []string
	// Loses is what goes with the old resource; empty if there is nothing to lose.
	Loses string
	// Fate is what becomes of the old resource.
	Fate string
	// Blocked says why the change can't be deployed as it is.
	Blocked string
	// Unknown tells that it is not known here whether the change replaces the resource.
	Unknown    bool
	Properties []Property
}

// Compare compares two assemblies stack by stack, by their names.
func Compare(base, head *assembly.Assembly, given cost.Assumptions) ([]Stack, error) {
	bills := [2]map[string]*cost.Bill{}
	stacks := [2]map[string]*assembly.Stack{}
	for i, a := range []*assembly.Assembly{base, head} {
		all, err := cost.Bills(a, given)
		if err != nil {
			return nil, err
		}
		bills[i], stacks[i] = map[string]*cost.Bill{}, map[string]*assembly.Stack{}
		for _, b := range all {
			bills[i][b.Stack] = &b
		}
		for _, s := range a.Stacks {
			stacks[i][s.Name] = s
		}
	}
	var all []Stack
	for _, name := range union(stacks[0], stacks[1]) {
		s, err := compare(name, stacks[0][name], stacks[1][name])
		if err != nil {
			return nil, err
		}
		s.Cost = [2]*cost.Bill{bills[0][name], bills[1][name]}
		all = append(all, s)
	}
	return all, nil
}

// union are the keys of two maps, in order.
func union[V any](a, b map[string]V) []string {
	keys := slices.Collect(maps.Keys(a))
	for key := range b {
		if _, both := a[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// side is a stack before or after the change; empty if there is none.
type side struct {
	stack     *assembly.Stack
	resources map[string]assembly.Resource
	// raw is the template as it stands there.
	raw map[string]any
}

func newSide(stack *assembly.Stack) (side, error) {
	s := side{stack: stack, resources: map[string]assembly.Resource{}, raw: map[string]any{}}
	if stack == nil {
		return s, nil
	}
	var err error
	if s.resources, err = stack.Resources(); err != nil {
		return s, err
	}
	if err := json.Unmarshal(stack.Template, &s.raw); err != nil {
		return s, fmt.Errorf("%s: %w", stack.TemplateFile, err)
	}
	return s, nil
}

// resource is a resource as it stands in the template, without where the files lie that it needs.
func (s side) resource(id string) map[string]any {
	r := maps.Clone(object(object(s.raw["Resources"])[id]))
	metadata := maps.Clone(object(r["Metadata"]))
	delete(metadata, "aws:asset:path")
	delete(metadata, "aws:cdk:path")
	delete(r, "Metadata")
	if len(metadata) > 0 {
		r["Metadata"] = metadata
	}
	return r
}

// comparison is that of a stack.
type comparison struct {
	base, head side
	found      map[string]*Resource // by logical id
}

func compare(name string, base, head *assembly.Stack) (Stack, error) {
	result := Stack{Name: name}
	c := &comparison{found: map[string]*Resource{}}
	var err error
	if c.base, err = newSide(base); err != nil {
		return result, err
	}
	if c.head, err = newSide(head); err != nil {
		return result, err
	}
	for _, id := range union(c.base.resources, c.head.resources) {
		if err := c.resource(id); err != nil {
			return result, err
		}
	}
	c.renamed()
	c.follow()
	result.Settings = c.settings()
	for _, r := range c.found {
		result.Resources = append(result.Resources, *r)
	}
	slices.SortFunc(result.Resources, bySeverity)
	result.Others = c.others()
	c.scenes(&result)
	switch {
	case base == nil:
		result.Mark = scene.Added
	case head == nil:
		result.Mark = scene.Removed
	case len(result.Resources)+len(result.Others) > 0:
		result.Mark = scene.Changed
	}
	return result, nil
}

// others are the changes beside the resources: the other sections, and the stack's tags.
func (c *comparison) others() []Property {
	if c.base.stack == nil || c.head.stack == nil {
		return nil
	}
	v := &values{c.base.resources, c.head.resources}
	var all []Property
	for _, section := range union(c.base.raw, c.head.raw) {
		if section != "Resources" {
			all = append(all, v.compare(section, c.base.raw[section], c.head.raw[section])...)
		}
	}
	for _, key := range union(c.base.stack.Tags, c.head.stack.Tags) {
		if old, now := c.base.stack.Tags[key], c.head.stack.Tags[key]; old != now {
			all = append(all, Property{Path: "tag of the stack " + key, Old: old, New: now})
		}
	}
	return all
}

// resource compares one resource.
func (c *comparison) resource(id string) error {
	old, before := c.base.resources[id]
	now, after := c.head.resources[id]
	k, known := kinds[now.Type]
	switch {
	case !before:
		c.found[id] = &Resource{
			ID: id, Type: now.Type, Label: scene.Label(c.head.resources, id), Mark: scene.Added,
		}
		return nil
	case !after:
		c.found[id] = &Resource{
			ID: id, Type: old.Type, Label: scene.Label(c.base.resources, id), Mark: scene.Removed,
			Loses: kinds[old.Type].holds, Fate: fate(c.base.resource(id)["DeletionPolicy"]),
		}
		if strings.HasPrefix(c.found[id].Loses, "nothing") {
			c.found[id].Loses = ""
		}
		return nil
	}
	was, is := c.base.resource(id), c.head.resource(id)
	if reflect.DeepEqual(was, is) {
		return nil
	}
	r := &Resource{ID: id, Type: now.Type, Label: scene.Label(c.head.resources, id), Mark: scene.Changed}
	c.found[id] = r
	if old.Type != now.Type {
		r.Properties = []Property{{Path: "Type", Old: old.Type, New: now.Type}}
		r.Blocked = "CloudFormation refuses another type under the same logical id: give the new resource another id"
		return nil
	}
	v := &values{c.base.resources, c.head.resources}
	for _, key := range union(was, is) {
		switch {
		case key == "Properties" || reflect.DeepEqual(was[key], is[key]):
		case key == "DependsOn":
			r.Properties = append(r.Properties, Property{Path: key, New: "waits for other resources than before"})
		default:
			r.Properties = append(r.Properties, v.compare(key, was[key], is[key])...)
		}
	}
	for _, key := range union(old.Properties, now.Properties) {
		changes := v.compare(key, old.Properties[key], now.Properties[key])
		if len(changes) > 0 && slices.Contains(k.replaced, key) {
			r.Because = append(r.Because, key)
		}
		if key == "Code" {
			var err error
			if changes, err = c.code(now.Type, changes); err != nil {
				return err
			}
		}
		if key == "Endpoint" && now.Type == "AWS::SNS::Subscription" {
			// A subscriber's address may hold a token.
			for i := range changes {
				changes[i].Old, changes[i].New = "an address", "another one"
			}
		}
		r.Properties = append(r.Properties, changes...)
	}
	r.Unknown = !known
	if len(r.Because) > 0 {
		c.replace(r, fate(c.head.resource(id)["UpdateReplacePolicy"]))
		same := k.name != "" && old.Properties[k.name] != nil &&
			reflect.DeepEqual(old.Properties[k.name], now.Properties[k.name])
		if same {
			r.Blocked = fmt.Sprintf("CloudFormation makes the new one first, and %s is still taken: "+
				"give it another name, or keep what %s was", r.Label, r.Because[0])
		}
	}
	return nil
}

func (c *comparison) replace(r *Resource, fate string) {
	r.Mark, r.Loses, r.Fate = scene.Replaced, kinds[r.Type].holds, fate
}

// fate is what a policy for deletion or replacement leaves of the old resource.
func fate(policy any) string {
	switch policy {
	case "Retain", "RetainExceptOnCreate":
		return "the old one stays, outside of the stack"
	case "Snapshot":
		return "the old one is deleted, a snapshot stays"
	}
	return "the old one is deleted"
}

// renamed finds resources whose logical id changed while their name did not: the new one can't be
// made as long as the old one is there, and that goes last.
func (c *comparison) renamed() {
	for _, r := range c.found {
		name := kinds[r.Type].name
		if r.Mark != scene.Added || name == "" {
			continue
		}
		given := c.head.resources[r.ID].Properties[name]
		for _, other := range c.found {
			if given != nil && other.Mark == scene.Removed && other.Type == r.Type &&
				reflect.DeepEqual(given, c.base.resources[other.ID].Properties[name]) {
				r.Blocked = fmt.Sprintf(
					"its logical id was %s: CloudFormation makes a new one before the old one goes, "+
						"and the name is still taken: keep the id, or give another name", other.ID)
			}
		}
	}
}

// follow finds what is replaced because something is replaced whose name it has.
func (c *comparison) follow() {
	for again := true; again; {
		again = false
		for id, now := range c.head.resources {
			r := c.found[id]
			if _, both := c.base.resources[id]; !both || r != nil && r.Mark == scene.Replaced {
				continue
			}
			for _, property := range kinds[now.Type].replaced {
				for _, named := range scene.References(now.Properties[property]) {
					if cause := c.found[named]; cause != nil && cause.Mark == scene.Replaced {
						if r == nil {
							r = &Resource{ID: id, Type: now.Type, Label: scene.Label(c.head.resources, id)}
							c.found[id] = r
						}
						r.Because = append(r.Because, property+", as "+cause.Label+" is replaced")
						c.replace(r, fate(c.head.resource(id)["UpdateReplacePolicy"]))
						again = true
					}
				}
			}
		}
	}
}

// severity orders marks: what loses something comes first.
var severity = []scene.Mark{scene.Replaced, scene.Removed, scene.Added, scene.Changed}

func bySeverity(x, y Resource) int {
	for _, order := range []int{
		slices.Index(severity, x.Mark) - slices.Index(severity, y.Mark), loss(x) - loss(y),
		compareText(x.Type, y.Type), compareText(x.Label, y.Label), compareText(x.ID, y.ID),
	} {
		if order != 0 {
			return order
		}
	}
	return 0
}

// loss is 0 for a resource with which something is lost.
func loss(r Resource) int {
	if r.Loses == "" || strings.HasPrefix(r.Loses, "nothing") {
		return 1
	}
	return 0
}

func compareText(x, y string) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}
