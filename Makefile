# Schoolshed. `make maps` builds everything and says what to open; `make test` proves it.
# STUDY=name puts another study of studies/ in force first.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
export PYTHONHASHSEED := 0
# compiled modules are kept: twenty stages start faster
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help maps test check bench bench-us notebooks studies dag lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# The environment: exactly the hashed lock; uv where it can be had, pip otherwise.
$(READY): requirements.lock requirements-uv.lock
	@echo "Building .venv from requirements.lock (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock; then \
	  $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock; \
	else \
	  echo "uv cannot be had here; using pip (a few minutes) ..."; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	fi
	@touch $@

maps: $(READY) ## run the study in force and say where to open the atlas
ifdef STUDY
	@$(BIN)/python -m pipeline use $(STUDY)
	@$(BIN)/python -m pipeline fetch
endif
	@$(BIN)/dvc repro
	@echo "Open $(CURDIR)/maps/index.html in a browser; it needs no network."

test: $(READY) ## run the tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup

check: $(READY) ## formatting, lint, types, walls, notebooks, prose
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/nbstripout --verify notebooks/*.ipynb
	@$(BIN)/codespell README.md ARCHITECTURE.md CHANGELOG.md docs pipeline studies tests notebooks
	@$(BIN)/python -m tests.guards.dvc_yaml --check

bench: $(READY) ## time every stage, and the kernels against their peers
	@$(BIN)/python -m benchmarks

bench-us: $(READY) ## build a fictional country of 8 million blocks and profile it
	@$(BIN)/python -m benchmarks country

notebooks: $(READY) ## open the notebooks on the study last run
	@$(BIN)/jupyter lab notebooks

studies: $(READY) ## run the five real studies in scratch copies and print their ledgers
	@$(BIN)/python -m pipeline studies

dag: $(READY) ## write dvc.yaml again from the stages
	@$(BIN)/python -m tests.guards.dvc_yaml

lock: ## resolve the newest packages into requirements.lock
	@rm -f requirements.lock requirements-uv.lock
	@$(BIN)/uv pip compile pyproject.toml --group test --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet -o requirements.lock
	@printf 'uv\n' | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet -o requirements-uv.lock

clean: ## remove what can be made again
	@rm -rf data/processed/*.parquet data/processed/*.json maps/*.html build .pytest_cache .mypy_cache .ruff_cache
