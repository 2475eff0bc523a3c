package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"archway/test/rehearse/internal/machine/proof"
	"archway/test/rehearse/internal/rehearsal"
	"archway/test/rehearse/internal/report"
)

// prove runs what the pipeline promoted, as rehearsal.json in the source says.
// That is for all images of the pipeline: each tag that serves an index is one.
func (c *command) prove(ctx context.Context, r *rehearsal.Rehearsal, p *report.Pipeline) {
	expect, err := proof.Load(r.Seed(p.Repository))
	if errors.Is(err, fs.ErrNotExist) {
		p.Unproved = "the source has no rehearsal.json that says what the image should do"
		return
	}
	if err != nil {
		p.Proofs = append(p.Proofs, report.Proof{Error: err.Error()})
		return
	}
	user, password := r.Login()
	promoted := false
	for _, registry := range p.Registries {
		for _, tagged := range registry.Tagged {
			if !tagged.Index() {
				continue
			}
			promoted = true
			expect, lacks := present(expect, tagged)
			p.Proofs = append(p.Proofs, lacks...)
			if len(expect) == 0 {
				continue
			}
			image := r.RegistryHost() + "/" + registry.Name + ":" + tagged.Tags[0]
			done := c.step("run " + registry.Name + ":" + tagged.Tags[0])
			results, err := proof.Run(ctx, proof.Options{
				Host: r.Machine().DockerHost, User: user, Password: password,
				Image: image, Expect: expect, Progress: c.view.Writer(),
			})
			done(err)
			for _, result := range results {
				one := report.Proof{Image: image, Platform: result.Platform, Expected: result.Output, Got: result.Got}
				if result.Err != nil {
					one.Error = result.Err.Error()
				}
				p.Proofs = append(p.Proofs, one)
			}
			if len(results) == 0 && err != nil {
				p.Proofs = append(p.Proofs, report.Proof{Image: image, Error: err.Error()})
			}
		}
	}
	if !promoted {
		p.Proofs = append(p.Proofs, report.Proof{Error: "the pipeline succeeded, and no tag serves an image index"})
	}
}

// present are the expectations about platforms that an index has, and what to say about the others:
// the validation has passed, so the configuration does not ask for them.
func present(expect []proof.Expectation, tagged report.Tagged) (there []proof.Expectation, lacks []report.Proof) {
	var has []string
	for _, e := range tagged.Entries {
		if e.Attests == "" {
			has = append(has, e.Platform)
		}
	}
	for _, e := range expect {
		if slices.ContainsFunc(has,
			func(p string) bool { return p == e.Platform || strings.HasPrefix(p, e.Platform+"/") }) {
			there = append(there, e)
			continue
		}
		lacks = append(lacks, report.Proof{Platform: e.Platform, Expected: e.Output, Error: fmt.Sprintf(
			"%s expects it, but the image is built for %s only: build it for %s, or leave that out of %[1]s",
			proof.File, strings.Join(has, ", "), e.Platform)})
	}
	return there, lacks
}
