# `make demo` and `make test` need Python 3.11, make and g++; they set up .venv themselves.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2

.PHONY: help setup examples demo test lit lint format docs conformance deep bench paper clean

help:
	@echo "make demo         compile and run every example on the simulated NPU"
	@echo "make test         run all tests"
	@echo "make lit          run tests/filecheck out of process, as lit does"
	@echo "make lint         ruff, pyright (strict) and the layering contracts"
	@echo "make docs         write the pages of passes and operators and the timeline in the README anew"
	@echo "make conformance  the suites of tests/conformance; counts in build/conformance.json"
	@echo "make deep         hypothesis with its deep profile; counts in build/deep.json"
	@echo "make bench        the benchmarks; figures in build/bench.json"
	@echo "make paper        the paper's shapes, timed; figures in build/paper.json"

setup: $(STAMP)

# Installed again only when pyproject.toml changes, so everything works offline afterwards.
$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# ffn.onnx has 9 MB of seeded random weights: it is made, not kept. What is there is left alone.
examples: $(STAMP)
	$(BIN)/python examples/make_models.py

demo: examples
	$(BIN)/akg demo

test: examples
	$(BIN)/python -m pytest -n $(JOBS) tests --ignore=tests/conformance

lit: $(STAMP)
	$(BIN)/lit -v tests/filecheck

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)
	$(BIN)/python docs/pass_pages.py
	$(BIN)/python -m docs.cpp_page
	$(BIN)/python docs/operator_page.py
	$(BIN)/akg run examples/matmul_bias_relu.mlir --timing-only --timeline docs/timeline.svg

conformance: $(STAMP) | build
	$(BIN)/python -m tests.conformance --jobs $(JOBS) --json build/conformance.json

deep: $(STAMP) | build
	$(BIN)/python -m pytest -n $(JOBS) --hypothesis-profile=deep tests/property \
		--counts build/deep.json

bench: $(STAMP) | build
	$(BIN)/python -m bench --json build/bench.json

paper: $(STAMP) | build
	$(BIN)/python -m bench.paper --json build/paper.json

build:
	mkdir -p $@

clean:
	rm -rf build $(VENV)
