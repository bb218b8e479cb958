# Everything runs in an environment of its own, .venv, made when it is first needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := $(shell find src -name '*.py' -o -name '*.po') $(shell find data -type f)

.DEFAULT_GOAL := help
.PHONY: help run test check fmt lint types bench data docs clean

help: ## what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.tools: pyproject.toml tools/hatch_build.py
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@touch $@

# The facts and the catalogues are compiled by the build, so a changed fact means a new (editable) install.
$(VENV)/.run: $(VENV)/.tools $(SOURCES)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(READY): $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

run: $(VENV)/.run ## run whoseport: make run ARGS=971
	@$(BIN)/whoseport $(ARGS)

test: $(READY) ## every test, in an environment of its own
	@tools/install-servers
	@$(BIN)/python -m pytest

check: fmt lint types ## what CI checks besides the tests

fmt: $(READY) ## is everything formatted? (make fmt FIX=1 formats)
	@$(BIN)/ruff format $(if $(FIX),,--check) .

lint: $(READY) ## ruff and the import contract
	@$(BIN)/ruff check $(if $(FIX),--fix) .
	@$(BIN)/lint-imports --no-logo

types: $(READY) ## mypy, strict, on sources and tests
	@$(BIN)/mypy

bench: $(READY) ## speed, as ratios in one run against the tools it names
	@$(BIN)/python -m bench $(ARGS)

data: $(READY) ## compile IANA's XML into data/registry: make data FROM=FILE
	@$(BIN)/python -m tools.compile_registry $(FROM)

docs: $(READY) ## write the manual page, the completions, the schemas and the message template anew
	@$(BIN)/python -m tools.write_docs
	@$(BIN)/python -m tools.messages

clean: ## remove what was made here
	rm -rf $(VENV) dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
