// Package standin serves the base images that Dockerfiles name, as a mirror of the registries where
// they are: the originals, each by the digest that its tag has when the rehearsal starts, pulled
// when a build asks for them and kept in the user's cache; and where a registry does not answer,
// what the cache has, or a stand-in. A Dockerfile stays what a user would write.
//
// There are stand-ins for debian, golang and node, as docker.io/library and
// public.ecr.aws/docker/library have them, for linux/amd64 and linux/arm64, in
// the versions that String lists: a root file system by debootstrap, the Go
// toolchain from its Go module, Node.js and npm from their npm packages. Paths,
// environment, users and entry points are those of the originals.
//
// They are not the originals. All are slim: no documentation, no locales; golang
// has no C compiler (CGO_ENABLED=0 is needed) and no git, and leaves out the
// standard library's own tests; node has npm, but neither yarn nor corepack. Root
// certificates in golang are this machine's, so that modules can be fetched here.
// Any other image, version or variant, and any other digest, has no stand-in: where the original is
// out of reach too the mirror answers 404, and BuildKit asks the real registry.
//
// Layers are deterministic: sorted entries, one time stamp, no names of this
// machine. They are kept in the user's cache as one OCI image layout, which may
// be removed at any time.
package standin
