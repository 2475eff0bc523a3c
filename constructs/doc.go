// Package constructs holds the parts of a multi-architecture image pipeline as AWS CDK constructs,
// for any CDK app written in Go; together they are what Archway deploys.
//
// By themselves stand [NewRepositories], [NewCodeCommit], [NewArtifacts], [NewEncryptionKey] and
// [NewGoFunction]. What works on images takes a [Delivery], which says what a pipeline delivers, as
// the example shows. Functions are compiled when the app is synthesized, in the Go module that has
// them: the app's go.mod has to require the module archway.
//
// Conventions: props are plain Go, the zero value of an optional prop is its default, and every
// prop says what its default does. Props are validated by a pure function (Validate), and a
// constructor panics with [*InvalidProps] if they are wrong, as the CDK's own constructs throw.
// Roles are created here with exactly the statements that are needed; the grants that the CDK's
// constructs would add on their own are wider and are left out, so grant to a construct's Role
// field. Where a construct of this package is to be the scope of another one, pass its Construct
// field.
package constructs
