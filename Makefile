# Everything that a developer or an operator of one machine does. `make help` lists it.
# Needs GNU make 3.81 or newer and Python 3.11 to 3.14; variables given to make reach the services as environment.

PORT ?= 8000
DATA ?= .data
HOST ?= 127.0.0.1
ADDRESSED = PORT='$(PORT)' DATA='$(DATA)' HOST='$(HOST)'

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run demo admin test fuzz peers lint protos lock bench clean

help: ## list the targets
	@echo 'Usage: make TARGET [PORT=8000] [DATA=.data] [HOST=127.0.0.1] [any setting of the services]'
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name text; do \
	  printf '  %-7s %s\n' "$$name" "$$text"; done

setup: $(READY) ## make the Python environment (.venv); the other targets do so when it is needed

$(READY): requirements.lock deploy/python/setup.sh
	@sh deploy/python/setup.sh $(VENV)

run: $(READY) ## start everything on http://HOST:PORT, with its data in DATA; Ctrl-C stops it
	@$(ADDRESSED) exec $(PYTHON) -m deploy.local run --stop-with-parent

demo: $(READY) ## play one whole interview against the running instance
	@$(ADDRESSED) exec $(PYTHON) -m deploy.demo

admin: $(READY) ## make EMAIL an admin account of the running instance: make admin EMAIL=you@example.com
	@if [ -z "$$EMAIL" ]; then echo 'Say whose account: make admin EMAIL=you@example.com' >&2; exit 2; fi
	@$(ADDRESSED) exec $(PYTHON) -m deploy.local create-admin "$$EMAIL"

test: $(READY) ## run the tests; ARGS goes to pytest
	@$(PYTHON) -m pytest -n 3 --dist worksteal $(ARGS)

fuzz: $(READY) ## send what fits and what does not fit each contract's OpenAPI document; FUZZ_EXAMPLES=40 a case
	@$(PYTHON) -m pytest -n 2 --dist worksteal tests/contracts/fuzzing.py $(ARGS)

peers: $(READY) ## install what some tests need and skip without: other people's servers and checkers, by npm
	@mkdir -p $(VENV)/peers/aimock && cp tests/fakes/aimock/package*.json $(VENV)/peers/aimock/
	npm ci --prefix $(VENV)/peers/aimock --ignore-scripts --no-audit --no-fund
	@mkdir -p $(VENV)/peers/asyncapi && cp tests/contracts/asyncapi_parser/package*.json $(VENV)/peers/asyncapi/
	npm ci --prefix $(VENV)/peers/asyncapi --ignore-scripts --no-audit --no-fund

lint: $(READY) ## check style, types and import rules
	@failed=; \
	for check in '$(PYTHON) -m ruff check .' '$(PYTHON) -m ruff format --check .' '$(PYTHON) -m mypy' \
	  '$(VENV)/bin/lint-imports'; do \
	  echo "$$check"; $$check || failed="$$failed\n  $$check"; \
	done; \
	if [ -n "$$failed" ]; then printf "Failed:$$failed\n" >&2; exit 1; fi

protos: $(READY) ## generate the Python modules from protos/
	PATH="$(VENV)/bin:$$PATH" $(PYTHON) -m grpc_tools.protoc -I . --python_out=. --grpc_python_out=. --mypy_out=. --mypy_grpc_out=. \
	  protos/interview_engine/v1/*.proto

lock: $(READY) ## resolve pyproject.toml into requirements.lock
	$(UV) pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes --no-header \
	  --no-annotate --excludes deploy/python/excluded.txt -o requirements.lock

bench: $(READY) ## measure the services against a floor of the same physical work
	@exec $(PYTHON) -m tests.bench $(ARGS)

clean: ## remove the environment and all caches; DATA stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
