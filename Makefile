# Everything a newcomer needs is one target away: `make` alone lists them.

PYTHON ?= python3
SERVE ?= 1
ARGS ?=

BIN := .venv/bin
ALL_EXTRAS := test,sim,oracles,dev

# LightGBM's threads spin while they wait; on a busy machine that costs seven times the training time.
export OMP_WAIT_POLICY = passive
# Some containers forbid Python to keep what it has compiled: each process would compile thousands of files again,
# which is most of the time that it takes to start.
unexport PYTHONDONTWRITEBYTECODE
export BENTOML_DO_NOT_TRACK = true
export MLFLOW_DISABLE_TELEMETRY = true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION = false
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Trust the certificates of this machine, as pip does, and not only those that uv brings along.
export UV_SYSTEM_CERTS = true

# uv installs in seconds what takes pip minutes, but it does not read pip's configuration:
# where only pip knows the way to the packages, pip does the work.
define install
	@$(BIN)/python -m pip install --quiet 'uv>=0.8' \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '$(1)' \
	  || { echo 'uv could not install the packages; pip takes over, which takes a few minutes.'; \
	       $(BIN)/python -m pip install --quiet -c constraints.txt -e '$(1)'; }
	@touch $@
endef

.PHONY: help demo test check format pages constraints clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  (PYTHON=python3.12 chooses the interpreter, SERVE=0 lets the demo end by itself, ARGS=... goes to pytest)'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Chengyun runs on Python 3.11, 3.12 or 3.13, but $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	       'Name another one: make PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.base.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.)

.venv/.test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.[$(ALL_EXTRAS)])

demo: .venv/.base.stamp ## a small city from history to plans; SERVE=1 then answers on loopback
	$(BIN)/city demo $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: .venv/.test.stamp ## all tests
	$(BIN)/pytest -n 2 --dist loadfile --durations=15 $(ARGS)

check: .venv/.test.stamp ## lint, format, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.test.stamp ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pages: ## build the pages for people anew (needs Node 20 or newer; they are shipped built)
	cd serving/web && npm ci --silent && npm run --silent check && npm run --silent test && npm run --silent build

constraints: | $(BIN)/python ## choose the versions of all packages anew
	@$(BIN)/python -m pip install --quiet 'uv>=0.8'
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --all-extras --strip-extras \
	  --no-header --no-emit-index-url --no-emit-find-links -o constraints.txt pyproject.toml

clean: ## remove the environment, caches and builds; history (var/) and experiments (mlruns/) stay
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'Kept: var/ (history and plans) and mlruns/ (experiments and models). Delete them by hand if you mean to.'
