package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"archway/test/internal/tools"
)

// What the validator promises on an image of 200 MB for two platforms, its program in the last
// layer, against crane.
const (
	fewerBytes = 5
	faster     = 3
	memory     = 64 // MiB
)

// validate compares the validator with "crane validate --remote" on the same images: what they
// read, how long it takes, and what they find.
func validate(ctx context.Context, runs int) error {
	work, err := os.MkdirTemp("", "archway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	ours, err := buildValidator(ctx, work)
	if err != nil {
		return err
	}
	crane, err := tools.Crane(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		compareSpeed(ctx, filepath.Join(work, "images"), ours, crane, runs),
		compareVerdicts(ctx, filepath.Join(work, "broken"), ours, crane),
		coldStart(ctx, work, runs),
	)
}

func buildValidator(ctx context.Context, folder string) (string, error) {
	program := filepath.Join(folder, "validate")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program,
		"./lambda/validate").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the validator: %w\n%s", err, out)
	}
	return program, nil
}

func compareSpeed(ctx context.Context, path, ours, crane string, runs int) error {
	f := newFolder(path)
	size := f.realistic()
	if f.err != nil {
		return f.err
	}
	registry, err := serve(path)
	if err != nil {
		return err
	}
	defer registry.close()
	fmt.Printf("an image of %.0f MB for two platforms, on loopback; medians of %d runs\n", float64(size)/1e6, runs)
	fmt.Printf("  %-44s %9s %9s %9s %9s %9s\n", "", "MB read", "requests", "s", "CPU s", "peak MiB")
	show := func(name string, m measured) {
		fmt.Printf("  %-44s %9.2f %9d %9.3f %9.3f %9.1f\n", name, float64(m.read)/1e6, m.requests, m.took.Seconds(),
			m.cpu.Seconds(), m.mebibytes)
	}
	var problems []error
	for _, test := range []struct {
		tag, name string
		args      []string
		goal      bool
	}{
		{"static", "static program in the last layer", nil, true},
		{"dynamic", "dynamic program, loader in the first layer", nil, false},
		{"static", "static program, --deep", []string{"--deep"}, false},
	} {
		image := registry.repository + ":" + test.tag
		var mine, theirs []measured
		for range runs {
			m, err := succeed(measure(ctx, registry, ours, append(test.args, image)...))
			if err != nil {
				return fmt.Errorf("validate: %w", err)
			}
			c, err := succeed(measure(ctx, registry, crane, "validate", "--remote", image))
			if err != nil {
				return fmt.Errorf("crane: %w", err)
			}
			mine, theirs = append(mine, m), append(theirs, c)
		}
		m, c := middle(mine), middle(theirs)
		show(test.name, m)
		show("  crane validate --remote", c)
		bytes, speed := float64(c.read)/float64(m.read), c.took.Seconds()/m.took.Seconds()
		fmt.Printf("  %.1f times fewer bytes, %.1f times faster", bytes, speed)
		if test.goal {
			fmt.Printf("       (goals: %d, %d and at most %d MiB)", fewerBytes, faster, memory)
			if bytes < fewerBytes || speed < faster {
				problems = append(problems,
					fmt.Errorf("%s: %.1f times fewer bytes and %.1f times faster than crane, expected %d and %d",
						test.name, bytes, speed, fewerBytes, faster))
			}
		}
		if m.mebibytes > memory {
			problems = append(problems,
				fmt.Errorf("%s: %.1f MiB at the peak, expected at most %d", test.name, m.mebibytes, memory))
		}
		fmt.Print("\n\n")
	}
	return errors.Join(problems...)
}

func succeed(m measured, err error) (measured, error) {
	if err == nil && m.code != 0 {
		err = fmt.Errorf("exit code %d\n%s%s", m.code, m.stdout, m.stderr)
	}
	return m, err
}

// middle is the median of each figure, and the highest of the memory.
func middle(all []measured) measured {
	m := all[0]
	pick := func(figure func(measured) int64) int64 {
		figures := make([]int64, len(all))
		for i, one := range all {
			figures[i] = figure(one)
		}
		slices.Sort(figures)
		return figures[len(figures)/2]
	}
	m.read = pick(func(m measured) int64 { return m.read })
	m.requests = pick(func(m measured) int64 { return m.requests })
	m.took = time.Duration(pick(func(m measured) int64 { return int64(m.took) }))
	m.cpu = time.Duration(pick(func(m measured) int64 { return int64(m.cpu) }))
	for _, one := range all {
		m.mebibytes = max(m.mebibytes, one.mebibytes)
	}
	return m
}
