// The pipeline of the committed cdk.json in plain JavaScript: the same L2 constructs, the same resources, the same functions
// compiled by the same commands, one after the other as such samples do, and judged by the same rules of cdk-nag. It is what
// Archway's synthesis is measured against, and nothing else: it validates nothing and has no options.
'use strict';
const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
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
const logGroup = (stack, id) => new logs.LogGroup(stack, id, {
  retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
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
const staging = new ecr.Repository(stack, 'Staging', {
  repositoryName: 'staging/hello-go',
  imageScanOnPush: true,
  emptyOnDelete: true,
  removalPolicy: cdk.RemovalPolicy.DESTROY,
  lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: cdk.Duration.days(14), rulePriority: 1 }],
});
const release = new ecr.Repository(stack, 'Images', {
  repositoryName: 'hello-go',
  imageTagMutability: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
  imageTagMutabilityExclusionFilters: ['latest', 'main'].map((tag) => ecr.ImageTagMutabilityExclusionFilter.wildcard(tag)),
  imageScanOnPush: true,
  lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: cdk.Duration.days(14), rulePriority: 1 }],
});
const pipelineArn = stack.formatArn({ service: 'codepipeline', resource: 'hello-go' });

const readArtifacts = () => [
  allow([bucket.arnForObjects('*')], 's3:GetObject', 's3:GetObjectVersion'),
  allow([bucket.bucketArn], 's3:GetBucketAcl', 's3:GetBucketLocation'),
];
const writeLogs = (group) => allow([group.logGroupArn], 'logs:CreateLogStream', 'logs:PutLogEvents');
const pull = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const read = ['ecr:BatchCheckLayerAvailability', ...pull];
const write = ['ecr:CompleteLayerUpload', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart'];
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
    BUILDKIT_IMAGES: 'public.ecr.aws/vend/moby/buildkit:buildx-stable-1', BUILDKITD_CONFIG: '[frontend."gateway.v0"]\n',
    BUILD_ARGS: '{}', BUILD_CONTEXT: '.', CACHE_REF: `${staging.repositoryUri}:cache-${arch}`, DOCKERFILE: 'Dockerfile', IMAGE_LABELS: '{}',
    PIPELINE: 'hello-go', PLATFORM: `linux/${arch}`, REPOSITORY_URI: staging.repositoryUri, SOURCE_URL: source.repositoryCloneUrlHttp,
  }, [allow([staging.repositoryArn], ...read, ...write)]),
}));
const outputs = () => allow([pipelineArn], 'codepipeline:ListActionExecutions');
const merge = project('Merge', 'merge.yml', { buildImage: machines.arm64, computeType: codebuild.ComputeType.SMALL, privileged: false }, {
  BUILDS: JSON.stringify(Object.fromEntries(builds.map((b) => [`linux/${b.arch}`, `hello-go-${b.arch}`]))), PIPELINE: 'hello-go',
  REPOSITORY_URI: staging.repositoryUri, SOURCE_URL: source.repositoryCloneUrlHttp,
}, [allow([staging.repositoryArn], 'ecr:BatchGetImage', 'ecr:PutImage'), outputs()]);
const smokeTests = Object.entries(machines).map(([arch, buildImage]) => ({
  arch,
  project: project(`SmokeTest-${arch}`, 'smoke-test.yml', { buildImage, computeType: codebuild.ComputeType.SMALL, privileged: true }, {
    COMMAND: '[]', ENVIRONMENT: '{}', EXPECT_EXIT_CODE: '0', EXPECT_MATCH: 'equals', EXPECT_TEXT: `Hello, ${arch}!`, PIPELINE: 'hello-go',
    PLATFORM: `linux/${arch}`, REPOSITORY_URI: staging.repositoryUri, TIMEOUT_SECONDS: '60', VALIDATE_ACTION: 'hello-go',
  }, [allow([staging.repositoryArn], ...pull), outputs()]),
}));

// What the functions know since the synthesis, in a file beside each program.
const perArchitecture = builds.map((b) => `hello-go-${b.arch}`);
const settings = {
  name: 'hello-go',
  source: { repository: 'hello-go', branch: 'main' },
  stages: [['Source', ['Source']], ['Build', perArchitecture], ['Merge', ['hello-go']], ['Validate', ['hello-go']], ['SmokeTest', perArchitecture]]
    .map(([name, list]) => ({ name, actions: list })),
  images: [{
    name: 'hello-go', staging: 'staging/hello-go', release: 'hello-go', stagingDays: 14,
    builds: builds.map((b) => ({ platform: `linux/${b.arch}`, action: `hello-go-${b.arch}` })),
    tags: { immutable: ['{commit:12}'], moving: ['latest', '{branch}'] },
  }],
};
const settingsFile = JSON.stringify(settings);
const parameters = (image) => JSON.stringify({
  settings: crypto.createHash('sha256').update(settingsFile).digest('hex'), execution: '#{codepipeline.PipelineExecutionId}', image });

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'archway-peer-'));
function goFunction(name, statements) {
  const dir = path.join(scratch, name);
  execFileSync('go', ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w -buildid=', '-tags', 'lambda.norpc',
    '-o', path.join(dir, 'bootstrap'), `./lambda/${name}`], { env: { ...process.env, GOOS: 'linux', GOARCH: 'arm64', GOARM64: 'v8.0', CGO_ENABLED: '0' } });
  fs.writeFileSync(path.join(dir, 'settings.json'), settingsFile);
  const group = logGroup(stack, `${name}Logs`);
  const functionRole = role(stack, `${name}Role`, 'lambda.amazonaws.com', [
    login(), allow(['*'], 'codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult'), ...statements,
  ]);
  const created = new lambda.Function(stack, name, {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    architecture: lambda.Architecture.ARM_64,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(dir),
    environment: { REGISTRY: `${cdk.Aws.ACCOUNT_ID}.dkr.ecr.${cdk.Aws.REGION}.${cdk.Aws.URL_SUFFIX}` },
    role: functionRole.withoutPolicyUpdates(),
    memorySize: 512,
    timeout: cdk.Duration.minutes(5),
    retryAttempts: 2,
    maxEventAge: cdk.Duration.minutes(20),
    logGroup: group,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
  created.node.defaultChild.addPropertyDeletionOverride('LoggingConfig.LogGroup');
  group.node.defaultChild.logGroupName = `/aws/lambda/${created.node.defaultChild.ref}`;
  new iam.Policy(stack, `${name}LogAccess`, { roles: [functionRole], statements: [writeLogs(group)] });
  return { lambda: created, role: functionRole };
}
const { lambda: validate } = goFunction('validate', [
  allow([staging.repositoryArn], ...read, 'ecr:DescribeImages'), allow([release.repositoryArn], 'ecr:BatchGetImage'),
  allow([pipelineArn], 'codepipeline:GetPipelineExecution', 'codepipeline:ListActionExecutions'),
]);
const { lambda: promote, role: promoterRole } = goFunction('promote', [
  allow([pipelineArn], 'codepipeline:GetPipelineExecution', 'codepipeline:GetPipelineState', 'codepipeline:ListActionExecutions'),
  allow([source.repositoryArn], 'codecommit:GetBranch', 'codecommit:GetMergeOptions'),
]);
const access = new iam.Policy(stack, 'PromoteAccess', { roles: [promoterRole], statements: [
  allow([staging.repositoryArn], ...read),
  allow([release.repositoryArn], 'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:DescribeImages', ...write),
] });
release.addToResourcePolicy(new iam.PolicyStatement({
  effect: iam.Effect.DENY, principals: [new iam.StarPrincipal()], actions: write,
  conditions: { ArnNotEquals: { 'aws:PrincipalArn': [promoterRole.roleArn] } },
}));
process.on('exit', () => fs.rmSync(scratch, { recursive: true }));

const pipelineRole = role(stack, 'PipelineRole', 'codepipeline.amazonaws.com', [
  allow([bucket.arnForObjects('*')], 's3:GetObject', 's3:GetObjectVersion', 's3:PutObject'),
  allow([bucket.bucketArn], 's3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'),
  allow([source.repositoryArn], 'codecommit:CancelUploadArchive', 'codecommit:GetBranch', 'codecommit:GetCommit', 'codecommit:GetUploadArchiveStatus', 'codecommit:UploadArchive'),
  allow([...builds.map((b) => b.project.projectArn), merge.projectArn, ...smokeTests.map((s) => s.project.projectArn)], 'codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'),
  allow([validate.functionArn, promote.functionArn], 'lambda:InvokeFunction'),
]);
const sourceCode = new codepipeline.Artifact('SourceCode');
const execution = { EXECUTION_ID: { value: '#{codepipeline.PipelineExecutionId}' } };
const pipeline = new codepipeline.Pipeline(stack, 'Pipeline', {
  pipelineName: 'hello-go',
  pipelineType: codepipeline.PipelineType.V2,
  executionMode: codepipeline.ExecutionMode.QUEUED,
  artifactBucket: bucket,
  role: pipelineRole.withoutPolicyUpdates(),
  usePipelineRoleForActions: true,
  stages: [
    { stageName: 'Source', actions: [new actions.CodeCommitSourceAction({
      actionName: 'Source', repository: source, branch: 'main', output: sourceCode, trigger: actions.CodeCommitTrigger.NONE, variablesNamespace: 'Source' })] },
    { stageName: 'Build', actions: builds.map((b) => new actions.CodeBuildAction({
      actionName: `hello-go-${b.arch}`, project: b.project, input: sourceCode, environmentVariables: execution, variablesNamespace: `Build-hello-go-${b.arch}` })) },
    { stageName: 'Merge', actions: [new actions.CodeBuildAction({
      actionName: 'hello-go', project: merge, input: sourceCode, environmentVariables: execution, variablesNamespace: 'Merge-hello-go' })] },
    { stageName: 'Validate', actions: [new actions.LambdaInvokeAction({
      actionName: 'hello-go', lambda: validate, variablesNamespace: 'Validate-hello-go', userParametersString: parameters('hello-go') })] },
    { stageName: 'SmokeTest', actions: smokeTests.map((s) => new actions.CodeBuildAction({
      actionName: `hello-go-${s.arch}`, project: s.project, input: sourceCode, type: actions.CodeBuildActionType.TEST, variablesNamespace: `SmokeTest-hello-go-${s.arch}`,
      environmentVariables: execution })) },
    { stageName: 'Promote', actions: [new actions.LambdaInvokeAction({
      actionName: 'Promote', lambda: promote, variablesNamespace: 'Promote-Promote', userParametersString: parameters() })] },
  ],
});
pipeline.node.addDependency(access);
pipeline.node.defaultChild.addMetadata('archway:settings', settings);
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
      inputPathsMap: { commit: '$.detail.commitId' },
      inputTemplate: '{"sourceRevisions":[{"actionName":"Source","revisionType":"COMMIT_ID","revisionValue":<commit>}]}',
    },
  }],
});
new cdk.CfnOutput(stack, 'RegistryUri', { value: release.repositoryUri });
new cdk.CfnOutput(stack, 'CloneUrl', { value: source.repositoryCloneUrlHttp });
new cdk.CfnOutput(stack, 'CloneUrlGrc', { value: source.repositoryCloneUrlGrc });
app.synth();
