package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"regexp"
	"strings"

	archway "archway/constructs"
)

// report writes why there is no template, one problem to a line.
func report(w io.Writer, reason any) {
	for _, line := range problems(reason) {
		fmt.Fprintln(w, "archway:", line)
	}
}

// problems are the problems that an error, or what somebody panicked with, holds.
func problems(reason any) []string {
	err, isError := reason.(error)
	if !isError {
		return withoutStack(fmt.Sprint(reason))
	}
	if invalid := (*archway.InvalidProps)(nil); errors.As(err, &invalid) {
		return strings.Split(invalid.Error(), "\n")
	}
	if cantStart(err) {
		return []string{fmt.Sprintf(
			"can't start Node.js, which runs the CDK: %v: install it with npm ci, and run npx cdk synth", err)}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, err := range joined.Unwrap() {
			lines = append(lines, problems(err)...)
		}
		return lines
	}
	return withoutStack(err.Error())
}

// cantStart reports whether a program could not be started; jsii starts Node and nothing else.
func cantStart(err error) bool {
	var notFound *exec.Error
	var failed *fs.PathError
	return errors.As(err, &notFound) || errors.As(err, &failed) && failed.Op == "fork/exec"
}

// stackLine is a line of a JavaScript stack trace, which the CDK's errors bring along.
var stackLine = regexp.MustCompile(`^\s+at |^\s*\.\.\. |^\s*-+$`)

func withoutStack(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \t\r\n"); line != "" && !stackLine.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}
