package scene

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// permissions reads the policies: those of the roles, and those of the things themselves.
func (b *builder) permissions() {
	for _, id := range b.of("AWS::CodeBuild::Project") {
		name := strings.TrimPrefix(b.thing(id), "project ")
		b.uses(b.resources[id].Properties["ServiceRole"], strings.TrimSuffix(name, "/Project"),
			"CodeBuild"+b.stages(id))
	}
	for _, id := range b.of("AWS::Lambda::Function") {
		b.uses(b.resources[id].Properties["Role"], b.program(id), "Lambda"+b.stages(id))
	}
	for _, id := range b.of("AWS::IAM::Role") {
		seen := map[string]bool{}
		for _, document := range b.documents(id) {
			walk(document, func(found string) {
				if !seen[found] {
					seen[found] = true
					b.naming[found]++
				}
			})
		}
	}
	for _, id := range b.of("AWS::IAM::Role") {
		p := b.resources[id].Properties
		who := b.holder(id)
		if who.name == "" {
			who = user{b.label(id), b.trusted(p)}
		}
		table := newTable(b)
		for _, document := range b.documents(id) {
			table.add(document)
		}
		may := table.permissions()
		for _, item := range list(p["ManagedPolicyArns"]) {
			text := b.text(item)
			may = append(may,
				Permission{Thing: "managed policy", Verbs: []string{text[strings.LastIndex(text, "/")+1:]},
					Class: Writes, Any: true, Actions: []string{text}})
		}
		for _, p := range may {
			if p.Class == Writes && !p.Denied {
				b.writers[p.Thing] = append(b.writers[p.Thing], who)
			}
		}
		b.scene.Who = append(b.scene.Who, Identity{Name: who.name, As: who.as, May: may})
	}
	b.sortByPipeline()
	b.resourcePolicies()
}

// documents are the policies of a role: its own, and those that stand beside it.
func (b *builder) documents(role string) []map[string]any {
	var found []map[string]any
	for _, item := range list(b.resources[role].Properties["Policies"]) {
		found = append(found, object(item, "PolicyDocument"))
	}
	for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} {
		for _, id := range b.of(kind) {
			p := b.resources[id].Properties
			for _, item := range list(p["Roles"]) {
				if id, ok := b.reference(item); ok && id == role {
					found = append(found, object(p, "PolicyDocument"))
				}
			}
		}
	}
	return found
}

// trusted is the service that takes on a role.
func (b *builder) trusted(role map[string]any) string {
	for _, item := range list(object(role, "AssumeRolePolicyDocument")["Statement"]) {
		for _, service := range list(object(item, "Principal")["Service"]) {
			return b.text(service)
		}
	}
	return "a role"
}

// sortByPipeline puts those who start first, then the pipeline, then builds and functions.
func (b *builder) sortByPipeline() {
	order := map[string]int{"EventBridge": 0, "CodePipeline": 1, "CodeBuild": 2, "Lambda": 3}
	place := func(i Identity) int {
		service, _, _ := strings.Cut(i.As, " ")
		if n, ok := order[service]; ok {
			return n
		}
		return len(order)
	}
	slices.SortStableFunc(b.scene.Who, func(x, y Identity) int {
		return cmp.Or(cmp.Compare(place(x), place(y)), cmp.Compare(b.stageOf(x.As), b.stageOf(y.As)))
	})
}

// stages names the stages that run a project or function, for those who read who may do what.
func (b *builder) stages(id string) string {
	var names []string
	for _, r := range b.runs[id] {
		if !slices.Contains(names, r.stage) {
			names = append(names, r.stage)
		}
	}
	if names == nil {
		return ""
	}
	return " in " + strings.Join(names, ", ")
}

// worksIn are the stages that an identity works in, by what is said of it; nil if it is not for a
// stage.
func worksIn(as string) []string {
	if !strings.Contains(as, " in ") {
		return nil
	}
	var names []string
	for _, part := range strings.Split(as, ", ") {
		names = append(names, part[strings.LastIndex(part, " ")+1:])
	}
	return names
}

// stageOf is the place of the stage that an identity works in first.
func (b *builder) stageOf(as string) int {
	return slices.IndexFunc(b.scene.Stages, func(s Stage) bool { return slices.Contains(worksIn(as), s.Name) })
}

// resourcePolicies are the policies of things: who else may do something with them.
func (b *builder) resourcePolicies() {
	type holder struct{ kind, document, things string }
	byPrincipal := map[string]*table{}
	as := map[string]string{}
	add := func(principal, kind string, statement map[string]any, thing string) {
		if byPrincipal[principal] == nil {
			byPrincipal[principal] = newTable(b)
		}
		as[principal] = kind
		byPrincipal[principal].statement(statement, thing)
	}
	for _, h := range []holder{
		{"AWS::S3::BucketPolicy", "PolicyDocument", "Bucket"},
		{"AWS::SNS::TopicPolicy", "PolicyDocument", "Topics"},
		{"AWS::SQS::QueuePolicy", "PolicyDocument", "Queues"},
		{"AWS::KMS::Key", "KeyPolicy", ""},
		{"AWS::ECR::Repository", "RepositoryPolicyText", ""},
	} {
		for _, id := range b.of(h.kind) {
			p := b.resources[id].Properties
			thing := b.thing(id)
			if held, ok := b.reference(p[h.things]); ok {
				thing = b.thing(held)
			}
			for _, item := range list(object(p, h.document)["Statement"]) {
				statement := object(item)
				if spared := b.besides(statement); spared != "" {
					if slices.Contains(list(statement["Action"]), any("ecr:PutImage")) {
						b.spared[thing] = spared
					}
					allowed := map[string]any{"Effect": "Allow", "Action": statement["Action"]}
					add("nobody but "+spared, "denied to others by the thing's own policy", allowed, thing)
					continue
				}
				principals := b.principals(statement["Principal"])
				for _, except := range b.principals(statement["NotPrincipal"]) {
					principals = append(principals, [2]string{"everybody but " + except[0], except[1]})
				}
				for _, principal := range principals {
					add(principal[0], principal[1], statement, thing)
				}
			}
		}
	}
	b.trusts(add)
	for _, id := range b.of("AWS::Lambda::Permission") {
		p := b.resources[id].Properties
		function, _ := b.reference(p["FunctionName"])
		statement := map[string]any{"Effect": "Allow", "Action": p["Action"]}
		if p["SourceArn"] != nil {
			statement["Condition"] = map[string]any{"ArnLike": map[string]any{"aws:SourceArn": p["SourceArn"]}}
		}
		add(b.text(p["Principal"]), "by the thing's own policy", statement, b.thing(function))
	}
	for _, name := range slices.Sorted(maps.Keys(byPrincipal)) {
		b.scene.Who = append(b.scene.Who, Identity{Name: name, As: as[name], May: byPrincipal[name].permissions()})
	}
}

// usual are the services that take on the roles of what they run.
var usual = map[string]string{
	"CodeBuild": "codebuild.amazonaws.com", "CodePipeline": "codepipeline.amazonaws.com",
	"EventBridge": "events.amazonaws.com", "Lambda": "lambda.amazonaws.com",
}

// trusts are those who may take on a role besides the service that runs what has it.
func (b *builder) trusts(add func(principal, kind string, statement map[string]any, thing string)) {
	for _, id := range b.of("AWS::IAM::Role") {
		service, _, _ := strings.Cut(b.holder(id).as, " ")
		p := b.resources[id].Properties
		for _, item := range list(object(p, "AssumeRolePolicyDocument")["Statement"]) {
			statement := object(item)
			for _, principal := range b.principals(statement["Principal"]) {
				if principal[0] != usual[service] && principal[0] != b.trusted(p) {
					add(principal[0], "by the role's trust", statement, "role "+b.label(id))
				}
			}
		}
	}
}

// besides are those whom a statement leaves out that denies something to everybody else; empty if
// it is none such.
func (b *builder) besides(statement map[string]any) string {
	conditions, unless := object(statement, "Condition"), object(statement, "Condition", "ArnNotEquals")
	everybody := statement["Principal"] == "*" || object(statement, "Principal")["AWS"] == "*"
	if statement["Effect"] != "Deny" || !everybody || len(conditions) != 1 || len(unless) != 1 {
		return ""
	}
	var names []string
	for _, arn := range list(unless["aws:PrincipalArn"]) {
		name := b.text(arn)
		if id, ok := b.reference(arn); ok && b.holder(id).name != "" {
			name = b.holder(id).name
		} else {
			name = name[strings.LastIndex(name, ":")+1:]
		}
		names = append(names, name)
	}
	return strings.Join(names, " and ")
}

// principals are the names of a principal, each with a word about it.
func (b *builder) principals(value any) [][2]string {
	const own = "by the thing's own policy"
	if value == "*" {
		return [][2]string{{"everybody", own}}
	}
	var found [][2]string
	byKind := object(value)
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		for _, item := range list(byKind[kind]) {
			name := b.text(item)
			switch {
			case name == "*":
				name = "everybody"
			case strings.HasSuffix(name, ":root"):
				name = "the account"
			}
			found = append(found, [2]string{name, own})
		}
	}
	return found
}

// table gathers statements by thing.
type table struct {
	b     *builder
	order []string
	rows  map[string]*row
}

type row struct {
	Permission
	actions    map[string]bool
	conditions map[string]bool
}

func newTable(b *builder) *table { return &table{b: b, rows: map[string]*row{}} }

func (t *table) add(document map[string]any) {
	for _, item := range list(document["Statement"]) {
		t.statement(object(item), "")
	}
}

// statement adds one; thing is what it is about, if the statement stands in the policy of a thing.
func (t *table) statement(s map[string]any, thing string) {
	denied := s["Effect"] == "Deny"
	conditions := map[string]bool{}
	for operator, keys := range object(s, "Condition") {
		for key, value := range object(keys) {
			conditions[t.b.condition(operator, key, value)] = true
		}
	}
	things := map[string]bool{thing: true} // to whether it names a resource
	if thing == "" {
		things = map[string]bool{}
		for _, resource := range list(s["Resource"]) {
			name, named := t.b.resource(resource)
			things[name] = named
		}
		if except := list(s["NotResource"]); except != nil {
			things["any resource but "+t.b.names(except)] = false
		}
	}
	actions := list(s["Action"])
	if except := list(s["NotAction"]); except != nil {
		var names []string
		for _, action := range except {
			names = append(names, t.b.text(action))
		}
		actions = []any{"all:everything but " + strings.Join(names, ", ")}
	}
	for _, action := range actions {
		service, _, _ := strings.Cut(t.b.text(action), ":")
		for _, name := range slices.Sorted(maps.Keys(things)) {
			key := strings.Join([]string{service, name, strings.Join(slices.Sorted(maps.Keys(conditions)), " "),
				strconv.FormatBool(denied)}, "|")
			r := t.rows[key]
			if r == nil {
				r = &row{Permission: Permission{Thing: name, Any: !things[name], Denied: denied},
					actions: map[string]bool{}, conditions: conditions}
				t.rows[key] = r
				t.order = append(t.order, key)
			}
			r.actions[t.b.text(action)] = true
		}
	}
}

// names are the resources that a statement is not about.
func (b *builder) names(values []any) string {
	var names []string
	for _, v := range values {
		name, _ := b.resource(v)
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// condition says a condition in words.
func (b *builder) condition(operator, key string, value any) string {
	is := map[string]string{"Bool": "is", "StringEquals": "is", "ArnEquals": "is", "ArnLike": "is",
		"StringLike": "is like"}[operator]
	if is == "" {
		is = operator
	}
	var values []string
	for _, v := range list(value) {
		text, _ := b.resource(v)
		values = append(values, text)
	}
	return key + " " + is + " " + strings.Join(values, " or ")
}

// resource is what a statement's or a pattern's resource is called, and whether it is one at all.
func (b *builder) resource(resource any) (name string, named bool) {
	if resource == "*" {
		return "any resource", false
	}
	if id, ok := b.reference(resource); ok {
		if b.resources[id].Type == "AWS::Logs::LogGroup" && b.naming[id] == 1 {
			return ownLogs, true
		}
		return b.thing(id), true
	}
	// arn:partition:service:region:account:name
	parts := strings.SplitN(b.text(resource), ":", 6)
	name = parts[len(parts)-1]
	if noun := services[parts[min(2, len(parts)-1)]]; noun != "" {
		name = noun + " " + name
	}
	return name, true
}

// ownLogs is a log group to which only one role writes.
const ownLogs = "its own logs"

// services are nouns for what a service has, where only an ARN tells.
var services = map[string]string{"codepipeline": "pipeline", "codecommit": "source", "s3": "bucket", "sns": "topic"}

func (t *table) permissions() []Permission {
	var all []Permission
	for _, key := range t.order {
		r := t.rows[key]
		p := r.Permission
		p.Actions, p.Conditions = slices.Sorted(maps.Keys(r.actions)), slices.Sorted(maps.Keys(r.conditions))
		p.Verbs, p.Class = said(p.Actions, p.Any)
		all = append(all, p)
	}
	// What everybody has comes last.
	last := func(p Permission) int {
		n := 0
		if p.Thing == ownLogs {
			n++
		}
		if p.Any {
			n += 2
		}
		return n
	}
	slices.SortStableFunc(all, func(x, y Permission) int { return cmp.Compare(last(x), last(y)) })
	return all
}
