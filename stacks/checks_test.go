package stacks_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"archway/config"
	"archway/stacks"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

func TestMain(m *testing.M) {
	asCommandLine()
	os.Exit(func() int {
		defer jsii.Close()
		return m.Run()
	}())
}

// asCommandLine has the CDK work as below its command line, which reports what its own checks find;
// else they throw here. Those that take long are left out. The tests start again for it, because
// jsii has copied the environment before main.
func asCommandLine() {
	if os.Getenv("CDK_VALIDATION") != "" {
		return
	}
	jsii.Close()
	self, err := os.Executable()
	if err == nil {
		err = syscall.Exec(self, os.Args, append(os.Environ(), "CDK_VALIDATION=false", "CDK_APP_MODE=process"))
	}
	panic(err)
}

// A queue without encryption in transit and without a dead-letter queue stands for anything that a
// change may add. Its finding fails the synthesis, and stands in the report.
func TestFindingOfCdkNag(t *testing.T) {
	cfg, err := config.Load([]byte(`{"pipelines":[{"name":"app","images":[{"name":"app"}]}]}`), ".")
	if err != nil {
		t.Fatal(err)
	}
	app := stacks.NewApp(cfg)
	stack := awscdk.Stack_Of(app.Node().FindChild(jsii.String("app")))
	awssqs.NewQueue(stack, jsii.String("Queue"), nil)

	dir, err := stacks.Synthesize(app)
	if err == nil {
		t.Fatal("nothing was found")
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		if !strings.HasPrefix(line, "app/Queue: cdk-nag finds AwsSolutions-SQS") ||
			!strings.Contains(line, "To cure it") {
			t.Errorf("an unclear message: %s", line)
		}
	}
	report, err := os.ReadFile(filepath.Join(dir, "AwsSolutions-app-NagReport.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"AwsSolutions-SQS3","app/Queue/Resource","Non-Compliant"`,
		`"AwsSolutions-S1","app/Artifacts/Bucket/Resource","Suppressed"`} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report lacks %s", want)
		}
	}
}
