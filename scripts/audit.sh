#!/usr/bin/env bash
# Compares what the project is made of with the lists of known vulnerabilities:
# Go's for the modules (only what the code calls counts), npm's for the CDK's
# command line and Node.js. Exit 1 if one is found. A list that can't be reached
# is no failure, as nothing is wrong with the project then, but it is said loudly.

set -euo pipefail

readonly GOVULNCHECK=golang.org/x/vuln/cmd/govulncheck@v1.8.0

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
found=0

unchecked() { # WHAT FILE-WITH-THE-REASON
  printf 'NOT CHECKED for known vulnerabilities: %s: %s\n' "$1" "$(grep -v '^npm warn' "$2" | head -n 3 | paste -sd ' ')" >&2
}

code=0
GOBIN=$dir timeout 300 go install "$GOVULNCHECK" >"$dir/go" 2>&1 || code=$?
if ((code == 0)); then
  timeout 1200 "$dir/govulncheck" ./... >"$dir/go" 2>&1 || code=$?
fi
case $code in
  0) echo 'audit: no known vulnerability in what the Go code calls' ;;
  3)
    cat "$dir/go" >&2
    found=1
    ;;
  *) unchecked 'the Go modules' "$dir/go" ;;
esac

code=0
timeout 120 npm audit --json >"$dir/npm" 2>"$dir/npm.err" || code=$?
if grep -q '"auditReportVersion"' "$dir/npm"; then
  if ((code == 0)); then
    echo 'audit: no known vulnerability in the npm packages'
  else
    cat "$dir/npm" >&2
    found=1
  fi
else
  unchecked 'the npm packages' "$dir/npm.err"
fi
exit "$found"
