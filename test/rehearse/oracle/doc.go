// Package oracle compares the validator with the real thing: containerd and runc start images of a
// generated table, and what the validator calls good has to start, what it refuses must not.
//
// The images are made here, for linux/amd64, of a few real programs of this machine (BusyBox, dash,
// bash, GNU env, with their libraries) and of programs of a few bytes. Seeds name them: a failure
// says which, and every run has the same. Where both disagree, one of them has a bug, or a document
// promises too much; the runtime's source decides.
//
// Left out: Kubernetes' own layer (CRI), which takes command and folder from the image as ctr does,
// but sets PATH also where an image has other variables only; seccomp and AppArmor, read-only
// roots, other snapshotters than overlayfs, other machines than amd64.
package oracle
