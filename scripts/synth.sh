#!/usr/bin/env bash
# cdk synth, with the arguments that are given. What is wrong with cdk.json is told before the
# CDK's own parser sees it, by line and column, and nothing stands behind what has to be done:
# once Archway has said it, neither "exit status 1" of go nor "Subprocess exited" of the CDK.

set -euo pipefail

# explained passes on what a command says to people.
explained() {
  awk '/^archway: / { told = 1 }
    told && (/^exit status [0-9]+$/ || /Subprocess exited with error [0-9]+/) { next }
    { print; fflush() }' >&2
}

{
  # A pipe is no terminal, for which the CDK's command line would leave the colors off.
  if [[ -t 1 && -t 2 && -z ${NO_COLOR:-} ]]; then export FORCE_COLOR=1; fi
  {
    go run . check --problems >&3 && cdk synth --no-notices "$@" >&3
  } 2>&1 | explained
} 3>&1
