package cloudformation

import (
	"cmp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

const functionType = "AWS::Lambda::Function"

func init() {
	describe(functionType, descriptor{
		read: (*loader).function, name: "FunctionName", arn: regional("lambda", "function:%s"),
		withoutEffect: map[string]string{
			"Description":                  describes,
			"EphemeralStorage":             "a function has this machine's disk",
			"KmsKeyArn":                    encryption,
			"LoggingConfig.SystemLogLevel": "what Lambda itself logs is always shown",
			"ReservedConcurrentExecutions": "a rehearsal has no other functions to protect",
			"Tags":                         describes,
			"TracingConfig":                "nothing is traced",
		},
	})
	describe("AWS::Lambda::EventInvokeConfig", descriptor{
		read:          (*loader).invokeConfig,
		withoutEffect: map[string]string{"MaximumEventAgeInSeconds": "no event waits that long"},
	})
	describe("AWS::Lambda::Permission", descriptor{read: (*loader).permission, access: true})
}

// packageMetadata is the key of a function's metadata that names the Go package
// which it was built from.
const packageMetadata = "archway:package"

// Lambda's defaults.
const (
	functionTimeout = 3
	functionMemory  = 128
	functionRetries = 2
)

// function reads a Lambda function.
func (l *loader) function(r *resource) {
	if l.providers[r.arn] != "" {
		l.provider(r)
		return
	}
	f := &lambdaruntime.Function{
		Name:        r.name,
		ARN:         r.arn,
		RoleARN:     r.required("Role"),
		Handler:     r.required("Handler"),
		Timeout:     time.Duration(r.integer("Timeout", functionTimeout)) * time.Second,
		MemoryMB:    r.integer("MemorySize", functionMemory),
		Environment: r.object("Environment").textMap("Variables"),
		Retries:     functionRetries,
	}
	r.oneOf("PackageType", "", "Zip")
	f.Package, _ = r.metadata[packageMetadata].(string)
	if f.Package == "" {
		r.fail("Code", "the metadata %s, with the Go package that the function is built from, is missing: "+
			"the rehearsal can't run the function", packageMetadata)
	}
	r.oneOf("Runtime", "provided.al2023")
	architecture := "x86_64"
	if list := r.texts("Architectures"); len(list) > 0 {
		architecture = list[0]
	}
	logging := r.object("LoggingConfig")
	f.LogGroup = logGroupOf(r.name, logging)
	f.JSONLogs = logging.oneOf("LogFormat", "", "Text", "JSON") == "JSON"
	f.LogLevel = logging.oneOf("ApplicationLogLevel", "", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
	code := r.object("Code")
	code.required("S3Bucket")
	var err error
	if f.Code, err = l.source.Asset(code.required("S3Key")); err != nil {
		code.fail("S3Key", "%v", err)
	} else if f.Tags, l.settings[f.Name], err = checkCode(f, architecture); err != nil {
		code.fail("S3Key", "%v", err)
	}
	l.stack.add(f)
}

// logGroupOf is where Lambda writes a function's log.
func logGroupOf(name string, logging *properties) string {
	return cmp.Or(logging.text("LogGroup"), "/aws/lambda/"+name)
}

// invokeConfig reads how a function's asynchronous invocations are repeated.
func (l *loader) invokeConfig(r *resource) {
	name := r.required("FunctionName")
	r.oneOf("Qualifier", "$LATEST")
	destinations := r.object("DestinationConfig")
	if destinations.object("OnSuccess").values != nil {
		r.fail("DestinationConfig.OnSuccess", "the rehearsal does not support destinations of a function's success")
	}
	if queue := destinations.object("OnFailure").text("Destination"); queue != "" {
		if !strings.Contains(queue, ":sqs:") {
			r.fail("DestinationConfig.OnFailure.Destination", "got %s; the rehearsal supports queues only", queue)
		}
		l.deadLetters[name] = queue
	}
	l.retries[name] = r.integer("MaximumRetryAttempts", functionRetries)
}

// configure gives the functions what resources of their own say about their asynchronous
// invocations.
func (l *loader) configure() {
	for _, f := range Of[*lambdaruntime.Function](l.stack) {
		if retries, ok := l.retries[f.Name]; ok {
			f.Retries = retries
		}
		f.DeadLetters = l.deadLetters[f.Name]
	}
}

// permission reads a permission to invoke a function.
func (l *loader) permission(r *resource) {
	function := r.required("FunctionName")
	if !arn.IsARN(function) {
		function = l.arnOf(functionType, function)
	}
	policy, err := iam.Permission(l.path(r.id, "Permission"), function,
		r.required("Action"), r.required("Principal"), r.text("SourceArn"), r.text("SourceAccount"))
	if err != nil {
		r.fail("Action", "%v", err)
	}
	l.addPolicy(r.id, function, policy)
}
