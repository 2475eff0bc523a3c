package template_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"archway/test/internal/assembly"
	"archway/test/internal/cost"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The sums of docs/costs.md add up, use the prices of its own table, and count what the committed
// configuration deploys.
func TestCostsAddUp(t *testing.T) {
	prices, options, example := costs(t)
	quantities := map[string]string{}
	var sums []float64
	sum := 0.0
	for _, row := range example {
		if strings.Contains(row[0], "sum") {
			if usd := number(t, strings.Trim(row[3], "*")); math.Abs(sum-usd) > 0.0005 {
				t.Errorf("the rows add up to %.4f, the sum says %.3f", sum, usd)
			}
			sums, sum = append(sums, sum), 0
			continue
		}
		sum += product(t, row, prices)
		name, _, _ := strings.Cut(row[0], ":")
		quantities[name] = row[0] + " | " + row[1]
	}
	for _, row := range options {
		product(t, row, prices)
	}
	for name, want := range deployed(t) {
		if !regexp.MustCompile(want).MatchString(quantities[name]) {
			t.Errorf("%s: the example has %q, the template asks for %s", name, quantities[name], want)
		}
	}
	if len(sums) != 2 {
		t.Fatalf("%d sums, want 2", len(sums))
	}
	run, idle := sums[0], sums[1]
	for file, want := range map[string]string{
		"README.md": fmt.Sprintf("a run with two-minute builds costs about %.2f USD (US East, list prices), and a month without one %.2f USD",
			run, idle),
		"docs/costs.md": fmt.Sprintf("100 runs in a month are then about %.1f0 USD", 100*run+idle),
	} {
		if text := document(t, file); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}

// The sums of docs/costs.md are what make cost says of the committed configuration.
func TestCostsAreCounted(t *testing.T) {
	whole := synthesized(t, asCommitted)
	given := cost.Usual
	given.Runs = 100
	bills, err := cost.Bills(&assembly.Assembly{Stacks: []*assembly.Stack{whole}}, given)
	if err != nil || len(bills) != 1 {
		t.Fatalf("%d bills, %v", len(bills), err)
	}
	counted := map[string]float64{}
	for _, item := range slices.Concat(bills[0].Run, bills[0].Month) {
		name, _, _ := strings.Cut(item.What, ":")
		counted[name+" × "+item.Price.Text] = item.Quantity
	}
	documented := map[string]float64{}
	_, _, example := costs(t)
	for _, row := range example {
		if name, _, _ := strings.Cut(row[0], ":"); !strings.Contains(name, "sum") {
			documented[name+" × "+row[2]] = number(t, row[1])
		}
	}
	if diff := cmp.Diff(documented, counted, cmpopts.EquateApprox(0, 0.005)); diff != "" {
		t.Errorf("docs/costs.md's example differs from what is counted (-docs +counted):\n%s", diff)
	}
	free := fmt.Sprintf("10 alarms) it is about\n%.1f0.", bills[0].Monthly()-cost.Free(bills))
	if !strings.Contains(document(t, "docs/costs.md"), free) {
		t.Errorf("docs/costs.md does not say %q", free)
	}
}

// With notifications, there are two alarms more for each image and architecture, and one for each
// function of the pipeline's: seven for the example, with a notifier that it has only then.
func TestCostsOfAlarms(t *testing.T) {
	count := func(stack string) (alarms, builds, functions int) {
		for _, r := range template(t, stack)["Resources"].(map[string]any) {
			switch r := r.(map[string]any); r["Type"] {
			case "AWS::CloudWatch::Alarm":
				alarms++
			case "AWS::Lambda::Function":
				if metadata, _ := r["Metadata"].(map[string]any); metadata["archway:package"] != nil {
					functions++
				}
			case "AWS::CodeBuild::Project":
				if strings.Contains(fmt.Sprint(r["Properties"]), "BUILD_CONTEXT") {
					builds++
				}
			}
		}
		return alarms, builds, functions
	}
	without, few, two := count(asCommitted)
	with, many, functions := count(everything)
	if without != 1 || few != 2 || two != 2 || with != without+2*many+functions {
		t.Errorf(
			"%d alarms without notifications, %d with them, %d builds and %d functions: docs/costs.md says otherwise",
			without, with, many, functions)
	}
	_, options, _ := costs(t)
	for _, row := range options {
		if strings.HasPrefix(row[0], "`notifications`") && row[1] != strconv.Itoa(2*few+two+1) {
			t.Errorf("the options count %s alarms, want %d", row[1], 2*few+two+1)
		}
	}
}

// costs are the tables of docs/costs.md: the prices, the rows of the options, and those of the
// example.
func costs(t *testing.T) (prices map[string]bool, options, example [][]string) {
	t.Helper()
	_, rest, _ := strings.Cut(document(t, "docs/costs.md"), "## Prices")
	list, rest, _ := strings.Cut(rest, "## Formula")
	_, rest, _ = strings.Cut(rest, "## Options")
	optional, last, found := strings.Cut(rest, "## Example")
	if !found {
		t.Fatal("docs/costs.md has no Prices, Formula, Options and Example")
	}
	prices = map[string]bool{}
	for _, row := range rows(list) {
		prices[row[1]] = true
	}
	if options = rows(optional); len(options) == 0 {
		t.Fatal("docs/costs.md has no options")
	}
	return prices, options, rows(last)
}

// product is what a row comes to.
func product(t *testing.T, row []string, prices map[string]bool) float64 {
	t.Helper()
	if !prices[row[2]] {
		t.Errorf("%s: the price %s is not among the prices", row[0], row[2])
	}
	usd := number(t, row[3])
	if want := number(t, row[1]) * number(t, row[2]); math.Abs(want-usd) > 0.0005 {
		t.Errorf("%s: %s × %s is %.4f, not %.3f", row[0], row[1], row[2], want, usd)
	}
	return usd
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
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
	if diff := cmp.Diff(map[string]int{"x86_64 MEDIUM": 1, "arm64 MEDIUM": 1, "x86_64 SMALL": 1, "arm64 SMALL": 2},
		machines); diff != "" {
		t.Errorf("machines of the template (-the example's +got):\n%s", diff)
	}
	const builds = 2 // which take a minute more than the other actions
	return map[string]string{
		"CodePipeline":            fmt.Sprintf(`minutes of %d actions.* \| %d$`, actions, actions+builds),
		"CloudWatch alarms":       fmt.Sprintf(`\| %d$`, alarms),
		"Lambda":                  fmt.Sprintf(`of %d functions`, functions),
		"CodeBuild x86_64 MEDIUM": `\| 2$`, "CodeBuild arm64 MEDIUM": `\| 2$`, "CodeBuild x86_64 SMALL": `\| 1$`,
		"CodeBuild arm64 SMALL": `\| 2$`,
	}
}

// rows are the rows of the Markdown tables in a text, without their heads.
func rows(text string) [][]string {
	var all [][]string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "|---") && len(all) > 0 {
			all = all[:len(all)-1] // it was the head
		}
		if !strings.HasPrefix(line, "| ") {
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
