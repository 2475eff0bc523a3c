package topic

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture"
)

func notify(t *testing.T, subject, text string) fixture.Notice {
	t.Helper()
	endpoint := fixture.ServeAWS(t)
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}
	if err := SNS(cfg)(t.Context(), "arn:aws:sns:eu-west-1:111122223333:people", subject, text); err != nil {
		t.Fatal(err)
	}
	sent := endpoint.Notices()
	if len(sent) != 1 {
		t.Fatalf("%d messages, expected 1", len(sent))
	}
	return sent[0]
}

// Mail gets the text, and chat gets what it can show.
func TestMailAndChat(t *testing.T) {
	const text = "it says \"no\",\nand <why>: 1 > 0\n"
	got := notify(t, "Archway: app failed", text)
	want := fixture.Notice{Topic: "arn:aws:sns:eu-west-1:111122223333:people", Subject: "Archway: app failed",
		Text: text}
	chat := got.Chat
	got.Chat = ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var shown map[string]any
	if err := json.Unmarshal([]byte(chat), &shown); err != nil {
		t.Fatal(err)
	}
	wantShown := map[string]any{
		"version": "1.0", "source": "custom",
		"content": map[string]any{"textType": "client-markdown", "title": "Archway: app failed", "description": text},
	}
	if diff := cmp.Diff(wantShown, shown); diff != "" {
		t.Error(diff)
	}
}

func TestLongMessagesFitIntoChat(t *testing.T) {
	got := notify(t, "x", strings.Repeat("ä", 9000))
	var shown struct{ Content struct{ Description string } }
	if err := json.Unmarshal([]byte(got.Chat), &shown); err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(shown.Content.Description); n != 8000 ||
		!strings.HasSuffix(shown.Content.Description, "…") {
		t.Errorf("%d characters", n)
	}
	if n := utf8.RuneCountInString(got.Text); n != 9000 {
		t.Errorf("the mail has %d characters, expected all 9000", n)
	}
}

func TestSubjectIsOneThatSNSTakes(t *testing.T) {
	for text, want := range map[string]string{
		"Archway: app failed in Validate": "Archway: app failed in Validate",
		"größer\n":                        "gr??er?",
		strings.Repeat("x", 99):           strings.Repeat("x", 99),
		strings.Repeat("x", 100):          strings.Repeat("x", 96) + "...",
	} {
		if got := Subject(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
