package rehearsal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/iam"
)

const (
	builder = "arn:aws:iam::111122223333:role/builder"
	bucket  = "arn:aws:s3:::artifacts"
	key     = "arn:aws:kms:eu-west-1:111122223333:key/1"
)

// judged is an account with one role that may do everything to the bucket, the key and the topic,
// if the key's policy leaves it so.
func judged(t *testing.T, keyPolicy string) *Rehearsal {
	t.Helper()
	document := func(text string) any {
		var v any
		if err := json.Unmarshal([]byte(`{"Statement":`+text+`}`), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	identity, err := iam.Identity("Builder",
		document(`{"Effect":"Allow","Action":["s3:*","kms:*","sns:*","sqs:*"],"Resource":"*"}`))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := iam.Resource("Key", key, document(keyPolicy))
	if err != nil {
		t.Fatal(err)
	}
	r := &Rehearsal{account: cloudformation.Account{URLSuffix: "amazonaws.com"}, permissions: iam.NewAccount(accountID),
		keys: map[string]string{bucket: key, arn("sns", "topic"): key, arn("sqs", "queue"): key}}
	err = r.permissions.Add([]*iam.Role{{ARN: builder, ID: "Builder", Policies: []iam.Policy{identity}}},
		[]iam.ResourcePolicy{{Resource: key, ID: "Key", Policy: policy}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A customer's key is used in the caller's name.
func TestCustomersKey(t *testing.T) {
	r := judged(t,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`)
	for _, c := range []call{
		{action: "s3:GetObject", resource: bucket + "/a/b"},
		{action: "s3:GetObject", resource: bucket + "-without-a-key/a/b"},
		{action: "s3:PutObject", resource: bucket + "/a/b"},
		{action: "s3:GetBucketAcl", resource: bucket},
		{action: "sns:Publish", resource: arn("sns", "topic")},
		{action: "sqs:SendMessage", resource: arn("sqs", "queue")},
	} {
		c.by = session(builder)
		if err := r.authorize(c); err != nil {
			t.Error(err)
		}
	}
	var got []string
	for _, use := range r.permissions.Uses() {
		if strings.HasPrefix(use.Action, "kms:") {
			got = append(got, use.Action+" via "+use.Context[iam.KeyViaService])
		}
	}
	slices.Sort(got)
	want := []string{
		"kms:Decrypt via s3.eu-west-1.amazonaws.com", "kms:Decrypt via sns.eu-west-1.amazonaws.com",
		"kms:Decrypt via sqs.eu-west-1.amazonaws.com",
		"kms:GenerateDataKey via s3.eu-west-1.amazonaws.com", "kms:GenerateDataKey via sns.eu-west-1.amazonaws.com",
		"kms:GenerateDataKey via sqs.eu-west-1.amazonaws.com",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A key that may not be used refuses the call.
func TestRefusedKey(t *testing.T) {
	r := judged(t,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/another"},"Action":"kms:*","Resource":"*"}`)
	err := r.authorize(call{by: session(builder), action: "s3:GetObject", resource: bucket + "/a"})
	if err == nil ||
		!strings.Contains(err.Error(),
			"is not authorized to perform: kms:Decrypt on resource: "+key+
				" because no resource-based policy allows the kms:Decrypt action") {
		t.Errorf("got %v", err)
	}
}

// A service uses a customer's key in its own name: CloudWatch tells the key for which alarm of
// which account; it has no role whose service could be told.
func TestServicesUseOfAKey(t *testing.T) {
	const cloudWatch = `{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"%s"}}}`
	alarm := &cloudformation.Alarm{Name: "a", ARN: arn("cloudwatch", "alarm:a")}
	for account, want := range map[string]string{
		accountID:      "",
		"999988887777": "is not authorized to perform: kms:GenerateDataKey",
	} {
		r := judged(t, fmt.Sprintf(cloudWatch, account))
		topic := arn("sns", "topic")
		policy, err := iam.Resource("Topic", topic, map[string]any{"Statement": map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
			"Action": "sns:Publish", "Resource": topic,
			"Condition": map[string]any{"ArnLike": map[string]any{iam.KeySourceARN: alarm.ARN}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.permissions.Add(nil,
			[]iam.ResourcePolicy{{Resource: topic, ID: "Topic", Policy: policy}}); err != nil {
			t.Fatal(err)
		}
		err = r.authorize(alarmCalls(alarm, topic)...)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("the key of account %s: got %v, expected %q", account, err, want)
		}
	}
}

// Sessions are named as their services name them.
func TestSessionNames(t *testing.T) {
	for _, test := range []struct {
		caller endpoint.Caller
		want   string
	}{
		{endpoint.Caller{Kind: "build", Name: "project:1-2-3", Role: builder}, "AWSCodeBuild-1-2-3"},
		{endpoint.Caller{Kind: "function", Name: "validate", Role: builder}, "validate"},
	} {
		if got := principalOf(test.caller); got.Session != test.want || got.Role != builder {
			t.Errorf("got %+v, expected the session %s", got, test.want)
		}
	}
}
