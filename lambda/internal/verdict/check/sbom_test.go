package check_test

import (
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
)

var (
	sbomWanted  = check.Want{SBOM: true}
	withoutBill = []string{"error sbom linux/arm64"}
)

const spdx = "https://spdx.dev/Document"

// bills is an index of both platforms, each with provenance and a bill of materials; that of arm64
// is changed.
func bills(change func(statement map[string]any)) func(*fixture.Store) digest.Digest {
	bill := predicate(spdx, object{"spdxVersion": "SPDX-2.3"})
	return func(s *fixture.Store) digest.Digest {
		amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
		changed := func(statement map[string]any) {
			bill(statement)
			change(statement)
		}
		return s.Index(amd64, arm64, s.Attest(amd64), s.Attest(arm64), s.AttestWith(amd64, bill),
			s.AttestWith(arm64, changed)).Digest
	}
}

// nested is a value in so many arrays.
func nested(levels int) any {
	var value any = "innermost"
	for range levels {
		value = []any{value}
	}
	return value
}

var _ = about("sbom",
	testCase{name: "not required", make: merged(nil)},
	testCase{name: "there for both", make: bills(func(map[string]any) {}), want: sbomWanted},
	testCase{name: "there for both, beside provenance", make: bills(func(map[string]any) {}),
		want: check.Want{SBOM: true, Provenance: true}},
	testCase{name: "there for none", make: merged(nil), want: sbomWanted,
		report: []string{"error sbom linux/amd64", "error sbom linux/arm64"}},
	testCase{
		name: "only provenance",
		make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		want: sbomWanted, report: []string{"error sbom linux/amd64", "error sbom linux/arm64"},
	},
	testCase{
		name: "about another image",
		make: bills(func(statement map[string]any) {
			statement["subject"] = []any{object{"digest": object{"sha256": strings.Repeat("0", 64)}}}
		}),
		want: sbomWanted, report: withoutBill,
	},
	testCase{name: "about nothing", make: bills(func(statement map[string]any) { delete(statement, "subject") }),
		want: sbomWanted, report: withoutBill},
	testCase{name: "no statement", make: bills(func(statement map[string]any) { statement["_type"] = "?" }),
		want: sbomWanted, report: withoutBill},
	testCase{
		name: "larger than what is decoded of other statements",
		make: bills(func(statement map[string]any) {
			// JSON objects come sorted from Go: this stands before the subject.
			statement["predicate"] = object{
				"files": strings.Split(strings.Repeat("a/quite/long/path/of/a/file ", 200_000), " ")}
		}),
		want: sbomWanted,
	},
	testCase{
		name: "nested without end",
		make: bills(func(statement map[string]any) { statement["predicate"] = nested(1000) }),
		want: sbomWanted, report: withoutBill,
	},
	testCase{
		name: "one endless string",
		make: bills(func(statement map[string]any) { statement["predicate"] = strings.Repeat("x", 9<<20) }),
		want: sbomWanted, report: withoutBill,
	},
	testCase{
		name: "about more than anything could be",
		make: bills(func(statement map[string]any) {
			statement["subject"] = append(statement["subject"].([]any), object{"name": strings.Repeat("x", 2<<20)})
		}),
		want: sbomWanted, report: withoutBill,
	},
	testCase{
		name: "not there",
		make: func(s *fixture.Store) digest.Digest {
			root := bills(func(statement map[string]any) { statement["predicate"] = object{"name": "lost"} })(s)
			for d, b := range s.Blobs {
				if strings.Contains(string(b), `"name":"lost"`) {
					delete(s.Blobs, d)
				}
			}
			return root
		},
		want: sbomWanted, report: []string{"error layer-missing unknown/unknown", "error sbom linux/arm64"},
	},
	testCase{
		name: "cut off",
		make: func(s *fixture.Store) digest.Digest {
			bill := predicate(spdx, object{"spdxVersion": "SPDX-2.3"})
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			statement := s.Statement(arm64, bill)
			s.Refer(arm64, index.InToto, statement[:len(statement)-1])
			return s.Index(amd64, arm64, s.AttestWith(amd64, bill)).Digest
		},
		want: sbomWanted, report: withoutBill,
	},
	testCase{
		name: "other bytes than the digest's",
		make: func(s *fixture.Store) digest.Digest {
			root := bills(func(statement map[string]any) { statement["predicate"] = object{"name": "first"} })(s)
			for d, b := range s.Blobs {
				s.Blobs[d] = []byte(strings.Replace(string(b), `"name":"first"`, `"name":"other"`, 1))
			}
			return root
		},
		want: sbomWanted, report: withoutBill,
	},
	testCase{
		name: "attached in an envelope",
		make: func(s *fixture.Store) digest.Digest {
			bill := predicate(spdx, object{"spdxVersion": "SPDX-2.3"})
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			s.Refer(arm64, index.DSSE, fixture.Envelope(s.Statement(arm64, bill), false))
			return s.Index(amd64, arm64, s.AttestWith(amd64, bill)).Digest
		},
		want: sbomWanted,
	},
	testCase{
		name: "attached",
		make: func(s *fixture.Store) digest.Digest {
			bill := predicate(spdx, object{"spdxVersion": "SPDX-2.3"})
			amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
			s.Refer(arm64, index.InToto, s.Statement(arm64, bill))
			return s.Index(amd64, arm64, s.AttestWith(amd64, bill)).Digest
		},
		want: sbomWanted,
	},
)
