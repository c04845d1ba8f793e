# Every target does all the set-up it needs, in .venv, from the versions of constraints.txt.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
export DO_NOT_TRACK = true
export MLFLOW_DISABLE_TELEMETRY = true
export PREFECT_SERVER_ANALYTICS_ENABLED = false

.PHONY: setup demo test lint prefect-yaml trial-real trial-services calibrate chaos bench-regions bench-exact bench-convex \
	bench-training bench-theory bench-streaming bench-planted bench-overhead bench-scale

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	# A kernel's compiled form is kept beside its file and knows of changes in that file alone.
	find relu_core -name '*.nb[ci]' -delete
	touch $(STAMP)

demo: setup
	$(BIN)/depthcase demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 -m "not long and not services and not browser"
	$(BIN)/pytest -n 2 --dist loadfile -m "(services or browser) and not long"

prefect-yaml: setup
	$(BIN)/python -m flows.operations.prefect_yaml > deploy/prefect.yaml

# Longer trials and benchmarks, each a command of its own.
trial-real: setup
	$(BIN)/pytest -m long tests/end_to_end/test_real_data.py

# On real servers: forms, approvals and evaluations in a browser; new data; a full disk; a whole server installed.
trial-services: setup
	$(BIN)/pytest -m long tests/browser tests/services tests/end_to_end/test_charter_to_verdict.py \
		tests/end_to_end/test_disk_full_evaluation.py

# Fifty times kill -9 at a random moment; interrupted, it goes on where it was. About two hours on two idle cores.
chaos: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.chaos --rounds 50 --seed 0

CASES ?= ../shared/cases
PROTOTYPES ?= ../shared/prototypes

bench-regions: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_regions --cases $(CASES)/regions \
		$(if $(wildcard $(PROTOTYPES)/regions),--prototypes $(PROTOTYPES)/regions)

bench-exact bench-convex bench-training bench-theory bench-overhead: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.$(subst -,_,$@)

# SIZE in MiB; 10240 needs 20 GB in FOLDER for a while.
SIZE ?= 300
REPEATS ?= 3
FOLDER ?= /tmp

bench-streaming: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_streaming --size $(SIZE) --repeats $(REPEATS) --folder $(FOLDER)

bench-scale: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_scale

bench-planted: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.planted_learnability

calibrate: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.calibrate
