// Sweep stops and removes what a rehearsal that was killed left behind.
package main

import (
	"fmt"
	"os"

	"archway/test/rehearse/internal/machine"
)

func main() {
	if err := machine.Sweep(os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
