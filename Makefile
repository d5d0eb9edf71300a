# Two commands are enough on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test cover bench lint data clean

demo: $(VENV)/.run
	$(BIN)/lomsong demo --out maps

# What measures time, or waits a fixed one, runs alone; all else a file a core, one thread each.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not alone" --numprocesses auto --dist loadfile --no-loadscope-reorder --durations 25
	$(BIN)/python -m pytest -m alone

cover: $(VENV)/.dev
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

bench: $(VENV)/.dev
	for program in benchmarks/*.py; do $(BIN)/python $$program || exit 1; done

lint: $(VENV)/.dev
	$(BIN)/ruff check coverage tests benchmarks docs
	$(BIN)/ruff format --check coverage tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports

data: $(VENV)/.run
	$(BIN)/lomsong simulate --out data

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.venv:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.venv pyproject.toml constraints.txt
	$(PIP) -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) -e '.[dev]'
	touch $@
