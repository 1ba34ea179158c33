# Holdfast. `make` alone prints what each target does.
PYTHON  ?= python3
NPM     ?= npm
PROFILE ?= profiles/cambridgeshire.toml
PORT    ?= 8000
VENV    := .venv
ASSETS  := frontend/dist/.built
BIN     := $(VENV)/bin
BROWSER := $(VENV)/.browser
PANGO   := $(VENV)/.pango
PIP     := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help up assets test check format bench find lock docs clean

help: ## Print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

up: $(VENV)/.installed $(ASSETS) ## Install, then run the whole service [PROFILE=profiles/rehearsal.toml] [PORT=8000] [SIMULATE=1]
	@exec $(BIN)/holdfast up --profile $(PROFILE) --port $(PORT)$(if $(SIMULATE), --simulate)

assets: $(ASSETS) ## Build the styles and scripts of the pages (Node 20 or newer)

test: $(VENV)/.installed-dev $(ASSETS) $(BROWSER) ## Run the whole test suite on real Temporal and real Postgres
	@$(BIN)/python -m pytest --numprocesses 3 --dist loadfile $(ARGS)

check: $(VENV)/.installed-dev ## Format, lint, types, floors, docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python docs/generate.py --check

format: $(VENV)/.installed-dev ## Put the code into its one shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(VENV)/.installed-bench $(ASSETS) $(BROWSER) $(PANGO) ## Measure Holdfast beside its peers, in one run [ONLY=intake]
	@$(BIN)/python -m bench $(ONLY)

find: ## Show one feature in every room: make find FEATURE=contact
	@test -n "$(FEATURE)" || { echo "name the feature: make find FEATURE=contact" >&2; exit 2; }
	@git ls-files --cached --others --exclude-standard | grep -E '(^|/)(test_)?$(FEATURE)(\.|/|_page|_test)' || { echo "no room holds $(FEATURE)" >&2; exit 1; }

docs: $(VENV)/.installed-dev ## Make the reference pages again from the code
	@$(BIN)/python docs/generate.py

lock: $(VENV)/.installed-dev ## Lock the requirements again, with hashes and without addresses
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --group build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --group dev pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --group pyproject.toml:bench --constraint requirements-dev.lock -o requirements-bench.lock

clean: ## Remove what was installed and built; never the data directory
	@rm -rf $(VENV) frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Holdfast needs Python 3.11 or newer; name it with PYTHON=…" >&2; exit 1; }
	@echo "Installing into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: requirements-bench.lock $(VENV)/.installed-dev
	@$(PIP) install --require-hashes --requirement requirements-bench.lock
	@touch $@

$(ASSETS): frontend/package.json frontend/package-lock.json frontend/.npmrc $(wildcard frontend/styles/* frontend/scripts/* frontend/images/*)
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "Holdfast needs Node 20 or newer to build its pages" >&2; exit 1; }
	@echo "Building the styles and scripts of the pages …"
	@cd frontend && $(NPM) ci --silent && $(NPM) run --silent build
	@touch $@

# A Chromium for the tests of the pages: the one that is there, else Debian's.
$(BROWSER): | $(VENV)/bin/python
	@command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || echo "No Chromium was found or could be installed: the tests of the pages say so" >&2
	@touch $@

# What WeasyPrint sets its letters with, for `make bench`: the one that is there, else Debian's.
$(PANGO): | $(VENV)/bin/python
	@ldconfig -p | grep -q libpangoft2 && ldconfig -p | grep -q libharfbuzz-subset || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0 >/dev/null; } || echo "No Pango was found or could be installed: the measurement of letters says so" >&2
	@touch $@
