package cloudformation

import (
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// emptied adds a custom resource and the function behind it, with the code of an asset.
func emptied(kind, code string) func(map[string]any) {
	return func(resources map[string]any) {
		resources["Empties"] = map[string]any{"Type": "AWS::Lambda::Function", "Properties": map[string]any{
			"Role": "arn:aws:iam::111122223333:role/empties", "Handler": "index.handler", "Runtime": "nodejs24.x",
			"Timeout": 900, "MemorySize": 128,
			"Code": map[string]any{"S3Bucket": "assets", "S3Key": code},
		}}
		resources["Emptied"] = map[string]any{"Type": kind, "Properties": map[string]any{
			"ServiceToken": map[string]any{"Fn::GetAtt": []any{"Empties", "Arn"}}, "BucketName": "artifacts",
		}}
	}
}

// A function that empties a bucket is known, and doesn't run.
func TestEmptyingFunction(t *testing.T) {
	got, err := Load(source(t, emptied("Custom::S3AutoDeleteObjects", "empties.zip")), account)
	if err != nil {
		t.Fatal(err)
	}
	if len(Of[*lambdaruntime.Function](got)) > 0 || len(Of[Provider](got)) != 1 {
		t.Fatalf("functions %+v, providers %+v", Of[*lambdaruntime.Function](got), Of[Provider](got))
	}
	p := Of[Provider](got)[0]
	if p.Type != "Custom::S3AutoDeleteObjects" || p.RoleARN != "arn:aws:iam::111122223333:role/empties" ||
		!strings.HasPrefix(p.LogGroup, "/aws/lambda/app-Empties-") || !strings.HasSuffix(p.ARN, ":function:"+p.Name) {
		t.Errorf("got %+v", p)
	}
}

// CloudFormation runs such a function when the stack is made: what it does must be known.
// Others are refused.
func TestUnknownCustomResources(t *testing.T) {
	for name, test := range map[string]struct{ kind, code, want string }{
		"another type": {"Custom::Other", "empties.zip",
			"Emptied: the rehearsal does not support resources of the type Custom::Other"},
		"another's code": {"Custom::S3AutoDeleteObjects", "seed.zip",
			"Empties.Properties.Code.S3Key: the code is not the CDK's function behind Custom::S3AutoDeleteObjects"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load(source(t, emptied(test.kind, test.code)), account); err == nil ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, expected %q", err, test.want)
			}
		})
	}
}
