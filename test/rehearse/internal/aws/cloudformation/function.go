package cloudformation

import (
	"cmp"
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/lambdaruntime"
)

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
func (l *loader) function(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("FunctionName", "%v", err)
	}
	p.text("FunctionName")
	arn, _ := l.arnOf(p.kind, name)
	if l.providers[arn] != "" {
		l.provider(arn, name, p)
		return
	}
	f := &lambdaruntime.Function{
		Name:        name,
		ARN:         arn,
		RoleARN:     p.required("Role"),
		Handler:     p.required("Handler"),
		Timeout:     time.Duration(p.integer("Timeout", functionTimeout)) * time.Second,
		MemoryMB:    p.integer("MemorySize", functionMemory),
		Environment: p.object("Environment").textMap("Variables"),
		Retries:     functionRetries,
	}
	p.oneOf("PackageType", "", "Zip")
	f.Package, _ = l.template.Resources[id].Metadata[packageMetadata].(string)
	if f.Package == "" {
		p.fail("Code", "the metadata %s, with the Go package that the function is built from, is missing: the rehearsal can't run the function", packageMetadata)
	}
	p.oneOf("Runtime", "provided.al2023")
	architecture := "x86_64"
	if list := p.texts("Architectures"); len(list) > 0 {
		architecture = list[0]
	}
	logging := p.object("LoggingConfig")
	f.LogGroup = logGroupOf(name, logging)
	f.JSONLogs = logging.oneOf("LogFormat", "", "Text", "JSON") == "JSON"
	f.LogLevel = logging.oneOf("ApplicationLogLevel", "", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
	code := p.object("Code")
	code.required("S3Bucket")
	if f.Code, err = l.source.Asset(code.required("S3Key")); err != nil {
		code.fail("S3Key", "%v", err)
	} else if f.Tags, l.settings[f.Name], err = checkCode(f, architecture); err != nil {
		code.fail("S3Key", "%v", err)
	}
	l.stack.Functions = append(l.stack.Functions, f)
}

// logGroupOf is where Lambda writes a function's log.
func logGroupOf(name string, logging *properties) string {
	return cmp.Or(logging.text("LogGroup"), "/aws/lambda/"+name)
}

// invokeConfig reads how a function's asynchronous invocations are repeated.
func (l *loader) invokeConfig(_ string, p *properties) {
	name := p.required("FunctionName")
	p.oneOf("Qualifier", "$LATEST")
	destinations := p.object("DestinationConfig")
	if destinations.object("OnSuccess").values != nil {
		p.fail("DestinationConfig.OnSuccess", "the rehearsal does not support destinations of a function's success")
	}
	if queue := destinations.object("OnFailure").text("Destination"); queue != "" {
		if !strings.Contains(queue, ":sqs:") {
			p.fail("DestinationConfig.OnFailure.Destination", "got %s; the rehearsal supports queues only", queue)
		}
		l.letters[name] = queue
	}
	l.retries[name] = p.integer("MaximumRetryAttempts", functionRetries)
}
