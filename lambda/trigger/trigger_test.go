package main

import (
	"testing"

	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/trigger", &program) }

func TestProgramOutsideOfLambdaSaysWhatItIs(t *testing.T) {
	fixture.Ends(t, program, 2, "trigger starts a pipeline by its build rules and runs as a Lambda function only")
}

func TestProgramThatLacksItsEnvironmentEndsWithTheReason(t *testing.T) {
	const named = "PIPELINE=app"
	for want, env := range map[string][]string{
		"PIPELINE or SOURCE_ACTION is not set":            fixture.InLambda(named),
		"the environment variable RULES holds no rules":   fixture.InLambda(named, "SOURCE_ACTION=Source"),
		`the type is \"head\"`:                            fixture.InLambda(named, "SOURCE_ACTION=Source", `RULES=[{"name":"a","type":"head","exact":"x"}]`),
		"is no regular expression of RE2":                 fixture.InLambda(named, "SOURCE_ACTION=Source", `RULES=[{"name":"a","type":"tag","pattern":"("}]`),
		"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are": {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "AWS_REGION=eu-west-1", named, "SOURCE_ACTION=Source", "RULES=[]"},
	} {
		fixture.Ends(t, program, 1, want, env...)
	}
}

func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
