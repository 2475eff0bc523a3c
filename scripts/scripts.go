// Package scripts holds the project's shell scripts, for the programs that run
// them from any folder.
package scripts

import _ "embed"

// Setup makes a machine ready for a rehearsal: bash -c Setup.
//
//go:embed setup.sh
var Setup string
