package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// rehearsal shows what a rehearsal costs beyond the builds that it runs, once all caches are warm.
func rehearsal(ctx context.Context, _ int) error {
	if os.Getuid() != 0 {
		fmt.Print("not measured: a rehearsal needs root\n\n")
		return nil
	}
	fmt.Println("one rehearsal to warm the caches …")
	if _, err := rehearse(ctx); err != nil {
		return err
	}
	times, err := rehearse(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%-18s %6.1f s\n", "whole rehearsal", times.Total)
	fmt.Printf("%-18s %6.1f s\n", "builds and merge", times.Builds)
	fmt.Printf("%-18s %6.1f s   (goal: at most 15 s)\n", "overhead", times.Overhead)
	fmt.Printf("  of it: synthesis %.1f s, set-up %.1f s, proof %.1f s\n\n", times.Synthesis, times.SetUp, times.Proof)
	return nil
}

// times are seconds, as the rehearsal's report has them.
type times struct {
	Total, Builds, Overhead, Synthesis, SetUp, Proof float64
}

func rehearse(ctx context.Context) (times, error) {
	c := exec.CommandContext(ctx, "go", "run", "./test/rehearse", "--json", filepath.Join(example, "cdk.json"))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return times{}, fmt.Errorf("rehearsal: %w\n%s%s", err, out, &stderr)
	}
	var report struct{ Times times }
	if err := json.Unmarshal(out, &report); err != nil {
		return times{}, fmt.Errorf("the rehearsal's report: %w", err)
	}
	if report.Times.Total == 0 {
		return times{}, fmt.Errorf("the rehearsal's report holds no times")
	}
	return report.Times, nil
}
