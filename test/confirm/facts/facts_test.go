package facts

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/registry"
	"sigs.k8s.io/yaml"
)

// A name is in a heading, on the command line, and in names of at most 63 characters.
func TestFactsAreWhole(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z-]{2,20}[a-z]$`)
	seen := map[string]bool{}
	for _, f := range All() {
		switch {
		case !name.MatchString(f.Name) || seen[f.Name]:
			t.Errorf("%q is no name, or is there twice", f.Name)
		case !strings.HasSuffix(f.Question, "?") || f.Proof == "":
			t.Errorf("%s has no question, or nothing that proves it", f.Name)
		case len(f.Readings) < 2 || f.Readings[0].Wrong != "":
			t.Errorf("%s has one reading, or Archway is wrong under the first", f.Name)
		case (f.Try == nil) != (len(f.ByHand) > 0):
			t.Errorf("%s is tried both by hand and by program, or by neither", f.Name)
		}
		seen[f.Name] = true
		for _, r := range f.Readings {
			if at, ok := f.Reading(r.Name); !ok || at.Says != r.Says || r.Says == "" {
				t.Errorf("%s: the reading %q is there twice, or says nothing", f.Name, r.Name)
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("%d facts: too few to be all", len(seen))
	}
}

// The vector is of `aws codecommit credential-helper`.
func TestGitPassword(t *testing.T) {
	user, password := gitPassword(aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET",
		SessionToken: "a/token"},
		"eu-west-1", "git-codecommit.eu-west-1.amazonaws.com", "/v1/repos/demo", time.Date(2026, 11, 21, 18, 30, 5, 0,
			time.UTC))
	const want = "20261121T183005Z8257318fa62ca15c6ffcbc5e4119b0e41da4cffe2e7856b261505d93d9b10c25"
	if user != "AKID%a/token" || password != want {
		t.Errorf("got %s, %s, want %s", user, password, want)
	}
}

// The build's commands in both models: one shell, and a new one for each, to which only what is
// exported gets.
func TestShellSpec(t *testing.T) {
	var spec struct {
		Env struct {
			Exported []string `json:"exported-variables"`
		}
		Phases map[string]struct{ Commands []string }
	}
	if err := yaml.Unmarshal([]byte(shellSpec), &spec); err != nil {
		t.Fatal(err)
	}
	commands := append(spec.Phases["pre_build"].Commands, spec.Phases["build"].Commands...)
	const dump = "\nexport -p"
	run := func(prelude, script string) string {
		t.Helper()
		out, err := exec.Command("bash", "-c", prelude+script+dump).Output()
		if err != nil {
			t.Fatalf("%v: %s", err, script)
		}
		return string(out)
	}
	values := func(dumped string) map[string]string {
		found := map[string]string{}
		for _, name := range spec.Env.Exported {
			if m := regexp.MustCompile(`(?m)^declare -x ` + name + `="(.*)"$`).FindStringSubmatch(dumped); m != nil {
				found[name] = m[1]
			}
		}
		return found
	}
	one := values(run("", strings.Join(commands, "\n")))
	if got := judgeShell(one); got.Reading != "one" || len(one) != 7 {
		t.Errorf("one shell: got %v of %d variables", got, len(one))
	}
	survives := ""
	for _, command := range commands {
		kept := "unset BASHOPTS 2>/dev/null\n"
		for line := range strings.Lines(survives) {
			if strings.HasPrefix(line, "declare -x ") && !strings.Contains(line, "BASHOPTS") {
				kept += line
			}
		}
		survives = run(kept+"set -a\n", command)
	}
	if got := judgeShell(values(survives)); got.Reading != "fresh" {
		t.Errorf("fresh shells: got %v", got)
	}
	if got := judgeShell(map[string]string{"EXPORTED": "yes", "SAME_PROCESS": "no", "FUNCTION": "yes",
		"ERREXIT": "yes"}); got.Reading != "mixed" {
		t.Errorf("mixed: got %v", got)
	}
	if got := judgeShell(nil); got.Reading != "neither" {
		t.Errorf("nothing: got %v", got)
	}
}

func TestJudgeArchive(t *testing.T) {
	archive := func(link, program fs.FileMode, more ...string) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		add := func(name string, mode fs.FileMode) {
			h := &zip.FileHeader{Name: name}
			h.SetMode(mode)
			if _, err := w.CreateHeader(h); err != nil {
				t.Fatal(err)
			}
		}
		add("link", link)
		add("program.sh", program)
		for _, name := range more {
			add(name, 0o644)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"kept":       {archive(fs.ModeSymlink|0o777, 0o755, "hidden.txt"), "kept"},
		"no link":    {archive(0o644, 0o755, "hidden.txt"), "changed"},
		"no mode":    {archive(fs.ModeSymlink|0o777, 0o644, "hidden.txt"), "changed"},
		"left out":   {archive(fs.ModeSymlink|0o777, 0o755), "changed"},
		"repository": {archive(fs.ModeSymlink|0o777, 0o755, "hidden.txt", ".git/HEAD"), "changed"},
	} {
		if got, err := judgeArchive(test.content); err != nil || got.Reading != test.want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := judgeArchive([]byte("no archive")); err == nil {
		t.Error("what is no archive was judged")
	}
}

func TestJudgeSpared(t *testing.T) {
	const denied, other = "not authorized ... with an explicit deny in a resource-based policy", "ThrottlingException"
	for _, test := range []struct{ spared, other, want string }{
		{"pushed", denied, "role"},
		{denied, denied, "session"},
		{"pushed", "pushed", "open"},
		{"pushed", other, ""},
		{other, denied, ""},
	} {
		got, err := judgeSpared(test.spared, test.other)
		if got.Reading != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%v: got %v, %v", test, got, err)
		}
	}
}

// local is a store in a registry of this machine.
func local(t *testing.T, refuse func(*http.Request) bool) store {
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case user != "AWS" || password != "password":
			http.Error(w, "no credentials", http.StatusUnauthorized)
		case refuse != nil && refuse(r):
			http.Error(w, "refused", http.StatusMethodNotAllowed)
		default:
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	token := base64.StdEncoding.EncodeToString([]byte("AWS:password"))
	return store{base: server.URL + "/v2/images", authorization: "Basic " + token}
}

func TestStore(t *testing.T) {
	ctx := context.Background()
	r := local(t, nil)
	image, err := r.pushed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	artifact, err := r.artifact(ctx, image)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := r.put(ctx, artifact); err != nil || a.status != http.StatusCreated {
		t.Errorf("got %v, %v", a, err)
	}
	for _, want := range []string{`"artifactType":`,
		`"subject":{"mediaType":"` + manifestType + `","digest":"` + digestOf(image) + `"`} {
		if !strings.Contains(string(artifact), want) {
			t.Errorf("the artifact has no %s: %s", want, artifact)
		}
	}
	if a, err := r.send(ctx, http.MethodGet, r.base+"/manifests/"+digestOf(image), "", nil); err != nil ||
		a.text != string(image) {
		t.Errorf("read back: got %v, %v", a, err)
	}
	refusing := local(t, func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/")
	})
	if _, err := refusing.pushed(ctx); err == nil || !strings.Contains(err.Error(), "405 refused") {
		t.Errorf("got %v", err)
	}
	refusing.authorization = ""
	if _, err := refusing.image(ctx); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v", err)
	}
}

// What is no answer to the question is no refusal.
func TestRefusedOnly(t *testing.T) {
	for code, refused := range map[string]bool{"InvalidCommitException": true, "AccessDeniedException": false,
		"ThrottlingException": false} {
		if err := refusedOnly(nil, &smithy.GenericAPIError{Code: code}); (err == nil) != refused {
			t.Errorf("%s: got %v", code, err)
		}
	}
	if err := refusedOnly(fmt.Errorf("no connection")); err == nil {
		t.Error("no connection counts as a refusal")
	}
}
