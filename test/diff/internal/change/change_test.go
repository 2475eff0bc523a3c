package change

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/internal/assembly"
	"archway/test/internal/cost"
	"archway/test/internal/scene"

	"github.com/google/go-cmp/cmp"
)

// made is an assembly with one stack, whose template has these sections; files are assets that lie
// beside it, by object key.
func made(t *testing.T, template string, files map[string]string) *assembly.Assembly {
	t.Helper()
	dir := t.TempDir()
	manifest := `{"artifacts": {"app": {"type": "aws:cloudformation:stack", "dependencies": ["files"],
		"properties": {"templateFile": "app.json", "tags": {"Team": "a"}}}`
	if files != nil {
		manifest += `, "files": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}}`
	}
	write(t, dir, "manifest.json", manifest+"}}")
	write(t, dir, "app.json", template)
	assets := ""
	for name, content := range files {
		key, _, _ := strings.Cut(name, "/")
		write(t, dir, name, content)
		assets += `"` + name + `": {"source": {"path": "` + key +
			`", "packaging": "zip"}, "destinations": {"x": {"objectKey": "` +
			key + `.zip"}}},`
	}
	write(t, dir, "assets.json", `{"files": {`+strings.TrimSuffix(assets, ",")+`}}`)
	found, err := assembly.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// between compares two templates with these resources.
func between(t *testing.T, was, is string) Stack {
	t.Helper()
	return comparedWith(t, made(t, `{"Resources": {`+was+`}}`, nil), made(t, `{"Resources": {`+is+`}}`, nil))
}

func comparedWith(t *testing.T, was, is *assembly.Assembly) Stack {
	t.Helper()
	stacks, err := Compare(was, is, cost.Usual)
	if err != nil {
		t.Fatal(err)
	}
	if len(stacks) != 1 {
		t.Fatalf("%d stacks", len(stacks))
	}
	return stacks[0]
}

// one is the only resource that changes.
func one(t *testing.T, s Stack) Resource {
	t.Helper()
	if len(s.Resources) != 1 {
		t.Fatalf("got %+v, expected one resource", s.Resources)
	}
	return s.Resources[0]
}

const registry = `"Images": {"Type": "AWS::ECR::Repository", "UpdateReplacePolicy": "Retain", "Properties": {`

func TestNoDifference(t *testing.T) {
	text := registry + `"RepositoryName": "app"}, "Metadata": {"aws:asset:path": "x", "aws:cdk:path": "y"}}`
	s := between(t, text, strings.NewReplacer(`"x"`, `"z"`, `"y"`, `"q"`).Replace(text))
	if s.Mark != "" || s.Resources != nil {
		t.Errorf("where files lie is no difference: %+v", s)
	}
}

// A property that CloudFormation can't update replaces the resource, and with a name of one's own
// that can't be deployed.
func TestReplacement(t *testing.T) {
	for properties, blocked := range map[string]bool{`"RepositoryName": "app", `: true, ``: false} {
		r := one(t, between(t,
			registry+properties+`"EncryptionConfiguration": {"EncryptionType": "AES256"}}}`,
			registry+properties+`"EncryptionConfiguration": {"EncryptionType": "KMS"}}}`))
		want := []Property{{Path: "EncryptionConfiguration.EncryptionType", Old: "AES256", New: "KMS"}}
		if diff := cmp.Diff(want, r.Properties); diff != "" || r.Mark != scene.Replaced ||
			r.Loses != "its images and tags" ||
			r.Fate != "the old one stays, outside of the stack" ||
			!cmp.Equal(r.Because, []string{"EncryptionConfiguration"}) {
			t.Errorf("got %+v\n%s", r, diff)
		}
		if (r.Blocked != "") != blocked {
			t.Errorf("with %q: blocked %q", properties, r.Blocked)
		}
	}
	r := one(t,
		between(t, registry+`"ImageTagMutability": "MUTABLE"}}`, registry+`"ImageTagMutability": "IMMUTABLE"}}`))
	if r.Mark != scene.Changed || r.Because != nil || r.Fate != "" {
		t.Errorf("an update in place: %+v", r)
	}
}

// A log group has its function's name: what replaces the one replaces the other.
func TestReplacementFollows(t *testing.T) {
	const logs = `, "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {
		"LogGroupName": {"Fn::Join": ["", ["/aws/lambda/", {"Ref": "Function"}]]}}}`
	s := between(t,
		`"Function": {"Type": "AWS::Lambda::Function", "Properties": {"PackageType": "Zip"}}`+logs,
		`"Function": {"Type": "AWS::Lambda::Function", "Properties": {"PackageType": "Image"}}`+logs)
	if len(s.Resources) != 2 || s.Resources[0].ID != "Logs" || s.Resources[0].Loses != "the logs in it" ||
		!cmp.Equal(s.Resources[0].Because, []string{"LogGroupName, as Function is replaced"}) {
		t.Errorf("got %+v", s.Resources)
	}
}

// Another logical id under the same name fails in an account.
func TestRenamed(t *testing.T) {
	const properties = ` {"Type": "AWS::ECR::Repository", "DeletionPolicy": "Retain", "Properties": {"RepositoryName": "app"}}`
	s := between(t, `"Old":`+properties, `"New":`+properties)
	if len(s.Resources) != 2 || s.Resources[0].Mark != scene.Removed || s.Resources[1].Mark != scene.Added ||
		!strings.HasPrefix(s.Resources[1].Blocked, "its logical id was Old: ") {
		t.Errorf("got %+v", s.Resources)
	}
	if s := between(t, `"Old":`+properties,
		`"New":`+strings.Replace(properties, "app", "api", 1)); s.Resources[1].Blocked != "" {
		t.Errorf("another name: %+v", s.Resources[1])
	}
}

func TestOtherType(t *testing.T) {
	r := one(t, between(t, `"A": {"Type": "AWS::SQS::Queue"}`, `"A": {"Type": "AWS::SNS::Topic"}`))
	if !strings.Contains(r.Blocked, "another type") {
		t.Errorf("got %+v", r)
	}
	r = one(t, between(t, `"A": {"Type": "Custom::X"}`, `"A": {"Type": "Custom::X", "Properties": {"B": 1}}`))
	if !r.Unknown || r.Mark != scene.Changed {
		t.Errorf("got %+v", r)
	}
}

// Values are compared where they differ.
func TestValues(t *testing.T) {
	for name, test := range map[string]struct {
		was, is string
		want    []Property
	}{
		"member by its name": {
			`[{"Name": "a", "V": 1}, {"Name": "b", "V": 1}]`, `[{"Name": "b", "V": 2}, {"Name": "c", "V": 1}]`,
			[]Property{
				{Path: "P[a]", Old: "{Name: a, V: 1}"}, {Path: "P[b].V", Old: "1", New: "2"},
				{Path: "P[c]", New: "{Name: c, V: 1}"},
			},
		},
		"words of a list": {`["a", "b"]`, `["b", "c"]`, []Property{{Path: "P", Old: "a", New: "c"}}},
		"order": {`["a", "b"]`, `["b", "a"]`,
			[]Property{{Path: "P", Old: "in another order", New: "in this order"}}},
		"order by name": {
			`[{"Name": "a"}, {"Name": "b"}]`, `[{"Name": "b"}, {"Name": "a"}]`,
			[]Property{{Path: "P", Old: "in another order", New: "in this order"}},
		},
		"statement that is like it": {
			`[{"Effect": "Allow", "Action": "a", "Resource": "x"}, {"Effect": "Allow", "Action": "b", "Resource": "y"}]`,
			`[{"Effect": "Allow", "Action": "b", "Resource": "z"}, {"Effect": "Allow", "Action": "c", "Resource": "q"}]`,
			[]Property{
				{Path: "P[]", Old: "{Action: a, Effect: Allow, Resource: x}"},
				{Path: "P[].Resource", Old: "y", New: "z"},
				{Path: "P[]", New: "{Action: c, Effect: Allow, Resource: q}"},
			},
		},
		"JSON in a text": {
			`"{\"tags\":[\"latest\"],\"a\":1}"`, `{"Fn::Join": ["", ["{\"tags\":[\"v1\"],\"a\":", "1}"]]}`,
			[]Property{{Path: "P.tags", Old: "latest", New: "v1"}},
		},
		"lines": {
			`"a\nb\nc\nd\ne\nf\ng"`, `"a\nB\nc\nd\ne\nf"`,
			[]Property{{Path: "P", Lines: []string{" a", "-b", "+B", " c", " …", " f", "-g"}}},
		},
		"resource of the same name": {
			`{"Ref": "A"}`, `{"Ref": "B"}`, []Property{{Path: "P", Old: `{"Ref":"A"}`, New: `{"Ref":"B"}`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			const others = `, "A": {"Type": "X", "Properties": {"Name": "n"}}, "B": {"Type": "X", "Properties": {"Name": "n"}}`
			r := one(t, between(t, `"R": {"Type": "AWS::SQS::Queue", "Properties": {"P": `+test.was+`}}`+others,
				`"R": {"Type": "AWS::SQS::Queue", "Properties": {"P": `+test.is+`}}`+others))
			if diff := cmp.Diff(test.want, r.Properties); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is not a resource is a difference too.
func TestOthers(t *testing.T) {
	was := made(t, `{"Resources": {}, "Outputs": {"Url": {"Value": "a"}}}`, nil)
	is := made(t, `{"Resources": {}, "Outputs": {"Url": {"Value": "b"}}}`, nil)
	is.Stacks[0].Tags = map[string]string{"Team": "b"}
	s := comparedWith(t, was, is)
	want := []Property{
		{Path: "Outputs.Url.Value", Old: "a", New: "b"}, {Path: "tag of the stack Team", Old: "a", New: "b"},
	}
	if diff := cmp.Diff(want, s.Others); diff != "" || s.Mark != scene.Changed {
		t.Errorf("%q (-want +got):\n%s", s.Mark, diff)
	}
}

// function is a function with its code, and a pipeline that tells its settings.
func function(key, settings string) string {
	return `{"Resources": {
		"Promote": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": "` + key + `.zip"}}},
		"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Metadata": {"archway:settings": ` + settings + `},
			"Properties": {"Stages": [{"Name": "Promote", "Actions": [{"Name": "Promote", "Configuration": {
				"UserParameters": "{\"settings\":\"` + key + `\"}"}}]}]}}}}`
}

// Of a program that is uploaded, its hash says nothing: what it holds is compared. Settings stand
// once, not with each function.
func TestCode(t *testing.T) {
	const one, other = `{"tags":["latest"]}`, `{"tags":["v1"]}`
	was := made(t, function("a", one), map[string]string{"a/settings.json": one, "a/bootstrap": "\x00x"})
	is := made(t, function("b", other), map[string]string{"b/settings.json": other, "b/bootstrap": "\x00y"})
	s := comparedWith(t, was, is)
	if diff := cmp.Diff([]Property{{Path: "tags", Old: "latest", New: "v1"}}, s.Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	above := Property{Path: "settings", New: "those that are said above"}
	want := map[string][]Property{
		"Promote": {{Path: "program", Old: "as it was", New: "another one"}, above}, "Pipeline": {above},
	}
	for _, r := range s.Resources {
		if diff := cmp.Diff(want[r.ID], r.Properties); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.ID, diff)
		}
	}
	// Without the files it is only known that they differ.
	s = comparedWith(t, made(t, function("a", one), nil), made(t, function("b", one), nil))
	if got := s.Resources[len(s.Resources)-1].Properties; !cmp.Equal(got,
		[]Property{{Path: "Code", Old: "a program", New: "another one"}}) {
		t.Errorf("got %+v", got)
	}
}

func role(statement string) string {
	return `"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [` +
		statement +
		`]}}]}}, "Build": {"Type": "AWS::CodeBuild::Project", "Properties": {"Name": "build",
		"ServiceRole": {"Fn::GetAtt": ["Role", "Arn"]}}}`
}

// Who may do what is said in words, for what comes and for what goes.
func TestAccess(t *testing.T) {
	const reads = `{"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": "arn:aws:ecr:r:a:repository/app"}`
	const writes = `{"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:PutImage"], "Resource": "arn:aws:ecr:r:a:repository/app"}`
	const never = `{"Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}`
	for name, test := range map[string]struct {
		was, is string
		want    []Line
	}{
		"more": {role(reads), role(writes), []Line{{scene.Added, "build (CodeBuild) may now",
			[]string{"write manifests and tags: repository/app  [ecr:PutImage]"}}}},
		"less": {role(writes), role(reads), []Line{{scene.Removed, "build (CodeBuild) may no longer",
			[]string{"write manifests and tags: repository/app  [ecr:PutImage]"}}}},
		"denied": {role(reads), role(reads + "," + never), []Line{{scene.Added, "build (CodeBuild) is now denied to",
			[]string{"write manifests and tags: any resource, if aws:SecureTransport is false  [ecr:PutImage]"}}}},
		"new": {"", role(reads), []Line{{scene.Added, "build (CodeBuild), new, may now",
			[]string{"read manifests: repository/app  [ecr:BatchGetImage]"}}}},
		"gone": {role(reads), "", []Line{{scene.Removed, "build (CodeBuild), gone, may no longer",
			[]string{"read manifests: repository/app  [ecr:BatchGetImage]"}}}},
	} {
		if diff := cmp.Diff(test.want, between(t, test.was, test.is).Access); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func pipeline(stages string) string {
	return `"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Name": "app", "Stages": [` + stages +
		`]}}`
}

// Another order of stages, or another action, is another structure: no rollback goes across it.
func TestFlow(t *testing.T) {
	const (
		build   = `{"Name": "Build", "Actions": [{"Name": "a", "ActionTypeId": {"Provider": "X"}}]}`
		longer  = `{"Name": "Build", "Actions": [{"Name": "a", "TimeoutInMinutes": 5, "ActionTypeId": {"Provider": "X"}}]}`
		more    = `{"Name": "Build", "Actions": [{"Name": "a", "ActionTypeId": {"Provider": "X"}}, {"Name": "b", "ActionTypeId": {"Provider": "X"}}]}`
		promote = `{"Name": "Promote", "Actions": [{"Name": "p", "ActionTypeId": {"Provider": "X"}}]}`
	)
	for name, test := range map[string]struct {
		was, is      string
		want         []string
		restructured bool
	}{
		"stage":     {build, build + "," + promote, []string{"added stage Promote: p (X)"}, true},
		"no stage":  {build + "," + promote, build, []string{"removed stage Promote: p (X)"}, true},
		"action":    {build, more, []string{"added stage Build: action b (X)"}, true},
		"no action": {more, build, []string{"removed stage Build: action b (X)"}, true},
		"change":    {build, longer, []string{"changed stage Build: action a (X, ≤ 5 min)"}, false},
		"order": {build + "," + promote, promote + "," + build,
			[]string{"changed stages in the order Promote, Build"}, true},
	} {
		s := between(t, pipeline(test.was), pipeline(test.is))
		var got []string
		for _, l := range s.Flow {
			got = append(got, string(l.Mark)+" "+l.Text)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || s.Restructured != test.restructured {
			t.Errorf("%s: restructured %t (-want +got):\n%s", name, s.Restructured, diff)
		}
	}
}

// The picture marks what changes, and not what is only created at another time.
func TestPicture(t *testing.T) {
	s := between(t, registry+`"RepositoryName": "app"}}, "Q": {"Type": "AWS::SQS::Queue"}`,
		registry+`"RepositoryName": "app", "Tags": []}}, "Q": {"Type": "AWS::SQS::Queue", "DependsOn": ["Images"]}`)
	drawn, ok := s.Scene()
	marks := map[string]scene.Mark{}
	for _, card := range drawn.Keeps {
		marks[card.Title] = card.Mark
	}
	if !ok || marks["app"] != scene.Changed || marks["Q"] != "" {
		t.Errorf("%t, %v", ok, marks)
	}
}
