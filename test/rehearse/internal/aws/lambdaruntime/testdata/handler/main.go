// Handler is a function that does what its event says.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do    string `json:"do"`
	Value string `json:"value"`
}

func main() {
	lambda.Start(func(ctx context.Context, e event) (string, error) {
		fmt.Println("doing", e.Do)
		switch e.Do {
		case "fail":
			return "", errors.New(e.Value)
		case "exit":
			os.Exit(3)
		case "sleep":
			time.Sleep(time.Minute)
		case "env":
			return os.Getenv(e.Value), nil
		case "arn":
			c, _ := lambdacontext.FromContext(ctx)
			return c.InvokedFunctionArn, nil
		case "left":
			deadline, _ := ctx.Deadline()
			return time.Until(deadline).Round(time.Second).String(), nil
		case "pid":
			return fmt.Sprint(os.Getpid()), nil
		}
		return e.Value, nil
	})
}
