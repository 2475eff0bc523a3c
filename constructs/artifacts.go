package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ArtifactsProps describes the bucket through which a pipeline hands source code from action to
// action.
type ArtifactsProps struct {
	// ExpireDays is the number of days after which artifacts are deleted. An action can be retried
	// only while its input artifact is there; promoting, and so a rollback, needs none. Default:
	// 30.
	ExpireDays int

	// EncryptionKey encrypts the artifacts.
	// Default: keys that S3 manages, which cost nothing.
	EncryptionKey awskms.IKey

	// RemovalPolicy decides what becomes of the bucket when it leaves the stack; with DESTROY its
	// objects are deleted too. Default: RETAIN_ON_UPDATE_OR_DELETE: it stays, unless the stack's
	// creation fails.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate reports everything that is wrong with the props.
func (p *ArtifactsProps) Validate() error {
	if p != nil && p.ExpireDays < 0 {
		return wrong("ExpireDays", "is %d: S3 counts whole days from 1", p.ExpireDays)
	}
	return nil
}

// Artifacts is an encrypted, private bucket that empties itself.
type Artifacts struct {
	constructs.Construct

	// Bucket is the bucket.
	Bucket awss3.Bucket
}

// NewArtifacts adds the bucket to scope. props may be nil.
func NewArtifacts(scope constructs.Construct, id string, props *ArtifactsProps) *Artifacts {
	check("Artifacts", scope, id, props.Validate())
	var p ArtifactsProps
	if props != nil {
		p = *props
	}
	fill(&p.ExpireDays, 30)
	fill(&p.RemovalPolicy, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE)

	encryption := awss3.BucketEncryption_S3_MANAGED
	if p.EncryptionKey != nil {
		encryption = awss3.BucketEncryption_KMS
	}
	this := &Artifacts{Construct: constructs.NewConstruct(scope, &id)}
	this.Bucket = awss3.NewBucket(this.Construct, jsii.String("Bucket"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		Encryption:        encryption,
		EncryptionKey:     p.EncryptionKey,
		BucketKeyEnabled:  jsii.Bool(p.EncryptionKey != nil), // one call of the key for many objects
		RemovalPolicy:     p.RemovalPolicy,
		AutoDeleteObjects: jsii.Bool(p.RemovalPolicy == awscdk.RemovalPolicy_DESTROY),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("Expire"),
			Expiration:                          awscdk.Duration_Days(jsii.Number(p.ExpireDays)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
	})
	keepLogOfAutoDelete(this.Construct, p.EncryptionKey)
	except(this.Bucket, exception{
		ID: "AwsSolutions-S1",
		Reason: "The objects are copies of what the source repository holds, and only this pipeline's roles may read them. An access log " +
			"would need a bucket that has none itself; who reads objects is better asked of CloudTrail's data events, which an " +
			"account turns on for all of its buckets.",
	})
	return this
}
