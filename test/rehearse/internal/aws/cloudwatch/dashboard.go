package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Shown is what a dashboard, or an alarm, shows: metrics, and searches for metrics.
type Shown struct {
	Metrics  []Metric
	Searches []Search
}

// Search finds the metrics of a namespace that have exactly some dimensions, a name, and certain
// values.
type Search struct {
	Namespace, Name string
	Dimensions      []string
	Values          map[string]string
}

// Finds reports whether a metric is among those that are searched.
func (s Search) Finds(m Metric) bool {
	if m.Namespace != s.Namespace || m.Name != s.Name || len(m.Dimensions) != len(s.Dimensions) {
		return false
	}
	for _, name := range s.Dimensions {
		value, ok := m.Dimensions[name]
		if want, given := s.Values[name]; !ok || given && want != value {
			return false
		}
	}
	return true
}

// gridWidth is how wide the grid of a dashboard is.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
const (
	gridWidth  = 24
	maxHeight  = 1000
	maxMetric  = 500
	maxWidgets = 500
)

type widget struct {
	Type                string
	X, Y, Width, Height *int
	Properties          struct {
		Markdown, Title, Region, View string
		Alarms                        []string
		Metrics                       [][]json.RawMessage
	}
}

// ParseDashboard reads the body of a dashboard, and finds what CloudWatch would refuse, or show
// empty.
func ParseDashboard(body string) (Shown, error) {
	var shown Shown
	var b struct{ Widgets []widget }
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		return shown, fmt.Errorf("the body is no JSON of a dashboard: %w", err)
	}
	var problems []error
	if n := len(b.Widgets); n == 0 || n > maxWidgets {
		problems = append(problems, fmt.Errorf("it has %d widgets, expected 1 to %d", n, maxWidgets))
	}
	for n, w := range b.Widgets {
		at := fmt.Sprintf("widgets[%d] (%s)", n, w.Properties.Title)
		problems = append(problems, w.place(at))
		switch w.Type {
		case "text":
			if w.Properties.Markdown == "" {
				problems = append(problems, fmt.Errorf("%s has no markdown", at))
			}
		case "alarm":
			if len(w.Properties.Alarms) == 0 || len(w.Properties.Alarms) > 100 {
				problems = append(problems,
					fmt.Errorf("%s has %d alarms, expected 1 to 100", at, len(w.Properties.Alarms)))
			}
		case "metric":
			problems = append(problems, w.metrics(at, &shown))
		default:
			problems = append(problems,
				fmt.Errorf("%s has the type %q; the rehearsal knows text, alarm and metric", at, w.Type))
		}
	}
	return shown, errors.Join(problems...)
}

func (w widget) place(at string) error {
	if w.X == nil || w.Y == nil || w.Width == nil || w.Height == nil {
		return fmt.Errorf("%s has no place: x, y, width and height belong together", at)
	}
	if *w.X < 0 || *w.Y < 0 || *w.Width < 1 || *w.X+*w.Width > gridWidth || *w.Height < 1 || *w.Height > maxHeight {
		return fmt.Errorf("%s lies at %d,%d with width %d and height %d: the grid is %d wide", at, *w.X, *w.Y, *w.Width,
			*w.Height, gridWidth)
	}
	return nil
}

// metrics reads the lines of a widget: namespace, name, dimensions in pairs, and how to show it; or
// an expression alone.
func (w widget) metrics(at string, shown *Shown) error {
	var problems []error
	if w.Properties.Region == "" || len(w.Properties.Metrics) == 0 || len(w.Properties.Metrics) > maxMetric {
		problems = append(problems,
			fmt.Errorf("%s has the region %q and %d metrics, expected a region and 1 to %d metrics", at,
				w.Properties.Region, len(w.Properties.Metrics), maxMetric))
	}
	ids, expressions := map[string]bool{}, []string{}
	for n, line := range w.Properties.Metrics {
		at := fmt.Sprintf("%s, metrics[%d]", at, n)
		var how struct{ ID, Expression string }
		var words []string
		for i, part := range line {
			var word string
			switch {
			case json.Unmarshal(part, &word) == nil:
				words = append(words, word)
			case i != len(line)-1 || json.Unmarshal(part, &how) != nil:
				problems = append(problems,
					fmt.Errorf("%s: got %s, expected a text, or at the end an object", at, part))
			}
		}
		if how.ID != "" {
			if !identifier.MatchString(how.ID) || ids[how.ID] {
				problems = append(problems,
					fmt.Errorf("%s: the id %q is taken, or does not begin with a lower-case letter", at, how.ID))
			}
			ids[how.ID] = true
		}
		switch {
		case how.Expression != "" && len(words) == 0:
			expressions = append(expressions, how.Expression)
		case len(words) < 2 || len(words)%2 != 0 || words[0] == "" || words[1] == "":
			problems = append(problems,
				fmt.Errorf("%s: got %q, expected a namespace, a name and pairs of dimensions", at, words))
		default:
			m := Metric{Namespace: words[0], Name: words[1], Dimensions: map[string]string{}}
			for i := 2; i < len(words); i += 2 {
				m.Dimensions[words[i]] = words[i+1]
			}
			shown.Metrics = append(shown.Metrics, m)
		}
	}
	for _, e := range expressions {
		if strings.HasPrefix(e, "SEARCH(") {
			s, err := parseSearch(e)
			problems = append(problems, err)
			shown.Searches = append(shown.Searches, s)
			continue
		}
		for _, name := range identifiers.FindAllString(e, -1) {
			if !ids[name] {
				problems = append(problems,
					fmt.Errorf("%s: the expression %s uses %s, which no metric has as its id", at, e, name))
			}
		}
	}
	return errors.Join(problems...)
}

var (
	identifier  = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)
	identifiers = regexp.MustCompile(`\b[a-z][a-zA-Z0-9_]*\b`) // functions are written in capitals
	search      = regexp.MustCompile(`^SEARCH\('\{([^}]*)\}((?: [A-Za-z]+="[^"]*")+)', '([A-Za-z]+)', [0-9]+\)$`)
	term        = regexp.MustCompile(`([A-Za-z]+)="([^"]*)"`)
)

// parseSearch reads a search of the form that our dashboards use: a schema, and exact values.
func parseSearch(text string) (Search, error) {
	parts := search.FindStringSubmatch(text)
	if parts == nil {
		return Search{}, fmt.Errorf("the rehearsal does not know the form of the search %s", text)
	}
	schema := strings.Split(parts[1], ",")
	s := Search{Namespace: schema[0], Dimensions: schema[1:], Values: map[string]string{}}
	for _, t := range term.FindAllStringSubmatch(parts[2], -1) {
		if t[1] == "MetricName" {
			s.Name = t[2]
		} else {
			s.Values[t[1]] = t[2]
		}
	}
	if s.Name == "" {
		return s, fmt.Errorf("the search %s names no metric", text)
	}
	return s, nil
}
