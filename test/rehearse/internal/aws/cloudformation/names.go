package cloudformation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// nameProperty is the property that holds the name of a resource, by type.
// Types that are not here have generated names only.
var nameProperty = map[string]string{
	"AWS::CloudWatch::Alarm":      "AlarmName",
	"AWS::CloudWatch::Dashboard":  "DashboardName",
	"AWS::CodeBuild::Project":     "Name",
	"AWS::CodeCommit::Repository": "RepositoryName",
	"AWS::CodePipeline::Pipeline": "Name",
	"AWS::ECR::Repository":        "RepositoryName",
	"AWS::Events::Rule":           "Name",
	"AWS::IAM::ManagedPolicy":     "ManagedPolicyName",
	"AWS::IAM::Role":              "RoleName",
	"AWS::Lambda::Function":       "FunctionName",
	"AWS::Logs::LogGroup":         "LogGroupName",
	"AWS::S3::Bucket":             "BucketName",
	"AWS::SNS::Topic":             "TopicName",
	"AWS::SQS::Queue":             "QueueName",
	"AWS::Signer::SigningProfile": "ProfileName",
}

// lowercase names are those of types that allow no other.
var lowercase = map[string]bool{"AWS::ECR::Repository": true, "AWS::S3::Bucket": true}

// name is the physical name of a resource: its own, or one as CloudFormation
// generates it, of the stack's name, the logical id and a suffix.
func (l *loader) name(id string) (string, error) {
	if name, ok := l.names[id]; ok {
		return name, nil
	}
	r, ok := l.template.Resources[id]
	if !ok {
		return "", fmt.Errorf("the template has no resource %q", id)
	}
	name := l.generatedName(id, r.Type)
	if expression, ok := r.Properties[nameProperty[r.Type]]; ok {
		path := "Resources." + id + ".Properties." + nameProperty[r.Type]
		value, err := l.resolver.Resolve(path, expression)
		if err != nil {
			return "", err
		}
		text, ok := scalarText(value)
		if !ok || text == "" {
			return "", fmt.Errorf("%s: got %s, expected a name", path, show(value))
		}
		name = text
	}
	l.names[id] = name
	return name, nil
}

// generatedName is always the same for the same stack and id, so that two
// rehearsals can be compared.
func (l *loader) generatedName(id, kind string) string {
	sum := sha256.Sum256([]byte(l.stack.Name + "/" + id))
	suffix := strings.ToUpper(hex.EncodeToString(sum[:6]))
	short := func(s string, n int) string { return s[:min(len(s), n)] }
	name := short(l.stack.Name, 24) + "-" + short(id, 24) + "-" + suffix
	if lowercase[kind] {
		name = strings.ToLower(name)
	}
	return name
}

func (l *loader) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", l.account.Partition, service, l.account.Region, l.account.ID, resource)
}

// arnOf is the ARN of a resource, by type.
func (l *loader) arnOf(kind, name string) (string, bool) {
	switch kind {
	case "AWS::CloudWatch::Alarm":
		return l.arn("cloudwatch", "alarm:"+name), true
	case "AWS::CodeBuild::Project":
		return l.arn("codebuild", "project/"+name), true
	case "AWS::CodeCommit::Repository":
		return l.arn("codecommit", name), true
	case "AWS::CodePipeline::Pipeline":
		return l.arn("codepipeline", name), true
	case "AWS::ECR::Repository":
		return l.arn("ecr", "repository/"+name), true
	case "AWS::Events::Rule":
		return l.arn("events", "rule/"+name), true
	case "AWS::IAM::Role":
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", l.account.Partition, l.account.ID, name), true
	case "AWS::IAM::ManagedPolicy":
		return fmt.Sprintf("arn:%s:iam::%s:policy/%s", l.account.Partition, l.account.ID, name), true
	case "AWS::KMS::Key":
		return l.arn("kms", "key/"+name), true
	case "AWS::Lambda::Function":
		return l.arn("lambda", "function:"+name), true
	case "AWS::Logs::LogGroup":
		return l.arn("logs", "log-group:"+name+":*"), true
	case "AWS::SQS::Queue":
		return l.arn("sqs", name), true
	case "AWS::S3::Bucket":
		return fmt.Sprintf("arn:%s:s3:::%s", l.account.Partition, name), true
	case "AWS::SNS::Topic":
		return l.arn("sns", name), true
	case "AWS::Signer::SigningProfile":
		return l.arnOfProfile(name), true
	}
	return "", false
}

// Ref implements template.Resources.
func (l *loader) Ref(id string) (any, error) {
	name, err := l.name(id)
	if err != nil {
		return nil, err
	}
	switch kind := l.template.Resources[id].Type; kind {
	case "AWS::CodeCommit::Repository":
		return repositoryID(l.stack.Name, id), nil
	case "AWS::IAM::ManagedPolicy", "AWS::SNS::Topic":
		arn, _ := l.arnOf(kind, name)
		return arn, nil
	case "AWS::SQS::Queue":
		return fmt.Sprintf("https://sqs.%s.%s/%s/%s", l.account.Region, l.account.URLSuffix, l.account.ID, name), nil
	}
	return name, nil
}

// GetAtt implements template.Resources.
func (l *loader) GetAtt(id, attribute string) (any, error) {
	name, err := l.name(id)
	if err != nil {
		return nil, err
	}
	kind := l.template.Resources[id].Type
	if attribute == "Arn" {
		if arn, ok := l.arnOf(kind, name); ok {
			return arn, nil
		}
	}
	switch kind + "." + attribute {
	case "AWS::SNS::Topic.TopicArn":
		arn, _ := l.arnOf(kind, name)
		return arn, nil
	case "AWS::SNS::Topic.TopicName":
		return name, nil
	case "AWS::CodeCommit::Repository.Name":
		return name, nil
	case "AWS::CodeCommit::Repository.CloneUrlHttp":
		return fmt.Sprintf("https://git-codecommit.%s.%s/v1/repos/%s", l.account.Region, l.account.URLSuffix, name), nil
	case "AWS::CodeCommit::Repository.CloneUrlSsh":
		return fmt.Sprintf("ssh://git-codecommit.%s.%s/v1/repos/%s", l.account.Region, l.account.URLSuffix, name), nil
	case "AWS::CodePipeline::Pipeline.Version":
		return "1", nil
	case "AWS::ECR::Repository.RepositoryUri":
		return fmt.Sprintf("%s.dkr.ecr.%s.%s/%s", l.account.ID, l.account.Region, l.account.URLSuffix, name), nil
	case "AWS::SQS::Queue.QueueName":
		return name, nil
	case "AWS::S3::Bucket.DomainName":
		return fmt.Sprintf("%s.s3.%s", name, l.account.URLSuffix), nil
	case "AWS::S3::Bucket.RegionalDomainName":
		return fmt.Sprintf("%s.s3.%s.%s", name, l.account.Region, l.account.URLSuffix), nil
	}
	return nil, fmt.Errorf("the rehearsal does not support the attribute %s of %s (%s)", attribute, id, kind)
}

func repositoryID(stack, id string) string {
	sum := sha256.Sum256([]byte("repository " + stack + "/" + id))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
