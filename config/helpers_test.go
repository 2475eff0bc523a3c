package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// load loads a configuration that must be good, from the current directory.
func load(t *testing.T, text string) *config.Plan {
	t.Helper()
	cfg, err := config.Load(json.RawMessage(text), "")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// lines gives the problems as they are shown.
func lines(cfg *config.Plan, err error) []string {
	if err == nil {
		return nil
	}
	var problems config.Problems
	if !errors.As(err, &problems) || cfg != nil {
		return []string{"Load gave a configuration, or an error of another type: " + err.Error()}
	}
	var lines []string
	for _, problem := range problems {
		lines = append(lines, problem.String())
	}
	return lines
}

// The following give a good configuration with some keys more.

func pipelineWith(keys string) string {
	return `{"pipelines": [{"name": "hello", "images": [{"name": "hello"}], ` + keys + `}]}`
}

func sourceWith(keys string) string { return pipelineWith(`"source": {` + keys + `}`) }

func imageWith(keys string) string {
	return `{"pipelines": [{"name": "hello", "images": [{"name": "hello", ` + keys + `}]}]}`
}

// images gives a list of so many images.
func images(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"name": "image-%d"}`, i))
	}
	return strings.Join(list, ", ")
}

// problemTest is a configuration together with everything that is wrong with it.
type problemTest struct {
	name, config string
	want         []string
}

func check(t *testing.T, tests []problemTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(config.Load(json.RawMessage(test.config), ""))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func loadText(text string) (*config.Plan, error) { return config.Load(json.RawMessage(text), "") }
