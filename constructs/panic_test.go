package constructs_test

import (
	"errors"
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// panicked returns what the function panics with.
func panicked(function func()) (reason any) {
	defer func() { reason = recover() }()
	function()
	return nil
}

// A constructor panics once, with all problems and their place.
func TestConstructorPanic(t *testing.T) {
	scope := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("app"), nil)
	for id, construct := range map[string]func(id string){
		"Repositories": func(id string) { archway.NewRepositories(scope, id, nil) },
		"Source":       func(id string) { archway.NewCodeCommit(scope, id, nil) },
		"Artifacts":    func(id string) { archway.NewArtifacts(scope, id, &archway.ArtifactsProps{ExpireDays: -1}) },
		"NativeBuild":  func(id string) { archway.NewNativeBuild(scope, id, nil) },
		"Merge":        func(id string) { archway.NewMerge(scope, id, nil) },
		"GoFunction":   func(id string) { archway.NewGoFunction(scope, id, nil) },
		"Delivery":     func(id string) { archway.NewDelivery(scope, nil) },
		"Validator":    func(id string) { archway.NewValidator(scope, id, nil) },
		"Promoter":     func(id string) { archway.NewPromoter(scope, id, nil) },
		"Pipeline":     func(id string) { archway.NewPipeline(scope, id, nil) },
		"Trigger":      func(id string) { archway.NewTrigger(scope, id, nil) },
	} {
		reason, _ := panicked(func() { construct(id) }).(error)
		var invalid *archway.InvalidProps
		if !errors.As(reason, &invalid) {
			t.Errorf("%s panics with %v, want *InvalidProps", id, reason)
			continue
		}
		if invalid.Construct != id || invalid.Path != "app/"+id {
			t.Errorf("%s panics for %s at %s", id, invalid.Construct, invalid.Path)
		}
	}
}

// A function that doesn't compile is reported as the compiler reports it.
func TestFunctionNotCompiling(t *testing.T) {
	scope := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("app"), nil)
	reason, _ := panicked(func() {
		archway.NewGoFunction(scope, "Fn", &archway.GoFunctionProps{Package: "archway/constructs/testdata/broken"})
	}).(error)
	if reason == nil {
		t.Fatal("there is no panic")
	}
	for _, want := range []string{"GoFunction app/Fn: building archway/constructs/testdata/broken for linux/arm64",
		"main.go:5:2: undefined: nothing"} {
		if !strings.Contains(reason.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, reason)
		}
	}
}

// What is built ahead and not needed is given up.
func TestNeedlessBuildIsGivenUp(t *testing.T) {
	stop := archway.BuildAhead("archway/constructs/testdata/function/...", "archway/constructs/testdata/broken/...")
	stop()
	TestNothingIsLeftOfABuild(t)
}
