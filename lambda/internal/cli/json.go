package cli

import (
	"encoding/json"
	"io"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
)

// document is the JSON output. Fields are only ever added.
type document struct {
	Valid  bool            `json:"valid"`
	Images []imageDocument `json:"images"`
}

type imageDocument struct {
	Image string `json:"image"`
	// Valid is false too if the registry could not be asked; then Error says why, and there are no findings.
	Valid     bool               `json:"valid"`
	Error     string             `json:"error,omitempty"`
	Digest    string             `json:"digest,omitempty"`
	MediaType string             `json:"mediaType,omitempty"`
	Platforms []platformDocument `json:"platforms"`
	Findings  []check.Finding    `json:"findings"`
}

type platformDocument struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"`
	Revision string `json:"revision,omitempty"`
}

func printJSON(w io.Writer, results []result) error {
	d := document{Valid: true, Images: []imageDocument{}}
	for _, r := range results {
		one := imageDocument{Image: r.reference.String(), Platforms: []platformDocument{}, Findings: []check.Finding{}}
		if r.err != nil {
			one.Error = r.err.Error()
		} else {
			one.Valid = r.verdict.Valid()
			one.Findings = append(one.Findings, r.verdict.Findings...)
			fill(&one, r.verdict.Image)
		}
		d.Valid = d.Valid && one.Valid
		d.Images = append(d.Images, one)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(d)
}

func fill(one *imageDocument, i *index.Image) {
	one.Digest = i.Digest.String()
	if i.Root != nil {
		one.MediaType = i.Root.Body.MediaType
	}
	for _, e := range i.Images() {
		p := platformDocument{Platform: platformOf(e), Digest: e.Descriptor.Digest.String()}
		if e.Config != nil {
			p.Revision = e.Config.Run.Labels[index.RevisionLabel]
		}
		one.Platforms = append(one.Platforms, p)
	}
}
