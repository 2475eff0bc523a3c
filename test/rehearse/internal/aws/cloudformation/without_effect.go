package cloudformation

// withoutEffect names, by resource type, the properties that make no difference
// on one machine, and why. The key "" stands for a whole type.
var withoutEffect = map[string]map[string]string{
	"AWS::CDK::Metadata":                           {"": "it counts the use of constructs"},
	"AWS::Chatbot::SlackChannelConfiguration":      {"": "the rehearsal keeps what a topic is told, and sends nothing on"},
	"AWS::CodeStarNotifications::NotificationRule": {"": "nobody is notified of a rehearsal"},
	"AWS::KMS::Alias":                              {"": encryption},
	"AWS::SNS::Subscription":                       {"": "the rehearsal keeps what a topic is told, and sends nothing on"},

	"AWS::IAM::ManagedPolicy": {
		"Description": describes,
	},
	"AWS::IAM::Role": {
		"Description":        describes,
		"MaxSessionDuration": "no session lasts as long as the shortest limit",
		"Tags":               describes,
	},
	"AWS::KMS::Key": {
		"Description":         describes,
		"EnableKeyRotation":   "nothing here is that old",
		"KeySpec":             encryption,
		"KeyUsage":            encryption,
		"MultiRegion":         encryption,
		"PendingWindowInDays": "it is about deletion",
		"Tags":                describes,
	},
	"AWS::Logs::LogGroup": {
		"LogGroupClass":   "logs are files of the rehearsal",
		"RetentionInDays": "logs are files that are deleted with the rehearsal",
		"Tags":            describes,
	},
	"AWS::Signer::SigningProfile": {
		"SignatureValidityPeriod": "nothing is signed here",
		"Tags":                    describes,
	},
	"AWS::SNS::Topic": {
		"DisplayName": describes,
		"Tags":        describes,
	},

	"AWS::CloudWatch::Alarm": {
		"Tags": describes,
	},
	"AWS::CloudWatch::Dashboard": {
		"Tags": describes,
	},
	"AWS::CodeBuild::Project": {
		"Artifacts.EncryptionDisabled":         encryption,
		"Artifacts.Packaging":                  "the pipeline's action decides what becomes of artifacts",
		"BadgeEnabled":                         describes,
		"Cache":                                "a cache changes how long a build takes, not what it does",
		"Description":                          describes,
		"EncryptionKey":                        encryption,
		"Environment.ImagePullCredentialsType": "no build image is pulled: commands run with this machine's programs",
		"LogsConfig.CloudWatchLogs.StreamName": "it names a file of the rehearsal",
		"QueuedTimeoutInMinutes":               "no build waits for capacity",
		"Tags":                                 describes,
		"Visibility":                           describes,
	},
	"AWS::CodeCommit::Repository": {
		"KmsKeyId":              encryption,
		"RepositoryDescription": describes,
		"Tags":                  describes,
	},
	"AWS::CodePipeline::Pipeline": {
		"ArtifactStore.EncryptionKey": encryption,
		"RestartExecutionOnUpdate":    "the stack is never updated",
		"Stages.Actions.Region":       "it names the pipeline's own Region, or the action would have an artifact store of its own, which is refused",
		"Tags":                        describes,
		"Variables.Description":       describes,
	},
	"AWS::ECR::RepositoryCreationTemplate": {
		"Description":             describes,
		"EncryptionConfiguration": encryption,
		"LifecyclePolicy":         "nothing is old enough to expire during a rehearsal",
	},
	"AWS::ECR::Repository": {
		"EmptyOnDelete":              "it is about deletion",
		"ImageScanningConfiguration": "every image is scanned here, as if at once",
		"LifecyclePolicy":            "nothing is old enough to expire during a rehearsal",
		"Tags":                       describes,
	},
	"AWS::Events::Rule": {
		"Description":         describes,
		"Tags":                describes,
		"Targets.RetryPolicy": "a target is on this machine and answers at once",
	},
	"AWS::Lambda::EventInvokeConfig": {
		"MaximumEventAgeInSeconds": "no event waits that long",
	},
	"AWS::Lambda::Function": {
		"Description":                  describes,
		"EphemeralStorage":             "a function has this machine's disk",
		"KmsKeyArn":                    encryption,
		"LoggingConfig.SystemLogLevel": "what Lambda itself logs is always shown",
		"ReservedConcurrentExecutions": "a rehearsal has no other functions to protect",
		"Tags":                         describes,
		"TracingConfig":                "nothing is traced",
	},
	"AWS::SQS::Queue": {
		"MessageRetentionPeriod": "no message grows that old",
		"SqsManagedSseEnabled":   encryption,
		"Tags":                   describes,
		"VisibilityTimeout":      "nobody receives messages",
	},
	"AWS::S3::Bucket": {
		"AccessControl":                  public,
		"LifecycleConfiguration":         "nothing is old enough to expire during a rehearsal",
		"LoggingConfiguration":           "nobody reads access logs of a rehearsal",
		"OwnershipControls":              public,
		"PublicAccessBlockConfiguration": public,
		"Tags":                           describes,
		"VersioningConfiguration":        "every artifact has a key of its own",
	},
}

// The reasons that many have.
const (
	describes  = "it is text for people, or for a bill"
	encryption = "everything stays on this machine's disk"
	public     = "nobody outside of the account calls, and every object belongs to the account"
)
