package config

import "archway/internal/spec"

// Notifications says who is told of failed runs, in one message each and with what the failed
// actions said; of drift, if it is looked for; and of what makes runs fail soon. They are off
// unless they name somebody.
type Notifications struct {
	// Mail addresses that get every notification, after each owner has confirmed the subscription:
	// at most 20. Default: none.
	Email []string `key:"email" rule:"mail" most:"20" unique:"true"`

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

// maxEmails is ours: whoever has more to tell has a mailing list.
const maxEmails = 20

// notifications reads who is told.
func (r *reader) notifications(pipeline object) Notifications {
	n := Notifications{Email: []string{}}
	const key = "notifications"
	value, ok := pipeline.fields[key]
	if !ok {
		return n
	}
	o, ok := r.object(pipeline.path(key), value, keysOf[Notifications]())
	if !ok {
		return n
	}
	n.Email = o.emails("email")
	if value, ok := o.fields["slack"]; ok {
		n.Slack = r.slack(o.path("slack"), value)
	}
	return n
}

func (o object) emails(key string) []string {
	list, _ := o.list(key)
	if len(list) > maxEmails {
		o.report(key, "has %d addresses, and at most %d are taken: use a mailing list", len(list), maxEmails)
	}
	emails := []string{}
	taken := names{}
	for i, value := range list {
		at := item(o.path(key), i)
		text, ok := typed[string](o.r, at, value, aString)
		if !ok {
			continue
		}
		if text == "" {
			o.r.report(at, text, "is empty: %s", spec.Named("mail").Cure)
			continue
		}
		if broken := spec.Named("mail").Check(text); broken != "" {
			o.r.report(at, text, "%s", broken)
			continue
		}
		taken.add(o.r, at, text, "remove one of them")
		emails = append(emails, text)
	}
	return emails
}

func (r *reader) slack(at string, value any) Slack {
	var s Slack
	o, ok := r.object(at, value, keysOf[Slack]())
	if !ok {
		return s
	}
	s.Workspace, s.Channel = o.name("workspace", "slackWorkspace"), o.name("channel", "slackChannel")
	const needs = "is missing: a channel is known by its own id and by that of its workspace, so give both, or none"
	if empty := o.fields["workspace"] == nil || o.fields["workspace"] == ""; empty && s.Channel != "" {
		r.report(o.path("workspace"), nothing{}, needs)
	}
	if empty := o.fields["channel"] == nil || o.fields["channel"] == ""; empty && s.Workspace != "" {
		r.report(o.path("channel"), nothing{}, needs)
	}
	return s
}
