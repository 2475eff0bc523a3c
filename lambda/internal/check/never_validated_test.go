package check_test

import (
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/check"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/index"
)

var otherDigest = digest.FromString("another image")

// goodDigest is that of a store's first good image.
var goodDigest = fixture.New().Good().Digest

func released(proofs ...index.Served) check.Want {
	return check.Want{Release: &check.Release{Proofs: proofs}}
}

var _ = about("never-validated",
	testCase{name: "not asked for", make: func(s *fixture.Store) digest.Digest { return s.Good().Digest }},
	testCase{
		name: "its commit's tag serves it",
		make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		want: released(index.Served{Tag: "0123456789ab", Digest: goodDigest}),
	},
	testCase{
		name: "one of its commit's tags serves it; the other was configured later",
		make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		want: released(index.Served{Tag: "v20260304"}, index.Served{Tag: "0123456789ab", Digest: goodDigest}),
	},
	testCase{
		name: "its commit's tag serves another image", make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		want: released(index.Served{Tag: "0123456789ab", Digest: otherDigest}), report: []string{"error never-validated"},
	},
	testCase{
		name: "its commit has no tag", make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		want: released(index.Served{Tag: "0123456789ab"}), report: []string{"error never-validated"},
	},
	testCase{
		name: "it names no commit", make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		want: check.Want{Release: &check.Release{Problem: "it doesn't say which commit it was merged for"}}, report: []string{"error never-validated"},
	},
)
