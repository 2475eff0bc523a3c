package scene

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// keeps reads what outlasts a run: repositories, buckets, logs, topics, keys.
func (b *builder) keeps() {
	for _, id := range b.of("AWS::CodeCommit::Repository") {
		b.keep(id, "CodeCommit repository")
	}
	for _, id := range b.of("AWS::ECR::Repository") {
		p := b.resources[id].Properties
		lines := []string{"ECR repository", b.mutability(p)}
		if object(p, "ImageScanningConfiguration")["ScanOnPush"] == true {
			lines = append(lines, "scanned on push")
		}
		if object(p, "EncryptionConfiguration")["EncryptionType"] == "KMS" {
			lines = append(lines, b.encrypted(object(p, "EncryptionConfiguration")["KmsKey"]))
		}
		if p["EmptyOnDelete"] == true {
			lines = append(lines, "its deletion deletes its images")
		}
		lines = append(lines, b.writtenBy(b.thing(id)))
		b.keep(id, append(lines, b.expires(p)...)...)
	}
	for _, id := range b.of("AWS::S3::Bucket") {
		lines := []string{"S3 bucket"}
		rules := object(b.resources[id].Properties, "BucketEncryption")["ServerSideEncryptionConfiguration"]
		for _, rule := range list(rules) {
			if key := object(rule, "ServerSideEncryptionByDefault")["KMSMasterKeyID"]; key != nil {
				lines = append(lines, b.encrypted(key))
			}
		}
		if object(b.resources[id].Properties, "PublicAccessBlockConfiguration")["RestrictPublicBuckets"] != true {
			lines = append(lines, "its policy could make it public")
		}
		for _, rule := range list(object(b.resources[id].Properties, "LifecycleConfiguration")["Rules"]) {
			if days := b.text(object(rule)["ExpirationInDays"]); days != "" {
				lines = append(lines, "objects expire after "+days+" days")
			}
		}
		b.keep(id, lines...)
	}
	for _, id := range b.of("AWS::KMS::Key") {
		lines := []string{"KMS key"}
		if b.resources[id].Properties["EnableKeyRotation"] == true {
			lines = append(lines, "rotates")
		}
		b.keep(id, lines...)
	}
	b.topics()
	for _, id := range b.of("AWS::SQS::Queue") {
		lines := []string{"SQS queue"}
		if seconds, ok := b.resources[id].Properties["MessageRetentionPeriod"].(float64); ok {
			lines = append(lines, "messages expire after "+plural(int(seconds)/86400, "day", "days"))
		}
		b.keep(id, lines...)
	}
	b.logs()
}

// keep adds a card; what becomes of the thing with the stack is its last line.
func (b *builder) keep(id string, lines ...string) {
	fate := map[string]string{
		"Retain": "outlives the stack", "RetainExceptOnCreate": "outlives the stack", "Delete": "goes with the stack",
	}[b.resources[id].DeletionPolicy]
	b.scene.Keeps = append(b.scene.Keeps,
		Card{
			Kind: Store, Title: b.label(id), Lines: nonEmpty(append(lines, fate)...), Of: []string{id},
		})
}

// encrypted says with which key something is encrypted.
func (b *builder) encrypted(key any) string {
	if key == nil {
		return "encrypted with AWS's key"
	}
	return "encrypted with " + b.text(key)
}

// writtenBy says who may change a thing: the stages of the pipeline, or who else.
func (b *builder) writtenBy(thing string) string {
	if spared := b.spared[thing]; spared != "" {
		return "nobody but " + spared + " may write"
	}
	writing, by := map[string]bool{}, []string{}
	for _, who := range b.writers[thing] {
		stages := worksIn(who.as)
		for _, stage := range stages {
			writing[stage] = true
		}
		if stages == nil && !slices.Contains(by, who.name) {
			by = append(by, who.name)
		}
	}
	var in []string
	for _, stage := range b.scene.Stages {
		if writing[stage.Name] {
			in = append(in, stage.Name)
		}
	}
	var parts []string
	if in != nil {
		parts = append(parts, "in "+strings.Join(in, ", "))
	}
	if len(by) > 0 {
		parts = append(parts, "by "+strings.Join(by, ", "))
	}
	if parts == nil {
		return ""
	}
	return "written " + strings.Join(parts, " and ")
}

// expires says what a lifecycle policy deletes.
func (b *builder) expires(p map[string]any) []string {
	var policy struct {
		Rules []struct {
			Selection struct {
				TagStatus, CountType, CountUnit string
				CountNumber                     int
			}
		}
	}
	text := b.text(object(p, "LifecyclePolicy")["LifecyclePolicyText"])
	if err := json.Unmarshal([]byte(text), &policy); err != nil || len(policy.Rules) == 0 {
		return []string{"nothing expires"}
	}
	var lines []string
	for _, rule := range policy.Rules {
		s := rule.Selection
		what := map[string]string{"untagged": "images without a tag", "any": "images",
			"tagged": "tagged images"}[s.TagStatus]
		if s.CountType == "sinceImagePushed" {
			lines = append(lines, fmt.Sprintf("%s expire after %d %s", what, s.CountNumber, s.CountUnit))
		} else {
			lines = append(lines, fmt.Sprintf("%s expire: %d stay", what, s.CountNumber))
		}
	}
	return lines
}

func (b *builder) mutability(p map[string]any) string {
	var except []string
	for _, filter := range list(p["ImageTagMutabilityExclusionFilters"]) {
		except = append(except, b.text(object(filter)["ImageTagMutabilityExclusionFilterValue"]))
	}
	switch mode := b.text(p["ImageTagMutability"]); mode {
	case "IMMUTABLE":
		return "tags never move"
	case "IMMUTABLE_WITH_EXCLUSION":
		return "tags never move, except " + strings.Join(except, ", ")
	case "MUTABLE_WITH_EXCLUSION":
		return "tags may move, except " + strings.Join(except, ", ")
	default:
		return "tags may move"
	}
}

// topics tells by which ways a topic reaches somebody; addresses may be secret.
func (b *builder) topics() {
	ways := map[string][]string{}
	for _, id := range b.of("AWS::SNS::Subscription") {
		p := b.resources[id].Properties
		if topic, ok := b.reference(p["TopicArn"]); ok {
			ways[topic] = append(ways[topic], b.text(p["Protocol"]))
		}
	}
	for _, id := range b.of("AWS::SNS::Topic") {
		for _, item := range list(b.resources[id].Properties["Subscription"]) {
			ways[id] = append(ways[id], b.text(object(item)["Protocol"]))
		}
		for _, slack := range b.of("AWS::Chatbot::SlackChannelConfiguration") {
			for _, topic := range list(b.resources[slack].Properties["SnsTopicArns"]) {
				if told, ok := b.reference(topic); ok && told == id {
					ways[id] = append(ways[id], "Slack")
				}
			}
		}
		line := "nobody subscribed in the template"
		if len(ways[id]) > 0 {
			line = "tells by " + strings.Join(ways[id], ", ")
		}
		lines := []string{"SNS topic", line}
		if key := b.resources[id].Properties["KmsMasterKeyId"]; key != nil {
			lines = append(lines, b.encrypted(key))
		}
		b.keep(id, lines...)
	}
}

// logs are many and alike: one card for all that are kept equally long.
func (b *builder) logs() {
	type alike struct{ days, fate, key string }
	groups := map[alike][]string{}
	var order []alike
	for _, id := range b.of("AWS::Logs::LogGroup") {
		r := b.resources[id]
		a := alike{b.text(r.Properties["RetentionInDays"]), r.DeletionPolicy, ""}
		if key := r.Properties["KmsKeyId"]; key != nil {
			a.key = b.encrypted(key)
		}
		if groups[a] == nil {
			order = append(order, a)
		}
		groups[a] = append(groups[a], id)
	}
	for _, a := range order {
		ids := groups[a]
		line := "kept for good"
		if a.days != "" {
			line = fmt.Sprintf("kept for %s days", a.days)
		}
		if len(ids) == 1 {
			b.keep(ids[0], "CloudWatch log group", line, a.key)
			continue
		}
		b.keep(ids[0], "CloudWatch", line, a.key)
		card := &b.scene.Keeps[len(b.scene.Keeps)-1]
		card.Title, card.Of = plural(len(ids), "log group", "log groups"), ids
	}
}
