// Package emf writes metrics into a function's log, in CloudWatch's embedded metric format: a line
// of JSON with "_aws" and the values on its top level, which CloudWatch also reads as metrics. A
// function needs no permission and no call for it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package emf

import (
	"context"
	"log/slog"
	"time"

	"archway/internal/metrics"
)

// Units, as CloudWatch calls them.
const (
	Count = "Count"
	Bytes = "Bytes"
)

// Metric is one value.
type Metric struct {
	Name, Unit string
	Value      int64
}

// Dimension is what a value is about. CloudWatch takes none without a value.
type Dimension struct{ Name, Value string }

// Log writes one line with the metrics, which all have the dimensions, and with further attributes
// for people. The logger must write JSON, and must not be inside of a group.
func Log(log *slog.Logger, message string, dimensions []Dimension, values []Metric, also ...slog.Attr) {
	type list = []any
	type object = map[string]any
	var names, definitions list
	var attributes []slog.Attr
	for _, d := range dimensions {
		names = append(names, d.Name)
		attributes = append(attributes, slog.String(d.Name, d.Value))
	}
	for _, m := range values {
		definitions = append(definitions, object{"Name": m.Name, "Unit": m.Unit})
		attributes = append(attributes, slog.Int64(m.Name, m.Value))
	}
	attributes = append(attributes, also...)
	attributes = append(attributes, slog.Any("_aws", object{
		"Timestamp": time.Now().UnixMilli(),
		"CloudWatchMetrics": list{object{
			"Namespace": metrics.Namespace, "Dimensions": list{names}, "Metrics": definitions,
		}},
	}))
	log.LogAttrs(context.Background(), slog.LevelInfo, message, attributes...)
}
