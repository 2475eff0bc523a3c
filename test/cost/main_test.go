package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

const example = "../picture/testdata/assembly"

func TestCost(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-runs", "7", "-stack", "shop", example}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"shop\n", "one run", "a month with 7 runs: ", "CodePipeline: minutes of"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestWrongUse(t *testing.T) {
	for want, arguments := range map[string][]string{
		"got 2 folders":          {example, example},
		"is no cloud assembly":   {t.TempDir()},
		"expected no negative":   {"-runs", "-1", example},
		"at least one minute":    {"-build-minutes", "0", example},
		`has no stack "another"`: {"-stack", "another", example},
		"not defined: -x":        {"-x"},
	} {
		if err := run(arguments, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, expected %q", arguments, err, want)
		}
	}
	var help bytes.Buffer
	if err := run([]string{"-h"}, io.Discard, &help); err != nil || !strings.Contains(help.String(), "-runs") {
		t.Errorf("got %v and %q, expected the flags", err, help.String())
	}
}
