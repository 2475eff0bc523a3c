package account

import (
	"context"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
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
			names = append(names, path.Base(address))
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
		return done(s.SQS.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &address}))
	},
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
		return namesOf(out.Buckets, func(i s3types.Bucket) *string { return i.Name }), nil
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.S3.GetBucketTagging(ctx,
			&s3.GetBucketTaggingInput{Bucket: &name, ExpectedBucketOwner: &s.Account})
		if err != nil {
			return "", err
		}
		return runOf(out.TagSet, func(t s3types.Tag) (key, value *string) { return t.Key, t.Value }), nil
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
		return done(s.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name}))
	},
}

// A role's one policy, which is its own, is called policy.
var roleKind = &kind{
	name: "role",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := iam.NewListRolesPaginator(s.IAM, nil)
		return collect(ctx, p, func(page *iam.ListRolesOutput) []string {
			return namesOf(page.Roles, func(i iamtypes.Role) *string { return i.RoleName })
		})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.IAM.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: &name})
		if err != nil {
			return "", err
		}
		return runOf(out.Tags, func(t iamtypes.Tag) (key, value *string) { return t.Key, t.Value }), nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		input := &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: aws.String("policy")}
		if _, err := s.IAM.DeleteRolePolicy(ctx, input); err != nil && !isMissing(err) {
			return err
		}
		return done(s.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name}))
	},
}
