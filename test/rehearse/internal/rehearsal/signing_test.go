package rehearsal

import (
	"slices"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/iam"

	"github.com/google/go-cmp/cmp"
)

// pusher is an account whose role may do these actions, and whose registry signs what is pushed
// into "signed".
func pusher(t *testing.T, actions ...string) *Rehearsal {
	t.Helper()
	list := make([]any, len(actions))
	for i, action := range actions {
		list[i] = action
	}
	identity, err := iam.Identity("Builder",
		map[string]any{"Statement": map[string]any{"Effect": "Allow", "Action": list, "Resource": "*"}})
	if err != nil {
		t.Fatal(err)
	}
	r := &Rehearsal{permissions: iam.NewAccount(accountID),
		signed: map[string]string{repositoryARN("signed"): arn("signer", "/signing-profiles/releases")}}
	if err := r.permissions.Add([]*iam.Role{{ARN: builder, ID: "Builder", Policies: []iam.Policy{identity}}},
		nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// A push into a signed repository signs in the caller's name.
func TestSignedPush(t *testing.T) {
	all := append([]string{"ecr:PutImage", "signer:SignPayload"}, signUses...)
	r := pusher(t, all...)
	if err := r.authorize(call{by: session(builder), action: "ecr:PutImage",
		resource: repositoryARN("signed")}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, use := range r.permissions.Uses() {
		got = append(got, use.Action)
	}
	slices.Sort(got)
	slices.Sort(all)
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, missing := range all {
		r := pusher(t, slices.DeleteFunc(slices.Clone(all), func(action string) bool { return action == missing })...)
		err := r.authorize(call{by: session(builder), action: "ecr:PutImage", resource: repositoryARN("signed")})
		if refused := r.Permissions().Refused; len(refused) != 1 || !strings.Contains(refused[0], missing) ||
			(err != nil) != (missing == "ecr:PutImage") {
			t.Errorf("without %s: refused %q, got %v", missing, refused, err)
		}
	}
}

// Other repositories, and pulls, need no signature.
func TestUnsignedRequests(t *testing.T) {
	r := pusher(t, "ecr:PutImage", "ecr:BatchGetImage")
	for _, c := range []call{
		{action: "ecr:PutImage", resource: repositoryARN("signed/not")},
		{action: "ecr:BatchGetImage", resource: repositoryARN("signed")},
	} {
		c.by = session(builder)
		if err := r.authorize(c); err != nil {
			t.Error(err)
		}
	}
}
