package config

import "archway/internal/spec"

// Notifications says who is told of failed runs, in one message each and with what the failed
// actions said; of drift, if it is looked for; and of what makes runs fail soon. They are off
// unless they name somebody.
type Notifications struct {
	// Mail addresses that get every notification, after each owner has confirmed the subscription:
	// at most 20. Default: none.
	Email []string `key:"email" rule:"mail" most:"20" crowd:"has %d addresses, and at most %d are taken: use a mailing list" unique:"true"`

	// A Slack channel that gets every notification.
	Slack Slack `key:"slack"`
}

// Slack is a channel of a Slack workspace that was authorized before for Amazon Q Developer in chat
// applications (AWS Chatbot), by hand and once for the account.
type Slack struct {
	// Id of the workspace, such as T0123456789. Empty, as the channel: none.
	Workspace string `key:"workspace" rule:"slackWorkspace" jsonschema:"required"`

	// Id of the channel, such as C0123456789. Empty, as the workspace: none.
	Channel string `key:"channel" rule:"slackChannel" jsonschema:"required"`
}

// Topic reports whether there is a topic at all: for people who are named, or for the drift check,
// whose topic anybody can subscribe to.
func (p Pipeline) Topic() bool {
	return len(p.Notifications.Email) > 0 || p.Notifications.Slack != (Slack{}) || p.DriftCheck.Schedule != ""
}

// Problems reports a channel of which only one of the two ids is given.
func (s Slack) Problems() []spec.Problem {
	key := "channel"
	if s.Workspace == "" {
		key = "workspace"
	}
	if (s.Workspace == "") == (s.Channel == "") {
		return nil
	}
	return []spec.Problem{{Key: key, Nothing: true,
		Message: "is missing: a channel is known by its own id and by that of its " +
			"workspace, so give both, or none"}}
}
