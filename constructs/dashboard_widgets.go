package constructs

import (
	"fmt"
	"maps"

	"archway/internal/metrics"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// widget is a widget of a dashboard, without its place.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type widget struct {
	kind       string
	width      int // of 24
	height     int
	properties map[string]any
}

// gridWidth is how many units CloudWatch's grid is wide.
const gridWidth = 24

// layOut gives each widget its place: side by side, as many as there is room for. All in a row are
// expected to have one height.
func layOut(widgets []widget) []any {
	var placed []any
	x, y, height := 0, 0, 0
	for _, w := range widgets {
		if x+w.width > gridWidth {
			x, y, height = 0, y+height, 0
		}
		placed = append(placed,
			map[string]any{"type": w.kind, "x": x, "y": y, "width": w.width, "height": w.height,
				"properties": w.properties})
		x, height = x+w.width, max(height, w.height)
	}
	return placed
}

type object = map[string]any

// day is the period of everything that is counted.
const day = 24 * 60 * 60

// graph is a widget that shows metrics, each of them as CloudWatch writes it: namespace, name,
// dimensions, and how to show it.
func graph(title, unit string, width int, also object, lines ...[]any) widget {
	properties := object{
		"title": title, "region": *awscdk.Aws_REGION(), "view": "timeSeries", "period": day, "metrics": lines,
		"yAxis": object{"left": object{"min": 0, "label": unit, "showUnits": false}},
	}
	maps.Copy(properties, also)
	return widget{kind: "metric", width: width, height: 6, properties: properties}
}

// measure is a metric of the functions.
func measure(p *DashboardProps, image PipelineImage, name string, dimensions []any, how object) []any {
	line := []any{metrics.Namespace, name, metrics.Pipeline, p.Pipeline.Name, metrics.Repository, image.measured()}
	return append(append(line, dimensions...), how)
}

// measured is the name by which the functions measure an image: that of the repository which people
// pull from, if there is one.
func (i PipelineImage) measured() string {
	if i.Repositories.Release == nil {
		return settings.Staging(i.Repositories.Name)
	}
	return i.Repositories.Name
}

func widgetsOf(p *DashboardProps) []widget {
	name := p.Pipeline.Name
	widgets := []widget{{kind: "text", width: gridWidth, height: 2, properties: object{
		"markdown": fmt.Sprintf("# %s\n[The pipeline](%s). What counts is shown by the day (UTC).", name,
			*p.Pipeline.ConsoleURL),
	}}}
	if len(p.Alarms) > 0 {
		var arns []string
		for _, alarm := range p.Alarms {
			arns = append(arns, *alarm.AttrArn())
		}
		widgets = append(widgets,
			widget{kind: "alarm", width: gridWidth, height: 2, properties: object{"title": "Alarms", "alarms": arns}})
	}
	widgets = append(widgets, runWidgets(p)...)
	widgets = append(widgets, durationWidgets(p)...)
	return append(widgets, imageWidgets(p)...)
}

// runWidgets show how many runs there were, and how many of them failed. CodePipeline itself counts
// failures only, a retry that fails again as one more:
// https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html
func runWidgets(p *DashboardProps) []widget {
	failed := func(how object) []any {
		return []any{"AWS/CodePipeline", "FailedPipelineExecutions", "PipelineName", p.Pipeline.Name, how}
	}
	counted := [][]any{failed(object{"stat": "Sum", "label": "failed runs", "color": "#d62728"})}
	rates := [][]any{failed(object{"stat": "Sum", "id": "failed", "visible": false})}
	for i, image := range p.Delivery.Images {
		promoted := fmt.Sprintf("promoted%d", i)
		counted = append(counted,
			measure(p, image, metrics.Promotions, nil, object{"stat": "Sum", "label": image.Name + " promoted"}),
			measure(p, image, metrics.Rollbacks, nil, object{"stat": "Sum", "label": image.Name + " rolled back"}))
		rates = append(rates,
			measure(p, image, metrics.Promotions, nil, object{"stat": "Sum", "id": promoted, "visible": false}),
			[]any{object{
				"id": fmt.Sprintf("rate%d", i), "label": image.Name,
				"expression": fmt.Sprintf("100*FILL(%s,0)/(FILL(%[1]s,0)+FILL(failed,0))", promoted),
			}})
	}
	return []widget{
		graph("Promotions, rollbacks, failures", "runs", 8, nil, counted...),
		graph("Success rate: promoted of promoted and failed", "%", 8, nil, rates...),
		graph("Duration of a run", "seconds", 8, nil,
			[]any{"AWS/CodePipeline", "PipelineDuration", "PipelineName", p.Pipeline.Name,
				object{"stat": "Average", "label": "average"}},
			[]any{"AWS/CodePipeline", "PipelineDuration", "PipelineName", p.Pipeline.Name,
				object{"stat": "Maximum", "label": "longest"}}),
	}
}

// durationWidgets show the stages by what does their work, which AWS measures: CodePipeline itself
// has no metric of a stage or action.
// https://docs.aws.amazon.com/codebuild/latest/userguide/cloudwatch_metrics-codebuild.html
func durationWidgets(p *DashboardProps) []widget {
	var builds, waiting, failed [][]any
	for _, image := range p.Delivery.Images {
		for _, build := range image.Builds {
			project := *build.Project.ProjectName()
			label := StageBuild + " " + image.Name + " " + build.Platform.String()
			builds = append(builds,
				[]any{"AWS/CodeBuild", "Duration", "ProjectName", project, object{"stat": "Average", "label": label}})
			waiting = append(waiting,
				[]any{"AWS/CodeBuild", "QueuedDuration", "ProjectName", project,
					object{"stat": "Maximum", "label": label}})
			failed = append(failed,
				[]any{"AWS/CodeBuild", "FailedBuilds", "ProjectName", project, object{"stat": "Sum", "label": label}})
		}
		project := *image.Merge.Project.ProjectName()
		builds = append(builds,
			[]any{"AWS/CodeBuild", "Duration", "ProjectName", project,
				object{"stat": "Average", "label": StageMerge + " " + image.Name}})
		failed = append(failed,
			[]any{"AWS/CodeBuild", "FailedBuilds", "ProjectName", project,
				object{"stat": "Sum", "label": StageMerge + " " + image.Name}})
		for _, test := range image.SmokeTests {
			builds = append(builds,
				[]any{"AWS/CodeBuild", "Duration", "ProjectName", *test.Project.ProjectName(), object{
					"stat": "Average", "label": StageSmokeTest + " " + image.Name + " " + test.Platform.String(),
				}})
		}
	}
	functions := [][]any{{"AWS/Lambda", "Duration", "FunctionName", *p.Validator.FunctionName(),
		object{"stat": "Average", "label": StageValidate}}}
	if p.Promoter != nil {
		functions = append(functions,
			[]any{"AWS/Lambda", "Duration", "FunctionName", *p.Promoter.FunctionName(),
				object{"stat": "Average", "label": StagePromote}})
	}
	return []widget{
		graph("Duration of builds, merges and smoke tests", "seconds", 8, nil, builds...),
		graph("Duration of validation and promotion", "milliseconds", 8, nil, functions...),
		graph("Longest wait for a build machine", "seconds", 8, nil, waiting...),
		graph("Failed builds", "builds", 8, object{"stacked": true}, failed...),
	}
}

// imageWidgets show what became of the images.
func imageWidgets(p *DashboardProps) []widget {
	var verdicts, sizes [][]any
	for _, image := range p.Delivery.Images {
		verdicts = append(verdicts,
			measure(p, image, metrics.ImagesValid, nil, object{"stat": "Sum", "label": image.Name + " valid"}),
			measure(p, image, metrics.ImagesInvalid, nil, object{"stat": "Sum", "label": image.Name + " not valid"}))
		for _, build := range image.Builds {
			platform := build.Platform.String()
			sizes = append(sizes, measure(p, image, metrics.ImageSize, []any{metrics.Platform, platform},
				object{"stat": "Maximum", "label": image.Name + " " + platform}))
		}
	}
	// A search, because only checks that have found something have a metric.
	search := fmt.Sprintf(`SEARCH('{%s,%s,%s,%s} MetricName="%s" %s="%s"', 'Sum', %d)`,
		metrics.Namespace, metrics.Pipeline, metrics.Repository, metrics.Check, metrics.Findings, metrics.Pipeline,
		p.Pipeline.Name, day)
	return []widget{
		graph("Verdicts", "image indexes", 8, object{"stacked": true}, verdicts...),
		graph("Findings by check", "findings", 8, object{"stacked": true},
			[]any{object{"expression": search, "id": "findings"}}),
		graph("Size of valid images, compressed", "bytes", 8, nil, sizes...),
	}
}
