package constructs

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// What the registry asks for, call by call:
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html and
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/security-iam-awsmanpol.html (PullOnly).
var (
	pullActions = []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
	pushActions = []string{
		"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
		"ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
	}
	pullAndPushActions = union(pullActions, pushActions)

	// tagActions point a tag at an image that is there already.
	tagActions = []string{"ecr:BatchGetImage", "ecr:PutImage"}

	// mergeActions read what is to be merged, and put an index of it.
	mergeActions = union(pullActions, tagActions)
)

// registryLogin lets a role log in to the account's registry. It gives access to no repository by itself, and the action
// knows no resources: AWS allows nothing but a wildcard.
func registryLogin() awsiam.PolicyStatement {
	return allow(*jsii.Strings("*"), "ecr:GetAuthorizationToken")
}

func repositoryARNs(repositories []awsecr.IRepository) []*string {
	var arns []*string
	for _, repository := range repositories {
		arns = append(arns, repository.RepositoryArn())
	}
	return arns
}

// RepositoryURI is the address of a repository without a tag. For a repository of the same app it is CloudFormation's own
// attribute, which reads better in a template than the address that the CDK puts together from the ARN.
func RepositoryURI(repository awsecr.IRepository) *string {
	if resource, ok := repository.Node().DefaultChild().(awsecr.CfnRepository); ok {
		return resource.AttrRepositoryUri()
	}
	return repository.RepositoryUri()
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
