package assumptions

import "time"

// What a rehearsal does otherwise than AWS, on purpose: nothing here is unproven.

const (
	// ContinuationDelay: a job with a continuation token was seen to be invoked again
	// after 28 seconds. Nothing here gets better by waiting.
	ContinuationDelay = 500 * time.Millisecond

	// NewExecution: a rollback was seen to be readable within two seconds, and its action to start
	// within one.
	NewExecution = 2 * time.Second

	// BootstrapVersion is the value of the bootstrap stack's version parameter,
	// which the template's own rule compares with what the CDK asks for.
	BootstrapVersion = "30"
)

// AsyncRetryDelays: after a function error an asynchronous invocation was seen to be
// tried again after 56 and 67 seconds. Here seconds: the order of events stays.
var AsyncRetryDelays = []time.Duration{1 * time.Second, 2 * time.Second}

// Without a number:
//
//   - A rehearsal has nobody at a console: manual approvals are given at once, unless
//     who rehearses decides otherwise. Who may approve is not looked at.
//   - A pipeline's first, automatic execution on creation is left out, as it would build
//     the seeded commit a second time, next to the push event; tests start it.
//   - HOME of a build is a folder of it, not /root: a build must not meet, or leave
//     behind, settings of the person at the machine.
//   - A build's credentials come from AWS_CONTAINER_CREDENTIALS_FULL_URI on the loopback
//     interface; the _RELATIVE_URI of a real build stands for a fixed link-local
//     address that a machine can't be assumed to have.
//   - Nothing is scanned for vulnerabilities. Every image with a distribution has a
//     finished scan without findings, unless a test says what was found.
//   - A function's memory size is told to it, not enforced. An instance serves one
//     invocation at a time and stays for the next one; a timeout ends it.
//   - Lambda and CodeBuild write a log stream each time, and need the permission. On AWS
//     a function without it was seen to run, and to say nothing.
