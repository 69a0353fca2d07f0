# Two commands do everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
PEOPLE ?= 15000
BIN := .venv/bin
# npm comes from a Python wheel; its scripts look for node on the PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tools that read the settings need addresses, not servers.
NO_SERVERS := DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test lint bench screenshots install browser messages catalogues lock

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: install ## Run the whole console with its sandbox on http://127.0.0.1:$(PORT); Ctrl-C stops it
	@exec $(BIN)/python manage.py demo --port $(PORT)

demo-reset: ## Forget what the demo has stored; the next `make demo` starts before step 1
	@test ! -x $(BIN)/python || $(BIN)/python -m msi_admin.embedded var/embedded --remove
	rm -rf var

test: install browser ## Run every test, browser tests included; PYTEST_ARGS= narrows it
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

lint: install browser ## Check style, imports, types, templates and translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo
	$(NO_SERVERS) $(BIN)/mypy .
	$(BIN)/djlint --lint --quiet templates sandbox/templates
	$(NO_SERVERS) $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m msi_admin.catalogues check

bench: install ## Measure a sync of PEOPLE people and print `name: value` lines
	$(BIN)/python -m tests.load.bench --people $(PEOPLE)
	$(BIN)/python -m tests.load.bench_sandbox --people $(PEOPLE)

screenshots: install browser ## Write docs/images/
	$(BIN)/python -m tests.browser.screenshots

install: .venv/installed node_modules/.package-lock.json messages

.venv/installed: requirements/dev.txt
	@test -d .venv || $(PYTHON) -m venv .venv || { echo "Python 3.11 or newer with its venv module is needed (Debian: apt-get install python3-venv)."; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

node_modules/.package-lock.json: package-lock.json .venv/installed
	npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

browser: .venv/installed
	@$(BIN)/python -m tests.browser.install

messages: $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

%.mo: %.po .venv/installed
	@$(BIN)/python -m msi_admin.catalogues compile

catalogues: install browser ## Collect the texts of code and templates into locale/
	$(BIN)/python -m msi_admin.catalogues collect

lock: .venv/installed ## Compile requirements/*.txt from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra local --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -c requirements/dev.txt -o requirements/base.txt
