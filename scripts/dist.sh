#!/usr/bin/env bash
# Builds the checker as static binaries, with their checksums, into a folder (dist): for those who
# use nothing else of Archway. The same sources and the same Go give the same bytes, wherever they
# lie: no paths, no build id, nothing of the commit. go.mod says which Go.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly OUT=${1:-dist}
read -ra platforms <<<"${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}"

GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
export GOTOOLCHAIN CGO_ENABLED=0 GOFLAGS=-mod=readonly GOAMD64=v1 GOARM64=v8.0

mkdir -p "$OUT"
files=()
for platform in "${platforms[@]}"; do
  file=archway-validate-${platform/\//-}
  # The tag leaves net/rpc out, as in the function.
  GOOS=${platform%/*} GOARCH=${platform#*/} go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags='-s -w -buildid=' \
    -o "$OUT/$file" ./lambda/validate
  files+=("$file")
done
cd "$OUT"
if command -v sha256sum >/dev/null; then sha256sum "${files[@]}"; else shasum -a 256 "${files[@]}"; fi | tee SHA256SUMS
