# Every target sets up what it needs on first use; afterwards that costs nothing.
PYTHON  ?= python3
WORKERS ?= 2
VENV    := .venv
READY   := $(VENV)/.ready
NODE    := tests/node_dispatcher
FUZZED  := $(addprefix tests/unit/embedded_inngest/test_,fuzzing.py odd_answers.py step_graphs.py event_api.py)
APART   := tests/containers tests/page $(NODE)
IMAGES   = $(if $(OFFLINE),export $$(grep '_IMAGE=' compose/offline/images.env);)

.DEFAULT_GOAL := help
.PHONY: help verify plan load test fuzz kill-rate test-node test-docker test-page check fix bench bench-suite lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

verify: $(READY) ## judge the platform: may it be deployed? (settings: see README; OFFLINE=1: images of offline-images)
	@$(IMAGES) $(VENV)/bin/pytest -m e2e -n $(WORKERS)

plan: $(READY) ## tell what verify would do to a running platform, and touch nothing (TARGET=...)
	@$(VENV)/bin/pytest -m e2e --plan -q

load: $(READY) ## publish many events and find what was lost (EVENTS=200 WEBHOOKS=5 RATE=50: docs/load.md)
	@$(IMAGES) $(VENV)/bin/python -m load

test: $(READY) ## test the suite itself: harness, embedded engine, reference dispatcher
	@$(VENV)/bin/pytest -m "not e2e" -n $(WORKERS) --dist loadgroup $(addprefix --ignore=,$(APART))

kill-rate: $(READY) ## prove that the suite can fail, and accuses nobody wrongly (FAULT=name,glob*: of some)
	@FAULT="$(FAULT)" $(VENV)/bin/python -m kill_rate

fuzz: $(READY) ## try on the embedded engine, for minutes, what nobody thought of: requests, answers, functions drawn by chance
	@$(VENV)/bin/pytest -p tests.unit.embedded_inngest.much_fuzzing -n $(WORKERS) $(FUZZED)

test-node: $(READY) $(NODE)/node_modules/.ready ## judge a dispatcher in JavaScript, whole and broken (needs npm; CASES=right: one of them)
	@$(VENV)/bin/pytest $(NODE) -n $(WORKERS) -k "$(CASES)"

test-docker: $(READY) ## test containers on a real Docker engine (OFFLINE=1: images of offline-images)
	@$(IMAGES) $(VENV)/bin/pytest tests/containers -k "$(CASES)"

test-page: $(READY) ## drive the page of the embedded engine in a browser (needs Chromium; CHROMIUM=path)
	@$(VENV)/bin/pytest tests/page -n $(WORKERS)

check: $(READY) ## judge the code: ruff, mypy, import-linter
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo

fix: $(READY) ## change the code: format, and mend what can be mended
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

bench: $(READY) ## measure the embedded engine's speed against its targets (INNGEST_BIN=...: beside that one)
	@$(VENV)/bin/python -m bench.engine

bench-suite: $(READY) ## measure the suite's speed
	@$(VENV)/bin/python -m bench.suite

lock: ## resolve the dependencies anew into requirements.lock (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group dev pyproject.toml --output-file requirements.lock

clean: ## remove what the targets made
	rm -rf $(VENV) $(NODE)/node_modules artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: up down ps logs restart-inngest clear-inngest offline-images

up: ## bring up the platform in containers, healthy (OFFLINE=1: no registry; DEBUG=1: all logs of Inngest)
	@compose/up

down: ## remove the containers; the data stays
	@compose/compose down --remove-orphans

ps: ## tell how the containers are
	@compose/compose ps

logs: ## show the last 100 log lines (SERVICE=inngest: of one; FOLLOW=1: and those to come)
	@compose/compose logs --tail=100 $(if $(FOLLOW),--follow) $(SERVICE)

restart-inngest: ## restart Inngest; its data stays if it is persistent
	@compose/compose restart inngest
	@compose/wait-healthy

clear-inngest: ## remove the data of Inngest, and bring the platform up again
	@compose/clear-inngest

offline-images: ## make the images where no registry can be reached (needs root and debootstrap)
	@compose/offline/build

$(NODE)/node_modules/.ready: $(NODE)/package-lock.json
	@echo "installing the locked packages into $(NODE), once"
	@cd $(NODE) && npm ci --loglevel=error --no-audit --no-fund
	@touch $@

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Expected: Python 3.11 or newer."; echo "Seen: $$($(PYTHON) --version 2>&1)."; \
	  echo "Next: install it, or name another one: make PYTHON=python3.12 ..."; exit 4; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Expected: '$(PYTHON) -m venv' to make a virtual environment."; echo "Seen: it failed, as above."; \
	  echo "Next: on Debian and Ubuntu, apt-get install python3-venv."; exit 4; }
	@echo "installing the locked dependencies into $(VENV), once"
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@
