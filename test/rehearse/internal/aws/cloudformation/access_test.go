package cloudformation

import (
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/iam"
)

// policy is a policy that allows one action on everything.
func policy(action string) map[string]any {
	return map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": action, "Resource": "*"}}}
}

// The policies of a role come from everywhere.
func TestPoliciesOfARole(t *testing.T) {
	access, err := LoadAccess(source(t, func(resources map[string]any) {
		role := resources["Role"].(map[string]any)["Properties"].(map[string]any)
		role["Policies"] = []any{map[string]any{"PolicyName": "Inline", "PolicyDocument": policy("a:Inline")}}
		role["ManagedPolicyArns"] = []any{
			map[string]any{"Ref": "Managed"},
			map[string]any{"Fn::Join": []any{"",
				[]any{"arn:", map[string]any{"Ref": "AWS::Partition"},
					":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}}},
		}
		resources["Managed"] = map[string]any{"Type": "AWS::IAM::ManagedPolicy",
			"Properties": map[string]any{"PolicyDocument": policy("a:Managed")}}
		resources["Attached"] = map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{
			"PolicyName": "Attached", "PolicyDocument": policy("a:Attached"),
			"Roles": []any{map[string]any{"Ref": "Role"}},
		}}
	}), account)
	if err != nil {
		t.Fatal(err)
	}
	a := iam.NewAccount(account.ID)
	if err := a.Add(access.Roles, access.Policies); err != nil {
		t.Fatal(err)
	}
	by := iam.Principal{Role: access.Roles[0].ARN, Session: "session"}
	for action, want := range map[string]bool{
		"a:Inline":            true,
		"a:Managed":           true,
		"a:Attached":          true,
		"logs:CreateLogGroup": true,
		"a:Other":             false,
	} {
		if got := a.Authorize(iam.Request{Principal: by, Action: action, Resource: "*"}) == nil; got != want {
			t.Errorf("%s: got %v, expected %v", action, got, want)
		}
	}
}

func TestKeysOfResourcesAreKnown(t *testing.T) {
	access, err := LoadAccess(source(t, func(resources map[string]any) {
		key := map[string]any{"Fn::GetAtt": []any{"Key", "Arn"}}
		resources["Key"] = map[string]any{"Type": "AWS::KMS::Key",
			"Properties": map[string]any{"KeyPolicy": map[string]any{"Statement": []any{}}}}
		resources["Notices"] = map[string]any{"Type": "AWS::SNS::Topic",
			"Properties": map[string]any{"TopicName": "notices", "KmsMasterKeyId": map[string]any{"Ref": "Key"}}}
		resources["Letters"] = map[string]any{"Type": "AWS::SQS::Queue",
			"Properties": map[string]any{"QueueName": "letters", "KmsMasterKeyId": key}}
		resources["Free"] = map[string]any{"Type": "AWS::SNS::Topic",
			"Properties": map[string]any{"KmsMasterKeyId": "alias/aws/sns"}}
		resources["Artifacts"] = map[string]any{"Type": "AWS::S3::Bucket",
			"Properties": map[string]any{"BucketName": "artifacts", "BucketEncryption": map[string]any{
				"ServerSideEncryptionConfiguration": []any{map[string]any{
					"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}},
			}}}
	}), account)
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range []string{"arn:aws:sns:eu-west-1:111122223333:notices",
		"arn:aws:sqs:eu-west-1:111122223333:letters", "arn:aws:s3:::artifacts"} {
		if !strings.HasPrefix(access.Keys[resource], "arn:aws:kms:eu-west-1:111122223333:key/") {
			t.Errorf("%s: got the key %q", resource, access.Keys[resource])
		}
	}
	if len(access.Keys) != 3 {
		t.Errorf("got %v, expected 3 keys of the customer", access.Keys)
	}
}

// Access that can't be judged is refused.
func TestUnjudgeableAccess(t *testing.T) {
	role := func(name string, value any) func(map[string]any) {
		return func(resources map[string]any) {
			resources["Role"].(map[string]any)["Properties"].(map[string]any)[name] = value
		}
	}
	tests := map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"a role that needs what its policy is about, which names the role": {func(resources map[string]any) {
			role := resources["Role"].(map[string]any)["Properties"].(map[string]any)
			role["Policies"] = []any{map[string]any{"PolicyName": "p",
				"PolicyDocument": map[string]any{"Statement": map[string]any{
					"Effect": "Allow", "Action": "ecr:PutImage",
					"Resource": map[string]any{"Fn::GetAtt": []any{"Cache", "Arn"}},
				}}}}
			resources["Cache"].(map[string]any)["Properties"] = map[string]any{
				"RepositoryPolicyText": map[string]any{"Statement": map[string]any{
					"Effect": "Deny", "Action": "ecr:PutImage", "Principal": "*",
					"Condition": map[string]any{"ArnNotEquals": map[string]any{
						"aws:PrincipalArn": map[string]any{"Fn::GetAtt": []any{"Role", "Arn"}}}},
				}},
			}
		}, "circular dependency between resources: [Cache, Role]"},
		"a permissions boundary": {role("PermissionsBoundary", "arn:aws:iam::111122223333:policy/b"),
			"does not support permissions boundaries"},
		"a role's path": {role("Path", "/team/"), `got "/team/"`},
		"an unknown policy of AWS": {role("ManagedPolicyArns", []any{"arn:aws:iam::aws:policy/AdministratorAccess"}),
			"does not know the managed policy arn:aws:iam::aws:policy/AdministratorAccess"},
		"a policy for a role of somebody else": {func(resources map[string]any) {
			resources["Attached"] = map[string]any{"Type": "AWS::IAM::Policy",
				"Properties": map[string]any{"PolicyName": "p", "PolicyDocument": policy("a:B"),
					"Roles": []any{"elsewhere"}}}
		}, "attached to the role elsewhere"},
		"a policy of a user": {func(resources map[string]any) {
			resources["Attached"] = map[string]any{"Type": "AWS::IAM::Policy",
				"Properties": map[string]any{"PolicyName": "p", "PolicyDocument": policy("a:B"), "Users": []any{"u"}}}
		}, "policies of roles only"},
		"an operator that is not known": {role("AssumeRolePolicyDocument",
			map[string]any{"Statement": []any{map[string]any{
				"Effect": "Allow", "Action": "sts:AssumeRole",
				"Principal": map[string]any{"Service": "x.amazonaws.com"},
				"Condition": map[string]any{"DateLessThan": map[string]any{"aws:SourceAccount": "1"}},
			}}}), "condition operator DateLessThan"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := LoadAccess(source(t, test.change), account)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nexpected %q", err, test.want)
			}
		})
	}
}
