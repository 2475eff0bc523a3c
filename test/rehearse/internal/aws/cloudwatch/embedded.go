// Package cloudwatch is as much of CloudWatch as a rehearsal needs: it reads the metrics that
// functions write into their logs, and the dashboards and alarms that show them, and tells which
// metrics nothing emits.
package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// Datum is one value of a metric.
type Datum struct {
	Metric
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
}

// Metric is what CloudWatch knows a metric by.
type Metric struct {
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Dimensions map[string]string `json:"dimensions"`
}

func (m Metric) String() string {
	var dimensions []string
	for name, value := range m.Dimensions {
		dimensions = append(dimensions, name+"="+value)
	}
	slices.Sort(dimensions)
	return m.Namespace + " " + m.Name + " {" + strings.Join(dimensions, ", ") + "}"
}

// Limits of the embedded metric format.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
const (
	maxDimensions = 30
	maxMetrics    = 100
)

var units = []string{"", "None", "Count", "Bytes", "Kilobytes", "Megabytes", "Seconds", "Milliseconds", "Percent"}

// Parse reads a line of a log. A line without metrics gives none; one that CloudWatch would not
// read as its writer means it is an error, where CloudWatch is silent.
func Parse(line []byte) ([]Datum, error) {
	if !bytes.Contains(line, []byte(`"_aws"`)) {
		return nil, nil
	}
	var root map[string]json.RawMessage
	if json.Unmarshal(line, &root) != nil || root["_aws"] == nil {
		return nil, nil // something that talks about it
	}
	var embedded struct {
		Timestamp         *int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	}
	if err := json.Unmarshal(root["_aws"], &embedded); err != nil {
		return nil, fmt.Errorf("_aws: %w", err)
	}
	if embedded.Timestamp == nil {
		return nil, fmt.Errorf("_aws.Timestamp is missing")
	}
	var all []Datum
	for _, directive := range embedded.CloudWatchMetrics {
		if n := len(directive.Metrics); directive.Namespace == "" || n == 0 || n > maxMetrics {
			return nil,
				fmt.Errorf("a directive has the namespace %q and %d metrics, expected a namespace and 1 to %d",
					directive.Namespace, n, maxMetrics)
		}
		for _, names := range directive.Dimensions {
			dimensions, err := dimensionsOf(root, names)
			if err != nil {
				return nil, err
			}
			for _, m := range directive.Metrics {
				d := Datum{Metric: Metric{directive.Namespace, m.Name, dimensions}, Unit: m.Unit}
				if err := json.Unmarshal(root[m.Name], &d.Value); err != nil || root[m.Name] == nil {
					return nil,
						fmt.Errorf("the metric %s has the value %s, expected a number on the top level", m.Name,
							root[m.Name])
				}
				if !slices.Contains(units, m.Unit) {
					return nil, fmt.Errorf("the metric %s has the unit %q, expected one of %q", m.Name, m.Unit, units)
				}
				all = append(all, d)
			}
		}
	}
	return all, nil
}

func dimensionsOf(root map[string]json.RawMessage, names []string) (map[string]string, error) {
	if len(names) > maxDimensions {
		return nil, fmt.Errorf("a metric has %d dimensions, at most %d are allowed", len(names), maxDimensions)
	}
	dimensions := map[string]string{}
	for _, name := range names {
		var value string
		if json.Unmarshal(root[name], &value) != nil || value == "" {
			return nil,
				fmt.Errorf("the dimension %s has the value %s, expected a text on the top level", name, root[name])
		}
		dimensions[name] = value
	}
	return dimensions, nil
}

// Collector reads the metrics of many logs.
type Collector struct {
	mu       sync.Mutex
	data     []Datum
	problems []error
}

// Log returns a writer for one log. Lines may come in pieces.
func (c *Collector) Log() io.Writer { return &log{collector: c} }

type log struct {
	collector *Collector
	rest      []byte
}

func (l *log) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.collector.add(line)
		l.rest = rest
	}
}

func (c *Collector) add(line []byte) {
	data, err := Parse(line)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.data = append(c.data, data...)
	if err != nil {
		c.problems = append(c.problems, fmt.Errorf("%w: %s", err, line))
	}
}

// Data returns what was measured so far, and the lines that are no metrics although they look like
// some.
func (c *Collector) Data() ([]Datum, []error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.data), slices.Clone(c.problems)
}
