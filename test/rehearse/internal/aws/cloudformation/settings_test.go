package cloudformation

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"archway/internal/settings"
	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// settled is the assembly with a function in a Lambda action: its program is this test's, beside a
// file of settings.
type settled struct {
	// file is the settings' file; empty for none. handler is the program's name.
	file, handler string
	// shown is the pipeline's metadata; nil for none.
	shown any
	// parameters are the action's.
	parameters string
}

func newSettled() settled {
	p := settings.Pipeline{Name: "app", HoldMinutes: 60,
		Stages: []settings.Stage{{Name: "Build", Actions: []string{"<build>"}}}, Images: []settings.Image{}}
	data := p.Encode()
	var shown any
	if err := json.Unmarshal(data, &shown); err != nil {
		panic(err)
	}
	return settled{
		file: string(data), handler: "bootstrap", shown: shown,
		parameters: fmt.Sprintf(`{"settings":"%s","execution":"#{codepipeline.PipelineExecutionId}","image":"web"}`,
			settings.Sum(data)),
	}
}

// load reads the assembly.
func (s settled) load(t *testing.T) (*Stack, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	built, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte, mode os.FileMode) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("asset.code/"+s.handler, content, 0o755)
	if s.file != "" {
		write("asset.code/"+settings.File, []byte(s.file), 0o644)
	}
	edit := func(name string, change func(map[string]any)) {
		var document map[string]any
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = json.Unmarshal(content, &document)
		}
		if err != nil {
			t.Fatal(err)
		}
		change(document)
		if content, err = json.Marshal(document); err != nil {
			t.Fatal(err)
		}
		write(name, content, 0o644)
	}
	edit("app.assets.json", func(m map[string]any) {
		m["files"].(map[string]any)["code"] = map[string]any{
			"source":       map[string]any{"path": "asset.code", "packaging": "zip"},
			"destinations": map[string]any{"here": map[string]any{"objectKey": "code.zip"}},
		}
	})
	edit("app.template.json", func(m map[string]any) {
		resources := m["Resources"].(map[string]any)
		resources["Function"] = map[string]any{
			"Type": "AWS::Lambda::Function", "Metadata": map[string]any{"archway:package": built.Path},
			"Properties": map[string]any{
				"Role": "role", "Handler": "bootstrap", "Runtime": "provided.al2023",
				"Architectures": []any{map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]},
				"Code":          map[string]any{"S3Bucket": "b", "S3Key": "code.zip"},
			},
		}
		pipeline := resources["Pipeline"].(map[string]any)
		if s.shown != nil {
			pipeline["Metadata"] = map[string]any{settings.Metadata: s.shown}
		}
		properties := pipeline["Properties"].(map[string]any)
		properties["Stages"] = append(properties["Stages"].([]any),
			map[string]any{"Name": "Promote", "Actions": []any{map[string]any{
				"Name": "Promote", "RunOrder": 1,
				"ActionTypeId": map[string]any{"Category": "Invoke", "Owner": "AWS", "Provider": "Lambda",
					"Version": "1"},
				"Configuration": map[string]any{"FunctionName": map[string]any{"Ref": "Function"},
					"UserParameters": s.parameters},
			}}})
	})
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Load(a.Stacks[0], account)
}

// The function finds its settings where Lambda puts them.
func TestFunctionsCode(t *testing.T) {
	s := newSettled()
	stack, err := s.load(t)
	if err != nil {
		t.Fatal(err)
	}
	f, dir := Of[*lambdaruntime.Function](stack)[0], t.TempDir()
	program := filepath.Join(dir, "native")
	if err := os.WriteFile(program, []byte("for this machine"), 0o755); err != nil {
		t.Fatal(err)
	}
	task := filepath.Join(dir, "task")
	if err := os.Mkdir(task, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.Unpack(program, task); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(f.Program); err != nil || string(got) != "for this machine" ||
		filepath.Dir(f.Program) != task {
		t.Errorf("%s: %v", f.Program, err)
	}
	if loaded, err := settings.Load(task); err != nil || loaded.Name != "app" {
		t.Errorf("got %+v, %v", loaded, err)
	}
}

func TestSettings(t *testing.T) {
	text := newSettled()
	text.shown = text.file
	if _, err := text.load(t); err != nil {
		t.Errorf("metadata as a text: %v", err)
	}
	none := settled{handler: "bootstrap", parameters: `{"any":"thing"}`}
	if _, err := none.load(t); err != nil {
		t.Errorf("neither file nor metadata: %v", err)
	}
	sum := settings.Sum([]byte(newSettled().file))
	for name, test := range map[string]struct {
		change func(*settled)
		want   string
	}{
		"no program": {func(s *settled) { s.handler = "main" }, "the code has no program bootstrap"},
		"no file":    {func(s *settled) { s.file = "" }, "lacks the file settings.json"},
		"no metadata": {func(s *settled) { s.shown = nil },
			"the pipeline app lacks the metadata archway:settings"},
		"other metadata": {func(s *settled) { s.shown.(map[string]any)["holdMinutes"] = 61 },
			"the metadata archway:settings of the pipeline app shows something else"},
		"a key twice": {func(s *settled) { s.file = strings.Replace(s.file, `"name"`, `"name":"web","name"`, 1) },
			"duplicate"},
		"another pipeline": {func(s *settled) { s.file = strings.Replace(s.file, `"app"`, `"web"`, 1) },
			`it is about the pipeline "web", which the template lacks`},
		"another hash": {func(s *settled) { s.parameters = strings.Replace(s.parameters, sum, "0"+sum[1:], 1) },
			"has the hash " + sum},
		"other parameters": {func(s *settled) { s.parameters = strings.Replace(s.parameters, "image", "Image", 1) },
			"UserParameters: "},
		"another execution": {
			func(s *settled) { s.parameters = strings.Replace(s.parameters, "PipelineExecutionId", "Other", 1) },
			`execution: got "#{codepipeline.Other}"`},
	} {
		s := newSettled()
		test.change(&s)
		if _, err := s.load(t); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v\nexpected %q", name, err, test.want)
		}
	}
}
