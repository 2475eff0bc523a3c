package dockerfile_test

import (
	"testing"

	"archway/internal/dockerfile"

	"github.com/google/go-cmp/cmp"
)

func TestWanted(t *testing.T) {
	for _, test := range []struct {
		name, content string
		want          dockerfile.Wants
	}{
		{
			"files of the context, and nothing else",
			"FROM golang AS build\nCOPY go.mod go.sum ./\nCOPY services/api/ /src\nADD https://example.com/x.tgz /x\n" +
				"ADD git@example.com:x.git /y\nCOPY $FILE /z\nCOPY <<EOF /greeting\nhello\nEOF\n" +
				"FROM scratch\nCOPY --from=build /app /app\nADD ca.pem /etc/\n",
			dockerfile.Wants{Files: []string{"go.mod", "go.sum", "services/api/", "ca.pem"}},
		},
		{"a platform that is asked for",
			"FROM --platform=$BUILDPLATFORM golang AS a\nFROM --platform=$TARGETPLATFORM debian\n",
			dockerfile.Wants{}},
		{"a fixed platform", "FROM --platform=linux/amd64 debian\n", dockerfile.Wants{Platform: "linux/amd64"}},
		{"a fixed base", "FROM --platform=linux/arm64 debian AS Base\nFROM golang AS other\nFROM base\n",
			dockerfile.Wants{Platform: "linux/arm64"}},
		{"a fixed stage beside", "FROM --platform=linux/amd64 golang AS build\nFROM debian\nCOPY --from=build /x /x\n",
			dockerfile.Wants{}},
	} {
		got, err := dockerfile.Wanted([]byte(test.content))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", test.name, err, diff)
		}
	}
	if _, err := dockerfile.Wanted([]byte("RUN\n")); err == nil {
		t.Error("what is no Dockerfile gives no error")
	}
}
