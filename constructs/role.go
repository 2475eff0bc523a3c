package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

type roleProps struct {
	Service     string
	Description string
	Statements  []awsiam.PolicyStatement

	// Trust conditions that the service sets when it assumes the role.
	OwnAccountOnly bool
}

// newRole makes a role whose policy is part of the role itself: whatever refers to the role can
// rely on the policy being in force, so that the first run after a deployment can't overtake it.
func newRole(scope constructs.Construct, props *roleProps) awsiam.Role {
	options := &awsiam.ServicePrincipalOpts{}
	if props.OwnAccountOnly {
		// Keeps another account from having the service use this role on its behalf ("confused
		// deputy").
		options.Conditions = &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()},
		}
	}
	var policies *map[string]awsiam.PolicyDocument
	if len(props.Statements) > 0 {
		policies = &map[string]awsiam.PolicyDocument{
			"Permissions": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
				Statements: &props.Statements,
				Minimize:   jsii.Bool(true), // one statement for each set of resources
			}),
		}
	}
	return awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Description:    &props.Description,
		AssumedBy:      awsiam.NewServicePrincipal(&props.Service, options),
		InlinePolicies: policies,
	})
}

func allow(resources []*string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: &resources,
	})
}

// artifactReadStatements let a build fetch its input artifact.
// https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
func artifactReadStatements(bucket awss3.IBucket) []awsiam.PolicyStatement {
	statements := []awsiam.PolicyStatement{
		allow([]*string{bucket.ArnForObjects(jsii.String("*"))}, "s3:GetObject", "s3:GetObjectVersion"),
		allow([]*string{bucket.BucketArn()}, "s3:GetBucketAcl", "s3:GetBucketLocation"),
	}
	if key := bucket.EncryptionKey(); key != nil {
		statements = append(statements, allow([]*string{key.KeyArn()}, "kms:Decrypt"))
	}
	return statements
}

// artifactReadWriteStatements let a pipeline hand artifacts from action to action.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
func artifactReadWriteStatements(bucket awss3.IBucket) []awsiam.PolicyStatement {
	statements := []awsiam.PolicyStatement{
		allow([]*string{bucket.ArnForObjects(jsii.String("*"))}, "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
		allow([]*string{bucket.BucketArn()}, "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"),
	}
	if key := bucket.EncryptionKey(); key != nil {
		// What S3 asks for:
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
		statements = append(statements, encryptStatements(key)...)
	}
	return statements
}
