package template_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAlarmsAreThoseOfTheTemplates(t *testing.T) {
	alarms := partsOf(t, everything, "AWS::CloudWatch::Alarm")
	limits := map[string]float64{}
	for _, p := range partsOf(t, everything, "AWS::CodeBuild::Project") {
		limits[p.id] = p.properties["TimeoutInMinutes"].(float64)
	}
	near, long, kinds := 0.0, 0.0, map[string]bool{}
	for _, p := range alarms {
		kind := kindOfAlarm(p.id)
		kinds[kind] = true
		threshold := p.properties["Threshold"].(float64)
		switch kind {
		case "NearTimeout":
			var of struct{ Ref string }
			if err := json.Unmarshal([]byte(asJSON(p.properties["Dimensions"].([]any)[0].(map[string]any)["Value"])),
				&of); err != nil {
				t.Fatal(err)
			}
			near = 100 * threshold / (60 * limits[of.Ref])
		case "LongWait":
			long = threshold / 60
		}
		if p.properties["Period"] != 300.0 || p.properties["EvaluationPeriods"] != 1.0 ||
			p.properties["TreatMissingData"] != "notBreaching" {
			t.Errorf("%s does not look at one period of 5 minutes, in which missing data is good", p.id)
		}
	}
	documented := map[string]bool{}
	for _, row := range table(t, "docs/operations.md", "## Alarms") {
		kind := kindOfAlarm(row[0])
		documented[kind] = true
		want := map[string]string{"NearTimeout": fmt.Sprintf("%.0f%%", near),
			"LongWait": fmt.Sprintf("%.0f minutes", long)}[kind]
		if !strings.Contains(row[1], want) {
			t.Errorf("%s: %q, the template says %s", row[0], row[1], want)
		}
	}
	if diff := cmp.Diff(kinds, documented); diff != "" {
		t.Errorf("alarms (-template +documented):\n%s", diff)
	}
}

// kindOfAlarm is that of an id, or of a row of the documents; the functions that report to
// CodePipeline are alike.
func kindOfAlarm(text string) string {
	return regexp.MustCompile(`NearTimeout|LongWait|NotifierErrors|Errors|TriggerAlarm`).FindString(
		strings.ReplaceAll(text, "/", ""))
}

// The widgets of the dashboard are documented.
func TestDocumentedWidgets(t *testing.T) {
	dashboards := partsOf(t, everything, "AWS::CloudWatch::Dashboard")
	if len(dashboards) != 1 {
		t.Fatalf("%d dashboards, want 1", len(dashboards))
	}
	var titles, documented []string
	for _, match := range regexp.MustCompile(`\\"title\\":\\"([^\\]*)\\"`).FindAllStringSubmatch(
		asJSON(dashboards[0].properties),
		-1) {
		titles = append(titles, match[1])
	}
	for _, row := range table(t, "docs/operations.md", "## Dashboard") {
		documented = append(documented, row[0])
	}
	if diff := cmp.Diff(titles, documented); diff != "" {
		t.Errorf("widgets (-template +documented):\n%s", diff)
	}
}
