package main

import (
	"context"
	"errors"
	"io/fs"

	"archway/test/rehearse/internal/proof"
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
