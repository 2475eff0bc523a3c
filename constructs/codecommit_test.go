package constructs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

const codeCommitRepository = "AWS::CodeCommit::Repository"

var (
	source = stack("Source", func(stack awscdk.Stack) {
		source := archway.NewCodeCommit(stack, "Source",
			&archway.CodeCommitProps{RepositoryName: "app", Seed: seed(), Branch: "trunk"})
		awscdk.NewCfnOutput(stack, jsii.String("Https"), &awscdk.CfnOutputProps{Value: source.URL()})
		awscdk.NewCfnOutput(stack, jsii.String("Grc"), &awscdk.CfnOutputProps{Value: source.CloneURLGRC()})
	})
	sourceEmpty = stack("SourceEmpty", func(stack awscdk.Stack) {
		archway.NewCodeCommit(stack, "Source",
			&archway.CodeCommitProps{RepositoryName: "app", RemovalPolicy: awscdk.RemovalPolicy_DESTROY})
	})
	sourceExisting = stack("SourceExisting", func(stack awscdk.Stack) {
		source := archway.NewCodeCommit(stack, "Source",
			&archway.CodeCommitProps{RepositoryName: "app", Existing: true})
		awscdk.NewCfnOutput(stack, jsii.String("Arn"), &awscdk.CfnOutputProps{Value: source.Repository.RepositoryArn()})
	})
)

// seed makes a folder as a person may have it after working in it.
func seed() string {
	dir := filepath.Join(outdir, "seed")
	for name, text := range map[string]string{
		".dockerignore":             ".git\n",
		".git/config":               "[core]\n",
		".gitignore":                "# dependencies\n\nnode_modules/\n*.log\n!kept/*.log\n",
		"Dockerfile":                "FROM scratch\n",
		"debug.log":                 "left over\n",
		"kept/app.log":              "wanted\n",
		"node_modules/some/some.js": "left over\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			panic(err)
		}
	}
	return dir
}

func TestSourceIsSeededOnItsBranch(t *testing.T) {
	code := resources(t, source, codeCommitRepository)["SourceRepository"].Properties["Code"].(map[string]any)
	if got := code["BranchName"]; got != "trunk" {
		t.Errorf("the seed goes to branch %v", got)
	}
}

// A source is seeded with what would be committed.
func TestSeedOfSource(t *testing.T) {
	code := resources(t, source, codeCommitRepository)["SourceRepository"].Properties["Code"].(map[string]any)
	key := code["S3"].(map[string]any)["Key"].(string)
	dir := filepath.Join(outdir, "asset."+key[:len(key)-len(".zip")])
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	if diff := cmp.Diff([]string{".dockerignore", ".gitignore", "Dockerfile", "kept/app.log"}, files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSourceCanStartEmpty(t *testing.T) {
	if code := resources(t, sourceEmpty, codeCommitRepository)["SourceRepository"].Properties["Code"]; code != nil {
		t.Errorf("it is seeded: %s", plain(code))
	}
}

// A source is kept unless the properties say otherwise.
func TestSourceIsKept(t *testing.T) {
	for stack, want := range map[string]string{source: "RetainExceptOnCreate", sourceEmpty: "Delete"} {
		if got := resources(t, stack, codeCommitRepository)["SourceRepository"].DeletionPolicy; got != want {
			t.Errorf("%s: DeletionPolicy is %s, want %s", stack, got, want)
		}
	}
}

// A source that exists is only referred to.
func TestExistingSource(t *testing.T) {
	if made := resources(t, sourceExisting, codeCommitRepository); len(made) > 0 {
		t.Errorf("repositories are created: %v", made)
	}
	if got, want := output(t, sourceExisting, "Arn"),
		"arn:${AWS::Partition}:codecommit:${AWS::Region}:${AWS::AccountId}:app"; got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
}

func TestSourceTellsHowToCloneIt(t *testing.T) {
	if got, want := output(t, source, "Https"), "${SourceRepository.CloneUrlHttp}"; got != want {
		t.Errorf("over HTTPS: %s, want %s", got, want)
	}
	if got, want := output(t, source, "Grc"), "codecommit::${AWS::Region}://${SourceRepository.Name}"; got != want {
		t.Errorf("with git-remote-codecommit: %s, want %s", got, want)
	}
}

// output is the value of an output of the stack.
func output(t *testing.T, stack, name string) string {
	t.Helper()
	data, err := os.ReadFile(synthesize()[stack].path)
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Outputs map[string]struct{ Value any }
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	found, ok := template.Outputs[name]
	if !ok {
		t.Fatalf("stack %s has no output %s", stack, name)
	}
	return plain(found.Value)
}
