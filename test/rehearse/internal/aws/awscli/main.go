// Aws stands for the AWS CLI on machines that have none: the commands that
// the buildspecs use, with the arguments, output and exit codes of the CLI's version 2. Everything
// else is refused by name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
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
		fmt.Fprintf(problems, "\nAn error occurred (%s) when calling the %s operation: %s\n",
			service.ErrorCode(), commands[c.name].operation, service.ErrorMessage())
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
	client := settings.HTTPClient
	if client == nil { // each service would make its own
		client = http.NewBuildableClient()
	}
	s := session{command: c, settings: settings, answers: &answers{client: client}, out: out}
	s.settings.HTTPClient = s.answers
	return commands[c.name].run(ctx, s)
}

// session is one call of the program.
type session struct {
	command
	settings aws.Config
	answers  *answers
	out      io.Writer
}

// option is an argument, or nil where it was not given.
func (s session) option(name string) *string {
	if value, ok := s.options[name]; ok {
		return aws.String(value)
	}
	return nil
}
