package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// Notifications that would reach nobody are reported.
func TestWrongNotifications(t *testing.T) {
	const at = "archway.pipelines[0].notifications"
	with := func(text string) string { return pipelineWith(`"notifications": ` + text) }
	many := strings.Repeat(`"a@example.com", `, 20)
	for i := range 20 {
		many = strings.Replace(many, `"a@`, fmt.Sprintf(`"a%d@`, i), 1)
	}
	check(t, []problemTest{
		{"no list", with(`{"email": "a@example.com"}`),
			[]string{at + `.email: "a@example.com": is a string where a list belongs: write it in brackets, [ … ]`}},
		{"no address", with(`{"email": ["team"]}`),
			[]string{at +
				`.email[0]: "team": a mail address has a name, "@" and a domain: use one such as "team@example.com"`}},
		{"twice", with(`{"email": ["a@example.com", "a@example.com"]}`),
			[]string{at + `.email[1]: "a@example.com": is also at ` + at + `.email[0]: remove one of them`}},
		{"too many", with(`{"email": [` + many + `"z@example.com"]}`),
			[]string{at +
				`.email: ["a0@example.com","a1@example.com","a2@example.com","a3@example.com","a4@example.com","a5@example.co…: has 21 addresses, and at most 20 are taken: use a mailing list`}},
		{"a channel without its workspace", with(`{"slack": {"channel": "C1"}}`), []string{
			at + `.slack.workspace: is missing: a channel is known by its own id and by that of its workspace, so give both, or none`,
		}},
		{"a workspace without a channel", with(`{"slack": {"workspace": "T1", "channel": ""}}`), []string{
			at + `.slack.channel: is missing: a channel is known by its own id and by that of its workspace, so give both, or none`,
		}},
		{"a channel's name", with(`{"slack": {"workspace": "T1", "channel": "#builds"}}`), []string{
			at + `.slack.channel: "#builds": a Slack channel is known by its id, of letters and digits, and not by its name: use the last part of the channel's link, such as "C0123456789"`,
		}},
		{"a workspace's name", with(`{"slack": {"workspace": "acme", "channel": "C1"}}`), []string{
			at + `.slack.workspace: "acme": a Slack workspace is known by its id, of capital letters and digits: use the one that the AWS console shows for the authorized workspace, such as "T0123456789"`,
		}},
	})
}

// The topic is there for people and for the drift check.
func TestTopicOfNotifications(t *testing.T) {
	for text, want := range map[string]bool{
		`"dashboard": true`:                                                false,
		`"notifications": {"email": ["a@example.com"]}`:                    true,
		`"notifications": {"slack": {"workspace": "T1", "channel": "C1"}}`: true,
		`"driftCheck": {"schedule": "rate(1 day)"}`:                        true,
	} {
		if got := load(t, pipelineWith(text)).Pipelines[0].Topic(); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Tags that AWS would refuse are reported.
func TestWrongStackTags(t *testing.T) {
	const at = "archway.pipelines[0].resourceTags"
	many := ""
	for i := range 49 {
		many += fmt.Sprintf(`, "k%d": ""`, i)
	}
	check(t, []problemTest{
		{"a key of AWS", pipelineWith(`"resourceTags": {"aws:team": "x"}`),
			[]string{at + `["aws:team"]: "x": AWS keeps keys that begin with aws: to itself: use another one`}},
		{"an umlaut", pipelineWith(`"resourceTags": {"Größe": "x"}`),
			[]string{at +
				`["Größe"]: AWS takes keys of tags of 1 to 128 letters, digits, spaces and the characters _ . : / = + - @: use one such as "Team"`}},
		{"a value with a comma", pipelineWith(`"resourceTags": {"Team": "a,b"}`),
			[]string{at +
				`.Team: "a,b": AWS takes values of tags of at most 256 letters, digits, spaces and the characters _ . : / = + - @: use one such as "platform"`}},
		{"keys that differ by their case",
			pipelineWith(`"resourceTags": {"project": "x", "Pipeline": "y", "Team": "z", "team": "z"}`), []string{
				at + `.project: "x": differs by its case alone from "Project", which is there too, and IAM takes one of them on a role: write "Project", or use another key`,
				at + `.team: "z": differs by its case alone from "Team", which is there too, and IAM takes one of them on a role: write "Team", or use another key`,
			}},
		{"a number", pipelineWith(`"resourceTags": {"CostCenter": 7}`),
			[]string{at + `.CostCenter: 7: is a number where a string belongs: write it in double quotes`}},
		{"too many", pipelineWith(`"resourceTags": {` + many[2:] + `}`),
			[]string{at +
				`: {"k0":"","k1":"","k10":"","k11":"","k12":"","k13":"","k14":"","k15":"","k16":"","k17":"","k18":"","k…: has 49 tags, but AWS takes 50, and two are set anyway (Project, Pipeline): use at most 48`}},
	})
}
