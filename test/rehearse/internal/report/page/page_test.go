package page

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/report"
	"archway/test/rehearse/internal/report/expected"
)

// hostile tries to get out of wherever it is put.
const hostile = `</pre><script>document.title='taken over'</script><img src=x onerror=alert(1)>" onmouseover="alert(2)' {{.}} ${x} javascript:alert(3)`

func digest(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }

// span is some seconds of the execution.
func span(start, end float64) codepipeline.Span {
	zero := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return zero.Add(time.Duration(s * float64(time.Second))) }
	return codepipeline.Span{Start: at(start), End: at(end)}
}

func logFile(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// many are lines of a log that nobody reads as a whole.
func many(n int) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("#7 %d.%02d line %d of what a compiler says", i/100, i%100, i+1))
	}
	return lines
}

func use(by iam.Principal, action, resource string, count int, statement string) iam.Use {
	return iam.Use{Request: iam.Request{Principal: by, Action: action, Resource: resource,
		Context: map[string]string{"aws:SourceAccount": "111122223333"}}, Count: count, By: []string{statement}}
}

const validatorsSentences = `The image index sha256:aaaaaaaaaaaa of 111122223333.dkr.ecr.eu-west-1.archway.test:41234/shop/api is not valid: 2 errors, 1 warning. No tag was moved.
1. error entry-elf: linux/arm64 (sha256:cccccccccccc): /usr/local/bin/server, which starts, is a program for x86-64, expected AArch64: it fails with "exec format error"; build it for arm64, for instance with GOARCH=$TARGETARCH.
2. error config-platform: linux/arm64 (sha256:cccccccccccc): its config says linux/amd64; build it with --platform=linux/arm64.
3. warning config-parity: sha256:aaaaaaaaaaaa: the platforms differ in USER.`

func succeeded(t *testing.T) *report.Report {
	entries := []report.Entry{
		{Platform: "linux/amd64", Digest: digest("b"), Size: 1234},
		{Platform: "linux/arm64", Digest: digest("c"), Size: 999},
		{Platform: "unknown/unknown", Digest: digest("d"), Size: 566, Attests: digest("b")},
		{Platform: "unknown/unknown", Digest: digest("e"), Size: 566, Attests: digest("c")},
	}
	return &report.Report{
		Success: true,
		Bases: []report.Base{
			{Image: "golang:1.26", From: "registry", Got: "the original", Digest: "sha256:01"},
			{Image: "node:24", From: "stand-in", Got: "a stand-in", Digest: "sha256:02",
				Why: "docker.io does not answer: no such host"},
		},
		Steps: []report.Step{{Name: "synthesize cdk.json", Seconds: report.Seconds(7 * time.Second)},
			{Name: "prepare the machine", Seconds: report.Seconds(time.Second / 2)}},
		Times: report.Times{Total: report.Seconds(140 * time.Second), Builds: report.Seconds(80 * time.Second),
			Overhead: report.Seconds(60 * time.Second)},
		Permissions: &iam.Report{
			Calls: 4,
			Uses: []iam.Use{
				use(iam.Principal{Role: "arn:aws:iam::111122223333:role/shop-Promote"}, "ecr:PutImage",
					"arn:aws:ecr:eu-west-1:111122223333:repository/shop/api", 1,
					"shop/PromoteRole.Policies[0].Statement[2]"),
				use(iam.Principal{Role: "arn:aws:iam::111122223333:role/shop-Build"}, "ecr:GetAuthorizationToken", "*",
					2, "shop/BuildRole.Policies[0].Statement[0]"),
				use(iam.Principal{Service: "codepipeline.amazonaws.com"}, "sts:AssumeRole",
					"arn:aws:iam::111122223333:role/shop-Pipeline", 1, "shop/PipelineRole.Trust"),
			},
			NotExercised: []iam.Unexercised{{
				Allowance: iam.Allowance{Statement: "shop/PipelineRole.Policies[0].Statement[3]",
					Action: "codebuild:StopBuild", Resource: "arn:aws:codebuild:eu-west-1:111122223333:project/api"},
				Reason: "only a stopped execution stops its builds",
			}},
		},
		Pipelines: []report.Pipeline{{
			Stack: "shop", Repository: "shop", Branch: "main", Commit: strings.Repeat("1f", 20),
			Machines: map[string]string{"Build/api-amd64": "x86_64", "Build/api-arm64": "arm64", "Merge/api": "arm64",
				"Validate/api": "Lambda", "Promote/api": "Lambda"},
			Execution: codepipeline.Result{
				Pipeline: "shop", Execution: "6f1c2a4e-0000-4000-8000-000000000000", Trigger: "rule shop-TriggerRule",
				Status: codepipeline.Succeeded, Span: span(0, 100),
				Stages: []codepipeline.StageResult{
					{Name: "Source", Status: codepipeline.Succeeded, Span: span(0, 0.4),
						Actions: []codepipeline.ActionResult{{Name: "Source", Status: codepipeline.Succeeded,
							Span: span(0, 0.4), Log: logFile(t, "1f1f of shop, branch main: "+hostile)}}},
					{Name: "Build", Status: codepipeline.Succeeded, Span: span(0.4, 81),
						Actions: []codepipeline.ActionResult{
							{Name: "api-amd64", Status: codepipeline.Succeeded, Span: span(0.4, 30),
								Variables: map[string]string{"IMAGE_DIGEST": digest("b")},
								Log:       logFile(t, many(40)...)},
							{Name: "api-arm64", Status: codepipeline.Succeeded, Span: span(0.4, 81),
								Variables: map[string]string{"IMAGE_DIGEST": digest("c")},
								Log:       logFile(t, append(many(5000), strings.Repeat("x", 5000))...)},
						}},
					{Name: "Merge", Status: codepipeline.Succeeded, Span: span(81, 85),
						Actions: []codepipeline.ActionResult{{Name: "api", Status: codepipeline.Succeeded,
							Span: span(81, 85), Log: logFile(t, "\x1b[32mMerged\x1b[0m")}}},
					{Name: "Validate", Status: codepipeline.Succeeded, Span: span(85, 88),
						Actions: []codepipeline.ActionResult{{Name: "api", Status: codepipeline.Succeeded,
							Span: span(85, 88), Log: logFile(t,
								`{"type":"platform.start"}`,
								`{"level":"WARN","msg":"finding","image":"x/shop/api","digest":"`+digest("a")+
									`","check":"config-parity","severity":"warning","subject":"`+digest("c")+
									`","platform":"linux/arm64","message":"linux/arm64: the platforms differ in USER."}`,
								`{"level":"WARN","msg":"finding","digest":"`+digest("a")+
									`","check":"provenance","severity":"info","subject":"`+digest("a")+`","message":"`+
									strings.ReplaceAll(hostile, `"`, `\"`)+`"}`,
								`{"level":"INFO","msg":"verdict","image":"x/shop/api","digest":"`+digest("a")+
									`","valid":true,"errors":0,"warnings":1}`)}}},
					{Name: "Promote", Status: codepipeline.Succeeded, Span: span(88, 100),
						Actions: []codepipeline.ActionResult{{Name: "api", Status: codepipeline.Succeeded,
							Span: span(88, 100), Message: "latest, main now at " + digest("a"), Log: logFile(t)}}},
				},
			},
			Expected: &expected.Timeline{Total: 70 * time.Second, Stages: []expected.Stage{
				{Name: "Source", End: 18 * time.Second, Actions: []expected.Action{
					{Name: "Source", End: 18 * time.Second, Why: "the source is fetched"},
				}},
				{Name: "Build", Start: 19 * time.Second, End: 70 * time.Second, Actions: []expected.Action{
					{Name: "api-arm64", Machine: "arm64", Start: 19 * time.Second, End: 70 * time.Second,
						Why: "a machine, and its commands as long as those of api-amd64, which was not emulated here " +
							hostile},
				}},
			}},
			Before: []report.Registry{{Name: "shop/api",
				Tagged: []report.Tagged{{Digest: digest("f"), Tags: []string{"latest"}}}}},
			Registries: []report.Registry{{Name: "shop/api",
				Tagged: []report.Tagged{{Digest: digest("a"), Tags: []string{"1f1f1f1f1f1f", "latest", "main"},
					Entries: entries}}}, {Name: "cache"}},
			Proofs: []report.Proof{{Image: "host/shop/api:main", Platform: "linux/amd64", Got: "Hello, amd64!"},
				{Image: "host/shop/api:main", Platform: "linux/arm64", Got: "Hello, arm64!"}},
		}},
	}
}

// failed is a rehearsal whose image was refused.
func failed(t *testing.T) *report.Report {
	r := succeeded(t)
	r.Success = false
	p := &r.Pipelines[0]
	p.Execution.Status = codepipeline.Failed
	validate := p.Execution.Stage("Validate")
	validate.Status = codepipeline.Failed
	validate.Actions[0].Status, validate.Actions[0].Message = codepipeline.Failed, validatorsSentences
	validate.Actions[0].Log = logFile(t,
		`{"level":"WARN","msg":"finding","digest":"`+digest("a")+`","check":"entry-elf","severity":"error","subject":"`+
			digest("c")+
			`","platform":"linux/arm64","message":"linux/arm64: /usr/local/bin/server is a program for x86-64"}`,
		`{"level":"INFO","msg":"verdict","digest":"`+digest("a")+`","valid":false}`)
	promote := p.Execution.Stage("Promote")
	*promote = codepipeline.StageResult{Name: "Promote", Status: codepipeline.DidNotRun,
		Actions: []codepipeline.ActionResult{{Name: "api", Status: codepipeline.DidNotRun}}}
	index := p.Registries[0].Tagged[0]
	index.Tags = nil
	p.Registries = []report.Registry{{Name: "shop/api", Tagged: p.Before[0].Tagged, Untagged: []report.Tagged{index}}}
	p.Proofs = nil
	return r
}

func write(t *testing.T, r *report.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, New(r, o)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wants are texts that a page must have, in this order.
func wants(t *testing.T, page string, texts ...string) {
	t.Helper()
	rest := page
	for _, text := range texts {
		i := strings.Index(rest, text)
		if i < 0 {
			t.Errorf("the page lacks %q, or has it earlier", text)
			continue
		}
		rest = rest[i+len(text):]
	}
}

func TestPageTellsTheWholeRun(t *testing.T) {
	page := write(t, succeeded(t), Options{})
	wants(t, page,
		"The rehearsal succeeded", "2m20s in all", "shop", "1f1f1f1f1f1f", "rule shop-TriggerRule",
		"Timeline", "Build", "1m20s", "api-arm64", "arm64", "1m20s", "Validate", "Lambda",
		"Expected on AWS: about 1m10s", "Made of", "Source", "18s", "the source is fetched", "Build", "51s",
		"api-arm64",
		"A model, which nobody has measured", "a source action: 18s", "a function&#39;s action: 32s",
		"Images", "registry <b>shop/api</b>", digest("a"), "valid", "tags ", "latest", "info provenance",
		"linux/amd64", digest("b"), "no findings", "attestation", digest("d"), "linux/arm64", digest("c"),
		"warning config-parity", digest("e"),
		"Tags before and after", "latest", digest("f"), ">sha256:ffffffffffff<", digest("a"), "moved", "main", "new",
		"linux/arm64", "printed <q>Hello, arm64!</q>",
		"Logs", "Build / api-amd64", "40 lines", "IMAGE_DIGEST",
		"Permissions", "4 calls were made", "none was refused", "nothing is allowed that nobody needs",
		"codepipeline.amazonaws.com", "sts:AssumeRole", "shop-Build", "ecr:GetAuthorizationToken",
		"shop/BuildRole.Policies[0].Statement[0]", ">2<",
		"shop-Promote", "ecr:PutImage", "repository/shop/api", "codebuild:StopBuild",
		"only a stopped execution stops its builds",
		"Base images", "golang:1.26", "the original", "node:24", "a stand-in",
		"docker.io does not answer: no such host",
		"Set-up", "synthesize cdk.json", "7.0s")
	if strings.Contains(page, "What failed") {
		t.Error("the page of a success speaks of failures")
	}
}

// A failure comes first, with the validator's sentences.
func TestFailureComesFirst(t *testing.T) {
	page := write(t, failed(t), Options{})
	wants(t, page,
		"The rehearsal failed", "What failed", "shop: Validate / api", "No tag was moved.",
		"<li>error entry-elf: linux/arm64 (sha256:cccccccccccc): /usr/local/bin/server", "<li>error config-platform",
		"<li>warning config-parity",
		"<details open><summary>Its log, 2 lines",
		"Timeline", "did not run", "not valid", "no tag serves it", "error entry-elf", "as before")
}

// Refused calls and spare allowances stand out.
func TestRefusalsStandOut(t *testing.T) {
	r := succeeded(t)
	r.Success = false
	refusal := func(session string) string {
		return "User: arn:aws:sts::111122223333:assumed-role/shop-Build/" + session +
			" is not authorized to perform: ecr:PutImage on resource: * because no identity-based policy allows the ecr:PutImage action"
	}
	r.Permissions.Refused = []string{refusal("1"), refusal("2")}
	r.Permissions.Uses[1].By = nil
	r.Permissions.Unused = []iam.Allowance{{Statement: "shop/MergeRole.Policies[0].Statement[4]",
		Action: "s3:PutObject", Resource: "arn:aws:s3:::bucket/*"}}
	r.Error = "2 calls were refused: the roles lack permissions"
	page := write(t, r, Options{})
	wants(t, page, "What failed", "2 calls were refused", "Permissions", "not all were allowed",
		"1 allowance was not used", "kept others from running",
		"<h3>Refused</h3>", "shop-Build/1 is not authorized", "Allowed, and not used", "s3:PutObject",
		"arn:aws:s3:::bucket/*", "shop/MergeRole.Policies[0].Statement[4]",
		"ecr:GetAuthorizationToken", "refused</span>")
	if strings.Contains(page, "shop-Build/2 is not") {
		t.Error("the same refusal stands there twice")
	}
}

func TestFailuresOutsideOfPipelines(t *testing.T) {
	r := &report.Report{Error: "the Docker engine does not reach the registry",
		Steps: []report.Step{{Name: "wait for the Docker engine",
			Error: "the Docker engine does not reach the registry"}}}
	v := New(r, Options{})
	if len(v.Failures) != 1 || v.Failures[0].Where != "wait for the Docker engine" {
		t.Errorf("got %+v, expected the step that failed, once", v.Failures)
	}
	wants(t, write(t, r, Options{}), "What failed", "wait for the Docker engine", "does not reach")
	r = succeeded(t)
	r.Success, r.Pipelines[0].Proofs = false, []report.Proof{{Platform: "linux/arm64", Error: "got nothing"}}
	wants(t, write(t, r, Options{}), "What failed", "shop: run of linux/arm64", "got nothing")
}

var element = regexp.MustCompile(`<(script|img|iframe|link|object|base|form)\b`)

func TestNothingInALogIsTakenForMarkup(t *testing.T) {
	r := succeeded(t)
	r.Error = hostile
	r.Pipelines[0].Stack, r.Pipelines[0].Branch, r.Pipelines[0].Commit = hostile, hostile, hostile
	r.Pipelines[0].Registries[0].Name, r.Pipelines[0].Registries[0].Tagged[0].Tags = hostile, []string{hostile}
	r.Pipelines[0].Registries[0].Tagged[0].Entries[0].Platform = hostile
	r.Pipelines[0].Proofs[0].Got = hostile
	r.Pipelines[0].Machines["Build/api-amd64"] = hostile
	r.Steps[0].Name, r.Permissions.Uses[0].Resource, r.Permissions.Uses[1].Principal.Role = hostile, hostile, hostile
	page := write(t, r, Options{})
	if found := element.FindString(page); found != "" {
		t.Errorf("the page has the element %s", found)
	}
	if !strings.Contains(page, "&lt;script&gt;document.title") {
		t.Error("the page does not show the text itself")
	}
}

func TestSecretsAreMaskedEverywhere(t *testing.T) {
	const secret = `p<ss&"word`
	r := failed(t)
	p := &r.Pipelines[0]
	p.Execution.Stages[0].Actions[0].Message = "a " + secret
	p.Execution.Stages[1].Actions[0].Variables["TOKEN"] = secret
	p.Execution.Stages[1].Actions[0].Log = logFile(t, "login with "+secret)
	p.Proofs = []report.Proof{{Error: secret}, {Got: secret}}
	p.Before[0].Tagged[0].Tags = []string{secret}
	r.Error, r.Steps[0].Error, r.Permissions.Uses[0].Resource = secret, secret, secret
	page := write(t, r, Options{Redact: func(text string) string { return strings.ReplaceAll(text, secret, "***") }})
	if strings.Contains(page, "ss&amp;") || strings.Contains(page, "word") && strings.Contains(page, "p&lt;") {
		t.Error("the page shows the secret")
	}
	if n := strings.Count(page, "***"); n < 8 {
		t.Errorf("the page has %d masks, expected one for each place", n)
	}
}

// Large logs keep their beginning and their end.
func TestLargeLogs(t *testing.T) {
	log, _ := scan(strings.NewReader(strings.Join(many(100_000), "\n")))
	if log.Lines != 100_000 || log.LeftOut != 100_000-headLines-tailLines {
		t.Errorf("got %d lines, %d left out", log.Lines, log.LeftOut)
	}
	if !strings.HasPrefix(log.Head, "#7 0.00 line 1 ") ||
		!strings.HasSuffix(log.Tail, "line 100000 of what a compiler says") {
		t.Errorf("got the beginning %.30q and the end %q", log.Head, log.Tail[len(log.Tail)-50:])
	}
	r := succeeded(t)
	for i := range r.Pipelines[0].Execution.Stages {
		for j := range r.Pipelines[0].Execution.Stages[i].Actions {
			r.Pipelines[0].Execution.Stages[i].Actions[j].Log = logFile(t,
				strings.Repeat(strings.Repeat("x", 99_999)+"\n", 50))
		}
	}
	page := write(t, r, Options{})
	if len(page) > 2<<20 {
		t.Errorf("got a page of %d bytes, expected at most 2 MiB", len(page))
	}
	wants(t, page, "… (98999 more characters)")
	wants(t, write(t, succeeded(t), Options{}), "3801 lines are left out here")
}

// Log lines are for people, and not for terminals.
func TestLogLines(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;32mok\x1b[0m done":                  "ok done",
		"\x1b]0;title\x07text":                      "text",
		"10%\r20%\r100%":                            "100%",
		"a\x00b\x08c\td":                            "abc\td",
		"gnp.\u202etxt.exe":                         "gnp.txt.exe",
		"\xff\xfe":                                  "\uFFFD",
		`{"level":"INFO","msg":"verdict","n":1}`:    "INFO  verdict n=1",
		`{"type":"platform.report","record":"..."}`: "",
	} {
		if log, _ := scan(strings.NewReader(in + "\n")); log.Head != want {
			t.Errorf("%q: got %q, expected %q", in, log.Head, want)
		}
	}
}

// The last verdict of a repeated job counts.
func TestRepeatedJob(t *testing.T) {
	finding := `{"msg":"finding","digest":"sha256:i","check":"rootfs","severity":"error",` +
		`"subject":"sha256:m","message":"%s"}` + "\n"
	verdict := `{"msg":"verdict","digest":"sha256:i","valid":%t}` + "\n"
	_, verdicts := scan(strings.NewReader(fmt.Sprintf(finding, "first") + fmt.Sprintf(verdict, false) +
		fmt.Sprintf(finding, "second") + fmt.Sprintf(verdict, true)))
	index := newIndex(report.Tagged{Digest: "sha256:i", Entries: []report.Entry{{Digest: "sha256:m"}}}, verdicts)
	if !index.Valid || len(index.Images[0].Findings) != 1 || index.Images[0].Findings[0].Message != "second" {
		t.Errorf("got %+v", index)
	}
}

func TestBarsAreWithinTheTimeline(t *testing.T) {
	for name, test := range map[string]struct {
		part, whole codepipeline.Span
		want        Bar
	}{
		"the whole":      {span(0, 10), span(0, 10), Bar{"0.00%", "100.00%", "c"}},
		"a part":         {span(2, 5), span(0, 10), Bar{"20.00%", "30.00%", "c"}},
		"too short":      {span(10, 10), span(0, 10), Bar{"99.40%", "0.60%", "c"}},
		"did not run":    {codepipeline.Span{}, span(0, 10), Bar{}},
		"no time at all": {span(0, 0), span(0, 0), Bar{}},
	} {
		if got := bar(test.part, test.whole, "c"); got != test.want {
			t.Errorf("%s: got %v, expected %v", name, got, test.want)
		}
	}
}
