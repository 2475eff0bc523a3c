package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"archway/test/rehearse/internal/aws/codepipeline/actions"
)

// Who answers manual approvals.
const (
	approve = "approve"
	reject  = "reject"
	ask     = "ask"
)

// approvals is the value of the flag --approvals.
type approvals string

func (a *approvals) String() string { return string(*a) }

func (a *approvals) Set(text string) error {
	switch text {
	case approve, reject, ask:
		*a = approvals(text)
		return nil
	}
	return fmt.Errorf("use %s, %s or %s", approve, reject, ask)
}

// answers is where the person at the terminal types. Tests replace it.
var answers io.Reader = os.Stdin

// decide answers a manual approval as the flag says.
func (c *command) decide(ctx context.Context, r actions.Request) (actions.Decision, error) {
	switch c.approvals {
	case approve:
		return actions.Decision{Approved: true, Summary: "by --approvals approve, the default"}, nil
	case reject:
		return actions.Decision{Summary: "by --approvals reject"}, nil
	}
	c.view.Pause(fmt.Sprintf("\n%s waits for an approval (%s / %s):\n%s\n%s\nApprove? [y/n, and a reason] ", r.Pipeline,
		r.Stage, r.Action, r.Text, r.Link))
	defer c.view.Resume()
	type answer struct {
		text string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		if c.answers == nil {
			c.answers = bufio.NewReader(answers)
		}
		text, err := c.answers.ReadString('\n')
		typed <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return actions.Decision{}, context.Cause(ctx)
	case a := <-typed:
		if a.err != nil && strings.TrimSpace(a.text) == "" {
			return actions.Decision{},
				fmt.Errorf("nobody answered (%w): use --approvals %s or %s where nobody is at the terminal", a.err,
					approve, reject)
		}
		word, reason, _ := strings.Cut(strings.TrimSpace(a.text), " ")
		word = strings.ToLower(strings.TrimRight(word, ",:"))
		if reason = strings.TrimSpace(reason); reason == "" {
			reason = "by the person at the terminal"
		}
		return actions.Decision{Approved: word == "y" || word == "yes", Summary: reason}, nil
	}
}
