// Package topic tells people something through a topic of Amazon SNS, in a form for each kind of
// subscriber.
package topic

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Notify sends a message to a topic.
type Notify = func(ctx context.Context, topic, subject, text string) error

// SNS notifies through Amazon SNS.
func SNS(cfg aws.Config) Notify {
	client := sns.NewFromConfig(cfg, func(o *sns.Options) { o.RetryMaxAttempts = 5 })
	return func(ctx context.Context, topic, subject, text string) error {
		message, err := forms(subject, text)
		if err != nil {
			return err
		}
		_, err = client.Publish(ctx,
			&sns.PublishInput{TopicArn: &topic, Subject: aws.String(Subject(subject)), Message: &message,
				MessageStructure: aws.String("json")})
		return err
	}
}

// forms is the message as each protocol gets it: the text, and for chat what Amazon Q Developer in
// chat applications (AWS Chatbot) shows. It subscribes over HTTPS, and drops in silence what it
// does not know, such as a text.
// https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
// https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
func forms(subject, text string) (string, error) {
	type object = map[string]any
	chat, err := json.Marshal(object{
		"version": "1.0", "source": "custom",
		"content": object{"textType": "client-markdown", "title": shortened(subject, maxTitle),
			"description": shortened(text, maxDescription)},
	})
	if err != nil {
		return "", fmt.Errorf("the message for chat: %w", err)
	}
	all, err := json.Marshal(object{"default": text, "https": string(chat)})
	return string(all), err
}

// The lengths of a chat message in characters, of the custom notification's schema.
const (
	maxTitle       = 250
	maxDescription = 8000
)

func shortened(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// Subject makes the line that a mail shows: at most 99 printable ASCII characters
// (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
func Subject(s string) string {
	const most = 99
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	if len(s) > most {
		s = s[:most-3] + "..."
	}
	return s
}
