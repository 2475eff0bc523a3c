package endpoint

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func TestWhatATopicIsToldIsKept(t *testing.T) {
	s, _, cfg := start(t)
	client := sns.NewFromConfig(cfg)
	const topic = "arn:aws:sns:eu-west-1:111122223333:drift"
	publish := func(subject, text string) error {
		_, err := client.Publish(t.Context(),
			&sns.PublishInput{TopicArn: aws.String(topic), Subject: &subject, Message: &text})
		return err
	}
	if err := publish("drift", "latest & main\nserve <nothing>"); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"a long subject": publish(strings.Repeat("x", 100), "x"),
		"two lines":      publish("a\nb", "x"),
		"no message":     publish("a", ""),
		"too much":       publish("a", strings.Repeat("x", maxNotice+1)),
	} {
		var refused smithy.APIError
		if !errors.As(err, &refused) || refused.ErrorCode() != "InvalidParameter" {
			t.Errorf("%s: %v", name, err)
		}
	}
	byProtocol := func(message string) error {
		_, err := client.Publish(t.Context(),
			&sns.PublishInput{TopicArn: aws.String(topic), Subject: aws.String("s"), Message: &message,
				MessageStructure: aws.String("json")})
		return err
	}
	for _, message := range []string{"no JSON", `{"https": "x"}`, `{"default": ""}`} {
		if err := byProtocol(message); err == nil || !strings.Contains(err.Error(), "InvalidParameter") {
			t.Errorf("%s: %v", message, err)
		}
	}
	if err := byProtocol(`{"default": "for all", "https": "for chat"}`); err != nil {
		t.Error(err)
	}
	if _, err := client.ListTopics(t.Context(), nil); err == nil ||
		!strings.Contains(err.Error(), "does not support the call ListTopics of sns") {
		t.Errorf("another call: %v", err)
	}
	want := []Notice{{Caller: Caller{Kind: "function", Name: "validate", Role: "role"}, Topic: topic, Subject: "drift",
		Text: "latest & main\nserve <nothing>"},
		{Caller: Caller{Kind: "function", Name: "validate", Role: "role"}, Topic: topic, Subject: "s", Text: "for all",
			Others: map[string]string{"https": "for chat"}}}
	if diff := cmp.Diff(want, s.Notices()); diff != "" {
		t.Error(diff)
	}
	if calls := s.Calls(); calls[0].Service != "sns" || calls[0].Operation != "Publish" || calls[0].Code != "" ||
		calls[1].Code != "InvalidParameter" {
		t.Errorf("%+v", calls)
	}
}
