package constructs

import (
	"maps"
	"time"

	"archway/buildspecs"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// buildProjectProps is what they have in common.
type buildProjectProps struct {
	Description   string
	Spec          buildspecs.Spec
	Platform      Platform
	Compute       Compute
	Privileged    bool
	Timeout       time.Duration
	QueuedTimeout time.Duration
	Artifacts     awss3.IBucket
	Logs

	// Statements are what builds may do, besides reading their source and writing their log.
	Statements []awsiam.PolicyStatement

	// Exceptions are those of Statements.
	Exceptions []exception

	// Secrets are variables that CodeBuild fills in.
	Secrets map[string]*awscodebuild.BuildEnvironmentVariable

	// Environment leaves out what is nil.
	Environment map[string]*string
}

// BuildProject is a CodeBuild project, as [NativeBuild], [Merge] and [SmokeTest] are.
type BuildProject struct {
	constructs.Construct

	// Project is the project.
	Project awscodebuild.PipelineProject

	// Role is the role that it runs with: grant to it, the grants that other constructs make to
	// Project are ignored. A container that is tested gets none of its credentials.
	Role awsiam.Role

	// LogGroup is where the logs go.
	LogGroup awslogs.LogGroup
}

func newBuildProject(scope constructs.Construct, id string, props *buildProjectProps) *BuildProject {
	p := *props
	fill(&p.Timeout, time.Hour)
	fill(&p.QueuedTimeout, time.Hour)

	this := &BuildProject{Construct: constructs.NewConstruct(scope, &id)}
	this.LogGroup = p.group(this.Construct)
	statements := append(logStatements(this.LogGroup), artifactReadStatements(p.Artifacts)...)
	this.Role = newRole(this.Construct, &roleProps{
		Service:        "codebuild.amazonaws.com",
		OwnAccountOnly: true,
		Description:    p.Description,
		Statements:     append(statements, p.Statements...),
	})
	except(this.Role, append([]exception{wildcardLogin, wildcardArtifacts}, p.Exceptions...)...)
	environment := map[string]*awscodebuild.BuildEnvironmentVariable{}
	for name, value := range p.Environment {
		if value != nil {
			environment[name] = &awscodebuild.BuildEnvironmentVariable{Value: value}
		}
	}
	maps.Copy(environment, p.Secrets)
	this.Project = awscodebuild.NewPipelineProject(this.Construct, jsii.String("Project"),
		&awscodebuild.PipelineProjectProps{
			Description:                 &p.Description,
			Role:                        this.Role.WithoutPolicyUpdates(nil),
			GrantReportGroupPermissions: jsii.Bool(false),
			Timeout:                     duration(p.Timeout),
			QueuedTimeout:               duration(p.QueuedTimeout),
			EnvironmentVariables:        &environment,
			Environment: &awscodebuild.BuildEnvironment{
				BuildImage:  buildImage(p.Platform),
				ComputeType: computeTypes[p.Compute],
				Privileged:  &p.Privileged,
			},
			Logging: &awscodebuild.LoggingOptions{
				CloudWatch: &awscodebuild.CloudWatchLoggingOptions{LogGroup: this.LogGroup},
			},
			BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
		})
	// The CDK would write the buildspec as JSON, without its comments; this is the file itself.
	except(this.Project, exception{
		ID:     "AwsSolutions-CB4",
		Reason: "The key is for output artifacts, and the project has none: what it makes goes to ECR, which encrypts it.",
	})
	resource := this.Project.Node().DefaultChild().(awscodebuild.CfnProject)
	resource.AddPropertyOverride(jsii.String("Source.BuildSpec"), p.Spec.Text)
	return this
}
