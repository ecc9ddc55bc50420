# From a clean clone, with Rust (rustup) and Node 20 or later:
#
#   make demo     a dashboard with a week of synthetic data on http://127.0.0.1:8080
#   make test     everything that CI checks
#   make dist     a wheel, a tarball and a Debian package in target/dist/packages, each installed and tried
#   make soak     the etl killed a hundred times, at other moments each time
#   make bench    figures for README.md: 20 million events, a release build; BENCH=large BEFORE=CLIO asks the questions of another build beside
#   make peers    comparisons with other engines and with SciPy (tests/peers); Spark's needs Java 17
#   make accuracy figures and curves for sketch/README.md, docs/asking.md and docs/verdicts.md: SKETCHES=400, WORLDS=200 of each kind, a release build
#   make fuzz     random bytes against the decoders of sketches, FUZZ_SECONDS=600 for each of four targets
#
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

DASHBOARD := web/dashboard
HTTP ?= 127.0.0.1:8080
DEMO_DATA ?= demo-data
FUZZ_SECONDS ?= 600
SKETCHES ?= 400
WORLDS ?= 200

# What the dashboard is built from, so that a second `make` builds nothing.
DASHBOARD_SOURCES := $(shell find $(DASHBOARD) -path '*/node_modules' -prune -o -path '*/dist' -prune \
	-o -path '*/e2e' -prune -o -type f -print 2>/dev/null)

.PHONY: help demo dashboard build dist test check-rust check-dashboard test-rust test-browser test-fuzz soak bench accuracy fuzz peers peers-speed peers-growth fmt clean

help:
	@sed -n '/^# From/,/^#$$/s/^# \{0,1\}//p' Makefile

$(DASHBOARD)/node_modules/.package-lock.json: $(DASHBOARD)/package.json $(DASHBOARD)/package-lock.json
	cd $(DASHBOARD) && npm ci --no-audit --no-fund
	@touch $@

$(DASHBOARD)/dist/index.html: $(DASHBOARD)/node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	cd $(DASHBOARD) && npm run build
	@touch $@

dashboard: $(DASHBOARD)/dist/index.html

build: dashboard
	cargo build --release --locked --package clio-cli

dist: dashboard
	web/cli/dist/build.sh
	web/cli/dist/try.sh

# In a profile of its own, which optimises in full what a run of the etl spends its time in, and nothing else.
demo: dashboard
	cargo build --profile demo --locked --package clio-cli
	target/demo/clio demo --data $(DEMO_DATA) --http $(HTTP) --open

# In the order in which a mistake shows soonest.
test: check-dashboard check-rust test-rust test-fuzz test-browser

check-dashboard: $(DASHBOARD)/node_modules/.package-lock.json dashboard
	cd $(DASHBOARD) && npm run check
	cd $(DASHBOARD) && npm run budget

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# The binary first: the system tests start it as a process of its own.
# The sample is fetched while the binary is built.
test-rust: dashboard
	tests/open_bandit.sh & cargo build --package clio-cli --locked; wait $$!
	cargo test --workspace --locked

# A look with coverage, a few seconds each; `test-rust` runs the corpus.
test-fuzz:
	sketch/fuzz/run.sh 4

test-browser: $(DASHBOARD)/node_modules/.package-lock.json dashboard
	cargo build --package clio-cli --package clio-tests --bins --locked
	CHROMIUM_PATH="$$(tests/browser.sh)" target/debug/journeys

soak: dashboard
	cargo build --package clio-cli --locked
	CLIO_TEST_KILLS=$${CLIO_TEST_KILLS:-100} CLIO_TEST_SEED=$${CLIO_TEST_SEED:-$$RANDOM} \
		cargo test --workspace --locked --test system -- kill --nocapture

bench: build
	cargo run --release --locked --package clio-tests --bin bench -- $(BENCH) $(BEFORE)

# PEERS names comparisons: `make peers PEERS="cpp spark"`; all where it is empty.
peers: dashboard
	tests/python.sh tests/peers/requirements.txt target/peers
	cargo build --locked --package clio-cli
	cargo run --locked --package clio-sketch --example images -- target/peers/clio.jsonl
	PYTHONPATH=tests target/peers/bin/python -m peers $(PEERS)

# The same roll-up by other engines, and then the same questions; ENGINES and ASKED name some: clio first.
peers-speed: build
	tests/python.sh tests/peers/requirements.txt target/peers
	test -e target/bench/peers || PYTHONPATH=tests target/peers/bin/python -m peers.events target/bench/peers
	PYTHONPATH=tests target/peers/bin/python -m peers.speed target/bench/peers target/release/clio $(ENGINES)
	PYTHONPATH=tests target/peers/bin/python -m peers.queries target/bench/peers target/release/clio $(ASKED)

# Time and memory of larger and larger runs, and of a corrected day.
peers-growth: build
	tests/python.sh tests/peers/requirements.txt target/peers
	PYTHONPATH=tests target/peers/bin/python -m peers.growth target/bench/growth target/release/clio

accuracy: build
	cargo run --release --locked --package clio-sketch --example accuracy -- $(SKETCHES)
	cargo run --release --locked --package clio-tests --bin accuracy -- $(SKETCHES)
	CLIO_TEST_WORLDS=$(WORLDS) cargo test --release --locked --package clio-serving --lib -- tests::simulation --nocapture --test-threads=1

fuzz:
	sketch/fuzz/run.sh $(FUZZ_SECONDS)

fmt:
	cargo fmt --all

clean:
	cargo clean
	rm -rf sketch/fuzz/target sketch/fuzz/artifacts
	rm -rf $(DASHBOARD)/dist $(DASHBOARD)/node_modules $(DEMO_DATA)
