package template_test

import (
	"os"
	"os/exec"
	"testing"

	"archway/config"
)

func TestCfnLintIsClean(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("cfn-lint is not installed, and CI requires it: pip install cfn-lint")
		}
		t.Skip("NOT CHECKED: cfn-lint is not installed: pip install cfn-lint")
	}
	// All in one go: most of the time it reads what CloudFormation knows.
	arguments := []string{"--"}
	for _, stack := range append(all, config.RegistryStack) {
		arguments = append(arguments, synthesized(t, stack).TemplateFile)
	}
	// From an empty folder, so that no configuration file of this one makes it easier.
	cmd := exec.Command(lint, arguments...)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
