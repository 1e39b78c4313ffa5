# make drill    sets up, then runs the seed drills on the embedded default
# make test     sets up, then runs every check and test
# make help     says what else there is

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
OUT ?= build/drills

.DEFAULT_GOAL := help
.PHONY: help setup system drill test long lint unit integration coverage bench matrix clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## Make .venv, and the tools that drills need

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON) is older than 3.11: say make PYTHON=python3.12 ..." >&2; exit 2; }
	@echo "setting up $(VENV), a minute or two the first time ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/sitedrill tools
	@touch $@

drill: setup ## Run the seed drills: two incidents, two ways in, four methods, and a hotfix
	@$(BIN)/sitedrill run features -m seed -n $(WORKERS) --out $(OUT)

system: ## Install the Debian packages that tests use, as root; say which are missing, elsewhere
	@.ci/system-packages

lint: setup ## Check style, types and floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: setup ## Run the fast tests
	$(BIN)/pytest -m unit -n $(WORKERS)

integration: setup system ## Run the tests with real act, git, AWS CLI and emulators
	$(BIN)/pytest -m "not unit" -n $(WORKERS)

test: system lint ## Run every check and test, and the promises; `make long` has a few that only repeat
	$(BIN)/pytest tests -m "not long and (unit or integration)" -n $(WORKERS) --dist worksteal $(COVER)
	$(BIN)/pytest features -m "not long and promises" -n $(WORKERS) --dist worksteal --sitedrill-out build/promises

# Apart from `test`: following every line takes the fast tests two thirds longer, and no number is asked for.
coverage: ## As test, and say which lines no test has run
	rm -f .coverage .coverage.*
	$(MAKE) test COVER="--cov --cov-report=term:skip-covered --cov-report=xml:build/coverage.xml"

long: setup system ## Run the tests that only repeat: twenty drills in a row, every moment to interrupt
	$(BIN)/pytest tests features -m long -n $(WORKERS) --sitedrill-out build/promises

bench: setup ## Measure; the numbers go into benchmarks/README.md by hand
	$(BIN)/python benchmarks/run.py

matrix: setup ## Run the seed drills with every cloud and every runner, and compare (long)
	$(BIN)/python benchmarks/matrix.py -m seed -n $(WORKERS)

clean: ## Remove what was made here
	rm -rf build $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.*
