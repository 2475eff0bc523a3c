package constructs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"archway/constructs/internal/gobuild"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// stage hands the program, and the files beside it, to the CDK, which copies them into the cloud
// assembly; cleanUp removes what the CDK copied from.
func stage(scope constructs.Construct, program []byte, files map[string][]byte) (code awslambda.Code, cleanUp func()) {
	dir, err := os.MkdirTemp("", "archway-function-")
	if err == nil {
		// Lambda runs the program as another user: the mode must not depend on this user's umask.
		err = errors.Join(os.Chmod(dir, 0o755), writeExecutable(filepath.Join(dir, "bootstrap"), program))
		for name, data := range files {
			err = errors.Join(err, writeReadable(filepath.Join(dir, name), data))
		}
	}
	if err != nil {
		panic(fmt.Errorf("handing a function's program to the CDK: %w", err))
	}
	sum := packageSum(program, files)
	code = awslambda.Code_FromAsset(&dir, &awss3assets.AssetOptions{
		AssetHashType: awscdk.AssetHashType_CUSTOM,
		AssetHash:     &sum,
	})
	cleanUp = func() { os.RemoveAll(dir) }
	if scope.Node().TryGetContext(jsii.String("aws:cdk:disable-asset-staging")) != nil {
		cleanUp = func() {} // with "cdk synth --no-staging" the assembly refers to the folder itself
	}
	return code, cleanUp
}

// packageSum names what is in a package, in whatever order the files come.
func packageSum(program []byte, files map[string][]byte) string {
	sum := sha256.New()
	add := func(name string, data []byte) {
		fmt.Fprintf(sum, "%d %s %d\n", len(name), name, len(data))
		sum.Write(data)
	}
	add("bootstrap", program)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		add(name, files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func writeReadable(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

func writeExecutable(path string, program []byte) error {
	if err := os.WriteFile(path, program, 0o755); err != nil {
		return err
	}
	return os.Chmod(path, 0o755)
}

// BuildAhead starts compiling the packages in the background, and returns at once. Call it first
// thing in main: the compiler then works while the CDK starts, and NewGoFunction finds the result
// ready. Errors are NewGoFunction's to report. Call stop at the end: it gives up what nobody waits
// for any more, and returns when nothing is left of it.
func BuildAhead(importPaths ...string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, importPath := range importPaths {
		result := build(ctx, "", importPath)
		running.Go(func() { result() })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

type buildResult = func() ([]byte, error)

// builds holds one result per folder and package, so that stacks that share a function compile it
// once.
var builds sync.Map

func build(ctx context.Context, dir, importPath string) buildResult {
	result, _ := builds.LoadOrStore([2]string{dir, importPath}, sync.OnceValues(func() ([]byte, error) {
		return gobuild.Package(ctx, dir, importPath)
	}))
	return result.(buildResult)
}
