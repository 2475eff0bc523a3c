package change

// kind is what CloudFormation documents of a type of resource, and what a resource of it holds.
type kind struct {
	// replaced are the properties whose update needs a new resource. A test compares them with the
	// specification that the CDK's command line brings along.
	replaced []string
	// name is the property with the name that somebody chose.
	name string
	// holds is what goes with the resource.
	holds string
}

// kinds are the types of resources that Archway's stacks have. Of others it is not known which
// updates replace them.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
var kinds = map[string]kind{
	"AWS::Chatbot::SlackChannelConfiguration": {
		replaced: []string{"ConfigurationName", "SlackWorkspaceId"}, name: "ConfigurationName",
	},
	"AWS::CloudWatch::Alarm": {
		replaced: []string{"AlarmName"}, name: "AlarmName", holds: "its state and history",
	},
	"AWS::CloudWatch::Dashboard": {replaced: []string{"DashboardName"}, name: "DashboardName"},
	"AWS::CodeBuild::Project": {
		replaced: []string{"Name"}, name: "Name", holds: "the history of its builds",
	},
	"AWS::CodeCommit::Repository": {
		name: "RepositoryName", holds: "its commits, branches and tags",
	},
	"AWS::CodePipeline::Pipeline": {
		replaced: []string{"Name"}, name: "Name",
		holds: "the history of its executions, so that no rollback goes back behind it, and the runs in progress",
	},
	"AWS::ECR::PullThroughCacheRule": {
		replaced: []string{
			"CredentialArn", "CustomRoleArn", "EcrRepositoryPrefix", "UpstreamRegistry", "UpstreamRegistryUrl",
			"UpstreamRepositoryPrefix",
		},
		name: "EcrRepositoryPrefix",
	},
	"AWS::ECR::Repository": {
		replaced: []string{"EncryptionConfiguration", "RepositoryName"}, name: "RepositoryName",
		holds: "its images and tags",
	},
	"AWS::ECR::RepositoryCreationTemplate": {replaced: []string{"Prefix"}, name: "Prefix"},
	"AWS::ECR::SigningConfiguration":       {},
	"AWS::Events::Rule":                    {replaced: []string{"EventBusName", "Name"}, name: "Name"},
	"AWS::IAM::Policy":                     {},
	"AWS::IAM::Role": {
		replaced: []string{"Path", "RoleName"}, name: "RoleName",
		holds: "nothing; whoever names its ARN elsewhere has to name the new one",
	},
	"AWS::KMS::Key": {
		holds: "the only way to read what was encrypted with it",
	},
	"AWS::Lambda::EventInvokeConfig": {replaced: []string{"FunctionName", "Qualifier"}},
	"AWS::Lambda::Function": {
		replaced: []string{"FunctionName", "PackageType", "TenancyConfig"}, name: "FunctionName",
		holds: "nothing",
	},
	"AWS::Lambda::Permission": {
		replaced: []string{
			"Action", "EventSourceToken", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal",
			"PrincipalOrgID", "SourceAccount", "SourceArn",
		},
	},
	"AWS::Logs::LogGroup": {
		replaced: []string{"LogGroupName"}, name: "LogGroupName", holds: "the logs in it",
	},
	"AWS::S3::Bucket": {
		replaced: []string{"BucketName", "BucketNamePrefix", "BucketNamespace", "ObjectLockEnabled"},
		name:     "BucketName", holds: "the artifacts of runs, which retries and rollbacks need",
	},
	"AWS::S3::BucketPolicy": {replaced: []string{"Bucket"}},
	"AWS::SNS::Subscription": {
		replaced: []string{"Endpoint", "Protocol", "TopicArn"},
		holds:    "its confirmation: by mail, the owner has to confirm the new one",
	},
	"AWS::SNS::Topic": {
		replaced: []string{"FifoTopic", "TopicName"}, name: "TopicName",
		holds: "its subscriptions; by mail, their owners have to confirm the new ones",
	},
	"AWS::SNS::TopicPolicy": {},
	"AWS::SQS::Queue": {
		replaced: []string{"FifoQueue", "QueueName"}, name: "QueueName", holds: "the messages in it",
	},
	"AWS::SQS::QueuePolicy": {},
	"AWS::Signer::SigningProfile": {
		replaced: []string{"PlatformId", "ProfileName", "SignatureValidityPeriod"}, name: "ProfileName",
		holds: "nothing; whoever verifies signatures by its name has to trust the new one as well",
	},
}
