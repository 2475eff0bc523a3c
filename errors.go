package main

import (
	"errors"
	"fmt"
	"io"
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
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, err := range joined.Unwrap() {
			lines = append(lines, problems(err)...)
		}
		return lines
	}
	return withoutStack(err.Error())
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
