# Two commands do everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
PEOPLE ?= 15000
ACCOUNTS ?= 300
PEER := 'dlt[postgres]==1.31.0'
BIN := .venv/bin
# npm comes from a Python wheel; its scripts look for node on the PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Images of containers set it; each of the many processes here would then compile every module anew.
unexport PYTHONDONTWRITEBYTECODE
# Tools that read the settings need addresses, not servers.
NO_SERVERS := DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links
# uv installs many times faster than pip, but does not know pip's settings: where only those lead to packages, pip does it.
install_from = { $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>.venv/uv.log || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(1); } && touch $@

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test check lint bench bench-peer bench-tenants screenshots install install-dev browser gettext messages catalogues lock

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: install ## Run the whole console with its sandbox on http://127.0.0.1:$(PORT); Ctrl-C stops it
	@echo "Starting the databases, the sandbox, web, workers and beat (about 15 seconds) …"
	@exec $(BIN)/python manage.py demo --port $(PORT)

demo-reset: ## Forget what the demo has stored; the next `make demo` starts before step 1
	@test ! -x $(BIN)/python || $(BIN)/python -m devtools.embedded var/embedded --remove
	rm -rf var

test: install-dev browser ## Run every test, browser tests included; PYTEST_ARGS= narrows it
	@echo "Running the tests (all of them take 7 to 15 minutes on two cores) …"
	$(BIN)/python -m pytest -n 4 --dist worksteal $(PYTEST_ARGS)

check: lint ## Check style, and run the tests that need no server: under a minute
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not servers" $(PYTEST_ARGS)

lint: install-dev gettext ## Check style, imports, types, templates and translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo
	$(NO_SERVERS) $(BIN)/mypy .
	$(BIN)/djlint --lint --quiet templates sandbox/templates
	$(NO_SERVERS) $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m devtools.releases check
	$(BIN)/python -m devtools.catalogues check

bench: install-dev ## Measure a sync of PEOPLE people and print `name: value` lines
	$(BIN)/python -m tests.load.bench --people $(PEOPLE)
	$(BIN)/python -m tests.load.bench_sandbox --people $(PEOPLE)

bench-peer: install-dev var/peer/installed ## Measure dlt beside a sync of PEOPLE people, in the same run
	$(BIN)/python -m tests.load.bench_peer --people $(PEOPLE)

# Apart from everything else: nothing of the console needs it.
var/peer/installed:
	$(BIN)/uv venv --quiet var/peer
	$(BIN)/uv pip install --quiet --python var/peer/bin/python $(PEER)
	@touch $@

bench-tenants: install-dev ## Measure ACCOUNTS companies on one installation and print `name: value` lines
	$(BIN)/python -m tests.load.bench_tenants --accounts $(ACCOUNTS)

screenshots: install-dev browser ## Write the pictures of README and docs/tour/
	$(BIN)/python -m tests.browser.screenshots

# What the console runs on; the tools of developers come on top of it.
install: .venv/installed node_modules/.package-lock.json messages

install-dev: .venv/installed-dev node_modules/.package-lock.json messages

$(BIN)/uv: requirements/uv.txt
	@echo "Making .venv (about 10 seconds) …"
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo "Python 3.11 or newer with its venv module is needed (Debian: apt-get install python3-venv)."; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/installed: requirements/local.txt $(BIN)/uv
	@echo "Installing what the console runs on (about 10 seconds) …"
	@$(call install_from,requirements/local.txt)

.venv/installed-dev: requirements/dev.txt .venv/installed
	@echo "Installing the tools of developers (about 10 seconds) …"
	@$(call install_from,requirements/dev.txt)

node_modules/.package-lock.json: package-lock.json .venv/installed
	@echo "Installing styles, icons and scripts (about 5 seconds) …"
	@npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

browser: .venv/installed-dev
	@$(BIN)/python -m tests.browser.install chromium-headless-shell
	@$(BIN)/python -m tests.browser.install default-jre-headless

gettext: .venv/installed-dev
	@$(BIN)/python -m tests.browser.install gettext

messages: $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

%.mo: %.po .venv/installed
	@$(BIN)/python -m devtools.catalogues compile

catalogues: install-dev gettext ## Collect the texts of code and templates into locale/
	$(BIN)/python -m devtools.catalogues collect

lock: $(BIN)/uv ## Compile requirements/*.txt from the two pyproject.toml
	$(UV_COMPILE) --extra local --extra dev pyproject.toml sandbox/pyproject.toml -o requirements/dev.txt
	$(UV_COMPILE) --extra local pyproject.toml sandbox/pyproject.toml -c requirements/dev.txt -o requirements/local.txt
	$(UV_COMPILE) pyproject.toml -c requirements/dev.txt -o requirements/base.txt
	echo uv | $(UV_COMPILE) - -c requirements/dev.txt -o requirements/uv.txt
