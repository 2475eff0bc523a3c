// Package images tests the validator on images that other people's tools make: the real buildx,
// docker, crane, Skopeo and Buildah, against a registry that redirects blobs as ECR does. It needs
// root and Docker; make test runs it with the rehearsal's tests.
package images
