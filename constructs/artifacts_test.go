package constructs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const bucket = "AWS::S3::Bucket"

func TestArtifactsArePrivate(t *testing.T) {
	hasProperties(t, builds, bucket, map[string]any{
		"PublicAccessBlockConfiguration": map[string]any{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
		},
		"OwnershipControls": map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}},
	})
}

func TestArtifactsTravelByTLSOnly(t *testing.T) {
	policies := resources(t, builds, "AWS::S3::BucketPolicy")
	statements := policies["ArtifactsBucketPolicy"].Properties["PolicyDocument"].(map[string]any)["Statement"].([]any)
	if len(statements) != 1 {
		t.Fatalf("%d statements, want one: %s", len(statements), plain(statements))
	}
	statement := statements[0].(map[string]any)
	statement["Resource"] = plain(statement["Resource"])
	want := map[string]any{
		"Effect":    "Deny",
		"Principal": map[string]any{"AWS": "*"},
		"Action":    "s3:*",
		"Resource":  "${ArtifactsBucket.Arn} ${ArtifactsBucket.Arn}/*",
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
	if diff := cmp.Diff(want, statement); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestArtifactsAreEncrypted(t *testing.T) {
	for stack, want := range map[string]map[string]any{
		builds:       {"SSEAlgorithm": "AES256"},
		buildsAsTold: {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-west-1:111122223333:key/1"},
	} {
		hasProperties(t, stack, bucket, map[string]any{
			"BucketEncryption": map[string]any{
				"ServerSideEncryptionConfiguration": []any{map[string]any{"ServerSideEncryptionByDefault": want}},
			},
		})
	}
}

func TestArtifactsExpire(t *testing.T) {
	for stack, days := range map[string]int{builds: 30, buildsAsTold: 7} {
		hasProperties(t, stack, bucket, map[string]any{
			"LifecycleConfiguration": map[string]any{"Rules": []any{map[string]any{
				"Id": "Expire", "Status": "Enabled", "ExpirationInDays": days,
				"AbortIncompleteMultipartUpload": map[string]any{"DaysAfterInitiation": 1},
			}}},
		})
	}
}

// Artifacts are kept unless the properties say otherwise.
func TestArtifactsAreKept(t *testing.T) {
	hasResource(t, builds, bucket, map[string]any{"DeletionPolicy": "RetainExceptOnCreate"})
	hasResource(t, buildsAsTold, bucket, map[string]any{"DeletionPolicy": "Delete"})
	if emptied := resources(t, builds, "Custom::S3AutoDeleteObjects"); len(emptied) != 0 {
		t.Errorf("artifacts that are to be kept are deleted: %v", emptied)
	}
	if emptied := resources(t, buildsAsTold, "Custom::S3AutoDeleteObjects"); len(emptied) != 1 {
		t.Errorf("a bucket that is not empty can't be deleted: %v", emptied)
	}
}
