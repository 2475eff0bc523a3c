package cloudwatch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const line = `{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"measured","Pipeline":"p","Check":"rootfs","Findings":2,"Size":5,"_aws":{"Timestamp":1,` +
	`"CloudWatchMetrics":[{"Namespace":"Archway","Dimensions":[["Pipeline","Check"]],"Metrics":[{"Name":"Findings","Unit":"Count"},{"Name":"Size","Unit":"Bytes"}]}]}}`

// Logs are read as CloudWatch reads them.
func TestLogs(t *testing.T) {
	var c Collector
	w := c.Log()
	for _, piece := range []string{"START\n" + line[:40], line[40:] + "\n{\"msg\":\"no metric\"}\n",
		"not JSON \"_aws\"\n"} {
		if n, err := w.Write([]byte(piece)); err != nil || n != len(piece) {
			t.Fatal(n, err)
		}
	}
	got, problems := c.Data()
	if len(problems) > 0 {
		t.Error(problems)
	}
	dimensions := map[string]string{"Pipeline": "p", "Check": "rootfs"}
	want := []Datum{{Metric{"Archway", "Findings", dimensions}, "Count", 2},
		{Metric{"Archway", "Size", dimensions}, "Bytes", 5}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Lines that CloudWatch would drop in silence are problems.
func TestDroppedLines(t *testing.T) {
	for change, want := range map[string]string{
		`"Timestamp":1,->`:                      "Timestamp is missing",
		`"Check":"rootfs"->"Check":""`:          "the dimension Check",
		`"Check":"rootfs"->"Check":7`:           "the dimension Check",
		`"Findings":2->"Findings":"2"`:          "the metric Findings has the value",
		`"Findings":2->"findings":2`:            "the metric Findings has the value",
		`"Unit":"Count"->"Unit":"Pieces"`:       `the unit "Pieces"`,
		`"Namespace":"Archway"->"Namespace":""`: "expected a namespace",
		`{"Timestamp":1->{"Timestamp":"monday"`: "_aws: ",
		`"Metrics":[{"Name"->"Other":[{"Name"`:  "0 metrics",
	} {
		old, new, _ := strings.Cut(change, "->")
		if !strings.Contains(line, old) {
			t.Fatalf("the line has no %s", old)
		}
		if _, err := Parse([]byte(strings.Replace(line, old, new, 1))); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", change, err, want)
		}
	}
}

// body is a dashboard with one widget of metrics, whose lines are given.
func body(lines string) string {
	return fmt.Sprintf(`{"widgets":[{"type":"metric","x":0,"y":0,"width":24,"height":6,"properties":{"title":"T","region":"eu-west-1","metrics":[%s]}}]}`,
		lines)
}

// A dashboard is read with all that it shows.
func TestDashboard(t *testing.T) {
	got, err := ParseDashboard(body(`["AWS/CodeBuild","Duration","ProjectName","p",{"stat":"Sum","id":"a"}],["N","M"],[{"expression":"100*FILL(a,0)","id":"b"}],` +
		`[{"expression":"SEARCH('{Archway,Pipeline,Check} MetricName=\"Findings\" Pipeline=\"p\"', 'Sum', 86400)","id":"c"}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := Shown{
		Metrics: []Metric{{"AWS/CodeBuild", "Duration", map[string]string{"ProjectName": "p"}},
			{"N", "M", map[string]string{}}},
		Searches: []Search{{Namespace: "Archway", Name: "Findings", Dimensions: []string{"Pipeline", "Check"},
			Values: map[string]string{"Pipeline": "p"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A dashboard that CloudWatch would refuse, or show empty, is refused.
func TestWrongDashboards(t *testing.T) {
	good := body(`["N","M"]`)
	for text, want := range map[string]string{
		`{`:                            "no JSON",
		`{"widgets":[]}`:               "0 widgets",
		body(``):                       "0 metrics",
		body(`["N"]`):                  "expected a namespace, a name and pairs",
		body(`["N","M","D"]`):          "expected a namespace, a name and pairs",
		body(`["N","M",7]`):            "got 7",
		body(`["N",{"stat":"x"},"M"]`): "expected a text",
		body(`["N","M",{"id":"A"}]`):   "lower-case",
		body(`["N","M",{"id":"a"}],["N","O",{"id":"a"}]`):    "is taken",
		body(`[{"expression":"a+1"}]`):                       "uses a, which no metric",
		body(`[{"expression":"SEARCH('{N} x', 'Sum', 1)"}]`): "form of the search",
		strings.Replace(good, `"width":24`, `"width":25`, 1): "the grid is 24 wide",
		strings.Replace(good, `"x":0`, `"x":1`, 1):           "the grid is 24 wide",
		strings.Replace(good, `"x":0,`, ``, 1):               "has no place",
		strings.Replace(good, `"eu-west-1"`, `""`, 1):        "region",
		strings.Replace(good, `"metric"`, `"table"`, 1):      `the type "table"`,
	} {
		if _, err := ParseDashboard(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", text, err, want)
		}
	}
}

func TestWhatNothingEmitsIsNamed(t *testing.T) {
	measured, err := Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	resources := map[string][]string{"ProjectName": {"p"}}
	dimensions := map[string]string{"Pipeline": "p", "Check": "rootfs"}
	for want, shown := range map[string]Shown{
		"": {
			Metrics: []Metric{{"Archway", "Findings", dimensions},
				{"AWS/CodeBuild", "Duration", map[string]string{"ProjectName": "p"}}},
			Searches: []Search{{"Archway", "Findings", []string{"Pipeline", "Check"},
				map[string]string{"Pipeline": "p"}}},
		},
		"no function has emitted it": {Metrics: []Metric{{"Archway", "Finding", dimensions}}},
		"{Pipeline=p}: no function": {
			Metrics: []Metric{{"Archway", "Findings", map[string]string{"Pipeline": "p"}}}},
		"archway Findings": {Metrics: []Metric{{"archway", "Findings", dimensions}}},
		"the service has no such metric": {Metrics: []Metric{{"AWS/CodePipeline", "SucceededPipelineExecutions",
			map[string]string{"PipelineName": "p"}}}},
		"{Project=p}: the service has no such": {
			Metrics: []Metric{{"AWS/CodeBuild", "Duration", map[string]string{"Project": "p"}}}},
		"there is no such resource": {
			Metrics: []Metric{{"AWS/CodeBuild", "Duration", map[string]string{"ProjectName": "q"}}}},
		"no function has emitted such a metric": {
			Searches: []Search{{"Archway", "Findings", []string{"Pipeline"}, nil}}},
		"by [Pipeline Check]: no function": {Searches: []Search{{"Archway", "Findings",
			[]string{"Pipeline", "Check"}, map[string]string{"Pipeline": "q"}}}},
	} {
		got := strings.Join(Unemitted(shown, measured, resources), "; ")
		if want == "" && got != "" || want != "" && !strings.Contains(got, want) {
			t.Errorf("got %q, expected %q", got, want)
		}
	}
}
