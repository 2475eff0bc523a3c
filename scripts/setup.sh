#!/usr/bin/env bash
# Makes a Debian or Ubuntu machine ready for `make rehearse`, as root: installs
# the packages that are missing, builds buildx and buildkitd from their Go
# modules (once, into the user's cache), and registers the emulation of the other
# architecture. Says what it does; does nothing where nothing is missing.
#
# With --engine it makes a machine ready for somebody without root, who may use a Docker engine: it
# installs nothing but buildx, into the cache.
# With --check it only says what a person has to do first, and changes nothing.
# With --tests it only installs what tests want beyond that: Chromium, shellcheck,
# skopeo, buildah, a C compiler, musl, BusyBox, containerd and runc.
# With --buildkit VERSION, --buildctl VERSION or --buildx VERSION it only builds that program, and
# prints where it is.
#
# Exit 0: ready. Exit 2: something is needed that only a person can give; it says
# what. Any other: a step failed.
#
# ARCHWAY_CACHE (default: the user's cache folder/archway) gets tools/ and bin/.

set -euo pipefail

# Built here, because Debian has older ones, or none: the BuildKit whose digest
# builds are pinned to (constructs/buildkit.go), and the buildx of CodeBuild's images.
readonly BUILDX=github.com/docker/buildx BUILDX_VERSION=v0.32.1
readonly BUILDKIT=github.com/moby/buildkit BUILDKIT_VERSION=v0.31.1

readonly CACHE=${ARCHWAY_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/archway}
readonly BINFMT=/proc/sys/fs/binfmt_misc

say() { printf 'setup: %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# needed WHAT… says what is missing, one line each, and ends with exit 2.
needed() {
  {
    printf 'setup: this machine can not run the rehearsal yet. Needed:\n'
    printf '  - %s\n' "$@"
  } >&2
  exit 2
}

# A running engine is reused, whoever started it; DOCKER_HOST names it if set.
docker_engine_runs() { have docker && timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# missing_packages prints the Debian packages whose programs are not here.
missing_packages() {
  have runc || echo runc
  have debootstrap || echo debootstrap
  # Debian's signing keys: on Ubuntu a package of its own.
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || echo debian-archive-keyring
  have jq || echo jq
  have git || echo git
  have xz || echo xz-utils
  [[ -e /etc/ssl/certs/ca-certificates.crt ]] || echo ca-certificates
  emulation_ready || emulator_configured || echo qemu-user-static
  if ! have docker || ! { have dockerd || docker_engine_runs; }; then echo docker.io; fi
}

# The architecture that this machine's processor is not.
foreign_machine() {
  case $(uname -m) in
    x86_64) echo aarch64 ;;
    aarch64) echo x86_64 ;;
  esac
}

emulation_ready() { grep -qsx enabled "$BINFMT/qemu-$(foreign_machine)"; }
emulator_configured() { [[ -e /usr/lib/binfmt.d/qemu-$(foreign_machine).conf ]]; }

# Checks what somebody without root needs: nothing is installed for them but buildx, in their cache.
check_engine() {
  local problems=() program
  for program in go npm git jq docker timeout; do
    have "$program" || problems+=("the program $program")
  done
  realpath --canonicalize-existing / >/dev/null 2>&1 || problems+=('GNU coreutils')
  docker_engine_runs || problems+=("a Docker engine that this user may use (docker version does not reach one)")
  if ((${#problems[@]})); then
    # shellcheck disable=SC2016 # $PATH is for the user's shell
    needed "${problems[@]}" 'or, on Debian and Ubuntu, root, which installs and starts what is missing: sudo --preserve-env env "PATH=$PATH" make rehearse'
  fi
}

# Checks everything that no package can cure.
check_machine() {
  local problems=() packages
  if [[ $(uname -s) != Linux || -z $(foreign_machine) ]]; then
    problems+=("Linux on x86_64 or aarch64; this is $(uname -sm)")
  fi
  have go || problems+=("Go, at least the version of go.mod: https://go.dev/dl")
  have npm || problems+=("Node.js with npm: https://nodejs.org")
  if [[ $(id -u) != 0 ]]; then
    # shellcheck disable=SC2016 # $PATH is for the user's shell
    problems+=('root, to mount file systems and to run buildkitd: sudo --preserve-env env "PATH=$PATH" make rehearse')
  fi
  packages=$(missing_packages | paste -sd ' ')
  if [[ -n $packages ]] && ! have apt-get; then
    problems+=("the programs of these Debian packages; without apt-get this script can not install them: $packages")
  fi
  if [[ $(id -u) != 0 && -n $packages ]] && have apt-get; then
    problems+=("these packages, which this script installs as root: apt-get install $packages")
  fi
  if ((${#problems[@]})); then needed "${problems[@]}"; fi
}

# On Ubuntu it is a snap, which a container has no use for.
have_browser() { have chromium || have chromium-browser || have google-chrome || have google-chrome-stable; }

# What only tests use: a machine without it can rehearse.
install_for_tests() {
  local packages=()
  have_browser || packages+=(chromium fonts-dejavu-core)
  have shellcheck || packages+=(shellcheck)
  # The tests of the validator on images that they make.
  have skopeo || packages+=(skopeo)
  have buildah || packages+=(buildah)
  # Programs that this machine's loader and the validator both judge.
  have cc || packages+=(gcc libc6-dev)
  have ld-musl-config || packages+=(musl)
  # What starts images to see whether the validator was right, and a shell for them.
  have containerd || packages+=(containerd)
  have runc || packages+=(runc)
  { have busybox && ! ldd "$(command -v busybox)" >/dev/null 2>&1; } || packages+=(busybox-static)
  ((${#packages[@]})) || return 0
  say "installing ${packages[*]}, for tests"
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update -q && apt-get install -q -y --no-install-recommends "${packages[@]}"; }; then
    say "not installed: ${packages[*]}; only tests want them"
  fi
}

install_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  ((${#packages[@]})) || return 0
  say "installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "${packages[@]}"
  # From Debian 13 on the client is a package of its own.
  have docker || apt-get install -q -y --no-install-recommends docker-cli
  mapfile -t packages < <(missing_packages)
  ((${#packages[@]} == 0)) || needed "the programs of these packages, which their installation did not bring: ${packages[*]}"
}

# build_tool NAME MODULE VERSION PACKAGE makes $CACHE/tools/NAME-VERSION/NAME. go
# install MODULE@VERSION can't: it refuses modules with replace or exclude
# directives, which count only in the main module. So it is a tool of a module that
# has nothing else.
build_tool() {
  local name=$1 module=$2 version=$3 package=$2/$4 dir out start=$SECONDS
  out=$CACHE/tools/$name-$version/$name
  [[ ! -x $out ]] || return 0
  say "building $name $version from its Go module (once; it takes a few minutes)"
  # Of ours alone: two set-ups at once disturb each other no more than by building twice.
  dir=$(mktemp -d)
  mkdir -p "${out%/*}"
  (
    cd "$dir"
    export GOWORK=off GOFLAGS='' CGO_ENABLED=0 # no C compiler is needed
    go mod init archway.tools/"$name"
    go get -tool "$package@$version"
    nice go build -v -trimpath -ldflags "-s -w -X $module/version.Version=$version" -o "$out.$$" "$package"
  ) 2>&1 |
    awk '/^go: / { next }
         / / { print; fflush(); next }
         ++n % 250 == 0 { printf "setup:   %d packages compiled\n", n; fflush() }'
  mv "$out.$$" "$out"
  rm -r "$dir"
  say "built $name in $((SECONDS - start)) s"
}

# use_tool NAME VERSION puts it where the rehearsal looks for programs.
use_tool() {
  mkdir -p "$CACHE/bin"
  ln -sfn "$CACHE/tools/$1-$2/$1" "$CACHE/bin/$1"
}

# register_emulation lets the kernel start the other architecture's programs, in
# containers too: the configuration's F flag opens the emulator now, not there.
register_emulation() {
  local machine
  machine=$(foreign_machine)
  if ! emulation_ready; then
    if [[ ! -e $BINFMT/register ]]; then
      say "mounting $BINFMT"
      [[ -d $BINFMT ]] || modprobe binfmt_misc ||
        needed "a kernel with binfmt_misc, which starts programs of other architectures"
      mount -t binfmt_misc binfmt_misc "$BINFMT"
    fi
    if [[ -e $BINFMT/qemu-$machine ]]; then
      say "enabling the emulation of $machine"
      echo 1 >"$BINFMT/qemu-$machine"
    else
      say "registering the emulation of $machine"
      grep "^:qemu-$machine:" "/usr/lib/binfmt.d/qemu-$machine.conf" >"$BINFMT/register"
    fi
  fi
  grep -q '^flags:.*F' "$BINFMT/qemu-$machine" ||
    needed "the emulation of $machine with flag F, which containers need: echo -1 > $BINFMT/qemu-$machine, and run this again with qemu-user-static installed"
}

main() {
  case ${1:-} in
    --tests)
      install_for_tests
      return
      ;;
    --buildkit)
      build_tool buildkitd "$BUILDKIT" "$2" cmd/buildkitd >&2
      echo "$CACHE/tools/buildkitd-$2/buildkitd"
      return
      ;;
    --buildctl)
      build_tool buildctl "$BUILDKIT" "$2" cmd/buildctl >&2
      echo "$CACHE/tools/buildctl-$2/buildctl"
      return
      ;;
    --buildx)
      build_tool docker-buildx "$BUILDX" "$2" cmd/buildx >&2
      echo "$CACHE/tools/docker-buildx-$2/docker-buildx"
      return
      ;;
  esac
  if [[ ${1:-} == --engine || ${2:-} == --engine ]]; then
    check_engine
    [[ ${1:-} != --check ]] || return 0
    build_tool docker-buildx "$BUILDX" "$BUILDX_VERSION" cmd/buildx
    use_tool docker-buildx "$BUILDX_VERSION"
    return 0
  fi
  check_machine
  [[ ${1:-} != --check ]] || return 0
  install_packages
  build_tool buildkitd "$BUILDKIT" "$BUILDKIT_VERSION" cmd/buildkitd
  use_tool buildkitd "$BUILDKIT_VERSION"
  build_tool docker-buildx "$BUILDX" "$BUILDX_VERSION" cmd/buildx
  use_tool docker-buildx "$BUILDX_VERSION"
  register_emulation
  say "ready: buildkitd $BUILDKIT_VERSION, buildx $BUILDX_VERSION, emulation of $(foreign_machine)"
}

main "$@"
