package cost

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/internal/assembly"

	"github.com/google/go-cmp/cmp"
)

// Each price that is counted with stands in docs/costs.md with its source.
func TestPricesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			name := strings.ReplaceAll(strings.TrimPrefix(cells[0], "| "), "`", "")
			if documented[name] == "" {
				documented[name] = cells[1]
			}
		}
	}
	all := []Price{actionMinute, gbSecond, ecrStorage, signature, inspection, s3Storage, alarm, dashboard, key, secret}
	for _, p := range machines {
		all = append(all, p)
	}
	for _, p := range all {
		if documented[p.What] != p.Text || p.USD() <= 0 {
			t.Errorf("%s: %s, docs/costs.md has %q", p.What, p.Text, documented[p.What])
		}
	}
	counted := 0
	for name := range documented {
		if strings.HasPrefix(name, "CodeBuild ") && !strings.Contains(name, ":") {
			counted++
		}
	}
	if counted != len(machines) {
		t.Errorf("docs/costs.md has %d machines, %d are counted with", counted, len(machines))
	}
}

// bills are those of an assembly with these stacks.
func bills(t *testing.T, given Assumptions, stacks map[string]string) []Bill {
	t.Helper()
	dir := t.TempDir()
	var artifacts []string
	for name, resources := range stacks {
		artifacts = append(artifacts, fmt.Sprintf(
			`%q: {"type": "aws:cloudformation:stack", "properties": {"templateFile": "%s.json"}}`, name, name))
		write(t, filepath.Join(dir, name+".json"), `{"Resources": {`+resources+`}}`)
	}
	write(t, filepath.Join(dir, "manifest.json"), `{"artifacts": {`+strings.Join(artifacts, ",")+`}}`)
	found, err := assembly.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Bills(found, given)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

const app = `
	"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": [
		{"Name": "Source", "Actions": [{"ActionTypeId": {"Category": "Source", "Provider": "CodeCommit"}}]},
		{"Name": "Build", "Actions": [
			{"ActionTypeId": {"Category": "Build", "Provider": "CodeBuild"}, "Configuration": {"ProjectName": {"Ref": "Intel"}}},
			{"ActionTypeId": {"Category": "Build", "Provider": "CodeBuild"}, "Configuration": {"ProjectName": {"Ref": "Huge"}}}]},
		{"Name": "Validate", "Actions": [
			{"ActionTypeId": {"Category": "Invoke", "Provider": "Lambda"}, "Configuration": {"FunctionName": {"Ref": "Validate"}}}]},
		{"Name": "Approval", "Actions": [{"ActionTypeId": {"Category": "Approval", "Provider": "Manual"}}]}]}},
	"Intel": {"Type": "AWS::CodeBuild::Project", "Properties": {"Environment": {
		"Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL", "EnvironmentVariables": [
			{"Name": "A", "Type": "SECRETS_MANAGER", "Value": "npm:token"}, {"Name": "B", "Type": "SECRETS_MANAGER", "Value": "npm:user"},
			{"Name": "C", "Type": "PLAINTEXT", "Value": "other"}]}}},
	"Huge": {"Type": "AWS::CodeBuild::Project", "Properties": {"Environment": {
		"Type": "ARM_CONTAINER", "ComputeType": "BUILD_GENERAL1_2XLARGE"}}},
	"Validate": {"Type": "AWS::Lambda::Function", "Metadata": {"archway:package": "archway/lambda/validate"},
		"Properties": {"MemorySize": 2048}},
	"Trigger": {"Type": "AWS::Lambda::Function", "Metadata": {"archway:package": "archway/lambda/trigger"},
		"Properties": {"MemorySize": 512}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": ["inspector2:ListFindings"], "Resource": "*"}]}}]}},
	"Alarm": {"Type": "AWS::CloudWatch::Alarm"}, "Key": {"Type": "AWS::KMS::Key"}`

// rows are items as "what: quantity".
func rowsOf(items []Item) []string {
	var all []string
	for _, i := range items {
		what, _, _ := strings.Cut(i.What, ":")
		text := what + ": " + number(i.Quantity)
		if i.Unknown {
			text += " of an unknown price"
		}
		all = append(all, text)
	}
	return all
}

func TestBill(t *testing.T) {
	given := Assumptions{Runs: 10, BuildMinutes: 3, ImageGB: 2}
	got := bills(t, given, map[string]string{
		"app": app, "nothing": `"Role": {"Type": "AWS::IAM::Role"}`,
		"registry": `"Signing": {"Type": "AWS::ECR::SigningConfiguration"},
			"Cache": {"Type": "AWS::ECR::PullThroughCacheRule", "Properties": {"CredentialArn": "arn:secret"}}`,
	})
	if len(got) != 2 {
		t.Fatalf("%d bills, want those of app and registry", len(got))
	}
	run := []string{
		"CodePipeline: 8", "CodeBuild arm64 2XLARGE: 3 of an unknown price", "CodeBuild x86_64 SMALL: 3", "Lambda: 5",
		"ECR signing: 5", "Inspector: 2",
	}
	if diff := cmp.Diff(run, rowsOf(got[0].Run)); diff != "" {
		t.Errorf("a run (-want +got):\n%s", diff)
	}
	month := []string{"CloudWatch alarms: 1", "KMS: 1", "Secrets Manager: 1", "ECR: 2"}
	if diff := cmp.Diff(month, rowsOf(got[0].Month)); diff != "" {
		t.Errorf("a month (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Secrets Manager: 1", "ECR: 1"}, rowsOf(got[1].Month)); diff != "" {
		t.Errorf("the registry's month (-want +got):\n%s", diff)
	}
	wantRun := 8*0.002 + 3*0.005 + 5*0.0000133334 + 5*0.02 + 2*0.09
	if want := 0.10 + 1 + 0.40 + 0.20 + 10*wantRun; math.Abs(got[0].Monthly()-want) > 1e-9 || got[1].Runs != 0 {
		t.Errorf("a month costs %g, want %g; the registry has %d runs", got[0].Monthly(), want, got[1].Runs)
	}
	// 80 action minutes, 30 small build minutes and one alarm are within what is free.
	if want := 0.16 + 0.15 + 0.10 + 50*0.0000133334; math.Abs(Free(got)-want) > 1e-9 {
		t.Errorf("%g is free, want %g", Free(got), want)
	}
	var text strings.Builder
	Write(&text, got, given)
	for _, want := range []string{"CodeBuild arm64 2XLARGE: minutes", "not known", "a month with 10 runs",
		"counts as nothing"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// Of what is free, more is not to be had.
func TestFreeEnds(t *testing.T) {
	b := Bill{Runs: 100, Run: []Item{{Quantity: 10, Price: actionMinute, free: actionMinutes}}}
	if got, want := Free([]Bill{b}), 100*0.002; math.Abs(got-want) > 1e-9 {
		t.Errorf("%g is free, want %g", got, want)
	}
}
