package constructs_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// CloudFormation would refuse them in the middle of the first deployment, and say nothing that
// helps.
func TestSeedThatCannotBeCommitted(t *testing.T) {
	noise := make([]byte, 21<<20) // which no compression makes smaller
	rand.Read(noise)
	for name, test := range map[string]struct {
		files map[string]string
		want  []string // nothing if it can be committed
	}{
		"small":              {map[string]string{"Dockerfile": "FROM scratch\n", "a/b": "\n"}, nil},
		"large, and shrinks": {map[string]string{"zeros": strings.Repeat("0", 30<<20)}, nil},
		"large": {map[string]string{"noise": string(noise)},
			[]string{"/seed\", which has ", "CodeCommit takes at most 20971520 at once", ".gitignore"}},
		"large, but ignored": {map[string]string{"noise": string(noise), ".gitignore": "noise\n"}, nil},
		"empty, but ignored": {map[string]string{"a/__init__.py": "", "a/x": "x", ".gitignore": "__init__.py\n"}, nil},
		"empty file": {map[string]string{"a/__init__.py": "", "b": "b"},
			[]string{"Source app/Source/Seed: Seed has empty files", "/seed/a/__init__.py", "only a line end"}},
		"empty files, many": {map[string]string{"1": "", "2": "", "3": "", "4": "", "5": "", "6": "", "7": ""},
			[]string{"/seed/1, ", "/seed/5 and 2 more"}},
		"empty file in .git": {map[string]string{".git/lock": "", "b": "b"}, nil},
		"a file that is kept": {map[string]string{".gitignore": "*.log\n!kept.log\n", "kept.log": "", "x.log": ""},
			[]string{": /", "/seed/kept.log"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "seed")
			for path, content := range test.files {
				path = filepath.Join(dir, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			scope := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("app"), nil)
			reason, _ := panicked(func() {
				archway.NewCodeCommit(scope, "Source", &archway.CodeCommitProps{RepositoryName: "app", Seed: dir})
			}).(error)
			if test.want == nil && reason != nil {
				t.Errorf("got %v", reason)
			}
			for _, want := range test.want {
				if reason == nil || !strings.Contains(reason.Error(), want) {
					t.Errorf("got %v, want %q", reason, want)
				}
			}
		})
	}
}
