package constructs

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/jsii-runtime-go"
)

// buildKitVersion is the first release without the known escapes by frontends (GHSA-4c29-8rgm-jvjj,
// GHSA-7236-3392-c5c6), and buildKit the digest of its index, as others have pinned it, who don't
// know each other:
//   - https://github.com/mmkolpakov/robotics-runtime-infra/blob/50cc9481d1778c04d372e33663691056ab4b0218/.github/actions/setup-buildx/action.yml
//   - https://github.com/Concord-Voice/Concord-Voice/blob/cef368bf1560eec48232476894a06efea918c453/infrastructure/docker/minio/SOURCE-BUILD.md
//
// To renew it, take a release of https://github.com/moby/buildkit/releases, ask for its digest by
//
//	docker buildx imagetools inspect docker.io/moby/buildkit:vX.Y.Z
//
// from two networks or compare it with what others have pinned, and give the same version to
// scripts/setup.sh, so that what is rehearsed is what builds.
const (
	buildKitVersion = "v0.31.1"
	buildKit        = "sha256:6b59b7df63a8cb9902736f9ddf7fcff8261613d3e7449b8ea8b7537fc399c03a"
)

// DefaultBuildKitImages are Docker's own builder at several registries, in the order in which
// builds ask. The digest is the content, so it doesn't matter which one answers; the mirrors have
// no rate limit for CodeBuild, and may lack a release. https://gallery.ecr.aws/vend/moby/buildkit,
// https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images
var DefaultBuildKitImages = []string{
	"public.ecr.aws/vend/moby/buildkit@" + buildKit,
	"mirror.gcr.io/moby/buildkit@" + buildKit,
	"docker.io/moby/buildkit@" + buildKit,
}

// DefaultFrontends are Docker's own frontend, and where Google mirrors it. ECR Public has no copy.
var DefaultFrontends = []string{"docker.io/docker/dockerfile", "mirror.gcr.io/docker/dockerfile"}

func buildKitImages(image string) *string {
	if image != "" {
		return &image
	}
	return jsii.String(strings.Join(DefaultBuildKitImages, " "))
}

// frontendRepository is a repository with its registry and without a tag: BuildKit compares names,
// and takes an empty list for all.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
var frontendRepository = regexp.MustCompile(
	`^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+$`)

func frontendProblems(prop string, repositories []string) error {
	var errs []error
	for i, repository := range repositories {
		if !frontendRepository.MatchString(repository) {
			errs = append(errs,
				wrong(at(prop, i), "is %q: give a repository with its registry and without a tag, such as %q",
					repository, DefaultFrontends[0]))
		}
	}
	return errors.Join(errs...)
}

// frontends is the part of buildkitd.toml that lets Dockerfiles take their frontends from these
// repositories alone. https://github.com/moby/buildkit/blob/v0.31.1/docs/buildkitd.toml.md
func frontends(repositories []string) string {
	return fmt.Sprintf("[frontend.\"gateway.v0\"]\n  allowedRepositories = [\"%s\"]\n",
		strings.Join(repositories, `", "`))
}
