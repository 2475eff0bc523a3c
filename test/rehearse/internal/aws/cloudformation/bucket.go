package cloudformation

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"archway/test/rehearse/internal/aws/cloudformation/template"
)

const bucketType = "AWS::S3::Bucket"

func init() {
	describe(bucketType, descriptor{
		read: (*loader).bucket, access: true, name: "BucketName", lowercase: true, arn: BucketARN,
		attributes: map[string]func(identity) string{
			"DomainName": func(i identity) string { return fmt.Sprintf("%s.s3.%s", i.name, i.account.URLSuffix) },
			"RegionalDomainName": func(i identity) string {
				return fmt.Sprintf("%s.s3.%s.%s", i.name, i.account.Region, i.account.URLSuffix)
			},
		},
		holds: func(r template.Resource) bool { return !emptiesItself(r) },
		withoutEffect: map[string]string{
			"AccessControl":                  public,
			"LifecycleConfiguration":         expires,
			"LoggingConfiguration":           "nobody reads access logs of a rehearsal",
			"OwnershipControls":              public,
			"PublicAccessBlockConfiguration": public,
			"Tags":                           describes,
			"VersioningConfiguration":        "every artifact has a key of its own",
		},
	})
	describe("AWS::S3::BucketPolicy", descriptor{read: (*loader).bucketPolicy, access: true})
}

// BucketARN is the ARN of a bucket. It names neither account nor Region, as the names of buckets
// are unique everywhere.
func BucketARN(a Account, name string) string {
	return arn.ARN{Partition: a.Partition, Service: "s3", Resource: name}.String()
}

// bucket reads an S3 bucket: here only pipelines keep artifacts in it.
func (l *loader) bucket(r *resource) {
	for _, rule := range r.object("BucketEncryption").objects("ServerSideEncryptionConfiguration") {
		rule.text("BucketKeyEnabled") // it makes fewer calls of the key, not others
		byDefault := rule.object("ServerSideEncryptionByDefault")
		byDefault.oneOf("SSEAlgorithm", "AES256", "aws:kms")
		l.encrypted(r.arn, byDefault.text("KMSMasterKeyID"))
	}
	if r.object("NotificationConfiguration").values != nil {
		r.fail("NotificationConfiguration", "the rehearsal does not support events of a bucket")
	}
}

func (l *loader) bucketPolicy(r *resource) {
	l.resourcePolicy(r, l.arnOf(bucketType, r.required("Bucket")), "PolicyDocument")
}

// emptiesItself reports whether the CDK's custom resource empties the bucket before it is deleted.
func emptiesItself(r template.Resource) bool {
	tags, _ := r.Properties["Tags"].([]any)
	return slices.ContainsFunc(tags, func(tag any) bool {
		t, _ := tag.(map[string]any)
		return t["Key"] == autoDeleteTag && t["Value"] == "true"
	})
}
