package template_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The example of docs/costs.md adds up, uses the prices of its own table, and counts what the committed configuration deploys.
func TestCostsAddUp(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "costs.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "## Prices")
	list, rest, _ := strings.Cut(rest, "## Formula")
	_, example, found := strings.Cut(rest, "## Example")
	if !found {
		t.Fatal("docs/costs.md has no Prices, Formula and Example")
	}
	prices := map[string]bool{}
	for _, row := range rows(list) {
		prices[row[1]] = true
	}
	quantities := map[string]string{}
	sum, sums := 0.0, 0
	for _, row := range rows(example) {
		usd := number(t, strings.Trim(row[3], "*"))
		if strings.Contains(row[0], "sum") {
			if math.Abs(sum-usd) > 0.0005 {
				t.Errorf("the rows add up to %.4f, the sum says %.3f", sum, usd)
			}
			sum, sums = 0, sums+1
			continue
		}
		if !prices[row[2]] {
			t.Errorf("%s: the price %s is not among the prices", row[0], row[2])
		}
		if want := number(t, row[1]) * number(t, row[2]); math.Abs(want-usd) > 0.0005 {
			t.Errorf("%s: %s × %s is %.4f, not %.3f", row[0], row[1], row[2], want, usd)
		}
		sum += usd
		name, _, _ := strings.Cut(row[0], ":")
		quantities[name] = row[0] + " | " + row[1]
	}
	if sums != 2 {
		t.Errorf("%d sums, want 2", sums)
	}
	for name, want := range deployed(t) {
		if !regexp.MustCompile(want).MatchString(quantities[name]) {
			t.Errorf("%s: the example has %q, the template asks for %s", name, quantities[name], want)
		}
	}
}

// deployed are the rows of the example as the template asks for them.
func deployed(t *testing.T) map[string]string {
	t.Helper()
	actions, alarms, functions := 0, 0, 0
	machines := map[string]int{}
	for _, r := range template(t, asCommitted)["Resources"].(map[string]any) {
		r := r.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		switch r["Type"] {
		case "AWS::CodePipeline::Pipeline":
			for _, stage := range properties["Stages"].([]any) {
				actions += len(stage.(map[string]any)["Actions"].([]any))
			}
		case "AWS::CloudWatch::Alarm":
			alarms++
		case "AWS::Lambda::Function":
			functions++
		case "AWS::CodeBuild::Project":
			e := properties["Environment"].(map[string]any)
			architecture := map[any]string{"LINUX_CONTAINER": "x86_64", "ARM_CONTAINER": "arm64"}[e["Type"]]
			machines[architecture+" "+strings.TrimPrefix(e["ComputeType"].(string), "BUILD_GENERAL1_")]++
		}
	}
	if diff := cmp.Diff(map[string]int{"x86_64 MEDIUM": 1, "arm64 MEDIUM": 1, "x86_64 SMALL": 1, "arm64 SMALL": 2}, machines); diff != "" {
		t.Errorf("machines of the template (-the example's +got):\n%s", diff)
	}
	const builds = 2 // which take a minute more than the other actions
	return map[string]string{
		"CodePipeline":            fmt.Sprintf(`minutes of %d actions.* \| %d$`, actions, actions+builds),
		"CloudWatch alarms":       fmt.Sprintf(`\| %d$`, alarms),
		"Lambda":                  fmt.Sprintf(`of %d functions`, functions),
		"CodeBuild x86_64 MEDIUM": `\| 2$`, "CodeBuild arm64 MEDIUM": `\| 2$`, "CodeBuild x86_64 SMALL": `\| 1$`, "CodeBuild arm64 SMALL": `\| 2$`,
	}
}

// rows are the rows of the Markdown tables in a text, without their heads.
func rows(text string) [][]string {
	var all [][]string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what ") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		all = append(all, cells)
	}
	return all
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Errorf("%q is no number", text)
	}
	return n
}
