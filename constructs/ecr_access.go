package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// What the registry asks for: reading or looking up a manifest is BatchGetImage, reading a blob
// GetDownloadUrlForLayer, looking one up BatchCheckLayerAvailability, and writing a manifest
// PutImage.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
var (
	ecrRead = []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}

	// ecrPull read an image, as a client does that runs or copies it.
	ecrPull = []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}

	// ecrWrite are all actions that write an image.
	ecrWrite = []string{"ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"}

	// ecrBuild push an image by digest, and read and write the layer cache.
	ecrBuild = append([]string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
		ecrWrite...)

	// ecrMerge read the index that each build pushes, with the image and its attestation, and write
	// one index of them. Blobs are not read: each build's index says what platform it is for.
	ecrMerge = []string{"ecr:BatchGetImage", "ecr:PutImage"}

	// ecrCopyTo take an image from another repository, and point tags at it. There, to mount a
	// layer asks for what pulling asks for.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
	ecrCopyTo = append([]string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages"},
		ecrWrite...)
)

// registryLoginStatement lets a role log in to the account's registry. It gives access to no
// repository by itself, and the action knows no resources: AWS allows nothing but a wildcard.
func registryLoginStatement() awsiam.PolicyStatement {
	return allow(*jsii.Strings("*"), "ecr:GetAuthorizationToken")
}

func repositoryARNs(repositories []awsecr.IRepository) []*string {
	var arns []*string
	for _, repository := range repositories {
		arns = append(arns, repository.RepositoryArn())
	}
	return arns
}

// RepositoryURI is the address of a repository without a tag. For a repository of the same app it
// is CloudFormation's own attribute, which reads better in a template than the address that the CDK
// puts together from the ARN.
func RepositoryURI(repository awsecr.IRepository) *string {
	if resource, ok := repository.Node().DefaultChild().(awsecr.CfnRepository); ok {
		return resource.AttrRepositoryUri()
	}
	return repository.RepositoryUri()
}
