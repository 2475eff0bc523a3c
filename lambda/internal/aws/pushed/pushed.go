// Package pushed asks ECR when images were pushed, from which follows when it deletes those that no
// tag names, and which tags they have.
package pushed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/retry"
)

// Times tells when each of these images of a repository was pushed. ErrUnlisted says that ECR
// doesn't know it of some.
type Times func(ctx context.Context, repository string, images []digest.Digest) (map[digest.Digest]time.Time, error)

// ErrUnlisted is about an image that ECR's DescribeImages doesn't list.
var ErrUnlisted = errors.New("ECR does not list an image")

// page is how many images ECR takes in one question.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
const page = 100

// InPipeline is how long an image is asked for that was just pushed.
var InPipeline = retry.Policy{Attempts: 1, Missing: 6, First: 500 * time.Millisecond, Longest: 8 * time.Second}

// ECR asks ECR.
func ECR(cfg aws.Config, policy retry.Policy) Times {
	client := newClient(cfg)
	return func(ctx context.Context, repository string, images []digest.Digest) (map[digest.Digest]time.Time, error) {
		times := map[digest.Digest]time.Time{}
		for some := range slices.Chunk(images, page) {
			err := policy.Do(ctx, func(ctx context.Context) error { return ask(ctx, client, repository, some, times) })
			if err != nil {
				return nil, fmt.Errorf("ask when images of %s were pushed: %w", repository, err)
			}
		}
		return times, nil
	}
}

func newClient(cfg aws.Config) *ecr.Client {
	return ecr.NewFromConfig(cfg, func(o *ecr.Options) { o.RetryMaxAttempts = 5 })
}

func describe(
	ctx context.Context, client *ecr.Client, repository string, images ...digest.Digest,
) (*ecr.DescribeImagesOutput, error) {
	in := &ecr.DescribeImagesInput{RepositoryName: &repository}
	for _, d := range images {
		in.ImageIds = append(in.ImageIds, types.ImageIdentifier{ImageDigest: aws.String(d.String())})
	}
	out, err := client.DescribeImages(ctx, in)
	var none *types.ImageNotFoundException // ECR names the image, and answers about no other
	if errors.As(err, &none) {
		return nil, unlisted(none.ErrorMessage())
	}
	return out, err
}

func ask(ctx context.Context, client *ecr.Client, repository string, images []digest.Digest,
	times map[digest.Digest]time.Time) error {
	out, err := describe(ctx, client, repository, images...)
	if err != nil {
		return err
	}
	for _, image := range out.ImageDetails {
		if d := aws.ToString(image.ImageDigest); image.ImagePushedAt != nil {
			times[digest.Digest(d)] = *image.ImagePushedAt
		}
	}
	for _, d := range images {
		if _, ok := times[d]; !ok {
			return unlisted(d.String())
		}
	}
	return nil
}

// Tags gives the tags that an image of a repository has; none if ECR doesn't list it.
type Tags func(ctx context.Context, repository string, image digest.Digest) ([]string, error)

// ECRTags asks ECR.
func ECRTags(cfg aws.Config, policy retry.Policy) Tags {
	client := newClient(cfg)
	return func(ctx context.Context, repository string, image digest.Digest) (tags []string, err error) {
		err = policy.Do(ctx, func(ctx context.Context) error {
			out, err := describe(ctx, client, repository, image)
			if err == nil {
				tags = nil
				for _, detail := range out.ImageDetails {
					tags = append(tags, detail.ImageTags...)
				}
			}
			return err
		})
		switch {
		case errors.Is(err, ErrUnlisted):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("ask which tags an image of %s has: %w", repository, err)
		}
		return tags, nil
	}
}

// unlisted is ErrUnlisted with what ECR says. It may pass: the list can come later than the push.
type unlisted string

func (u unlisted) Error() string { return ErrUnlisted.Error() + ": " + string(u) }

func (u unlisted) Unwrap() error { return ErrUnlisted }

// Retry implements retry.Advice.
func (u unlisted) Retry() (retry.Reason, time.Duration) { return retry.Missing, 0 }
