# Fumibako: every command a contributor needs. `make help` lists them from the comments behind each target.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := $(CURDIR):$(CURDIR)/client
export PYTHONDONTWRITEBYTECODE ?= 1
JOBS ?= 2
FAULT_ROUNDS ?= 20

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.ready: requirements/dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: python3 is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or later is needed"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "make: no venv: apt-get install python3-venv"; exit 1; }
	@echo "installing what requirements/dev.lock lists ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: venv
venv: $(VENV)/.ready ## Make the virtual environment with locked versions and hashes

.PHONY: demo
demo: venv ## The whole story with a real file, then stay up (FILE= SIZE= STORE= BREAK= ONCE=1)
	@$(BIN)/python -m demo

.PHONY: check
check: lint types imports quick ## What a contributor runs first: under a minute, no root

.PHONY: lint
lint: venv ## Style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: venv ## Types, strictly
	@$(BIN)/mypy

.PHONY: imports
imports: venv ## Who may import whom
	@$(BIN)/lint-imports --no-cache

.PHONY: quick
quick: venv ## Unit and contract tests on SQLite and moto
	@FUMIBAKO_ADAPTERS=local,moto $(BIN)/python -m pytest -q -n $(JOBS) -m "not slow and not root" tests/unit tests/architecture tests/contract

.PHONY: packages
packages: ## Install the Debian packages that the whole test suite needs (root)
	@tools/install_debian_packages.sh tests/debian-packages.txt

.PHONY: test
test: packages venv lint types imports ## Everything: real servers, stories and fault rounds included
	@FAULT_ROUNDS=$(FAULT_ROUNDS) $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests

.PHONY: faults
faults: packages venv ## Fault rounds in numbers (FAULT_ROUNDS=200)
	@FAULT_ROUNDS=$${FAULT_ROUNDS:-200} $(BIN)/python -m pytest -q -n $(JOBS) tests/faults

.PHONY: mutants
mutants: venv ## Mutation score of the domain and the format
	@$(BIN)/python -m tools.mutants

.PHONY: format
format: venv ## Rewrite the code in house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: docs
docs: venv ## Write the generated pages anew (settings, error codes, CLI)
	@$(BIN)/python -m tools.generate_docs

.PHONY: lock
lock: ## Write requirements/*.lock anew (versions and hashes, no addresses)
	@tools/lock.sh

.PHONY: clean
clean: ## Remove what the commands above made
	@rm -rf build dist .demo mutants .mypy_cache .ruff_cache .hypothesis *.egg-info client/*.egg-info
