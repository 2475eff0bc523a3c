package main

import (
	"testing"

	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/iam"
)

// A stack as a company has it: a customer's key for everything, notifications, a drift check, an
// approval; and removable whole, which brings the CDK's own function into the template. The command
// rehearses it, and no allowance is left without a reason.
func TestStackWithEverything(t *testing.T) {
	needsMachine(t)
	var got struct {
		Permissions iam.Report
		Notices     []endpoint.Notice
	}
	commanded(t, &got, "--page", "", "--readings", "prompt-history", "testdata/company/cdk.json")
	for _, refusal := range got.Permissions.Refused {
		t.Error(refusal)
	}
	for _, a := range got.Permissions.Unused {
		t.Errorf("nothing needed %s on %s: %s", a.Action, a.Resource, a.Statement)
	}
	if len(got.Notices) != 1 {
		t.Errorf("people were told %+v, expected the approval alone", got.Notices)
	}
}
