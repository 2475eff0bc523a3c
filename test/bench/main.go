// Command bench measures what Archway promises about speed and size, and prints every time as a
// ratio against a peer measured in the same run: machines are noisy, ratios are not.
//
//	go run ./test/bench [-runs N] [-only synth,sizes,rehearsal,layers,validate,promote]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"archway/version"
)

// A section measures one subject and prints it.
type section struct {
	name string
	run  func(ctx context.Context, runs int) error
}

var sections = []section{
	{"synth", synth},
	{"sizes", sizes},
	{"rehearsal", rehearsal},
	{"layers", layers},
	{"validate", validate},
	{"promote", promote},
}

func main() {
	runs := flag.Int("runs", 5, "how often each side of a comparison runs; the median counts")
	only := flag.String("only", "",
		"sections to run, separated by commas: synth, sizes, rehearsal, layers, validate, promote (default all)")
	tell := flag.Bool("version", false, "print the version, and do nothing else")
	flag.Parse()
	if *tell {
		fmt.Println("bench", version.Version)
		return
	}
	if flag.NArg() > 0 || *runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	ran := 0
	for _, s := range sections {
		if *only != "" && !contains(*only, s.name) {
			continue
		}
		ran++
		fmt.Printf("== %s\n", s.name)
		if err := s.run(ctx, *runs); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", s.name, err)
			os.Exit(1)
		}
	}
	if ran == 0 {
		fmt.Fprintf(os.Stderr,
			"bench: -only %q names no section: use synth, sizes, rehearsal, layers, validate, promote\n", *only)
		os.Exit(2)
	}
}

func contains(list, name string) bool {
	for l := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(l) == name {
			return true
		}
	}
	return false
}
