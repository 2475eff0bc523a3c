package constructs_test

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

const (
	lambdaFunction    = "AWS::Lambda::Function"
	eventInvokeConfig = "AWS::Lambda::EventInvokeConfig"
)

var (
	function = stack("Function", func(stack awscdk.Stack) {
		archway.NewGoFunction(stack, "Fn", &archway.GoFunctionProps{Package: "archway/constructs/testdata/function"})
	})
	functionAsTold = stack("FunctionAsTold", func(stack awscdk.Stack) {
		archway.NewGoFunction(stack, "Fn", &archway.GoFunctionProps{
			Package:       "./function",
			Dir:           "testdata",
			Description:   "Does as it is told",
			MemoryMB:      1024,
			Timeout:       90 * time.Second,
			RetryAttempts: new(int),
			MaxEventAge:   5 * time.Minute,
			Environment:   map[string]string{"MODE": "told"},
			Logs:          archway.Logs{RemovalPolicy: awscdk.RemovalPolicy_DESTROY},
		})
	})
)

func TestFunctionRunsOnGraviton(t *testing.T) {
	hasProperties(t, function, lambdaFunction, map[string]any{
		"Runtime": "provided.al2023", "Architectures": []any{"arm64"}, "Handler": "bootstrap",
	})
}

func TestFunctionHasLimits(t *testing.T) {
	hasProperties(t, function, lambdaFunction, map[string]any{"MemorySize": 256, "Timeout": 60})
	hasProperties(t, functionAsTold, lambdaFunction, map[string]any{"MemorySize": 1024, "Timeout": 90})
}

// A function is not invoked for what is given up.
func TestFunctionRetries(t *testing.T) {
	hasProperties(t, function, eventInvokeConfig,
		map[string]any{"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 1200})
	hasProperties(t, functionAsTold, eventInvokeConfig,
		map[string]any{"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 300})
}

// A function logs as JSON, to its own group.
func TestFunctionLogs(t *testing.T) {
	config := resources(t, function, lambdaFunction)["FnFunction"].Properties["LoggingConfig"].(map[string]any)
	// Without a group of its own: then Lambda takes the one that CodePipeline links to.
	want := map[string]any{"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
	if diff := cmp.Diff(want, config); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if name := plain(resources(t, function,
		"AWS::Logs::LogGroup")["FnLogs"].Properties["LogGroupName"]); name != "/aws/lambda/${FnFunction}" {
		t.Errorf("the log group is called %s", name)
	}
}

func TestFunctionLogsAreKeptForAWhile(t *testing.T) {
	for stack, deletion := range map[string]string{function: "RetainExceptOnCreate", functionAsTold: "Delete"} {
		group := resources(t, stack, "AWS::Logs::LogGroup")["FnLogs"]
		if group.Properties["RetentionInDays"] != 90.0 || group.DeletionPolicy != deletion {
			t.Errorf("%s: %v days, %s", stack, group.Properties["RetentionInDays"], group.DeletionPolicy)
		}
	}
}

// A function may only write its log by default.
func TestFunctionPermissions(t *testing.T) {
	want := []string{"logs:CreateLogStream on ${FnLogs.Arn}", "logs:PutLogEvents on ${FnLogs.Arn}"}
	if diff := cmp.Diff(want, permissions(t, function, "FnRole")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A function tells what it was built from.
func TestFunctionOrigin(t *testing.T) {
	got := resources(t, function, lambdaFunction)["FnFunction"].Metadata[archway.PackageMetadata]
	if want := "archway/constructs/testdata/function"; got != want {
		t.Errorf("%s is %v, want %s", archway.PackageMetadata, got, want)
	}
}

func TestFunctionHasItsEnvironment(t *testing.T) {
	hasProperties(t, functionAsTold, lambdaFunction,
		map[string]any{"Environment": map[string]any{"Variables": map[string]any{"MODE": "told"}}})
}

// assetOf is the folder in the cloud assembly that a function's code comes from.
func assetOf(t *testing.T, stack, id string) string {
	t.Helper()
	code := resources(t, stack, lambdaFunction)[id].Properties["Code"].(map[string]any)
	return filepath.Join(outdir, "asset."+strings.TrimSuffix(code["S3Key"].(string), ".zip"))
}

// The asset of a function is the program alone.
func TestFunctionAsset(t *testing.T) {
	dir := assetOf(t, function, "FnFunction")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != "bootstrap" {
		t.Fatalf("it holds %v, want bootstrap only", entries)
	}
	info, err := entries[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o755 {
		t.Errorf("its mode is %s: Lambda runs it as another user", info.Mode())
	}
	program, err := elf.Open(filepath.Join(dir, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if program.Machine != elf.EM_AARCH64 {
		t.Errorf("it is built for %s", program.Machine)
	}
	if libraries, _ := program.ImportedLibraries(); len(libraries) > 0 {
		t.Errorf("it needs libraries: %v", libraries)
	}
}

// The asset's name must follow the program's bytes and nothing else: not a folder, a time or a
// mode.
func TestFunctionAssetName(t *testing.T) {
	byPath, byFolder := assetOf(t, function, "FnFunction"), assetOf(t, functionAsTold, "FnFunction")
	if byPath != byFolder {
		t.Errorf("the same package gives two assets: %s and %s", byPath, byFolder)
	}
	program, err := os.ReadFile(filepath.Join(byPath, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "9 bootstrap %d\n%s", len(program), program))
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Other"), nil)
	staging := awscdk.NewAssetStaging(stack, jsii.String("Asset"), &awscdk.AssetStagingProps{
		SourcePath:    jsii.String("testdata"),
		AssetHashType: awscdk.AssetHashType_CUSTOM,
		AssetHash:     jsii.String(hex.EncodeToString(sum[:])),
	})
	if want := "asset." + *staging.AssetHash(); filepath.Base(byPath) != want {
		t.Errorf("the asset is %s, want %s", filepath.Base(byPath), want)
	}
}

func TestNothingIsLeftOfABuild(t *testing.T) {
	synthesize()
	for _, pattern := range []string{"archway-build-*", "archway-function-*"} {
		left, err := filepath.Glob(filepath.Join(os.TempDir(), pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
	}
}

// ofBoth is a permission on the same repository of both images.
func ofBoth(repository string, actions ...string) []string {
	var all []string
	for _, action := range actions {
		for _, image := range []string{"api", "web"} {
			all = append(all, "ecr:"+action+" on ${"+image+"Registry"+repository+".Arn}")
		}
	}
	return all
}

const ofApp = " on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app"

// The validator may only read the registry.
func TestValidatorPermissions(t *testing.T) {
	want := slices.Concat(
		ofBoth("Staging", "BatchCheckLayerAvailability", "BatchGetImage", "DescribeImages", "GetDownloadUrlForLayer"),
		ofBoth("Images", "BatchGetImage"), // what the tags serve
		[]string{
			"codepipeline:GetPipelineExecution" + ofApp,
			"codepipeline:ListActionExecutions" + ofApp,
			"codepipeline:PutJobFailureResult on *",
			"codepipeline:PutJobSuccessResult on *",
			"ecr:GetAuthorizationToken on *",
			"logs:CreateLogStream on ${ValidateLogs.Arn}",
			"logs:PutLogEvents on ${ValidateLogs.Arn}",
		})
	slices.Sort(want)
	if diff := cmp.Diff(want, permissions(t, twoImages, "ValidateRole")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The promoter may copy from staging to release.
func TestPromoterPermissions(t *testing.T) {
	want := slices.Concat(
		ofBoth("Staging", "BatchGetImage", "GetDownloadUrlForLayer"),
		ofBoth("Images", "BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages",
			"InitiateLayerUpload", "PutImage", "UploadLayerPart"),
		[]string{
			"codecommit:GetBranch on ${SourceRepository.Arn}",
			"codecommit:GetMergeOptions on ${SourceRepository.Arn}",
			"codepipeline:GetPipelineExecution" + ofApp,
			"codepipeline:GetPipelineState" + ofApp,
			"codepipeline:ListActionExecutions" + ofApp,
			"codepipeline:PutJobFailureResult on *",
			"codepipeline:PutJobSuccessResult on *",
			"ecr:GetAuthorizationToken on *",
			"logs:CreateLogStream on ${PromoteLogs.Arn}",
			"logs:PutLogEvents on ${PromoteLogs.Arn}",
		})
	slices.Sort(want)
	if diff := cmp.Diff(want, permissions(t, twoImages, "PromoteRole")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
