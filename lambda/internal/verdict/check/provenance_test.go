package check_test

import (
	"strings"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
)

var provenanceWanted = check.Want{Provenance: true}

// statements is an index of both platforms, each with an attestation; arm64's statement is changed.
func statements(change func(statement map[string]any)) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
		return s.Index(amd64, arm64, s.Attest(amd64), s.AttestWith(arm64, change)).Digest
	}
}

// predicate replaces the statement's predicate.
func predicate(kind string, doc map[string]any) func(map[string]any) {
	return func(statement map[string]any) { statement["predicateType"], statement["predicate"] = kind, doc }
}

type object = map[string]any

const other = "ffffffffffffffffffffffffffffffffffffffff"

// configSource is SLSA's record of what started a build.
func configSource(commit string) object {
	return object{"uri": "https://example.com/app.git#main", "digest": object{"sha1": commit}}
}

var mismatch = []string{"error provenance linux/arm64"}

var _ = about("provenance",
	testCase{name: "not required", make: merged(nil)},
	testCase{name: "there for both", make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		want: provenanceWanted},
	testCase{
		name: "there for both, as artifacts of OCI",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			return s.Index(amd64, arm64, s.AttestAsArtifact(amd64), s.AttestAsArtifact(arm64)).Digest
		},
		want: provenanceWanted,
	},
	testCase{name: "there for none", make: merged(nil), want: provenanceWanted,
		report: []string{"error provenance linux/amd64", "error provenance linux/arm64"}},
	testCase{
		name: "there for one",
		make: func(s *fixture.Store) digest.Digest {
			amd64 := s.Linux("amd64", "")
			return s.Index(amd64, s.Linux("arm64", ""), s.Attest(amd64)).Digest
		},
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "only a bill of materials",
		make: statements(predicate("https://spdx.dev/Document", object{"spdxVersion": "SPDX-2.3"})),
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "about another image",
		make: statements(func(statement map[string]any) {
			statement["subject"] = []any{object{"digest": object{"sha256": strings.Repeat("0", 64)}}}
		}),
		want: provenanceWanted, report: mismatch,
	},
	testCase{name: "about nothing", make: statements(func(statement map[string]any) { statement["subject"] = nil }),
		want: provenanceWanted, report: mismatch},
	testCase{name: "no statement", make: statements(func(statement map[string]any) { statement["_type"] = "?" }),
		want: provenanceWanted, report: mismatch},
	testCase{
		name: "no document",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			return s.Index(amd64, arm64, s.Attest(amd64), s.AttestIn(arm64, index.InToto, []byte("[]"))).Digest
		},
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "gone from the registry",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			attestation := s.Attest(arm64)
			s.Forget(index.ParseManifest(s.Manifests[attestation.Digest].Bytes).Body.Layers[0].Digest)
			return s.Index(amd64, arm64, s.Attest(amd64), attestation).Digest
		},
		want: provenanceWanted, report: []string{"error layer-missing unknown/unknown", "error provenance linux/arm64"},
	},
	testCase{
		name: "other bytes in the registry",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			attestation := s.Attest(arm64)
			layer := index.ParseManifest(s.Manifests[attestation.Digest].Bytes).Body.Layers[0]
			s.Replace(layer.Digest, make([]byte, layer.Size))
			return s.Index(amd64, arm64, s.Attest(amd64), attestation).Digest
		},
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "too large to be read",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			return s.Index(amd64, arm64, s.Attest(amd64),
				s.AttestIn(arm64, index.InToto, []byte(strings.Repeat(" ", 5<<20)))).Digest
		},
		want: provenanceWanted, report: mismatch,
	},

	testCase{name: "v0.2 of the same commit",
		make: statements(predicate(fixture.SLSA02,
			object{"invocation": object{"configSource": configSource(fixture.Revision)}})), want: provenanceWanted},
	testCase{name: "v0.2 of another commit",
		make: statements(predicate(fixture.SLSA02, object{"invocation": object{"configSource": configSource(other)}})),
		want: provenanceWanted, report: mismatch},
	testCase{
		name: "v0.2 with BuildKit's record of another commit",
		make: statements(predicate(fixture.SLSA02,
			object{"metadata": object{
				"https://mobyproject.org/buildkit@v1#metadata": object{"vcs": object{"revision": other}}}})),
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "v0.2 with BuildKit's record of uncommitted changes",
		make: statements(predicate(fixture.SLSA02,
			object{"metadata": object{"https://mobyproject.org/buildkit@v1#metadata": object{
				"vcs": object{"revision": fixture.Revision + "-dirty"}}}})),
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "v0.2 with what a Dockerfile fetched by git",
		make: statements(predicate(fixture.SLSA02, object{
			"buildType": "https://mobyproject.org/buildkit@v1",
			"materials": []any{object{"uri": "git+https://example.com/tool.git", "digest": object{"sha1": other}}},
		})),
		want: provenanceWanted,
	},
	testCase{
		name: "v0.2 of another builder, of another commit",
		make: statements(predicate(fixture.SLSA02, object{
			"buildType": "tekton.dev/v1beta1/TaskRun",
			"materials": []any{object{"uri": "git+https://example.com/app.git", "digest": object{"sha1": other}},
				object{"uri": "oci://base", "digest": object{"sha256": "00"}}},
		})),
		want: provenanceWanted, report: mismatch,
	},
	testCase{name: "v1 of the same commit",
		make: statements(predicate(fixture.SLSA1,
			object{"buildDefinition": object{"externalParameters": object{
				"configSource": configSource(fixture.Revision)}}})), want: provenanceWanted},
	testCase{name: "v1 of another commit",
		make: statements(predicate(fixture.SLSA1,
			object{"buildDefinition": object{"externalParameters": object{"configSource": configSource(other)}}})),
		want: provenanceWanted, report: mismatch},
	testCase{
		name: "v1 with BuildKit's record of another commit",
		make: statements(predicate(fixture.SLSA1,
			object{"runDetails": object{
				"metadata": object{"buildkit_metadata": object{"vcs": object{"revision": other}}}}})),
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "v1 of GitHub's builder, of the same commit",
		make: statements(predicate(fixture.SLSA1, object{"buildDefinition": object{
			"buildType":          "https://actions.github.io/buildtypes/workflow/v1",
			"externalParameters": object{"workflow": object{"path": ".github/workflows/release.yml"}},
			"resolvedDependencies": []any{object{"uri": "git+https://github.com/me/app@refs/heads/main",
				"digest": object{"gitCommit": fixture.Revision}}},
		}})),
		want: provenanceWanted,
	},
	testCase{
		name: "v1 whose external parameters are of another shape",
		make: statements(predicate(fixture.SLSA1,
			object{"buildDefinition": object{"externalParameters": object{"configSource": "main"}}})),
		want: provenanceWanted,
	},
	testCase{name: "a predicate that can't be read",
		make: statements(predicate(fixture.SLSA1, object{"buildDefinition": []any{}})), want: provenanceWanted,
		report: mismatch},
	testCase{
		name: "a commit that was asked for",
		make: statements(predicate(fixture.SLSA02, object{"invocation": object{"configSource": configSource(other)}})),
		want: check.Want{Provenance: true, Revision: fixture.Revision}, report: mismatch,
	},

	testCase{
		name: "by its subject, as BuildKit's artifact form has it",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			attestation := s.Refer(arm64, index.InToto, s.Statement(arm64, nil))
			attestation.Platform, attestation.ArtifactType = &specs.Platform{OS: "unknown", Architecture: "unknown"}, ""
			attestation.Annotations = map[string]string{index.ReferenceType: index.Attestation,
				index.ReferenceDigest: arm64.Digest.String()}
			return s.Index(amd64, arm64, s.Attest(amd64), attestation).Digest
		},
		want: provenanceWanted,
	},
	testCase{name: "attached in an envelope", make: attached(false, nil), want: provenanceWanted},
	testCase{name: "attached in Sigstore's bundle", make: attached(true, nil), want: provenanceWanted},
	testCase{
		name: "attached, of another commit",
		make: attached(true,
			predicate(fixture.SLSA02, object{"invocation": object{"configSource": configSource(other)}})),
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "attached, but a signature only",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			s.Refer(arm64, index.DSSE, []byte(`{"payload":"","payloadType":""}`))
			s.Refer(arm64, index.DSSE, []byte(`{"payload":"e30=","payloadType":"text/plain"}`))
			s.Refer(arm64, index.DSSE, []byte(`{"payload":"?","payloadType":"`+index.InToto+`"}`))
			s.Refer(arm64, index.DSSE, []byte(`no envelope`))
			return s.Index(amd64, arm64, s.Attest(amd64)).Digest
		},
		want: provenanceWanted, report: mismatch,
	},
	testCase{name: "attached to the index", make: attachedToIndex(nil), want: provenanceWanted},
	testCase{
		name: "attached to the index, and about another one",
		make: attachedToIndex(func(statement map[string]any) {
			statement["subject"] = []any{object{"digest": object{"sha256": strings.Repeat("0", 64)}}}
		}),
		want: provenanceWanted, report: []string{"error provenance linux/amd64", "error provenance linux/arm64"},
	},
	testCase{
		name: "attached to the index, of another commit",
		make: attachedToIndex(predicate(fixture.SLSA02,
			object{"invocation": object{"configSource": configSource(other)}})),
		want: provenanceWanted, report: []string{"error provenance linux/amd64", "error provenance linux/arm64"},
	},
	testCase{
		name: "attached to one image, and about the index",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			made := s.Index(amd64, arm64, s.Attest(amd64))
			s.Refer(arm64, index.DSSE, fixture.Envelope(s.Statement(made, nil), false))
			return made.Digest
		},
		want: provenanceWanted, report: mismatch,
	},
	testCase{
		name: "signed by ECR, every manifest of it",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			signed := s.Index(amd64, arm64, s.Attest(amd64), s.Attest(arm64))
			for _, manifest := range []specs.Descriptor{amd64, arm64, signed} {
				s.Refer(manifest, "application/vnd.cncf.notary.signature", []byte(manifest.Digest))
			}
			return signed.Digest
		},
		want: provenanceWanted,
	},
	testCase{
		name: "signed by ECR, with its statement beside the signature",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			s.Refer(arm64, "application/vnd.cncf.notary.signature", []byte("signature"))
			s.Refer(arm64, index.DSSE, fixture.Envelope(s.Statement(arm64, nil), false))
			return s.Index(amd64, arm64, s.Attest(amd64)).Digest
		},
		want: provenanceWanted,
	},
	testCase{
		name: "more attached manifests than are read",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			for n := range 33 {
				s.Refer(arm64, "application/vnd.example", []byte{byte(n)})
			}
			return s.Index(amd64, arm64, s.Attest(amd64)).Digest
		},
		want: provenanceWanted, report: []string{"error limits", "error provenance linux/arm64"},
	},
	testCase{
		name: "more statements than are read",
		make: func(s *fixture.Store) digest.Digest {
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			entries := []specs.Descriptor{amd64, arm64, s.Attest(amd64)}
			for range 17 {
				entries = append(entries, s.Attest(arm64))
			}
			return s.Index(entries...).Digest
		},
		want: provenanceWanted, report: []string{"error limits"},
	},
)

// attachedToIndex is an index with a statement about it outside of it, as cosign and GitHub's
// action attach theirs.
func attachedToIndex(change func(statement map[string]any)) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		made := s.Index(s.Linux("amd64", ""), s.Linux("arm64", ""))
		s.Refer(made, "application/vnd.dev.sigstore.bundle.v0.3+json",
			fixture.Envelope(s.Statement(made, change), true))
		return made.Digest
	}
}

// attached is an index whose arm64 image has its statement outside of the index.
func attached(bundled bool, change func(statement map[string]any)) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
		kind := index.DSSE
		if bundled {
			kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
		}
		s.Refer(arm64, kind, fixture.Envelope(s.Statement(arm64, change), bundled))
		return s.Index(amd64, arm64, s.Attest(amd64)).Digest
	}
}
