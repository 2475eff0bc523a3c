package cloudformation

import (
	"fmt"
	"time"

	"archway/internal/settings"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam"
)

// topicKeysMetadata is the key of a pipeline's metadata that names the keys of topics which are not part of the stack.
const topicKeysMetadata = "archway:topic-keys"

// pipeline reads a pipeline. Its structure is checked where it is run.
func (l *loader) pipeline(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("Name", "%v", err)
	}
	p.text("Name")
	arn, _ := l.arnOf(p.kind, name)
	pipeline := &codepipeline.Pipeline{Name: name, ARN: arn, RoleARN: p.required("RoleArn")}
	p.oneOf("PipelineType", "V2")
	if pipeline.Mode = p.text("ExecutionMode"); pipeline.Mode == "" {
		pipeline.Mode = "SUPERSEDED" // CodePipeline's default
	}
	store := p.object("ArtifactStore")
	store.oneOf("Type", "S3")
	pipeline.Bucket = store.required("Location")
	for _, v := range p.objects("Variables") {
		pipeline.Variables = append(pipeline.Variables, codepipeline.Variable{Name: v.required("Name"), Default: v.text("DefaultValue")})
	}
	for _, s := range p.objects("Stages") {
		stage := codepipeline.Stage{Name: s.required("Name")}
		for _, a := range s.objects("Actions") {
			stage.Actions = append(stage.Actions, action(a))
		}
		stage.OnFailure = onFailure(s)
		pipeline.Stages = append(pipeline.Stages, stage)
	}
	l.topicKeys(id, p)
	l.shown[name] = l.template.Resources[id].Metadata[settings.Metadata]
	l.stack.Pipelines = append(l.stack.Pipelines, pipeline)
}

// topicKeys notes the keys of topics from elsewhere. Such a key's policy is not known: it is taken to leave the decision to IAM
// policies, as the one does that KMS gives a key by default.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func (l *loader) topicKeys(id string, p *properties) {
	keys, _ := l.template.Resources[id].Metadata[topicKeysMetadata].(map[string]any)
	for topic, value := range keys {
		key, _ := value.(string)
		policy, err := iam.Resource(key, key, map[string]any{"Statement": map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"AWS": l.account.ID}, "Action": "kms:*", "Resource": "*",
		}})
		if err != nil {
			p.fail("Metadata."+topicKeysMetadata, "%v", err)
			continue
		}
		l.encrypted(topic, key)
		l.stack.Access.Policies = append(l.stack.Access.Policies, iam.ResourcePolicy{Resource: key, ID: l.stack.Name + "/" + id, Policy: policy, Assumed: true})
	}
}

// onFailure reads a stage's rule for failures.
func onFailure(stage *properties) codepipeline.OnFailure {
	if _, ok := stage.values["OnFailure"]; !ok {
		stage.get("OnFailure")
		return codepipeline.OnFailure{}
	}
	rule := stage.object("OnFailure")
	f := codepipeline.OnFailure{Result: rule.required("Result")}
	if _, ok := rule.values["RetryConfiguration"]; ok {
		f.Retry = codepipeline.RetryMode(rule.object("RetryConfiguration").required("RetryMode"))
	}
	return f
}

func action(p *properties) codepipeline.Action {
	kind := p.object("ActionTypeId")
	return codepipeline.Action{
		Name: p.required("Name"),
		Type: codepipeline.ActionType{
			Category: kind.required("Category"), Owner: kind.required("Owner"),
			Provider: kind.required("Provider"), Version: kind.required("Version"),
		},
		Configuration: configuration(p),
		Inputs:        artifacts(p, "InputArtifacts"),
		Outputs:       artifacts(p, "OutputArtifacts"),
		Namespace:     p.text("Namespace"),
		RunOrder:      p.integer("RunOrder", 1),
		RoleARN:       p.text("RoleArn"),
		Timeout:       time.Duration(p.integer("TimeoutInMinutes", 0)) * time.Minute,
	}
}

// configuration reads the configuration, whose values CloudFormation takes as strings.
func configuration(p *properties) map[string]string {
	if _, ok := p.values["Configuration"]; !ok {
		p.get("Configuration")
		return nil
	}
	return p.textMap("Configuration")
}

func artifacts(p *properties, property string) []string {
	var names []string
	for i, artifact := range p.objects(property) {
		name := artifact.required("Name")
		if name == "" {
			p.fail(fmt.Sprintf("%s[%d]", property, i), "it has no name")
		}
		names = append(names, name)
	}
	return names
}
