# Two commands are enough on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test bench lint data clean

demo: $(VENV)/.run
	$(BIN)/lomsong demo --out maps

# What measures time or drives the browser runs alone; the rest of the long ones two at a time, a core each.
LONG := tests/cli tests/gap tests/siting tests/surface $(wildcard tests/test_*.py)

test: lint
	$(BIN)/coverage erase
	$(BIN)/coverage run -p -m pytest --ignore=tests/real $(LONG:%=--ignore=%)
	$(BIN)/coverage run -p -m pytest tests/real >.real.log 2>&1 & real=$$!; \
	$(BIN)/coverage run -p -m pytest $(LONG); status=$$?; \
	wait $$real || status=1; cat .real.log; exit $$status
	$(BIN)/coverage combine --quiet
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
