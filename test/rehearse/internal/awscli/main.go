// Aws stands for the AWS CLI on machines that have none: the two commands that
// the buildspecs use, with the CLI's arguments, output and exit codes. Everything
// else is refused by name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/smithy-go"
)

// The CLI's exit codes.
const (
	exitUsage   = 252
	exitService = 254
	exitOther   = 255
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	c, err := parse(arguments)
	if err != nil {
		fmt.Fprintf(problems, "\naws (the rehearsal's stand-in): error: %v\n", err)
		return exitUsage
	}
	if c.version {
		fmt.Fprintln(out, "aws-cli/0.0.0 (the rehearsal's stand-in)")
		return 0
	}
	err = call(ctx, c, out)
	var service smithy.APIError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &service):
		fmt.Fprintf(problems, "\nAn error occurred (%s) when calling the %s operation: %s\n", service.ErrorCode(), operations[c.name], service.ErrorMessage())
		return exitService
	}
	fmt.Fprintf(problems, "\n%v\n", err)
	return exitOther
}

func call(ctx context.Context, c command, out io.Writer) error {
	var options []func(*config.LoadOptions) error
	if region := c.options["region"]; region != "" {
		options = append(options, config.WithRegion(region))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return err
	}
	client := ecr.NewFromConfig(settings)
	if c.name == "ecr put-image" {
		return putImage(ctx, client, c, out)
	}
	return getLoginPassword(ctx, client, out)
}
