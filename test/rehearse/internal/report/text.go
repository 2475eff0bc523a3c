package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
)

func format(n float64, decimals int) string { return strconv.FormatFloat(n, 'f', decimals, 64) }

// Duration writes a duration as people read it.
func Duration(d time.Duration) string {
	if d >= time.Minute {
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return format(d.Seconds(), 1) + "s"
}

func (s Seconds) String() string { return Duration(time.Duration(s)) }

// Write writes the report for people.
func (r *Report) Write(w io.Writer) {
	for _, p := range r.Pipelines {
		p.write(w)
	}
	if len(r.Bases) > 0 {
		fmt.Fprintln(w, "\nBase images:")
	}
	for _, b := range r.Bases {
		fmt.Fprintf(w, "  %s\n", b)
	}
	failed := r.failed()
	if r.Permissions != nil && (r.Success || r.Permissions.Calls > 0) {
		writePermissions(w, r.Permissions, !r.Success && (len(r.Pipelines) == 0 || len(failed) > 0))
	}
	if len(r.Pipelines) > 0 {
		t := r.Times
		fmt.Fprintf(w,
			"\nTime: %s in all; builds %s, the rehearsal itself %s (synthesis %s, set-up %s, around the builds %s, proof %s)\n",
			t.Total, t.Builds, t.Overhead, t.Synthesis, t.SetUp, t.Pipelines, t.Proof)
	}
	for _, n := range r.Notices {
		fmt.Fprintf(w, "\nPeople would have been told: %s\n", n.Subject)
		for line := range strings.Lines(n.Text) {
			fmt.Fprintf(w, "  %s\n", strings.TrimRight(line, "\n"))
		}
	}
	writeMetrics(w, r.Metrics)
	if r.Folder != "" {
		fmt.Fprintf(w, "Kept: %s (logs, git repositories, registry)\n", r.Folder)
	}
	if r.Page != "" {
		fmt.Fprintf(w, "Page: %s\n", r.Page)
	}
	switch {
	case r.Success:
		fmt.Fprintln(w, "The rehearsal succeeded.")
	case r.Error != "":
		fmt.Fprintf(w, "The rehearsal failed: %s\n", r.Error)
	default:
		for _, p := range r.Pipelines {
			if slices.ContainsFunc(p.Proofs, func(proof Proof) bool { return proof.Error != "" }) {
				failed = append(failed, "what "+p.Stack+" has built does not do what it should")
			}
		}
		fmt.Fprintf(w, "The rehearsal failed: %s.\n", strings.Join(failed, "; "))
	}
}

// failed names the pipelines whose runs did not succeed, and the stages in which they ended.
func (r *Report) failed() []string {
	var failed []string
	for _, p := range r.Pipelines {
		if p.Execution.Status == codepipeline.Succeeded {
			continue
		}
		where := ""
		for _, s := range p.Execution.Stages {
			if s.Status == p.Execution.Status {
				where = " in " + s.Name
			}
		}
		failed = append(failed, p.Stack+" "+strings.ToLower(string(p.Execution.Status))+where)
	}
	return failed
}

func (p *Pipeline) write(w io.Writer) {
	x := p.Execution
	fmt.Fprintf(w, "\n%s: %s in %s\n", p.Stack, strings.ToLower(string(x.Status)), Duration(x.Duration()))
	fmt.Fprintf(w, "  commit   %s of %s, branch %s\n", short(p.Commit), p.Repository, p.Branch)
	var times []string
	for _, s := range x.Stages {
		text := s.Name + " " + Duration(s.Duration())
		if s.Status == codepipeline.DidNotRun {
			text = s.Name + " did not run"
		}
		times = append(times, text)
	}
	fmt.Fprintf(w, "  stages   %s\n", strings.Join(times, ", "))
	p.writeExpected(w)
	for _, registry := range p.Registries {
		registry.write(w)
	}
	for _, proof := range p.Proofs {
		if proof.Error != "" {
			fmt.Fprintf(w, "  proof    %s: FAILED: %s\n", proof.Platform, proof.Error)
			continue
		}
		fmt.Fprintf(w, "  proof    %s ran %s: %q\n", proof.Platform, withoutHost(proof.Image),
			strings.TrimSpace(proof.Got))
	}
	if p.Unproved != "" {
		fmt.Fprintf(w, "  proof    none: %s\n", p.Unproved)
	}
}

// writeExpected says what the execution would take on AWS, where most of the minutes go elsewhere.
func (p *Pipeline) writeExpected(w io.Writer) {
	if p.Expected == nil || len(p.Expected.Stages) == 0 {
		return
	}
	var times []string
	for _, s := range p.Expected.Stages {
		times = append(times, s.Name+" "+Whole(s.Took()))
	}
	fmt.Fprintf(w, "  on AWS   about %s: %s (a model: docs/rehearsal.md)\n",
		Whole(p.Expected.Total), strings.Join(times, ", "))
}

// Whole writes a duration that is only expected, in whole seconds.
func Whole(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Minute {
		return Duration(d)
	}
	return format(d.Seconds(), 0) + "s"
}

// write shows indexes with their entries, and other manifests (those of a build
// cache) by their tags only.
func (r *Registry) write(w io.Writer) {
	if len(r.Tagged) == 0 {
		fmt.Fprintf(w, "  tags     %s: none\n", r.Name)
	}
	var others []string
	for _, t := range r.Tagged {
		if !t.Index() {
			others = append(others, t.Tags...)
			continue
		}
		fmt.Fprintf(w, "  tags     %s: %s → index %s\n", r.Name, strings.Join(t.Tags, ", "), t.Digest)
		for _, e := range t.Entries {
			if e.Attests == "" {
				fmt.Fprintf(w, "             %-14s %s%s\n", e.Platform, short(e.Digest), t.attested(e.Digest))
			}
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(w, "  tags     %s: %s (single manifests)\n", r.Name, strings.Join(others, ", "))
	}
}

// attested reports whether an entry has an attestation.
func (t Tagged) attested(digest string) string {
	for _, e := range t.Entries {
		if e.Attests == digest {
			return ", with an attestation"
		}
	}
	return ""
}

// short shortens digests and commits.
func short(s string) string {
	if digest, ok := strings.CutPrefix(s, "sha256:"); ok && len(digest) == 64 {
		return "sha256:" + digest[:12] + "…"
	}
	if len(s) == 40 && !strings.ContainsAny(s, "/: ") {
		return s[:12]
	}
	return s
}

// withoutHost leaves out a registry's host.
func withoutHost(image string) string {
	_, rest, _ := strings.Cut(image, "/")
	return rest
}
