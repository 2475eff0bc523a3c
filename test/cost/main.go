// Cost says what synthesized pipelines cost in a month and with each run, from the cloud assembly
// and docs/costs.md's prices.
//
//	go run ./test/cost [-runs N] [-build-minutes N] [-image-gb N] [-stack NAME] [ASSEMBLY]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"archway/test/internal/assembly"
	"archway/test/internal/cost"
	"archway/version"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "cost: %v\n", err)
		os.Exit(1)
	}
}

func run(arguments []string, out, problems io.Writer) error {
	given := cost.Usual
	set := flag.NewFlagSet("cost", flag.ContinueOnError)
	set.SetOutput(problems)
	set.IntVar(&given.Runs, "runs", given.Runs, "`number` of runs that each pipeline has in a month")
	set.IntVar(&given.BuildMinutes, "build-minutes", given.BuildMinutes, "`minutes` that each build of an image takes")
	set.Float64Var(&given.ImageGB, "image-gb", given.ImageGB, "`GB` that each image keeps in its registries")
	only := set.String("stack", "", "the stack of this `name` alone")
	tell := set.Bool("version", false, "print the version, and do nothing else")
	if err := set.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *tell {
		_, err := fmt.Fprintln(out, "cost", version.Version)
		return err
	}
	if given.Runs < 0 || given.BuildMinutes < 1 || given.ImageGB < 0 {
		return fmt.Errorf(
			"got %d runs, %d build minutes and %g GB, expected no negative number and at least one minute",
			given.Runs, given.BuildMinutes, given.ImageGB)
	}
	folder := "cdk.out"
	switch set.NArg() {
	case 0:
	case 1:
		folder = set.Arg(0)
	default:
		return fmt.Errorf("got %d folders, expected one: that of a cloud assembly, which cdk synth writes", set.NArg())
	}
	found, err := assembly.Read(folder)
	if err != nil {
		return err
	}
	bills, err := cost.Bills(found, given)
	if err != nil {
		return err
	}
	var shown []cost.Bill
	for _, b := range bills {
		if *only == "" || b.Stack == *only {
			shown = append(shown, b)
		}
	}
	if len(shown) == 0 {
		return fmt.Errorf("the assembly in %s has no stack %q that costs anything", folder, *only)
	}
	cost.Write(out, shown, given)
	return nil
}
