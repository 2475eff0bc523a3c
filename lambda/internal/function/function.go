// Package function runs the programs of functions: what each has to do before it handles events.
package function

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/settings"
	"archway/lambda/internal/aws/awsenv"
	"archway/lambda/internal/plain"
)

// Start makes the handler of a function's events. It looks at the function's own environment
// variables.
type Start func(cfg aws.Config, log *slog.Logger) (handler any, err error)

// Configured gives a function the settings of its pipeline, which lie in its package.
func Configured(start func(cfg aws.Config, loaded *settings.Loaded, log *slog.Logger) (handler any, err error)) Start {
	return func(cfg aws.Config, log *slog.Logger) (any, error) {
		// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
		loaded, err := settings.Load(os.Getenv("LAMBDA_TASK_ROOT"))
		if err != nil {
			return nil, err
		}
		return start(cfg, loaded, log)
	}
}

// Outside reports whether the program runs outside of Lambda.
func Outside() bool { return os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" }

// Main is the main function of a program that runs in Lambda only: elsewhere it says so and ends
// with exit status 2. does is a sentence's beginning that says what the program is for.
func Main(does string, start Start) {
	if Outside() {
		fmt.Fprintf(os.Stderr, "%s and runs as a Lambda function only (AWS_LAMBDA_RUNTIME_API is not set)\n", does)
		os.Exit(2)
	}
	Serve(start)
}

// Serve handles events until Lambda ends the program. If it can't be started, the log says why, and
// the exit status is 1.
func Serve(start Start) {
	log := logger(os.Stdout)
	cfg, err := awsenv.Load()
	var handler any
	if err == nil {
		handler, err = start(cfg, log)
	}
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

// logger writes lines of JSON, in which nothing of what registries serve steers the terminal of
// whoever reads the log.
func logger(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(plain.Writer(w), nil)) }
