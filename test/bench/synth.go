package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"archway/test/internal/assembly"
)

// synth compares the synthesis of the committed configuration by our app with the same resources
// written in plain JavaScript against aws-cdk-lib. Both are started as the CDK CLI starts an app,
// both compile the functions.
func synth(ctx context.Context, runs int) error {
	work, err := os.MkdirTemp("", "archway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := preparePeer(ctx); err != nil {
		return err
	}
	ours, peer := sides(work)

	fmt.Println("one run of each to warm the caches …")
	for _, a := range []app{ours, peer} {
		if _, err := a.synth(ctx); err != nil {
			return err
		}
	}
	if err := sameResources(ours.out, peer.out); err != nil {
		return err
	}
	var ourTimes, peerTimes []time.Duration
	for range runs { // alternately, so that a slow spell of the machine meets both
		for _, side := range []struct {
			app   app
			times *[]time.Duration
		}{{ours, &ourTimes}, {peer, &peerTimes}} {
			took, err := side.app.synth(ctx)
			if err != nil {
				return err
			}
			*side.times = append(*side.times, took)
		}
	}
	mine, theirs := median(ourTimes), median(peerTimes)
	fmt.Printf("%-18s %6.2f s   (median of %d)\n", ours.name, mine.Seconds(), runs)
	fmt.Printf("%-18s %6.2f s\n", peer.name, theirs.Seconds())
	fmt.Printf("ratio %.2f          (goal: at most 1.15)\n\n", mine.Seconds()/theirs.Seconds())
	return nil
}

// example is the folder of what is measured: cdk.json in the topmost folder is the user's.
const example = "test/testdata/hello-go"

// sides are what is compared; they write into a folder.
func sides(work string) (ours, peer app) {
	ours = app{name: "Archway (Go)", command: []string{"go", "run", "../../.."}, dir: example,
		out: filepath.Join(work, "ours")}
	peer = app{name: "plain JavaScript", command: []string{"node", "test/bench/peer/peer.js"}, dir: ".",
		out: filepath.Join(work, "peer")}
	return ours, peer
}

type app struct {
	name    string
	command []string
	dir     string
	out     string
}

// synth runs the app into its folder, and tells how long that took.
func (a app) synth(ctx context.Context) (time.Duration, error) {
	contextJSON, err := cdkContext(filepath.Join(example, "cdk.json"))
	if err != nil {
		return 0, err
	}
	if err := os.RemoveAll(a.out); err != nil {
		return 0, err
	}
	c := exec.CommandContext(ctx, a.command[0], a.command[1:]...)
	c.Dir = a.dir
	c.Env = append(os.Environ(), "CDK_OUTDIR="+a.out, "CDK_CONTEXT_JSON="+contextJSON)
	start := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", a.name, err, out)
	}
	return time.Since(start), nil
}

// preparePeer installs the peer's pinned dependencies, which users of Archway don't need.
func preparePeer(ctx context.Context) error {
	if _, err := os.Stat("test/bench/peer/node_modules/aws-cdk-lib"); err == nil {
		return nil
	}
	fmt.Println("installing aws-cdk-lib for the peer …")
	c := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix",
		"test/bench/peer")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci for the peer: %w\n%s", err, out)
	}
	return nil
}

// sameResources refuses a comparison of unlike things: both templates must have the same number of
// every type.
func sameResources(ours, peer string) error {
	a, err := resourceTypes(ours)
	if err != nil {
		return err
	}
	b, err := resourceTypes(peer)
	if err != nil {
		return err
	}
	var problems []error
	for t := range union(a, b) {
		if a[t] != b[t] {
			problems = append(problems, fmt.Errorf("%s: %d in ours, %d in the peer's template", t, a[t], b[t]))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("the peer doesn't make the same resources, adapt test/bench/peer/peer.js: %w",
			errors.Join(problems...))
	}
	fmt.Printf("both make %d resources of %d types\n", total(a), len(a))
	return nil
}

func union(a, b map[string]int) map[string]bool {
	all := map[string]bool{}
	for t := range a {
		all[t] = true
	}
	for t := range b {
		all[t] = true
	}
	return all
}

func total(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func resourceTypes(dir string) (map[string]int, error) {
	stack, err := onlyStack(dir)
	if err != nil {
		return nil, err
	}
	resources, err := stack.Resources()
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, r := range resources {
		counts[r.Type]++
	}
	return counts, nil
}

// onlyStack reads the one stack of an assembly.
func onlyStack(dir string) (*assembly.Stack, error) {
	found, err := assembly.Read(dir)
	if err != nil {
		return nil, err
	}
	if len(found.Stacks) != 1 {
		return nil, fmt.Errorf("%s: %d templates, want one", dir, len(found.Stacks))
	}
	return found.Stacks[0], nil
}

// cdkContext is the context of a cdk.json as the CDK CLI hands it to the app.
func cdkContext(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w: run the benchmark in the repository's folder", err)
	}
	var file struct{ Context json.RawMessage }
	if err := json.Unmarshal(data, &file); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return string(file.Context), nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
