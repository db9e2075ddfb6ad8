# The few words of this repository. Each makes its virtual environment, installs what it needs, and goes.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venv-clients
NODE_CLIENTS := .node-clients

.PHONY: run test check bench clean

run: $(VENV)/.run  ## the server with real data, on PORT (8080), keeping everything in OFFERD_DATA (data/demo)
	@$(BIN)/offerd serve --demo --data "$${OFFERD_DATA:-data/demo}" --port "$${PORT:-$${OFFERD_PORT:-8080}}"

test: $(VENV)/.dev $(CLIENTS)/.made $(NODE_CLIENTS)/.made  ## all tests, with the lines that they cover
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist worksteal --cov --cov-report=term-missing:skip-covered

check: $(VENV)/.dev  ## style, types, the direction of imports, repeated code
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pylint src/offerd

bench: $(VENV)/.dev  ## what it costs, into docs/benchmarks.md
	$(BIN)/python bench/run.py

clean:  ## everything that was built; never data
	rm -rf $(VENV) $(CLIENTS) $(NODE_CLIENTS) build dist htmlcov mutants .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is older than pyproject.toml when what is installed may not be what it names.
$(VENV)/.run: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; name it with make PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing offerd into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[parquet]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing the tools of its developers ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Clients of other systems need much that the server does not; they never share an environment with it.
$(CLIENTS)/.made: tests/clients/requirements.txt | $(VENV)/.run
	@test -x $(CLIENTS)/bin/python || $(PYTHON) -m venv $(CLIENTS)
	@echo "Installing clients of other systems into $(CLIENTS) ..."
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Those that pages use; where there is no npm, their tests are skipped.
$(NODE_CLIENTS)/.made: tests/clients/package.json
	@mkdir -p $(NODE_CLIENTS) && cp $< $(NODE_CLIENTS)/
	@if command -v npm > /dev/null; then \
		echo "Installing clients that pages use into $(NODE_CLIENTS) ..." && \
		npm install --prefix $(NODE_CLIENTS) --no-audit --no-fund --loglevel=error; \
	else echo "There is no npm: clients that pages use are not tested"; fi
	@touch $@
