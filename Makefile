# Every target does all the set-up it needs, in .venv, from the versions of constraints.txt.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
export DO_NOT_TRACK = true
export MLFLOW_DISABLE_TELEMETRY = true
export PREFECT_SERVER_ANALYTICS_ENABLED = false

.PHONY: setup demo test lint bench-regions bench-exact bench-training calibrate

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $(STAMP)

demo: setup
	$(BIN)/depthcase demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -m "not long"

bench-regions: setup
	$(BIN)/python -m tests.benchmarks.bench_regions

bench-exact: setup
	$(BIN)/python -m tests.benchmarks.bench_exact

bench-training: setup
	$(BIN)/python -m tests.benchmarks.bench_training

calibrate: setup
	$(BIN)/python -m tests.benchmarks.calibrate
