# Everything that a person or CI starts. Each target fetches what it needs.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help init jsii-cache functions synth picture cost diff test rehearse bench confirm dist fmt lint audit unit-test daemon-test tools

# The pinned Node.js and CDK command line, also for the jsii runtime of the Go app:
# whatever Node.js the machine has only runs npm. Node.js is a package for each
# platform, locked by its hash; for macOS, of the newest release that has both.
export PATH      := $(CURDIR)/node_modules/.bin:$(PATH)
export JSII_NODE := $(CURDIR)/node_modules/.bin/node

# V8's four threads mark the CDK's objects again and again: with one, a synthesis takes a quarter less of the processors.
export NODE_OPTIONS += --v8-pool-size=1

# What is made here reports to nobody, and waits for nobody: `cdk` would after each command.
export CDK_DISABLE_CLI_TELEMETRY := true

# More arguments: make synth ARGS='--quiet', make rehearse ARGS='--json', make bench ARGS='-only sizes'.
ARGS ?=
# More flags for every go test: make test TESTFLAGS='-v'.
TESTFLAGS ?=

# Packages whose tests want the machine for themselves: a registry, BuildKit, containerd and a
# Docker engine. One after the other, and with live output, as a cold run takes long.
DAEMONS := ./test/rehearse/internal/machine ./test/rehearse/internal/machine/proof ./test/rehearse/oracle ./test/rehearse/images ./test/rehearse

# How many runs a pipeline has in a month, for make cost and make diff.
RUNS ?= 200
# What make diff compares with: a git revision, or the folder of a cloud assembly.
BASE ?= main

STAMP := node_modules/.locked

# Goals whose last line is theirs: what has to be done, and no "make: *** Error" behind it. Where it
# is asked a question (-q), GNU make 4 says nothing of a recipe that ends with 1, and ends with 1
# itself; it runs lines that begin with "+" all the same. GNU make 3 says its line as ever.
EXPLAINED := init synth picture diff cost
ifeq (,$(filter-out $(EXPLAINED),$(or $(MAKECMDGOALS),help)))
MAKEFLAGS += -q
endif

# A program by its folder, whose last line is its own: go run would put "exit status 1" behind it.
program = out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; go build -o "$$out/$(notdir $(1))" ./$(1)

help: ## say what can be made (default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# With ARGS, the CDK's command line prints what it prints.
synth: $(STAMP) ## the template; of several stacks a summary, and one by STACK=name; no AWS account needed
ifneq ($(strip $(ARGS)),)
	+@scripts/synth.sh $(ARGS)
else
	+@scripts/synth.sh --quiet >/dev/null; $(call program,test/summary); "$$out/summary" $(if $(STACK),-stack $(STACK)) cdk.out
endif

init: $(STAMP) ## write a repository of your own: make init DIR=../pipelines NAME=orders FROM=../orders
	+@$(call program,init); "$$out/init" -name '$(NAME)' -from '$(FROM)' -fork '$(FORK)' '$(DIR)' || exit 1

picture: $(STAMP) ## draw the configured pipelines: cdk.out/pipeline.svg
	+@mkdir -p cdk.out; out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; scripts/synth.sh --quiet --output "$$out"; go run ./test/picture -o cdk.out/pipeline.svg $(ARGS) "$$out"

diff: $(STAMP) ## what a change changes, without an account: make diff BASE=main ARGS='-o markdown'
	+@$(call program,test/diff); "$$out/diff" -base $(BASE) -runs $(RUNS) $(ARGS) || exit 1

cost: $(STAMP) ## what the configured pipelines cost: make cost RUNS=200
	+@$(call program,test/cost); scripts/synth.sh --quiet --output "$$out/cdk.out" >/dev/null; "$$out/cost" -runs $(RUNS) $(ARGS) "$$out/cdk.out"

test: tools lint audit unit-test daemon-test ## everything that CI checks, with a rehearsal where the machine allows one

rehearse: $(STAMP) ## run the synthesized pipelines on this machine (Debian or Ubuntu as root, or Linux with a Docker engine)
	go run ./test/rehearse $(ARGS)

bench: $(STAMP) ## measure times and sizes, as ratios
	go run ./test/bench $(ARGS)

confirm: ## try the unproven facts of docs/aws.md in an AWS account; asks first, costs cents
	@go run ./test/confirm $(ARGS)

dist: ## the checker as static binaries for Linux and macOS, with checksums: dist/
	@scripts/dist.sh

fmt: ## format the Go sources
	gofmt -w $$(find . -name '*.go' -not -path '*/node_modules/*' -not -path '*/cdk.out/*')

lint: $(STAMP) ## gofmt, line widths, go vet, staticcheck, shellcheck, the examples
	@echo 'lint: gofmt'
	@unformatted=$$(gofmt -l $$(find . -name '*.go' -not -path '*/node_modules/*' -not -path '*/cdk.out/*')); \
	  [[ -z $$unformatted ]] || { printf 'not formatted, make fmt does it:\n%s\n' "$$unformatted" >&2; exit 1; }
	go test ./test/layout -run '^TestLinesAreNarrow$$'
	go vet ./...
	go tool staticcheck ./...
	go vet -C examples/hello-go ./...
	node --check examples/hello-node/server.js
	@if command -v shellcheck >/dev/null; then set -x; shellcheck scripts/*.sh .ci/run; fi

audit: $(STAMP) ## known vulnerabilities of what is used, where their lists can be reached
	@scripts/audit.sh

# On a new machine, CDK apps that start at the same time fail over the lock of the cache
# that the jsii runtime then makes ("EEXIST"): one synthesis alone makes it.
jsii-cache: $(STAMP)
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; cdk synth --no-notices --quiet --output "$$out"

# Many tests start functions' programs at the same time, and compile for them what none of them finds: one does it before.
functions:
	@CGO_ENABLED=0 go list -trimpath -export -deps ./lambda/... >/dev/null

# The scenarios mostly wait: they begin first, while the other packages compute. No test is vetted: lint does it.
unit-test: $(STAMP) jsii-cache functions ## the tests that need no daemons
	go test -vet=off -timeout 30m $(TESTFLAGS) $$(go list ./test/rehearse/internal/scenarios; comm -23 <(go list ./... | sort) <(go list $(DAEMONS) | sort))

daemon-test: $(STAMP) ## the rehearsal's tests, which need root on Debian or Ubuntu
	scripts/setup.sh --tests
	go test -v -vet=off -p 1 -timeout 75m $(TESTFLAGS) $(DAEMONS)

# What is missing is said first and loudly; in CI nothing may be.
tools: ## say which optional tools of the tests are missing
	@if [[ -n $${CI:-} ]]; then scripts/setup.sh --tests; fi
	@missing=0; \
	check() { command -v "$$1" >/dev/null || { missing=1; printf 'NOT INSTALLED: %s: %s. To install it: %s\n' "$$1" "$$2" "$$3" >&2; }; }; \
	have_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; }; \
	have_chromium >/dev/null || check chromium 'nobody looks at the picture and at the page of a rehearsal' 'apt-get install chromium'; \
	check shellcheck 'the shell scripts and the buildspecs are not checked' 'apt-get install shellcheck'; \
	check cfn-lint 'the synthesized templates are not checked' 'pip install cfn-lint'; \
	check moto_server 'nobody tries make confirm' 'pip install "moto[server]"'; \
	check aws 'the rehearsal runs a stand-in for the AWS CLI' 'pip install awscli'; \
	[[ $$missing = 0 || -z $${CI:-} ]] || { echo 'CI needs all of them' >&2; exit 1; }

# npm ci only when the lock is another than last time, whatever the files' dates.
$(STAMP): package.json package-lock.json
	+@for tool in go npm; do \
	  command -v $$tool >/dev/null || { echo "$$tool is not installed: Archway needs Go (https://go.dev/dl) and Node.js with npm (https://nodejs.org)" >&2; exit 1; }; \
	done
	+@sum=$$(cat $^ | cksum); \
	if [[ $$(cat $@ 2>/dev/null) != "$$sum" ]]; then \
	  echo 'npm ci' >&2; npm ci --ignore-scripts --no-audit --no-fund >&2; \
	  [[ -x node_modules/.bin/node ]] || { echo "npm has installed no Node.js: package.json pins one for Linux and macOS, on x64 and arm64; is its package out of reach?" >&2; exit 1; }; \
	  echo "$$sum" >$@; \
	else touch $@; fi
