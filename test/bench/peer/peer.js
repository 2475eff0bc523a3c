// The pipeline of the committed cdk.json in plain JavaScript: the same L2 constructs, the same resources, the same functions
// compiled by the same commands, one after the other as such samples do, and judged by the same rules of cdk-nag. It is what Archway's synthesis is measured against,
// and nothing else: it validates nothing and has no options.
'use strict';
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const cdk = require('aws-cdk-lib');
const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
const codebuild = require('aws-cdk-lib/aws-codebuild');
const codecommit = require('aws-cdk-lib/aws-codecommit');
const codepipeline = require('aws-cdk-lib/aws-codepipeline');
const actions = require('aws-cdk-lib/aws-codepipeline-actions');
const ecr = require('aws-cdk-lib/aws-ecr');
const events = require('aws-cdk-lib/aws-events');
const iam = require('aws-cdk-lib/aws-iam');
const lambda = require('aws-cdk-lib/aws-lambda');
const logs = require('aws-cdk-lib/aws-logs');
const s3 = require('aws-cdk-lib/aws-s3');
const sqs = require('aws-cdk-lib/aws-sqs');
const { AwsSolutionsChecks } = require('cdk-nag');

const buildspec = (name) => fs.readFileSync(path.join('buildspecs', name), 'utf8');
const allow = (resources, ...list) => new iam.PolicyStatement({ actions: list, resources });
const logGroup = (stack, id) => new logs.LogGroup(stack, id, { retention: logs.RetentionDays.THREE_MONTHS });
const role = (stack, id, service, statements) => new iam.Role(stack, id, {
  assumedBy: new iam.ServicePrincipal(service),
  inlinePolicies: { Permissions: new iam.PolicyDocument({ statements }) },
});

const app = new cdk.App();
cdk.Aspects.of(app).add(new AwsSolutionsChecks());
const stack = new cdk.Stack(app, 'hello-go');

const source = new codecommit.Repository(stack, 'Source', {
  repositoryName: 'hello-go',
  code: codecommit.Code.fromDirectory('examples/hello-go', 'main'),
});
source.applyRemovalPolicy(cdk.RemovalPolicy.RETAIN);
const bucket = new s3.Bucket(stack, 'Artifacts', {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  encryption: s3.BucketEncryption.S3_MANAGED,
  lifecycleRules: [{ id: 'Expire', expiration: cdk.Duration.days(30), abortIncompleteMultipartUploadAfter: cdk.Duration.days(1) }],
});
const images = new ecr.Repository(stack, 'Images', {
  repositoryName: 'hello-go',
  imageTagMutability: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
  imageTagMutabilityExclusionFilters: ['latest', 'main'].map((tag) => ecr.ImageTagMutabilityExclusionFilter.wildcard(tag)),
  imageScanOnPush: true,
  lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: cdk.Duration.days(14), rulePriority: 1 }],
});
const cache = new ecr.Repository(stack, 'Cache', {
  emptyOnDelete: true,
  removalPolicy: cdk.RemovalPolicy.DESTROY,
  lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: cdk.Duration.days(1), rulePriority: 1 }],
});

const readArtifacts = () => [
  allow([bucket.arnForObjects('*')], 's3:GetObject', 's3:GetObjectVersion'),
  allow([bucket.bucketArn], 's3:GetBucketAcl', 's3:GetBucketLocation'),
];
const writeLogs = (group) => allow([group.logGroupArn], 'logs:CreateLogStream', 'logs:PutLogEvents');
const pull = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const push = ['ecr:BatchCheckLayerAvailability', 'ecr:CompleteLayerUpload', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart'];
const login = () => allow(['*'], 'ecr:GetAuthorizationToken');

function project(id, spec, environment, variables, statements) {
  const group = logGroup(stack, `${id}Logs`);
  const created = new codebuild.PipelineProject(stack, id, {
    environment: { ...environment, environmentVariables: Object.fromEntries(Object.entries(variables).map(([k, value]) => [k, { value }])) },
    role: role(stack, `${id}Role`, 'codebuild.amazonaws.com', [writeLogs(group), ...readArtifacts(), login(), ...statements]).withoutPolicyUpdates(),
    logging: { cloudWatch: { logGroup: group } },
    grantReportGroupPermissions: false,
    timeout: cdk.Duration.hours(1),
    queuedTimeout: cdk.Duration.hours(1),
  });
  created.node.defaultChild.addPropertyOverride('Source.BuildSpec', buildspec(spec));
  return created;
}

const machines = {
  amd64: codebuild.LinuxBuildImage.fromCodeBuildImageId('aws/codebuild/amazonlinux-x86_64-standard:6.0'),
  arm64: codebuild.LinuxArmBuildImage.fromCodeBuildImageId('aws/codebuild/amazonlinux-aarch64-standard:4.0'),
};
const builds = Object.entries(machines).map(([arch, buildImage]) => ({
  arch,
  project: project(`Build-${arch}`, 'build.yml', { buildImage, computeType: codebuild.ComputeType.MEDIUM, privileged: true }, {
    BUILDKIT_IMAGE: 'public.ecr.aws/vend/moby/buildkit:buildx-stable-1',
    BUILD_ARGS: '{}', BUILD_CONTEXT: '.', CACHE_REF: `${cache.repositoryUri}:${arch}`, DOCKERFILE: 'Dockerfile', IMAGE_LABELS: '{}',
    PLATFORM: `linux/${arch}`, REPOSITORY_URI: images.repositoryUri, SOURCE_URL: source.repositoryCloneUrlHttp,
  }, [allow([images.repositoryArn], 'ecr:BatchGetImage', ...push), allow([cache.repositoryArn], ...pull, ...push)]),
}));
const merge = project('Merge', 'merge.yml', { buildImage: machines.arm64, computeType: codebuild.ComputeType.SMALL, privileged: false },
  { REPOSITORY_URI: images.repositoryUri, SOURCE_URL: source.repositoryCloneUrlHttp },
  [allow([images.repositoryArn], 'ecr:BatchGetImage', 'ecr:PutImage')]);
const smokeTests = Object.entries(machines).map(([arch, buildImage]) => ({
  arch,
  project: project(`SmokeTest-${arch}`, 'smoke-test.yml', { buildImage, computeType: codebuild.ComputeType.SMALL, privileged: true }, {
    COMMAND: '[]', ENVIRONMENT: '{}', EXPECT_EXIT_CODE: '0', EXPECT_MATCH: 'equals', EXPECT_TEXT: `Hello, ${arch}!`,
    PLATFORM: `linux/${arch}`, REPOSITORY_URI: images.repositoryUri, TIMEOUT_SECONDS: '60',
  }, [allow([images.repositoryArn], ...pull)]),
}));

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'archway-peer-'));
function goFunction(name, ecrActions) {
  const dir = path.join(scratch, name);
  execFileSync('go', ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w -buildid=', '-tags', 'lambda.norpc',
    '-o', path.join(dir, 'bootstrap'), `./lambda/${name}`], { env: { ...process.env, GOOS: 'linux', GOARCH: 'arm64', GOARM64: 'v8.0', CGO_ENABLED: '0' } });
  const group = logGroup(stack, `${name}Logs`);
  return new lambda.Function(stack, name, {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    architecture: lambda.Architecture.ARM_64,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(dir),
    role: role(stack, `${name}Role`, 'lambda.amazonaws.com', [
      writeLogs(group), login(), allow([images.repositoryArn], ...ecrActions),
      allow(['*'], 'codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult'),
    ]).withoutPolicyUpdates(),
    memorySize: 512,
    timeout: cdk.Duration.minutes(5),
    retryAttempts: 2,
    maxEventAge: cdk.Duration.minutes(20),
    logGroup: group,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
}
const validate = goFunction('validate', pull);
const promote = goFunction('promote', ['ecr:BatchGetImage', 'ecr:PutImage']);
process.on('exit', () => fs.rmSync(scratch, { recursive: true }));

const pipelineRole = role(stack, 'PipelineRole', 'codepipeline.amazonaws.com', [
  allow([bucket.arnForObjects('*')], 's3:GetObject', 's3:GetObjectVersion', 's3:PutObject'),
  allow([bucket.bucketArn], 's3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'),
  allow([source.repositoryArn], 'codecommit:CancelUploadArchive', 'codecommit:GetBranch', 'codecommit:GetCommit', 'codecommit:GetUploadArchiveStatus', 'codecommit:UploadArchive'),
  allow([...builds.map((b) => b.project.projectArn), merge.projectArn, ...smokeTests.map((s) => s.project.projectArn)], 'codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'),
  allow([validate.functionArn, promote.functionArn], 'lambda:InvokeFunction'),
]);
const sourceCode = new codepipeline.Artifact('SourceCode');
const commit = { COMMIT_ID: { value: '#{Source.CommitId}' } };
const digestOf = (arch) => `#{Build-hello-go-${arch}.IMAGE_DIGEST}`;
const pipeline = new codepipeline.Pipeline(stack, 'Pipeline', {
  pipelineName: 'hello-go',
  pipelineType: codepipeline.PipelineType.V2,
  executionMode: codepipeline.ExecutionMode.QUEUED,
  artifactBucket: bucket,
  role: pipelineRole.withoutPolicyUpdates(),
  usePipelineRoleForActions: true,
  variables: [new codepipeline.Variable({ variableName: 'branch', defaultValue: 'main' })],
  stages: [
    { stageName: 'Source', actions: [new actions.CodeCommitSourceAction({
      actionName: 'Source', repository: source, branch: 'main', output: sourceCode, trigger: actions.CodeCommitTrigger.NONE, variablesNamespace: 'Source' })] },
    { stageName: 'Build', actions: builds.map((b) => new actions.CodeBuildAction({
      actionName: `hello-go-${b.arch}`, project: b.project, input: sourceCode, environmentVariables: commit, variablesNamespace: `Build-hello-go-${b.arch}` })) },
    { stageName: 'Merge', actions: [new actions.CodeBuildAction({
      actionName: 'hello-go', project: merge, input: sourceCode, variablesNamespace: 'Merge-hello-go',
      environmentVariables: { ...commit, IMAGE_DIGESTS: { value: builds.map((b) => `linux/${b.arch}=${digestOf(b.arch)}`).join(' ') } } })] },
    { stageName: 'Validate', actions: [new actions.LambdaInvokeAction({
      actionName: 'hello-go', lambda: validate, variablesNamespace: 'Validate-hello-go',
      userParametersString: stack.toJsonString({ repository: images.repositoryUri, digest: '#{Merge-hello-go.INDEX_DIGEST}', revision: '#{Source.CommitId}',
        builds: Object.fromEntries(builds.map((b) => [`linux/${b.arch}`, digestOf(b.arch)])) }) })] },
    { stageName: 'SmokeTest', actions: smokeTests.map((s) => new actions.CodeBuildAction({
      actionName: `hello-go-${s.arch}`, project: s.project, input: sourceCode, type: actions.CodeBuildActionType.TEST, variablesNamespace: `SmokeTest-hello-go-${s.arch}`,
      environmentVariables: { INDEX_DIGEST: { value: '#{Validate-hello-go.digest}' }, PLATFORMS: { value: '#{Validate-hello-go.platforms}' } } })) },
    { stageName: 'Promote', actions: [new actions.LambdaInvokeAction({
      actionName: 'hello-go', lambda: promote, variablesNamespace: 'Promote-hello-go',
      userParametersString: stack.toJsonString({ repository: images.repositoryUri, digest: '#{Validate-hello-go.digest}', commit: '#{Source.CommitId}',
        branch: '#{variables.branch}', immutable: ['{commit:12}'], moving: ['latest', '{branch}'] }) })] },
  ],
});
const triggerRole = role(stack, 'TriggerRole', 'events.amazonaws.com', [allow([pipeline.pipelineArn], 'codepipeline:StartPipelineExecution')]);
const deadLetters = new sqs.Queue(stack, 'DeadLetters', { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: cdk.Duration.days(14) });
deadLetters.addToResourcePolicy(new iam.PolicyStatement({
  actions: ['sqs:SendMessage'], principals: [new iam.ServicePrincipal('events.amazonaws.com')], resources: [deadLetters.queueArn] }));
new cloudwatch.Alarm(stack, 'Alarm', {
  metric: deadLetters.metricApproximateNumberOfMessagesVisible(), threshold: 1, evaluationPeriods: 1, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
});
new events.CfnRule(stack, 'Trigger', {
  state: 'ENABLED',
  eventPattern: {
    source: ['aws.codecommit'],
    'detail-type': ['CodeCommit Repository State Change'],
    resources: [source.repositoryArn],
    detail: { event: ['referenceCreated', 'referenceUpdated'], referenceType: ['branch'], referenceName: ['main'] },
  },
  targets: [{
    id: 'Pipeline', arn: pipeline.pipelineArn, roleArn: triggerRole.roleArn,
    deadLetterConfig: { arn: deadLetters.queueArn }, retryPolicy: { maximumEventAgeInSeconds: 3600 },
    inputTransformer: {
      inputPathsMap: { commit: '$.detail.commitId', branch: '$.detail.referenceName' },
      inputTemplate: '{"sourceRevisions":[{"actionName":"Source","revisionType":"COMMIT_ID","revisionValue":<commit>}],"variables":[{"name":"branch","value":<branch>}]}',
    },
  }],
});
new cdk.CfnOutput(stack, 'RegistryUri', { value: images.repositoryUri });
new cdk.CfnOutput(stack, 'CloneUrl', { value: source.repositoryCloneUrlHttp });
new cdk.CfnOutput(stack, 'CloneUrlGrc', { value: source.repositoryCloneUrlGrc });
app.synth();
