# Fumibako: every command a contributor needs. `make help` lists them from the comments behind each target.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := $(CURDIR):$(CURDIR)/client
export PYTHONDONTWRITEBYTECODE ?= 1
JOBS ?= 2
# Of all kinds together: 20 of each in an ordinary run.
FAULT_ROUNDS ?= 140
ROUNDS ?= 1000

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

.venv-checkov/.ready: requirements/checkov.lock
	@test -x .venv-checkov/bin/python || $(PYTHON) -m venv .venv-checkov || { echo "make: no venv: apt-get install python3-venv"; exit 1; }
	@echo "installing what requirements/checkov.lock lists ..."
	@.venv-checkov/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/checkov.lock
	@touch $@

.PHONY: checkov
checkov: .venv-checkov/.ready ## The second checker of the templates of deploy/, in an environment of its own

.venv-box/.ready: requirements/box.lock
	@test -x .venv-box/bin/python || $(PYTHON) -m venv .venv-box || { echo "make: no venv: apt-get install python3-venv"; exit 1; }
	@echo "installing what requirements/box.lock lists ..."
	@.venv-box/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/box.lock
	@touch $@

.PHONY: box-venv
box-venv: .venv-box/.ready ## The emulator of AWS, in an environment of its own

requirements/cdk/node_modules/.ready: requirements/cdk/package-lock.json
	@command -v npm >/dev/null || { echo "make: node and npm are missing: apt-get install nodejs npm"; exit 1; }
	@echo "installing what requirements/cdk/package-lock.json lists ..."
	@cd requirements/cdk && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: cdk
cdk: requirements/cdk/node_modules/.ready ## The command with which deploy/ brings stacks to AWS, locked

.PHONY: cloud
cloud: venv box-venv page ## The services' packages deployed into an emulator of AWS, and the story told over them (CLOUD="--size 64 --no-browser")
	@$(BIN)/python -m deploy box $(CLOUD)

.PHONY: demo
demo: venv demo-page ## The whole story with a real file, then stay up (FILE= SIZE= STORE= BREAK= ONCE=1)
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

web/node_modules/.ready: web/package-lock.json
	@command -v npm >/dev/null || { echo "make: node and npm are missing: apt-get install nodejs npm"; exit 1; }
	@echo "installing what web/package-lock.json lists ..."
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: web
web: web/node_modules/.ready page ## The page: its build, types, lint, unit tests
	@cd web && npm run --silent check

.PHONY: page
page: web/build/page/headers.json ## Build the page into web/build/page

PAGE_SOURCES := $(shell find web/src web/public web/tools chalicelib/catalogue/page web/*.html web/*.json web/*.config.* -type f 2>/dev/null)
web/build/page/headers.json: $(PAGE_SOURCES) | web/node_modules/.ready
	@echo "building the page ..."
	@cd web && npm run --silent build

# The demo works without its page, where there is no node.
.PHONY: demo-page
demo-page: ## Build the page for the demo, where node and npm are there
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory page; else echo "without a page: node and npm are missing"; fi

.PHONY: browser
browser: packages venv web/node_modules/.ready ## The page in real browsers; pictures in build/screenshots (ONLY="-k guest")
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests/browser $(ONLY)

.PHONY: sign-in-service
sign-in-service: tests/sign_in_service/node_modules/.ready ## The OpenID Connect provider that tests sign in at

tests/sign_in_service/node_modules/.ready: tests/sign_in_service/package-lock.json
	@cd tests/sign_in_service && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test
test: packages venv checkov box-venv cdk lint types imports web sign-in-service ## Everything: real servers, stories and fault rounds included
	@rm -rf build/verdicts; ended=0; \
	FAULT_ROUNDS=$(FAULT_ROUNDS) $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests --ignore tests/browser --verdict build/verdicts/rooms.json || ended=1; \
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests/browser --verdict build/verdicts/browser.json || ended=1; \
	exit $$ended

.PHONY: faults
faults: packages venv ## Fault rounds in numbers, and their page (ROUNDS=1000 FAULT_SEED=)
	@FAULT_ROUNDS=$(ROUNDS) FAULT_RESULTS=docs/operations/faults.json $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests/faults
	@$(BIN)/python -m tests.faults.results

.PHONY: badline
badline: packages venv ## 512 MiB up and down over the worst line, at its true speed: 25 minutes
	@BAD_LINE=true FAULT_RESULTS=docs/operations/faults.json $(BIN)/python -m pytest -q tests/faults/test_bad_line.py
	@$(BIN)/python -m tests.faults.results

.PHONY: performance
performance: packages venv ## Measure every figure beside its peers and write docs/performance.md: an hour, alone on the machine
	@set +o pipefail; $(BIN)/python -m bench all --json | $(BIN)/python -m bench.report --take

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
