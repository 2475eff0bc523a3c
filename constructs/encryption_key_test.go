package constructs_test

import (
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"
)

var (
	publishingKey = stack("PublishingKey", func(stack awscdk.Stack) {
		archway.NewEncryptionKey(stack, "Encryption", &archway.EncryptionKeyProps{
			Publishers: []string{"events.amazonaws.com", "cloudwatch.amazonaws.com"},
		})
	})
	encryptedTopic = stack("EncryptedTopic", func(stack awscdk.Stack) {
		key := archway.NewEncryptionKey(stack, "Encryption",
			&archway.EncryptionKeyProps{RemovalPolicy: awscdk.RemovalPolicy_DESTROY}).Key
		topic := archway.NewTopic(stack, "Topic", &archway.TopicProps{EncryptionKey: key}).Topic
		image := archway.PipelineImage{Name: "app",
			Repositories: archway.NewRepositories(stack, "Registry",
				&archway.RepositoriesProps{RepositoryName: "app", EncryptionKey: key})}
		image.Builds, image.Merge = []*archway.NativeBuild{{Platform: archway.ARM64}}, &archway.Merge{}
		delivery := archway.NewDelivery(stack, &archway.DeliveryProps{
			PipelineName: "app",
			Source:       archway.NewCodeCommit(stack, "Source", &archway.CodeCommitProps{RepositoryName: "app"}),
			Images:       []archway.PipelineImage{image},
		})
		archway.NewValidator(stack, "Validate",
			&archway.ValidatorProps{Delivery: delivery, Topic: topic, Logs: archway.Logs{LogKey: key}})
	})
)

// A key is renewed, and outlives its stack.
func TestKeyRotation(t *testing.T) {
	hasResource(t, publishingKey, "AWS::KMS::Key", map[string]any{
		"Properties":     map[string]any{"EnableKeyRotation": true, "PendingWindowInDays": 7},
		"DeletionPolicy": "RetainExceptOnCreate",
	})
	hasResource(t, encryptedTopic, "AWS::KMS::Key", map[string]any{"DeletionPolicy": "Delete"})
}

// Each statement as "who: what, if".
func keyPolicy(t *testing.T, stack string) []string {
	t.Helper()
	var found []string
	for _, key := range resources(t, stack, "AWS::KMS::Key") {
		for _, statement := range key.Properties["KeyPolicy"].(map[string]any)["Statement"].([]any) {
			s := statement.(map[string]any)
			if s["Effect"] != "Allow" || s["Resource"] != "*" {
				t.Errorf("an unexpected statement: %s", plain(s))
			}
			text := ""
			for _, who := range s["Principal"].(map[string]any) {
				text += plain(who)
			}
			text += ": " + plain(s["Action"])
			if conditions, ok := s["Condition"].(map[string]any); ok {
				for operator, pairs := range conditions {
					for name, value := range pairs.(map[string]any) {
						text += ", if " + operator + " " + name + " " + plain(value)
					}
				}
			}
			found = append(found, text)
		}
	}
	return found
}

// A key lets services use it only for what they need.
func TestKeyPolicy(t *testing.T) {
	want := []string{
		"arn:${AWS::Partition}:iam::${AWS::AccountId}:root: kms:*",
		"logs.${AWS::Region}.${AWS::URLSuffix}: kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:GenerateDataKeyWithoutPlaintext kms:ReEncryptFrom kms:ReEncryptTo, " +
			"if ArnLike kms:EncryptionContext:aws:logs:arn arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AWS::StackName}-* " +
			"arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/${AWS::StackName}-*",
		"events.amazonaws.com: kms:Decrypt kms:GenerateDataKey",
		"cloudwatch.amazonaws.com: kms:Decrypt kms:GenerateDataKey, if StringEquals aws:SourceAccount ${AWS::AccountId}",
	}
	if diff := cmp.Diff(want, keyPolicy(t, publishingKey)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:2], keyPolicy(t, encryptedTopic)); diff != "" {
		t.Errorf("without publishers (-want +got):\n%s", diff)
	}
}

// The validator may publish to an encrypted topic.
func TestValidatorsEncryptedTopic(t *testing.T) {
	want := map[string]bool{"kms:Decrypt on ${EncryptionKey.Arn}": true,
		"kms:GenerateDataKey on ${EncryptionKey.Arn}": true}
	for _, got := range permissions(t, encryptedTopic, "ValidateRole") {
		delete(want, got)
	}
	if len(want) != 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestPublishersOfAKeyAreServices(t *testing.T) {
	err := (&archway.EncryptionKeyProps{Publishers: []string{"events"}}).Validate()
	if err == nil ||
		err.Error() != `Publishers[0] is "events": give the name of a service, such as "events.amazonaws.com"` {
		t.Errorf("got %v", err)
	}
}

var longStack = stack("A-name-of-more-than-24-characters",
	func(stack awscdk.Stack) { archway.NewEncryptionKey(stack, "Key", nil) })

// CloudFormation shortens the names of functions, and so of their log groups, if the stack's is
// long.
func TestKeyKnowsShortenedLogGroups(t *testing.T) {
	const want = "log-group:/aws/lambda/A-name-of-more-than-24-c*"
	if policy := strings.Join(keyPolicy(t, longStack), "\n"); !strings.Contains(policy, want+"\n") &&
		!strings.HasSuffix(policy, want) {
		t.Errorf("no %s in %s", want, policy)
	}
}
