package facts

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"archway/test/confirm/internal/account"
)

// images are what ECR takes, and what it says of it.
var images = []Fact{
	{
		Name:     "oci-artifacts",
		Question: "Does ECR refuse an OCI artifact (a manifest with `subject` and `artifactType`), as reported by 405?",
		Readings: []Reading{
			{Name: "refused", Says: "it refuses it, and builds say oci-artifact=false"},
			{Name: "accepted", Says: "it accepts it; builds need not write attestations in the older form"},
		},
		Proof: "An attestation's manifest with `subject` and `artifactType` is pushed by its digest.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			_, _, _, a, err := withArtifact(ctx, s)
			switch {
			case err != nil:
				return Seen{}, err
			case a.status == http.StatusCreated:
				return Seen{"accepted", a.String()}, nil
			case a.status >= 400 && a.status < 500 && a.status != http.StatusUnauthorized &&
				a.status != http.StatusTooManyRequests:
				return Seen{"refused", a.String()}, nil
			}
			return Seen{}, fmt.Errorf("the registry answered %v", a)
		},
	},
	{
		Name:     "referrers-described",
		Question: "Does DescribeImages list what refers to an image (a manifest with `subject`)?",
		Readings: []Reading{
			{Name: "listed", Says: "it lists it like an image"},
			{Name: "hidden", Says: "it does not list it; only its own digest's push time is looked for"},
		},
		Proof: "An attestation's manifest with `subject` is pushed; DescribeImages of the repository.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			r, image, artifact, a, err := withArtifact(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			if a.status != http.StatusCreated {
				return Seen{}, NotTried{"ECR refused the artifact, see oci-artifacts: " + a.String()}
			}
			if _, err := r.described(ctx, image); err != nil {
				return Seen{}, err
			}
			if err := s.Sleep(ctx, 3*s.Pace); err != nil { // what is hidden must not be only late
				return Seen{}, err
			}
			all, err := r.listed(ctx)
			if err != nil {
				return Seen{}, err
			}
			text := fmt.Sprintf("%d images described, of an image and an artifact", len(all))
			if _, listed := all[digestOf(artifact)]; listed {
				return Seen{"listed", text}, nil
			}
			return Seen{"hidden", text}, nil
		},
	},
	{
		Name:     "put-untagged",
		Question: "Does PutImage take a manifest without a tag?",
		Readings: []Reading{
			{Name: "taken", Says: "it takes it, by its digest alone"},
			{Name: "refused", Says: "it refuses it; builds and promotion push by the registry's protocol"},
		},
		Proof: "An image's blobs are uploaded; PutImage with manifest and digest alone.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			r, err := newStore(ctx, s, "images")
			if err != nil {
				return Seen{}, err
			}
			content, err := r.image(ctx)
			if err != nil {
				return Seen{}, err
			}
			if err := r.putImage(ctx, content, ""); err != nil {
				return Seen{"refused", err.Error()}, refusedOnly(err)
			}
			return Seen{"taken", "PutImage answered with " + digestOf(content)}, nil
		},
	},
	{
		Name:     "push-time",
		Question: "Does an image's `imagePushedAt` stay when its manifest comes again, also with another tag?",
		Readings: []Reading{
			{Name: "stays", Says: "it stays"},
			{Name: "moves", Says: "it moves",
				Wrong: "of two images of one commit, the one that was promoted last counts as " +
					"the newer one"},
		},
		Proof: "An image is pushed by digest, and some seconds later with one tag and with another; DescribeImages " +
			"after each.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			r, err := newStore(ctx, s, "images")
			if err != nil {
				return Seen{}, err
			}
			content, err := r.pushed(ctx)
			if err != nil {
				return Seen{}, err
			}
			var times []string
			for _, tag := range []string{"", "one", "two"} {
				if tag != "" {
					if err := s.Sleep(ctx, s.Pace); err != nil {
						return Seen{}, err
					}
					if err := r.putImage(ctx, content, tag); err != nil {
						return Seen{}, err
					}
				}
				all, err := r.described(ctx, content)
				if err != nil {
					return Seen{}, err
				}
				times = append(times, all[digestOf(content)])
			}
			text := fmt.Sprintf("by digest %s, with a tag %s, with another %s", times[0], times[1], times[2])
			if times[0] == times[1] && times[1] == times[2] {
				return Seen{"stays", text}, nil
			}
			return Seen{"moves", text}, nil
		},
	},
}

// withArtifact is a repository with an image, and what the registry said to an artifact that
// belongs to it.
func withArtifact(ctx context.Context, s *account.Session) (r store, image, artifact []byte, a answer, err error) {
	if r, err = newStore(ctx, s, "images"); err != nil {
		return r, nil, nil, a, err
	}
	if image, err = r.pushed(ctx); err != nil {
		return r, nil, nil, a, err
	}
	if artifact, err = r.artifact(ctx, image); err != nil {
		return r, nil, nil, a, err
	}
	a, err = r.put(ctx, artifact)
	return r, image, artifact, a, err
}

// putImage is the call of the API, with a tag or without.
func (r store) putImage(ctx context.Context, content []byte, tag string) error {
	input := &ecr.PutImageInput{
		RepositoryName: &r.name, ImageManifest: aws.String(string(content)),
		ImageManifestMediaType: aws.String(manifestType),
		ImageDigest:            aws.String(digestOf(content)),
	}
	if tag != "" {
		input.ImageTag = &tag
	}
	_, err := r.ECR.PutImage(ctx, input)
	return err
}
