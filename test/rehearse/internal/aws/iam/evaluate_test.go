package iam

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	account    = "111122223333"
	roleARN    = "arn:aws:iam::111122223333:role/worker"
	otherRole  = "arn:aws:iam::111122223333:role/other"
	repository = "arn:aws:ecr:eu-west-1:111122223333:repository/app"
	bucket     = "arn:aws:s3:::artifacts"
	topic      = "arn:aws:sns:eu-west-1:111122223333:topic"
	key        = "arn:aws:kms:eu-west-1:111122223333:key/1"
	ruleARN    = "arn:aws:events:eu-west-1:111122223333:rule/push"
)

func document(t *testing.T, statements ...string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`),
		&v); err != nil {
		t.Fatalf("%v in %s", err, statements)
	}
	return v
}

// deployed is an account with a role, trusted by its service, that has an identity
// policy, and policies of resources.
func deployed(t *testing.T, trust, identity string, resources map[string]string) *Account {
	t.Helper()
	role := &Role{ARN: roleARN, ID: "stack/Worker"}
	var err error
	if role.Trust, err = Trust("stack/Worker.Trust", roleARN, document(t, trust)); err != nil {
		t.Fatal(err)
	}
	policy, err := Identity("stack/Worker.Policies[0]", document(t, identity))
	if err != nil {
		t.Fatal(err)
	}
	role.Policies = []Policy{policy}
	var policies []ResourcePolicy
	for arn, text := range resources {
		p, err := Resource("stack/Policy", arn, document(t, text))
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, ResourcePolicy{Resource: arn, ID: "stack/Resource", Policy: p})
	}
	a := NewAccount(account)
	if err := a.Add([]*Role{role}, policies); err != nil {
		t.Fatal(err)
	}
	return a
}

const (
	trustsLambda = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}`
	nothing      = `{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}`
)

func worker(action, resource string, context ...string) Request {
	return Request{Principal: Principal{Role: roleARN, Session: "session"}, Action: action, Resource: resource,
		Context: pairs(context)}
}

func serviceCall(service, action, resource string, context ...string) Request {
	return Request{Principal: Principal{Service: service}, Action: action, Resource: resource, Context: pairs(context)}
}

func pairs(list []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// writersOf is the policy of a repository into which only these roles may write.
func writersOf(roles ...string) string {
	return `{"Effect":"Deny","Principal":"*","Action":["ecr:PutImage","ecr:InitiateLayerUpload","ecr:UploadLayerPart","ecr:CompleteLayerUpload"],` +
		`"Condition":{"ArnNotEquals":{"aws:PrincipalArn":["` + strings.Join(roles, `","`) + `"]}}}`
}

func TestDecisions(t *testing.T) {
	const put = `{"Effect":"Allow","Action":"ecr:PutImage","Resource":"` + repository + `"}`
	allow := func(action, resource string) string {
		return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}`
	}
	tests := map[string]struct {
		trust, identity string
		resources       map[string]string
		request         Request
		want            Reason // empty: allowed
	}{
		"what no policy allows is refused": {identity: nothing, request: worker("ecr:PutImage", repository),
			want: NoIdentityPolicy},
		"what the identity policy allows": {identity: put, request: worker("ecr:PutImage", repository)},
		"an action's case does not count": {identity: allow("ECR:putimage", repository),
			request: worker("ecr:PutImage", repository)},
		"a resource's case counts": {identity: allow("ecr:PutImage",
			strings.Replace(repository, "app", "App", 1)), request: worker("ecr:PutImage", repository),
			want: NoIdentityPolicy},
		"another action": {identity: put, request: worker("ecr:BatchGetImage", repository),
			want: NoIdentityPolicy},
		"another resource": {identity: put, request: worker("ecr:PutImage", repository+"2"),
			want: NoIdentityPolicy},
		"a wildcard in the action": {identity: allow("ecr:*Image", repository),
			request: worker("ecr:PutImage", repository)},
		"a wildcard in the action, not that": {identity: allow("ecr:Batch*", repository),
			request: worker("ecr:PutImage", repository), want: NoIdentityPolicy},
		"a wildcard for one character": {identity: allow("ecr:PutImag?", repository),
			request: worker("ecr:PutImage", repository)},
		"all actions": {identity: allow("*", repository),
			request: worker("ecr:PutImage", repository)},
		"a wildcard spans slashes": {identity: allow("s3:GetObject", bucket+"/*"),
			request: worker("s3:GetObject", bucket+"/a/b/c")},
		"objects are not the bucket": {identity: allow("s3:*", bucket+"/*"),
			request: worker("s3:GetBucketAcl", bucket), want: NoIdentityPolicy},
		"a wildcard stays in its part": {identity: allow("ecr:PutImage", "arn:aws:ecr:*:repository/app:*:*"),
			request: worker("ecr:PutImage", repository), want: NoIdentityPolicy},
		"all resources": {identity: allow("ecr:PutImage", "*"),
			request: worker("ecr:PutImage", repository)},
		"an action without resources needs *": {identity: allow("ecr:GetAuthorizationToken", repository),
			request: worker("ecr:GetAuthorizationToken", "*"), want: NoIdentityPolicy},
		"an action without resources, with *": {identity: allow("ecr:GetAuthorizationToken", "*"),
			request: worker("ecr:GetAuthorizationToken", "*")},
		"log streams of a group": {identity: allow("logs:PutLogEvents",
			"arn:aws:logs:eu-west-1:111122223333:log-group:g:*"),
			request: worker("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s")},
		"an explicit deny wins": {identity: put + `,{"Effect":"Deny","Action":"ecr:*","Resource":"*"}`,
			request: worker("ecr:PutImage", repository), want: IdentityDeny},
		"a deny of something else": {identity: put +
			`,{"Effect":"Deny","Action":"ecr:Delete*","Resource":"*"}`, request: worker("ecr:PutImage", repository)},
		"NotAction allows the rest": {identity: `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`,
			request: worker("ecr:PutImage", repository)},
		"NotAction does not allow what it has": {
			identity: `{"Effect":"Allow","NotAction":["iam:*","ecr:*"],"Resource":"*"}`,
			request:  worker("ecr:PutImage", repository), want: NoIdentityPolicy},
		"NotResource allows the rest": {identity: `{"Effect":"Allow","Action":"ecr:PutImage","NotResource":"` +
			repository + `"}`, request: worker("ecr:PutImage", repository+"2")},
		"NotResource denies the rest": {identity: put + `,{"Effect":"Deny","Action":"*","NotResource":"` +
			repository + `"}`, request: worker("ecr:PutImage", repository)},
		"a role that nobody deployed": {identity: put, want: NoRole,
			request: Request{Principal: Principal{Role: otherRole}, Action: "ecr:PutImage", Resource: repository}},

		"a resource policy allows by itself": {identity: nothing, request: worker("sns:Publish", topic),
			resources: map[string]string{topic: `{"Effect":"Allow","Principal":{"AWS":"` + roleARN +
				`"},"Action":"sns:Publish","Resource":"` + topic + `"}`}},
		"a resource policy for a session of the role": {identity: nothing, request: worker("sns:Publish", topic),
			resources: map[string]string{topic: `{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/worker/session"},"Action":"sns:Publish","Resource":"` +
				topic + `"}`}},
		"a resource policy for another session": {identity: nothing, request: worker("sns:Publish", topic),
			want: NoIdentityPolicy,
			resources: map[string]string{topic: `{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/worker/other"},"Action":"sns:Publish","Resource":"` +
				topic + `"}`}},
		"a deny of another role": {identity: allow("sns:Publish", topic), request: worker("sns:Publish", topic),
			resources: map[string]string{topic: `{"Effect":"Deny","Principal":{"AWS":"` + otherRole +
				`"},"Action":"sns:*","Resource":"` + topic + `"}`}},
		"a deny of the account is one of its roles": {identity: allow("sns:Publish", topic),
			request: worker("sns:Publish", topic), want: ResourceDeny,
			resources: map[string]string{
				topic: `{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"sns:*","Resource":"` +
					topic + `"}`}},
		"a deny of a service": {identity: allow("sns:Publish", topic), request: worker("sns:Publish", topic),
			resources: map[string]string{
				topic: `{"Effect":"Deny","Principal":{"Service":"sns.amazonaws.com"},"Action":"sns:*","Resource":"` +
					topic + `"}`}},
		"a resource policy for another role": {identity: nothing, request: worker("sns:Publish", topic),
			want: NoIdentityPolicy,
			resources: map[string]string{topic: `{"Effect":"Allow","Principal":{"AWS":"` + otherRole +
				`"},"Action":"sns:Publish","Resource":"` + topic + `"}`}},
		"a resource policy for the account leaves it to the role": {identity: nothing,
			request: worker("sns:Publish", topic), want: NoIdentityPolicy,
			resources: map[string]string{topic: `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sns:Publish","Resource":"` +
				topic + `"}`}},
		"a resource policy denies": {identity: allow("sns:Publish", topic), request: worker("sns:Publish", topic),
			want: ResourceDeny,
			resources: map[string]string{topic: `{"Effect":"Deny","Principal":"*","Action":"sns:*","Resource":"` +
				topic + `"}`}},
		"a deny of calls without TLS meets no call of a rehearsal": {identity: allow("s3:GetObject", bucket+"/*"),
			request: worker("s3:GetObject", bucket+"/key"),
			resources: map[string]string{
				bucket: `{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":["` +
					bucket + `","` + bucket + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`}},
		"and meets a call without": {identity: allow("s3:GetObject", bucket+"/*"),
			request: worker("s3:GetObject", bucket+"/key", KeySecureTransport, "false"), want: ResourceDeny,
			resources: map[string]string{
				bucket: `{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":["` +
					bucket + `","` + bucket + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`}},
		"a repository's policy needs no resource": {identity: nothing, request: worker("ecr:BatchGetImage", repository),
			resources: map[string]string{repository: `{"Effect":"Allow","Principal":{"AWS":"` + roleARN +
				`"},"Action":"ecr:BatchGetImage"}`}},

		"a release that denies writes to all but one role": {identity: put, request: worker("ecr:PutImage", repository),
			want:      ResourceDeny,
			resources: map[string]string{repository: writersOf(otherRole)}},
		"the role that the release names": {identity: put, request: worker("ecr:PutImage", repository),
			resources: map[string]string{repository: writersOf(otherRole, roleARN)}},
		"who may not write a release by itself is told of the deny": {identity: nothing,
			request: worker("ecr:PutImage", repository), want: ResourceDeny,
			resources: map[string]string{repository: writersOf(otherRole)}},
		"a release that denies writes is read": {identity: allow("ecr:BatchGetImage", repository),
			request:   worker("ecr:BatchGetImage", repository),
			resources: map[string]string{repository: writersOf(otherRole)}},
		"a service of AWS is no role, and denied": {identity: nothing,
			request: serviceCall("replication.ecr.amazonaws.com", "ecr:PutImage", repository), want: ResourceDeny,
			resources: map[string]string{repository: writersOf(otherRole)}},
		"whom the release names needs a permission all the same": {identity: nothing,
			request: worker("ecr:PutImage", repository), want: NoIdentityPolicy,
			resources: map[string]string{repository: writersOf(roleARN)}},

		"a statement about another service of AWS": {identity: nothing,
			request: serviceCall("events.amazonaws.com", "sns:Publish", topic), want: NoResourcePolicy,
			resources: map[string]string{topic: `{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","s3.amazonaws.com"]},"Action":"sns:Publish","Resource":"` +
				topic + `"}`}},
		"a statement about several services of AWS": {identity: nothing,
			request: serviceCall("events.amazonaws.com", "sns:Publish", topic),
			resources: map[string]string{topic: `{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","events.amazonaws.com"]},"Action":"sns:Publish","Resource":"` +
				topic + `"}`}},
		"a statement about a service is not about roles": {identity: nothing, request: worker("sns:Publish", topic),
			want: NoIdentityPolicy,
			resources: map[string]string{
				topic: `{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},` +
					`"Action":"sns:Publish","Resource":"` + topic + `"}`}},
		"a statement about the account is not about services": {identity: nothing,
			request: serviceCall("events.amazonaws.com", "sns:Publish", topic), want: NoResourcePolicy,
			resources: map[string]string{
				topic: `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sns:Publish","Resource":"` +
					topic + `"}`}},
		"actions of another service": {identity: allow("ecr-public:PutImage", repository),
			request: worker("ecr:PutImage", repository), want: NoIdentityPolicy},

		"a service that the resource's policy names": {identity: nothing,
			request: serviceCall("events.amazonaws.com", "sns:Publish", topic, KeySourceARN, ruleARN),
			resources: map[string]string{
				topic: `{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},` +
					`"Action":"sns:Publish","Resource":"` + topic + `",` +
					`"Condition":{"ArnEquals":{"aws:SourceArn":"` + ruleARN + `"}}}`}},
		"the service on behalf of something else": {identity: nothing,
			request: serviceCall("events.amazonaws.com", "sns:Publish", topic, KeySourceARN, ruleARN+"2"),
			want:    NoResourcePolicy,
			resources: map[string]string{
				topic: `{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},` +
					`"Action":"sns:Publish","Resource":"` + topic + `",` +
					`"Condition":{"ArnEquals":{"aws:SourceArn":"` + ruleARN + `"}}}`}},
		"a service without a policy": {identity: nothing,
			request: serviceCall("events.amazonaws.com", "sns:Publish", topic), want: NoResourcePolicy},

		"the trusted service takes on the role": {identity: nothing,
			request: serviceCall("lambda.amazonaws.com", assumeRole, roleARN)},
		"another service does not": {identity: nothing,
			request: serviceCall("ec2.amazonaws.com", assumeRole, roleARN), want: NoTrust},
		"an identity policy can't replace trust": {identity: allow("sts:AssumeRole", roleARN), want: NoTrust,
			request: worker("sts:AssumeRole", roleARN)},
		"trust of the account leaves it to the role": {identity: nothing, request: worker("sts:AssumeRole", roleARN),
			want:  NoIdentityPolicy,
			trust: `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"111122223333"}}`},
		"trust of the account, and the role may": {identity: allow("sts:AssumeRole", roleARN),
			request: worker("sts:AssumeRole", roleARN),
			trust:   `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"111122223333"}}`},
		"trust for one's own account only": {identity: nothing,
			request: serviceCall("codebuild.amazonaws.com", assumeRole, roleARN, KeySourceAccount, account),
			trust:   `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"codebuild.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`},
		"on behalf of another account (confused deputy)": {identity: nothing,
			request: serviceCall("codebuild.amazonaws.com", assumeRole, roleARN, KeySourceAccount, "444455556666"),
			want:    NoTrust,
			trust:   `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"codebuild.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`},
		"by a service that does not say for whom": {identity: nothing,
			request: serviceCall("codebuild.amazonaws.com", assumeRole, roleARN), want: NoTrust,
			trust: `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"codebuild.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`},

		"a key without a policy for the caller": {identity: allow("kms:Decrypt", key),
			request: worker("kms:Decrypt", key), want: NoResourcePolicy},
		"a key's policy leaves it to the role": {identity: allow("kms:Decrypt", key),
			request:   worker("kms:Decrypt", key),
			resources: map[string]string{key: `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`}},
		"which must have it then": {identity: nothing, request: worker("kms:Decrypt", key), want: NoIdentityPolicy,
			resources: map[string]string{key: `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`}},
		"a key's policy names the role": {identity: nothing, request: worker("kms:Decrypt", key),
			resources: map[string]string{key: `{"Effect":"Allow","Principal":{"AWS":"` + roleARN +
				`"},"Action":"kms:Decrypt","Resource":"*"}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			trust := test.trust
			if trust == "" {
				trust = trustsLambda
			}
			err := deployed(t, trust, test.identity, test.resources).Authorize(test.request)
			var got Reason
			if refusal := (*Denied)(nil); errors.As(err, &refusal) {
				got = refusal.Reason
			}
			if got != test.want {
				t.Errorf("got %q, expected %q", got, test.want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		condition string
		context   []string // key, value
		want      bool
	}{
		{`{"StringEquals":{"aws:SourceAccount":"1"}}`, []string{KeySourceAccount, "1"}, true},
		{`{"StringEquals":{"AWS:sourceaccount":"1"}}`, []string{KeySourceAccount, "1"}, true},
		{`{"StringEquals":{"aws:SourceAccount":["2","1"]}}`, []string{KeySourceAccount, "1"}, true},
		{`{"StringEquals":{"aws:SourceAccount":"1"}}`, []string{KeySourceAccount, "2"}, false},
		{`{"StringEquals":{"aws:SourceAccount":"*"}}`, []string{KeySourceAccount, "2"}, false},
		{`{"StringEquals":{"aws:SourceAccount":"1"}}`, nil, false},
		{`{"StringEqualsIfExists":{"aws:SourceAccount":"1"}}`, nil, true},
		{`{"StringEqualsIfExists":{"aws:SourceAccount":"1"}}`, []string{KeySourceAccount, "2"}, false},
		{`{"StringNotEquals":{"aws:SourceAccount":"1"}}`, nil, true},
		{`{"StringNotEqualsIgnoreCase":{"kms:ViaService":"s3"}}`, nil, true},
		{`{"StringNotLike":{"kms:ViaService":"*"}}`, nil, true},
		{`{"ArnNotEquals":{"aws:SourceArn":"*"}}`, nil, true},
		{`{"ArnNotLike":{"aws:SourceArn":"*"}}`, nil, true},
		{`{"StringNotEqualsIfExists":{"aws:SourceAccount":"1"}}`, nil, true},
		{`{"ArnEquals":{"aws:SourceArn":"*"}}`, nil, false},
		{`{"ArnLike":{"aws:SourceArn":"*"}}`, nil, false},
		{`{"StringLike":{"kms:ViaService":"*"}}`, nil, false},
		{`{"StringEqualsIgnoreCase":{"kms:ViaService":"s3"}}`, nil, false},
		{`{"StringEqualsIgnoreCase":{"kms:ViaService":"s3"}}`, []string{KeyViaService, "s4"}, false},
		{`{"Bool":{"aws:SourceAccount":"true"}}`, nil, false},
		{`{"ArnLike":{"aws:SourceArn":"a*"}}`, []string{KeySourceARN, ruleARN}, false},
		{`{"ArnLike":{"aws:SourceArn":"` + ruleARN + `"}}`, []string{KeySourceARN, "arn"}, false},
		{`{"ArnNotEquals":{"aws:PrincipalArn":["` + otherRole + `","` + roleARN + `"]}}`, nil, false},
		{`{"ArnNotEquals":{"aws:PrincipalArn":["` + otherRole + `","arn:aws:iam::111122223333:role/third"]}}`, nil,
			true},
		{`{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:sts::111122223333:assumed-role/worker/session"}}`, nil, true},
		{`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/work*"}}`, nil, true},
		{`{"StringNotEquals":{"aws:SourceAccount":["1","2"]}}`, []string{KeySourceAccount, "2"}, false},
		{`{"StringNotEquals":{"aws:SourceAccount":["1","2"]}}`, []string{KeySourceAccount, "3"}, true},
		{`{"StringEqualsIgnoreCase":{"kms:ViaService":"S3"}}`, []string{KeyViaService, "s3"}, true},
		{`{"StringNotEqualsIgnoreCase":{"kms:ViaService":"S3"}}`, []string{KeyViaService, "s3"}, false},
		{`{"StringLike":{"kms:ViaService":"s3.*.amazonaws.com"}}`,
			[]string{KeyViaService, "s3.eu-west-1.amazonaws.com"}, true},
		{`{"StringNotLike":{"kms:ViaService":"s3.*"}}`, []string{KeyViaService, "s3.eu-west-1.amazonaws.com"}, false},
		{`{"ArnLike":{"aws:SourceArn":"arn:aws:events:*:111122223333:rule/*"}}`, []string{KeySourceARN, ruleARN}, true},
		{`{"ArnEquals":{"aws:SourceArn":"arn:aws:events:*:111122223333:rule/p?sh"}}`, []string{KeySourceARN, ruleARN},
			true},
		{`{"ArnNotEquals":{"aws:SourceArn":"` + ruleARN + `"}}`, []string{KeySourceARN, ruleARN}, false},
		{`{"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::*"}}`, []string{KeySourceARN, ruleARN}, true},
		{`{"Bool":{"aws:SecureTransport":"true"}}`, nil, true},
		{`{"Bool":{"aws:SecureTransport":true}}`, nil, true},
		{`{"Bool":{"aws:SecureTransport":"false"}}`, nil, false},
		{`{"Null":{"aws:SourceArn":"true"}}`, nil, true},
		{`{"Null":{"aws:SourceArn":"true"}}`, []string{KeySourceARN, ruleARN}, false},
		{`{"Null":{"aws:SourceArn":"false"}}`, []string{KeySourceARN, ruleARN}, true},
		{`{"StringEquals":{"aws:PrincipalArn":"` + roleARN +
			`","aws:PrincipalAccount":"111122223333","aws:ResourceAccount":"111122223333"}}`, nil, true},
		{`{"StringEquals":{"aws:SourceAccount":"1"},"Bool":{"aws:SecureTransport":"false"}}`,
			[]string{KeySourceAccount, "1"}, false},
		{`{"StringEquals":{"aws:SourceAccount":"1","kms:ViaService":"s3"}}`, []string{KeySourceAccount, "1"}, false},
	}
	for _, test := range tests {
		a := deployed(t, trustsLambda,
			`{"Effect":"Allow","Action":"x:Y","Resource":"*","Condition":`+test.condition+`}`, nil)
		if got := a.Authorize(worker("x:Y", "*", test.context...)) == nil; got != test.want {
			t.Errorf("%s with %v: got %v, expected %v", test.condition, test.context, got, test.want)
		}
	}
}

func TestMessagesAreAWSs(t *testing.T) {
	a := deployed(t, trustsLambda, nothing, nil)
	tests := []struct {
		request Request
		want    string
	}{
		{worker("ecr:PutImage", repository),
			"User: arn:aws:sts::111122223333:assumed-role/worker/session is not authorized to perform: ecr:PutImage on resource: " +
				repository + " because no identity-based policy allows the ecr:PutImage action"},
		{serviceCall("ec2.amazonaws.com", assumeRole, roleARN),
			"Service: ec2.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: " +
				roleARN + " because the role's trust policy does not allow the sts:AssumeRole action"},
	}
	for _, test := range tests {
		err := a.Authorize(test.request)
		if err == nil || err.Error() != test.want {
			t.Errorf("got %v\nexpected %s", err, test.want)
		}
	}
}

func TestLambdaPermission(t *testing.T) {
	const function = "arn:aws:lambda:eu-west-1:111122223333:function:f"
	policy, err := Permission("stack/Permission", function, "lambda:InvokeFunction", "events.amazonaws.com", ruleARN,
		account)
	if err != nil {
		t.Fatal(err)
	}
	a := NewAccount(account)
	if err := a.Add(nil, []ResourcePolicy{{Resource: function, ID: "stack/Permission", Policy: policy}}); err != nil {
		t.Fatal(err)
	}
	for request, want := range map[*Request]bool{
		ptr(serviceCall("events.amazonaws.com", "lambda:InvokeFunction", function, KeySourceARN, ruleARN,
			KeySourceAccount, account)): true,
		ptr(serviceCall("events.amazonaws.com", "lambda:InvokeFunction", function, KeySourceARN, ruleARN+"/2",
			KeySourceAccount, account)): false,
		ptr(serviceCall("events.amazonaws.com", "lambda:InvokeFunction", function, KeySourceARN, ruleARN,
			KeySourceAccount, "444455556666")): false,
		ptr(serviceCall("events.amazonaws.com", "lambda:DeleteFunction", function, KeySourceARN, ruleARN,
			KeySourceAccount, account)): false,
		ptr(serviceCall("s3.amazonaws.com", "lambda:InvokeFunction", function, KeySourceARN, ruleARN, KeySourceAccount,
			account)): false,
		ptr(serviceCall("events.amazonaws.com", "lambda:InvokeFunction", function+"2", KeySourceARN, ruleARN,
			KeySourceAccount, account)): false,
		ptr(serviceCall("events.amazonaws.com", "lambda:InvokeFunction", function, KeySourceAccount, account,
			KeySecureTransport, "whatever")): false,
	} {
		if got := a.Authorize(*request) == nil; got != want {
			t.Errorf("%+v: got %v, expected %v", *request, got, want)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	identity := func(text string) func(t *testing.T) error {
		return func(t *testing.T) error { _, err := Identity("Policy", document(t, text)); return err }
	}
	resource := func(text string) func(t *testing.T) error {
		return func(t *testing.T) error { _, err := Resource("Policy", topic, document(t, text)); return err }
	}
	trust := func(text string) func(t *testing.T) error {
		return func(t *testing.T) error { _, err := Trust("Policy", roleARN, document(t, text)); return err }
	}
	const rest = `"Action":"a:B","Resource":"*"}`
	tests := map[string]struct {
		parse func(t *testing.T) error
		want  string
	}{
		"an unknown operator": {
			identity(`{"Effect":"Allow","Condition":{"NumericLessThan":{"aws:SourceAccount":"1"}},` +
				rest), "operator NumericLessThan"},
		"a set operator": {
			identity(`{"Effect":"Allow","Condition":{"ForAllValues:StringEquals":{"aws:SourceAccount":"1"}},` +
				rest), "operator ForAllValues:StringEquals"},
		"a key of which nothing is known": {
			identity(`{"Effect":"Deny","Condition":{"StringEquals":{"aws:PrincipalTag/team":"1"}},` +
				rest), "aws:PrincipalTag/team"},
		"a variable in a condition": {
			identity(`{"Effect":"Allow","Condition":{"StringEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}},` +
				rest), "variables"},
		"a variable in a resource": {
			identity(`{"Effect":"Allow","Action":"a:B","Resource":"arn:aws:s3:::b/${aws:username}"}`), "variables"},
		"an unknown element": {identity(`{"Effect":"Allow","NotPrincipal":"*",` + rest), "NotPrincipal"},
		"a condition that is no object": {identity(`{"Effect":"Allow","Condition":"aws:SourceAccount",` + rest),
			"condition: got"},
		"a condition that is a list":  {identity(`{"Effect":"Allow","Condition":[],` + rest), "condition: got"},
		"a condition that is nothing": {identity(`{"Effect":"Allow","Condition":null,` + rest), "condition: got"},
		"an operator without keys": {identity(`{"Effect":"Deny","Condition":{"StringEquals":"1"},` + rest),
			"condition StringEquals: got 1"},
		"an operator with a list": {identity(`{"Effect":"Deny","Condition":{"StringEquals":["aws:SourceAccount"]},` +
			rest), "condition StringEquals: got"},
		"a key with an object": {identity(
			`{"Effect":"Deny","Condition":{"StringEquals":{"aws:SourceAccount":{}}},` + rest), "expected a string"},
		"a key without values": {identity(
			`{"Effect":"Deny","Condition":{"StringEquals":{"aws:SourceAccount":[]}},` + rest), "the list is empty"},
		"an action that is only a service": {identity(`{"Effect":"Allow","Action":"ecr:","Resource":"*"}`),
			`action "ecr:"`},
		"an action of no service": {identity(`{"Effect":"Allow","Action":":PutImage","Resource":"*"}`),
			`action ":PutImage"`},
		"half an action among whole ones": {identity(`{"Effect":"Allow","Action":["a:B","ecr"],"Resource":"*"}`),
			`action "ecr"`},
		"half an action that is denied": {identity(`{"Effect":"Deny","NotAction":"ecr","Resource":"*"}`),
			`action "ecr"`},
		"a principal that is a name": {resource(`{"Effect":"Allow","Principal":"lambda.amazonaws.com",` + rest),
			"expected * or an object"},
		"a principal's service as object": {resource(`{"Effect":"Allow","Principal":{"Service":{}},` + rest),
			"principal Service"},
		"no effect":         {identity(`{` + rest), "effect"},
		"an unknown effect": {identity(`{"Effect":"allow",` + rest), "expected Allow or Deny"},
		"no action": {identity(`{"Effect":"Allow","Resource":"*"}`),
			"neither Action nor NotAction"},
		"both": {identity(`{"Effect":"Allow","NotAction":"a:C",` + rest),
			"both Action and NotAction"},
		"no resource": {identity(`{"Effect":"Allow","Action":"a:B"}`),
			"neither Resource nor NotResource"},
		"an empty list": {identity(`{"Effect":"Allow","Action":[],"Resource":"*"}`),
			"the list is empty"},
		"an action without a service": {identity(`{"Effect":"Allow","Action":"PutImage","Resource":"*"}`),
			`action "PutImage"`},
		"a wildcard for the service": {identity(`{"Effect":"Allow","Action":"e*:PutImage","Resource":"*"}`),
			`action "e*:PutImage"`},
		"a resource that is no ARN": {identity(`{"Effect":"Allow","Action":"a:B","Resource":"app"}`),
			`resource "app"`},
		"an ARN of no service": {
			identity(`{"Effect":"Allow","Action":"a:B","Resource":"arn:aws::eu-west-1:111122223333:x"}`),
			"with the service named"},
		"a name that is no ARN": {
			identity(`{"Effect":"Allow","Action":"a:B","Resource":"urn:aws:s3:::bucket"}`), "expected an ARN"},
		"half an ARN": {identity(`{"Effect":"Allow","Action":"a:B","Resource":"arn:aws:s3"}`),
			"expected an ARN"},
		"a trust about a resource": {trust(`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*"}`),
			"has no Resource"},
		"a trust but for a resource": {trust(`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","NotResource":"` +
			otherRole + `"}`), "has no NotResource"},
		"a trust of nobody": {trust(`{"Effect":"Allow","Action":"sts:AssumeRole"}`),
			"with a Principal only"},
		"an ARN of any service": {identity(`{"Effect":"Allow","Action":"a:B","Resource":"arn:aws:*:::x"}`),
			"with the service named"},
		"an unresolved value": {identity(`{"Effect":"Allow","Action":"a:B","Resource":{"Ref":"Topic"}}`),
			"expected a string"},
		"a principal in an identity policy": {identity(`{"Effect":"Allow","Principal":"*",` + rest),
			"has no Principal"},
		"a resource policy without one": {resource(`{"Effect":"Allow",` + rest), "with a Principal only"},
		"a role behind another identity": {
			resource(`{"Effect":"Allow","Principal":{"Federated":"` + roleARN + `"},` + rest), "principal Federated"},
		"an account of another kind": {resource(
			`{"Effect":"Allow","Principal":{"CanonicalUser":"111122223333"},` + rest), "principal CanonicalUser"},
		"a federated principal": {resource(`{"Effect":"Allow","Principal":{"Federated":"x"},` + rest),
			"principal Federated"},
		"a user": {
			resource(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/u"},` + rest), "user/u"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.parse(t)
			if err == nil || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), "Policy.Statement[0]") {
				t.Errorf("got %v, expected an error at Policy.Statement[0] about %q", err, test.want)
			}
		})
	}
}

// A document with an unknown element is refused.
func TestUnknownElement(t *testing.T) {
	for want, v := range map[string]any{
		"Policy: the rehearsal does not support the element Hint": map[string]any{"Statement": []any{}, "Hint": "x"},
		"Policy: got text, expected a policy document":            "text",
		"Policy.Statement[0]: got x, expected a statement":        map[string]any{"Statement": "x"},
	} {
		if _, err := Identity("Policy", v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v", v, err)
		}
	}
}

func TestRefusalsAreRemembered(t *testing.T) {
	a := deployed(t, trustsLambda, nothing, nil)
	for range 2 {
		if a.Authorize(worker("ecr:PutImage", repository)) == nil {
			t.Fatal("got no refusal")
		}
	}
	report := a.Report(nil)
	if len(report.Refused) != 2 || !strings.Contains(report.Refused[1], "is not authorized to perform: ecr:PutImage") {
		t.Errorf("got %q", report.Refused)
	}
	if len(report.Uses) != 1 || report.Uses[0].Count != 2 || report.Calls != 2 || len(report.Uses[0].By) != 0 {
		t.Errorf("got %+v", report)
	}
}

// What a statement leaves out has one text for people.
func TestUnusedAllowanceOfAllButAList(t *testing.T) {
	a := deployed(t, trustsLambda, `{"Effect":"Allow","NotAction":["iam:*","sts:*","s3:*"],"NotResource":"`+topic+`"}`,
		nil)
	if err := a.Authorize(serviceCall("lambda.amazonaws.com", assumeRole, roleARN)); err != nil {
		t.Fatal(err)
	}
	unused := a.Unused()
	if len(unused) != 1 || unused[0].Action != "everything but iam:*, sts:*, s3:*" ||
		unused[0].Resource != "everything but "+topic {
		t.Fatalf("got %+v", unused)
	}
	if err := a.Authorize(worker("ecr:PutImage", repository)); err != nil {
		t.Fatal(err)
	}
	if unused := a.Unused(); len(unused) != 0 {
		t.Errorf("got %+v, expected that it is used now", unused)
	}
}

// A trust that nothing needs is reported like every allowance.
func TestUnusedTrustIsReported(t *testing.T) {
	a := deployed(t, trustsLambda, nothing, nil)
	if err := a.Authorize(worker("sts:GetCallerIdentity", "*")); err != nil {
		t.Fatal(err)
	}
	want := []Allowance{{
		Owner: "stack/Worker", Statement: "stack/Worker.Trust.Statement[0]", Action: "sts:AssumeRole",
		Resource: roleARN, Service: "lambda.amazonaws.com", Of: []string{roleARN},
	}}
	if diff := cmp.Diff(want, a.Unused()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ours := deployed(t, `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"111122223333"}}`, nothing, nil)
	if got := ours.Unused(); len(got) != 2 || got[1].Service != "" || got[1].Action != "sts:AssumeRole" {
		t.Errorf("trust of no service: got %+v", got)
	}
}

// A bucket's policy is about the bucket, and about whom it lets in. An exception may be about a
// role that the policy names.
func TestExceptionForARole(t *testing.T) {
	a := deployed(t, trustsLambda, nothing, map[string]string{
		topic: `{"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},"Action":"sns:Publish","Resource":"` + topic +
			`"}`})
	for _, of := range []string{roleARN, topic} {
		report := a.Report([]Exception{{Of: of, Action: "sns:Publish", Reason: "for a reason"}})
		if got := report.NotExercised; len(got) != 1 || got[0].Action != "sns:Publish" ||
			got[0].Owner != "stack/Resource" {
			t.Errorf("of %s: %+v", of, got)
		}
	}
}

// A policy that is only taken for granted decides, and is not reported.
func TestAssumedPolicyIsNotTheStacks(t *testing.T) {
	a := deployed(t, trustsLambda, `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"`+key+`"}`, nil)
	policy, err := Resource("elsewhere", key,
		document(t,
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Add(nil,
		[]ResourcePolicy{{Resource: key, ID: "elsewhere", Policy: policy, Assumed: true}}); err != nil {
		t.Fatal(err)
	}
	for _, unused := range a.Unused() {
		if unused.Owner == "elsewhere" {
			t.Errorf("reported: %+v", unused)
		}
	}
	if err := a.Authorize(worker("kms:Decrypt", key)); err != nil {
		t.Error(err)
	}
}

func TestUnusedAllowances(t *testing.T) {
	identity := `{"Effect":"Allow","Action":["ecr:PutImage","ecr:BatchGetImage"],"Resource":["` + repository + `","` +
		repository + `2"]},
		{"Effect":"Allow","Action":"ecr:*","Resource":"` + repository + `"},
		{"Effect":"Deny","Action":"ecr:Delete*","Resource":"*"}`
	a := deployed(t, trustsLambda, identity, map[string]string{
		topic: `{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"` +
			topic + `"}`})
	for _, request := range []Request{
		worker("ecr:PutImage", repository), worker("ecr:PutImage", repository), worker("ecr:PutImage", repository+"2"),
		worker("ecr:BatchGetImage", repository),
		serviceCall("lambda.amazonaws.com", assumeRole, roleARN),
	} {
		if err := a.Authorize(request); err != nil {
			t.Fatal(err)
		}
	}
	report := a.Report([]Exception{
		{Action: "ecr:batchgetimage", Of: roleARN, Under: "2", Reason: "for a reason"},
		{Service: "codebuild.amazonaws.com", Action: "ecr:*", Reason: "about another service"},
		{Service: "cloudwatch.amazonaws.com", Action: "sns:Publish", Reason: "about another service"},
		{Of: roleARN + "2", Action: "ecr:*", Reason: "about another role"},
		{Under: "repository/other", Action: "ecr:*", Reason: "about another repository"},
		{Of: roleARN, Action: "sns:Publish", Reason: "about a role that the policy does not name"},
	})
	want := Report{
		Calls: 5, Uses: report.Uses, Refused: []string{},
		Unused: []Allowance{
			{Owner: "stack/Resource", Statement: "stack/Policy.Statement[0]", Action: "sns:Publish", Resource: topic,
				Service: "events.amazonaws.com", Of: []string{topic}},
			// What another statement allows already is not needed, however often it is asked for.
			{Owner: "stack/Worker", Statement: "stack/Worker.Policies[0].Statement[1]", Action: "ecr:*",
				Resource: repository, Service: "lambda.amazonaws.com", Of: []string{roleARN}},
		},
		NotExercised: []Unexercised{{Reason: "for a reason", Allowance: Allowance{
			Owner: "stack/Worker", Statement: "stack/Worker.Policies[0].Statement[0]", Action: "ecr:BatchGetImage",
			Resource: repository + "2", Service: "lambda.amazonaws.com", Of: []string{roleARN}}}},
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(report.Uses) != 4 {
		t.Errorf("got %d different calls, expected 4", len(report.Uses))
	}
	if refused := deployed(t, trustsLambda, nothing, nil).Replay(report.Uses); len(refused) != 3 {
		t.Errorf("replayed without the policies: got %d refusals, expected 3", len(refused))
	}
	if n := len(a.Refusals()); n != 0 {
		t.Errorf("a replay is not remembered: got %d refusals", n)
	}
}

func TestRoleIsThereOnce(t *testing.T) {
	a := deployed(t, trustsLambda, nothing, nil)
	if err := a.Add([]*Role{{ARN: roleARN}}, nil); err == nil ||
		!strings.Contains(err.Error(), roleARN+" is in the account already") {
		t.Errorf("got %v", err)
	}
}
