#!/usr/bin/env bash
# The road of docs/start.md with nothing but this repository, in an empty folder that is removed at
# the end: a clone, an application with three services, a repository of its own pipelines, their
# templates, the review of a change, the cost. It prints the seconds of each step. What Go and npm
# have in their caches counts for nothing: a first time takes what the network needs besides.
#
#   scripts/ten-minutes.sh [--rehearse]     --rehearse: also make rehearse (Debian or Ubuntu, as root)

set -euo pipefail

case ${1-} in
'' | --rehearse) ;;
*)
  echo "got ${1}, expected nothing or --rehearse" >&2
  exit 2
  ;;
esac

archway=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export GIT_AUTHOR_NAME=Somebody GIT_AUTHOR_EMAIL=somebody@example.com
export GIT_COMMITTER_NAME=Somebody GIT_COMMITTER_EMAIL=somebody@example.com

total=0
# step NAME COMMAND… runs a command, and says its time; only if it fails, what it said.
step() {
  local name=$1 began=$SECONDS took
  shift
  if ! "$@" >"$work/said" 2>&1 </dev/null; then
    cat "$work/said" >&2
    echo "$name failed" >&2
    exit 1
  fi
  took=$((SECONDS - began))
  total=$((total + took))
  printf '%5d s  %s\n' "$took" "$name"
}

# committed makes a repository of a folder, or commits what changed in it.
committed() {
  git -C "$1" init --quiet --initial-branch main
  git -C "$1" add --all
  git -C "$1" commit --quiet --message "$2"
}

for service in api web jobs; do
  mkdir -p "$work/orders/$service"
  cat >"$work/orders/$service/Dockerfile" <<EOF
FROM public.ecr.aws/docker/library/alpine:3.20
COPY greeting /
USER 1000
CMD ["cat", "/greeting"]
EOF
  echo "$service" >"$work/orders/$service/greeting"
done
committed "$work/orders" Services

step 'git clone' git clone --quiet "$archway" "$work/archway"
step 'make init DIR=../pipelines FROM=../orders' make -C "$work/archway" init DIR=../pipelines FROM=../orders
cd "$work/pipelines"
step 'git add . && git commit' committed . Pipelines
step 'make synth' make synth
sed -i.before 's/"name": "jobs",/"name": "workers",/' cdk.json
rm cdk.json.before
step 'make diff, after a change of cdk.json' make diff
if ! grep -q workers "$work/said"; then
  cat "$work/said" >&2
  echo 'make diff does not say that an image is called workers now' >&2
  exit 1
fi
step 'make accept' make accept
step 'make cost' make cost
if [[ -n ${1-} ]]; then step 'make rehearse' make rehearse; fi
printf '%5d s  in all\n' "$total"
