package scenarios_test

import (
	"testing"

	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/iam/iamtest"
)

const signed = "testdata/signed/cdk.json"

// The registry's stack is deployed beside the pipeline's, and what the promoter may do for
// signatures is needed.
func TestPromoterSignsWhatItPushes(t *testing.T) {
	w := deploy(t, signed)
	w.seed("signed")
	report := w.Permissions()
	signs := false
	for _, use := range report.Uses {
		signs = signs || use.Action == "signer:SignPayload" &&
			use.Resource == "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/releases"
	}
	if !signs {
		t.Error("nobody signs with the profile")
	}
	for _, unused := range report.Unused {
		t.Errorf("nothing needs %+v", unused)
	}
}

// ECR takes an image that it can't sign. The rehearsal says so all the same. Where blobs are
// mounted, nothing but signatures is uploaded.
func TestMissingSignatureIsReported(t *testing.T) {
	for _, action := range []string{"signer:SignPayload", "ecr:UploadLayerPart"} {
		t.Run(action, func(t *testing.T) {
			all := stacks(t, signed)
			permission, err := iamtest.Find(all, "signed/PromoteAccess", action, 0)
			if err != nil {
				t.Fatal(err)
			}
			changed, err := iamtest.Without(all, permission)
			if err != nil {
				t.Fatal(err)
			}
			w := deployStacks(t, changed, options{readings: &assumptions.Readings{PromptHistory: true, Mount: true}})
			w.refusals = true
			w.seed("signed")
			w.wantRefused(action)
		})
	}
}
