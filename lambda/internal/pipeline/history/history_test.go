package history_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/settings"
	"archway/lambda/internal/pipeline/history"
)

func TestOpen(t *testing.T) {
	source, err := history.Open(aws.Config{}, settings.Source{Repository: "app", Branch: "main"})
	if _, ok := source.(history.CodeCommit); !ok || err != nil {
		t.Errorf("a source without a kind: %T, %v, want CodeCommit", source, err)
	}
	source, err = history.Open(aws.Config{}, settings.Source{Kind: "other", Repository: "app"})
	if source != nil || err == nil || !strings.Contains(err.Error(), `the kind "other"`) {
		t.Errorf("an unknown kind: %T, %v", source, err)
	}
}
