// Package ecr is a container registry for rehearsals: CNCF Distribution in
// this process, with its files in a folder, behind a front that answers as
// Amazon ECR does where ECR differs from other registries:
//
//   - TLS by a certificate authority made for this run; HTTP basic authentication.
//   - A push to a repository that was not created is refused (NAME_UNKNOWN).
//   - Tag mutability with exclusion filters. Writing an immutable tag again is
//     refused even if the digest is the same (TAG_INVALID), so that a retry meets
//     here what it would meet there.
//   - Blobs are redirected to a signed address on another host, which refuses a
//     request with an Authorization header (with Options.BlobHost).
//   - A blob is mounted from another repository only where the account has that
//     switched on (Options.Mount), and where both repositories are encrypted equally;
//     else an upload begins.
//   - A manifest that BuildKit writes for attestations as OCI artifacts is refused (405).
//   - Manifests are never deleted over HTTP.
//   - PutImage and DescribeImages, with the errors of the API's operations of those names.
//   - Basic scanning knows no image without a distribution. Other images have no findings.
//
// It leaves out: expiry of credentials, lifecycle rules, encryption, signing, replication,
// pull-through caches and creation templates, limits on sizes, counts and
// request rates, the referrers API (it answers 404, and clients fall back to
// tags), the translation of manifest formats when reading by tag, and the short
// time after a push in which a read may still fail. Faults like the last are
// injected by Options.Intercept.
package ecr
