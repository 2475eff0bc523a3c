package template_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// Limits in time are those of the templates.
func TestLimitsInTime(t *testing.T) {
	const (
		project, function, invoke = "AWS::CodeBuild::Project", "AWS::Lambda::Function", "AWS::Lambda::EventInvokeConfig"
		ours, autoDelete          = "^[^C]|^C[^u]", "^CustomS3AutoDelete"
		minute, day               = 60, 24 * 60 * 60
	)
	each := func(unit int, values ...int) []int {
		for i := range values {
			values[i] /= unit
		}
		return values
	}
	ends := func(values []int) []int { return []int{values[0], values[len(values)-1]} }
	lifecycle := func(stack, resourceType, id, property string) []int {
		for _, p := range partsOf(t, stack, resourceType) {
			if strings.Contains(p.id, id) {
				text := asJSON(p.properties[property])
				match := regexp.MustCompile(`(?:countNumber\\":|"ExpirationInDays":)(\d+)`).FindStringSubmatch(text)
				if match == nil {
					t.Fatalf("%s: no number of days in %s", p.id, text)
				}
				return numbers(match[1])
			}
		}
		t.Fatalf("nothing is called %s", id)
		return nil
	}
	retries := regexp.MustCompile(`"RetryPolicy":\{"MaximumEventAgeInSeconds":(\d+)`)
	var starts []int
	for _, stack := range all {
		for _, p := range partsOf(t, stack, "AWS::Events::Rule") {
			if match := retries.FindStringSubmatch(asJSON(p.properties["Targets"])); match != nil &&
				!slices.Contains(starts, numbers(match[1])[0]) {
				starts = append(starts, numbers(match[1])[0])
			}
		}
	}
	queued := values(t, project, "", "QueuedTimeoutInMinutes")
	smoke := partsOf(t, asCommitted, project)
	smoke = slices.DeleteFunc(smoke, func(p part) bool { return !strings.Contains(p.id, "SmokeTest") })
	seconds := regexp.MustCompile(`"TIMEOUT_SECONDS","Type":"[A-Z]+","Value":"(\d+)"`).FindStringSubmatch(
		asJSON(smoke[0].properties["Environment"]))
	if seconds == nil {
		t.Fatalf("no time limit in %s", asJSON(smoke[0].properties["Environment"]))
	}
	want := map[string][]int{
		"logs": values(t, "AWS::Logs::LogGroup", ours, "RetentionInDays"),
		"artifacts": append(lifecycle(asCommitted, "AWS::S3::Bucket", "Artifacts",
			"LifecycleConfiguration"), 1),
		"releases without a tag": lifecycle(asCommitted, "AWS::ECR::Repository", "RegistryImages", "LifecyclePolicy"),
		"what is staged: what was built, and layer caches that a newer build has replaced": lifecycle(asCommitted,
			"AWS::ECR::Repository", "RegistryStaging", "LifecyclePolicy"),
		"images in a [pull-through cache](caches.md#pull-through-cache)": lifecycle(
			config.RegistryStack, "AWS::ECR::RepositoryCreationTemplate", "PullThrough", "LifecyclePolicy"),
		"dead letters": each(day, values(t, "AWS::SQS::Queue", "", "MessageRetentionPeriod")...),
		"a build":      append(values(t, project, "^hellogoBuild", "TimeoutInMinutes"), queued...),
		"a merge":      append(values(t, project, "Merge", "TimeoutInMinutes"), queued...),
		"a smoke test": append(
			[]int{int(smoke[0].properties["TimeoutInMinutes"].(float64)) - numbers(seconds[1])[0]/minute}, queued...),
		"a function": append(each(minute, ends(values(t, function, ours, "Timeout"))...),
			each(minute, ends(values(t, invoke, "", "MaximumEventAgeInSeconds"))...)...),
		"the start of a run": each(minute, starts...),
		"with `\"removalPolicy\": \"DESTROY\"`, the function that empties the artifact bucket": append(
			each(minute, values(t, function, autoDelete, "Timeout")...),
			values(t, "AWS::Logs::LogGroup", autoDelete, "RetentionInDays")...),
	}
	if got := values(t, invoke, "", "MaximumRetryAttempts"); !slices.Equal(got, []int{2}) {
		t.Errorf("functions are repeated %v times, the table says twice", got)
	}
	got := map[string][]int{}
	for _, row := range table(t, "docs/security.md", "## Limits in time") {
		got[row[0]] = numbers(row[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers of docs/security.md (-templates +documented):\n%s", diff)
	}
}
