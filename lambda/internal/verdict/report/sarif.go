package report

import (
	"encoding/json"
	"io"
	"net/url"

	"archway/lambda/internal/verdict/check"
	"archway/version"
)

// sarifLog is a document of the Static Analysis Results Interchange Format, of which only what is
// written stands here: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID    string    `json:"id"`
	About sarifText `json:"shortDescription"`
}

type sarifText struct {
	Text string `json:"text"`
}

// sarifInvocation says whether all registries could be asked.
type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifResult struct {
	Rule      string            `json:"ruleId"`
	Level     string            `json:"level"`
	Message   sarifText         `json:"message"`
	Locations []sarifLocation   `json:"locations"`
	Prints    map[string]string `json:"partialFingerprints"`
	// Suppressions are empty: what is downgraded stays visible, with its reason.
	Properties map[string]string `json:"properties,omitempty"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
	} `json:"physicalLocation"`
	Logical []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

// sarifLevels are SARIF's words for the severities.
var sarifLevels = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Info: "note"}

func sarifAt(image string, about check.Subject) sarifLocation {
	var at sarifLocation
	// With "./" before a host that has a port, which would be a scheme else.
	at.Physical.Artifact.URI = (&url.URL{Path: image}).String()
	if about.Digest != "" {
		at.Logical = []sarifLogical{{Name: about.String(), Kind: "object"}}
	}
	return at
}

func writeSARIF(w io.Writer, d Document) error {
	run := sarifRun{Results: []sarifResult{}, Invocations: []sarifInvocation{{Successful: true}}}
	run.Tool.Driver = sarifDriver{Name: "archway-validate", Version: version.Version}
	for _, c := range check.All() {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: c.Name, About: sarifText{c.About}})
	}
	for _, image := range d.Images {
		if image.Error != "" {
			run.Invocations[0].Successful = false
			run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{
				Level: "error", Message: sarifText{image.Error},
				Locations: []sarifLocation{sarifAt(image.Image, check.Subject{})},
			})
		}
		for _, f := range image.Findings {
			result := sarifResult{
				Rule: f.Check, Level: sarifLevels[f.Severity], Message: sarifText{f.Message + "."},
				Locations: []sarifLocation{sarifAt(image.Image, f.Subject)},
				// The same finding of the next image of that name is the same alert.
				Prints: map[string]string{"archway/v1": f.Check + " " + image.Image + " " + f.Subject.Platform},
			}
			if f.Downgraded != nil {
				result.Properties = map[string]string{
					"downgradedFrom": string(f.Downgraded.From), "reason": f.Downgraded.Reason,
				}
			}
			run.Results = append(run.Results, result)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}
