package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
)

// sizes shows what a deployment carries: the template (CloudFormation takes at most 1 MB) and the
// functions' programs.
func sizes(ctx context.Context, _ int) error {
	work, err := os.MkdirTemp("", "archway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	a := app{name: "Archway", command: []string{"go", "run", "../../.."}, dir: example, out: work}
	if _, err := a.synth(ctx); err != nil {
		return err
	}
	stack, err := onlyStack(work)
	if err != nil {
		return err
	}
	fmt.Printf("%-18s %7.1f KiB  (CloudFormation's limit: 1,024 KiB)\n", "template", float64(len(stack.Template))/1024)
	programs, err := filepath.Glob(filepath.Join(work, "asset.*", "bootstrap"))
	if err != nil {
		return err
	}
	if len(programs) == 0 {
		return fmt.Errorf("no function program in the assembly")
	}
	for _, p := range programs {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		f, err := elf.Open(p)
		if err != nil {
			return err
		}
		machine := f.Machine
		f.Close()
		fmt.Printf("%-18s %7.1f MiB  (%s, goal: at most 15 MB)\n", "function", float64(info.Size())/(1<<20), machine)
	}
	fmt.Println()
	return nil
}
