package constructs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// InvalidProps is what a constructor panics with if its props are wrong.
type InvalidProps struct {
	// Construct is the kind of the construct, e.g. "NativeBuild".
	Construct string

	// Path is where in the construct tree it would have been.
	Path string

	// Err joins all problems.
	Err error
}

// Error has one line per problem.
func (e *InvalidProps) Error() string {
	var lines []string
	for _, err := range e.Problems() {
		lines = append(lines, fmt.Sprintf("%s %s: %v", e.Construct, e.Path, err))
	}
	return strings.Join(lines, "\n")
}

// Problems are the single problems.
func (e *InvalidProps) Problems() []error {
	if joined, ok := e.Err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{e.Err}
}

// Unwrap returns the joined problems.
func (e *InvalidProps) Unwrap() error { return e.Err }

var errNoProps = errors.New("the props are nil: give at least the required ones")

// check panics if err is not nil.
func check(construct string, scope constructs.Construct, id string, err error) {
	if err == nil {
		return
	}
	path := id
	if parent := *scope.Node().Path(); parent != "" {
		path = parent + "/" + id
	}
	panic(&InvalidProps{Construct: construct, Path: path, Err: err})
}

// fill sets a prop that was left out to its default.
func fill[T comparable](prop *T, value T) {
	var zero T
	if *prop == zero {
		*prop = value
	}
}

// wrong is the problem of a prop.
func wrong(prop, format string, args ...any) error {
	return errors.New(prop + " " + fmt.Sprintf(format, args...))
}

// at names an element of a list.
func at(list string, index int) string { return fmt.Sprintf("%s[%d]", list, index) }

// missing is the problem of a required prop that was left out, or nil.
func missing(absent bool, prop, what string) error {
	if absent {
		return wrong(prop, "is missing: give %s", what)
	}
	return nil
}

// within is the problem of a duration that AWS would refuse, or nil; zero stands for the default.
func within(prop string, got, least, most, unit time.Duration) error {
	switch {
	case got == 0:
		return nil
	case got < least || got > most:
		return wrong(prop, "is %s: AWS allows %s to %s", got, least, most)
	case got%unit != 0:
		return wrong(prop, "is %s: AWS counts in steps of %s", got, unit)
	}
	return nil
}

// unresolved reports whether the CDK fills in the value later: such a value can't be judged yet. It
// is what awscdk.Token_IsUnresolved does for strings, without a call to Node.
func unresolved(value string) bool { return strings.Contains(value, "${Token[") }

func duration(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

// optional is nil for the zero value, with which the CDK's constructs apply their own default.
func optional(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

func stringMap(values map[string]string) *map[string]*string {
	if len(values) == 0 {
		return nil
	}
	converted := make(map[string]*string, len(values))
	for key, value := range values {
		converted[key] = &value
	}
	return &converted
}
