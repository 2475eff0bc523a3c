package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

var queueKind = &kind{
	name: "queue",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		out, err := s.SQS.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String(s.Prefix + "-")})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, address := range out.QueueUrls {
			names = append(names, address[lastSlash(address)+1:])
		}
		return names, nil
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		address, err := s.queueAddress(ctx, name)
		if err != nil {
			return "", err
		}
		out, err := s.SQS.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &address})
		if err != nil {
			return "", err
		}
		return out.Tags[tagKey], nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		address, err := s.queueAddress(ctx, name)
		if err != nil {
			return err
		}
		_, err = s.SQS.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &address})
		return err
	},
}

func lastSlash(s string) int {
	at := len(s) - 1
	for at >= 0 && s[at] != '/' {
		at--
	}
	return at
}

func (s *Session) queueAddress(ctx context.Context, name string) (string, error) {
	out, err := s.SQS.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.QueueUrl), nil
}

var bucketKind = &kind{
	name: "bucket",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		out, err := s.S3.ListBuckets(ctx, &s3.ListBucketsInput{Prefix: aws.String(s.Prefix + "-")})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, b := range out.Buckets {
			names = append(names, aws.ToString(b.Name))
		}
		return names, nil
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name, ExpectedBucketOwner: &s.Account})
		if err != nil {
			return "", err
		}
		for _, t := range out.TagSet {
			if aws.ToString(t.Key) == tagKey {
				return aws.ToString(t.Value), nil
			}
		}
		return "", nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		// Only an empty bucket can be deleted, and old versions count.
		p := s3.NewListObjectVersionsPaginator(s.S3, &s3.ListObjectVersionsInput{Bucket: &name})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return err
			}
			var all []s3types.ObjectIdentifier
			for _, v := range page.Versions {
				all = append(all, s3types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
			}
			for _, m := range page.DeleteMarkers {
				all = append(all, s3types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
			}
			if len(all) == 0 {
				continue
			}
			input := &s3.DeleteObjectsInput{Bucket: &name, Delete: &s3types.Delete{Objects: all, Quiet: aws.Bool(true)}}
			if _, err := s.S3.DeleteObjects(ctx, input); err != nil {
				return err
			}
		}
		_, err := s.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name})
		return err
	},
}

// A role's one policy, which is its own, is called policy.
var roleKind = &kind{
	name: "role",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := iam.NewListRolesPaginator(s.IAM, nil)
		return collect(p.HasMorePages,
			func() (*iam.ListRolesOutput, error) { return p.NextPage(ctx) },
			func(page *iam.ListRolesOutput) (names []string) {
				for _, r := range page.Roles {
					names = append(names, aws.ToString(r.RoleName))
				}
				return names
			})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.IAM.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: &name})
		if err != nil {
			return "", err
		}
		for _, t := range out.Tags {
			if aws.ToString(t.Key) == tagKey {
				return aws.ToString(t.Value), nil
			}
		}
		return "", nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		input := &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: aws.String("policy")}
		if _, err := s.IAM.DeleteRolePolicy(ctx, input); err != nil && !isMissing(err) {
			return err
		}
		_, err := s.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name})
		return err
	},
}
