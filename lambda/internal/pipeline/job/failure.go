package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/smithy-go"

	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/image/registry"
)

// Failure is an error whose type and message CodePipeline is to show.
type Failure struct {
	Type    types.FailureType
	Message string
}

func (f *Failure) Error() string { return f.Message }

// Failed says that the work was done, and its result is a no.
func Failed(format string, args ...any) error {
	return &Failure{types.FailureTypeJobFailed, fmt.Sprintf(format, args...)}
}

// Misconfigured says that the action's configuration can't work.
func Misconfigured(format string, args ...any) error {
	return &Failure{types.FailureTypeConfigurationError, fmt.Sprintf(format, args...)}
}

// failureOf gives every error one of CodePipeline's failure types, so that "the image is bad" and
// "nobody could look at the image" are told apart.
func failureOf(err error) *Failure {
	var known *Failure
	var api smithy.APIError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, login.ErrNoECR):
		return &Failure{types.FailureTypeConfigurationError, err.Error()}
	case errors.Is(err, registry.ErrDenied):
		return &Failure{types.FailureTypePermissionError,
			fmt.Sprintf("The registry refused access, so nothing was decided: %s. Check the policy of this function's role, and the repository's own policy.",
				err)}
	case errors.As(err, &api) && denied[api.ErrorCode()]:
		return &Failure{types.FailureTypePermissionError,
			fmt.Sprintf("AWS refused access, so nothing was decided: %s. Check the policy of this function's role.",
				err)}
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{types.FailureTypeSystemUnavailable,
			fmt.Sprintf("The function's time ran out before the registry had answered everything, so nothing was decided: %s. Retry the stage; if it happens again, raise the function's timeout.",
				err)}
	case errors.As(err, &api):
		return &Failure{types.FailureTypeSystemUnavailable,
			fmt.Sprintf("AWS could not be asked, so nothing was decided: %s. Retry the stage.", err)}
	case errors.Is(err, registry.ErrUnavailable):
		return &Failure{types.FailureTypeSystemUnavailable,
			fmt.Sprintf("The registry could not be asked, so nothing was decided: %s. Retry the stage.", err)}
	default:
		return &Failure{types.FailureTypeJobFailed, err.Error()}
	}
}

var denied = map[string]bool{
	"AccessDenied":                true,
	"AccessDeniedException":       true,
	"ExpiredToken":                true,
	"ExpiredTokenException":       true,
	"InvalidClientTokenId":        true,
	"UnrecognizedClientException": true,
}
