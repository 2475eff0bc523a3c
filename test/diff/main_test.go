package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew, instead of comparing with them")

const shop = "../picture/testdata/assembly"

// changes are what they replace in the example.
var changes = [][2]string{
	{`"EnableKeyRotation": true`, `"EnableKeyRotation": false`},
	{`"ExpirationInDays": 30`, `"ExpirationInDays": 7`},
	{`"RepositoryName": "shop/api",`,
		`"RepositoryName": "shop/api", "EncryptionConfiguration": {"EncryptionType": "KMS"},`},
	{`"Dead": {"Type"`, `"Lost": {"Type"`},
	{`"BUILD_GENERAL1_MEDIUM"`, `"BUILD_GENERAL1_LARGE"`},
	{`"ecr:GetAuthorizationToken"`, `["ecr:GetAuthorizationToken", "ecr:PutImage"]`},
	{`"Alarm2": {"Type": "AWS::CloudWatch::Alarm"`, `"Alarm2": {"Type": "AWS::CloudWatch::Dashboard"`},
	{`token-that-stays-secret`, `token-that-is-new`},
	{`"Name": "Source", "Actions"`, `"Name": "Fetch", "Actions"`},
}

// changed is the example's assembly with another key, registry, stage and role.
func changed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(shop)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "shop.template.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		if !bytes.Contains(text, []byte(change[0])) {
			t.Fatalf("the example has no %s", change[0])
		}
		text = bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// diff runs the program.
func diff(t *testing.T, arguments ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code, err := run(context.Background(), arguments, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return code, out.String()
}

// What people read is reviewed as a whole.
func TestAsReviewed(t *testing.T) {
	head, picture := changed(t), filepath.Join(t.TempDir(), "diff.svg")
	for golden, format := range map[string]string{"testdata/shop.txt": "text", "testdata/shop.md": "markdown"} {
		_, text := diff(t, "-base", shop, "-head", head, "-o", format, "-picture", picture)
		compare(t, golden, strings.ReplaceAll(text, head, "HEAD"))
		if strings.Contains(text, "token-that") {
			t.Errorf("the address of a subscriber, which may be secret, is in\n%s", text)
		}
	}
	svg, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "testdata/shop.svg", string(svg))
}

func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs; if that is meant, run go test ./test/diff -update and look at it (-want +got):\n%s",
			golden, diff)
	}
}

// CI asks the exit code.
func TestExitCode(t *testing.T) {
	head := changed(t)
	for want, arguments := range map[int][][]string{
		fine:      {{"-base", shop, "-head", shop, "-fail"}, {"-base", shop, "-head", head}},
		different: {{"-base", shop, "-head", head, "-fail"}},
	} {
		for _, a := range arguments {
			if got, text := diff(t, a...); got != want {
				t.Errorf("%q: ends with %d, expected %d\n%s", a, got, want, text)
			}
		}
	}
	if _, text := diff(t, "-base", shop, "-head", shop); !strings.HasPrefix(text, "No difference between ") {
		t.Errorf("got %s", text)
	}
	if _, text := diff(t, "-base", shop, "-head", shop, "-o", "markdown"); !strings.HasPrefix(text,
		"No difference between ") {
		t.Errorf("got %s", text)
	}
	for want, arguments := range map[string][]string{
		"got 2 folders":                   {"a", "b"},
		`got "html", expected text`:       {"-o", "html"},
		"is in no git repository":         {"-base", "main", t.TempDir()},
		"is no cloud assembly":            {"-base", shop, "-head", t.TempDir()},
		"flag provided but not defined":   {"-x"},
		"has no cdk.json: run this":       {"-base", shop, t.TempDir()},
		`has no revision "no-such-place"`: {"-base", "no-such-place"},
	} {
		code, err := run(context.Background(), arguments, io.Discard, io.Discard)
		if code != failed || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: ends with %d and %v, expected %q", arguments, code, err, want)
		}
	}
	var help bytes.Buffer
	if code, err := run(context.Background(), []string{"-h"}, io.Discard, &help); code != fine || err != nil ||
		!strings.Contains(help.String(), "-base") {
		t.Errorf("-h: %d, %v, %s", code, err, help.String())
	}
}
