package index_test

import (
	"testing"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
)

// Whatever a registry serves as a statement, reading it ends, and gives digests and commits that
// can be compared.
func FuzzStatement(f *testing.F) {
	s := fixture.New()
	image := s.Linux("amd64", "")
	plain := s.Statement(image, nil)
	slsa1 := s.Statement(image, func(doc map[string]any) {
		doc["predicateType"] = fixture.SLSA1
		doc["predicate"] = map[string]any{"buildDefinition": map[string]any{
			"externalParameters": map[string]any{
				"configSource": map[string]any{"digest": map[string]any{"gitCommit": "x"}}},
			"resolvedDependencies": []any{map[string]any{"uri": "git+https://x", "digest": map[string]any{"sha1": "y"}},
				"odd"},
		}}
	})
	for _, b := range [][]byte{plain, slsa1, nil, []byte("[]"),
		[]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":7}}]}`)} {
		f.Add(index.InToto, b)
		f.Add(index.DSSE, fixture.Envelope(b, false))
		f.Add("application/vnd.dev.sigstore.bundle.v0.3+json", fixture.Envelope(b, true))
	}
	f.Fuzz(func(t *testing.T, mediaType string, b []byte) {
		statement, err := index.ParseStatement(mediaType, b)
		if err != nil {
			return
		}
		for _, r := range statement.Revisions {
			if r == "" {
				t.Error("an empty commit")
			}
		}
		if len(statement.Revisions) > 0 && !index.IsProvenance(statement.PredicateType) {
			t.Errorf("%+v", statement)
		}
	})
}
