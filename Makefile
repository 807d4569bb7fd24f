# Everything a checkout can do. A bare machine needs Python 3.11 or newer and make; .venv is made on the way.

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?=

BIN := $(VENV)/bin
UV := $(BIN)/uv --quiet pip install --python $(BIN)/python --constraint constraints.txt --build-constraint constraints.txt
NODE := clients/node
PINS := pyproject.toml constraints.txt

# What `make generate` runs, in this order; every script is run without arguments from the top of the checkout.
GENERATORS := protos/generate.py protos/compare.py $(sort $(wildcard tools/generate_*.py))

# Own sources have no compiled form until something runs them: without this every start compiles them again.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help demo test check lint node-client test-all nightly drift bench generate screenshots constraints clean

help:  ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime  ## The whole flow on example data, told step by step
	@$(BIN)/aistudio-mock demo

test: $(VENV)/.dev  ## The tests that need Python only and are quick
	$(BIN)/pytest -n auto --dist worksteal -m "not all" $(PYTEST_ARGS)

check: lint test  ## The whole gate: lint, then test

lint: $(VENV)/.dev  ## Format, ruff, types, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/mypy protos/generate.py protos/compare.py tools bench
	$(BIN)/lint-imports

node-client:  ## Build clients/node, where there is npm
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE)/dist/.built; else echo "no npm: no Node client"; fi

$(NODE)/dist/.built: $(wildcard $(NODE)/*.json $(NODE)/*.mjs $(NODE)/src/*.ts $(NODE)/test/*.ts $(NODE)/google/rpc/*.proto) \
		$(shell find protos/aistudio_protos/proto -name '*.proto')
	cd $(NODE) && npm ci --silent --no-audit --no-fund && npm run build --silent
	@touch $@

test-all: $(VENV)/.all node-client  ## The tests that take long, or need real programs (grpcurl, curl, Node, Chromium)
	$(BIN)/pytest -n auto --dist worksteal -m all $(PYTEST_ARGS)

nightly: $(VENV)/.dev  ## The long runs: any bytes as dataset files, half an hour of work with and without a state, 200 kills, older SDKs
	AISTUDIO_FUZZ_SECONDS=300 $(BIN)/pytest tests/property/formats/test_any_bytes_are_survived.py -k long $(PYTEST_ARGS)
	AISTUDIO_SOAK_SECONDS=1800 $(BIN)/pytest tests/wire/test_memory_stays_flat.py $(PYTEST_ARGS)
	AISTUDIO_KILLS=200 $(BIN)/pytest tests/wire/test_killed_at_any_moment.py $(PYTEST_ARGS)
	AISTUDIO_RELEASES=all $(BIN)/pytest tests/conformance/test_shipped_clients.py -k older $(PYTEST_ARGS)

drift: $(VENV)/.dev  ## What differs with the newest SDK, contract, grpcio and protobuf; told, and no gate
	@$(BIN)/python tools/drift.py

bench: $(VENV)/.dev  ## Measure against bare servers, interleaved, with the noise beside it
	$(BIN)/python -m bench --every

generate: $(VENV)/.dev  ## Write every generated file anew
	set -e; for script in $(GENERATORS); do $(BIN)/python $$script; done

screenshots: $(VENV)/.all  ## Take the pictures of docs/images anew, with Chromium
	AISTUDIO_SCREENSHOTS=docs/images $(BIN)/pytest -m all \
		tests/wire/test_tensorboard_shows_metrics.py tests/wire/test_watched_in_a_browser.py \
		tests/conformance/test_page_in_a_browser.py

constraints: $(VENV)/.dev  ## Pin the newest versions that fit pyproject.toml
	printf 'hatchling\nuv\n' | $(BIN)/uv --quiet pip compile --universal --python-version 3.11 --upgrade \
		--no-header --no-annotate --group dev --group all pyproject.toml - --output-file constraints.txt

clean:  ## Remove the environment and every cache
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is one more layer of the same environment.
$(VENV)/.runtime: $(VENV)/.uv $(PINS)
	$(UV) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(UV) --editable . --group dev
	@touch $@

$(VENV)/.all: $(VENV)/.dev
	$(UV) --editable . --group all
	@touch $@

$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " \
		+ sys.version.split()[0] + "; name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@touch $@
