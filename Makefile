# Every target sets up what it needs in .venv, once: stamps there make repeats instant.
# Versions and hashes come from requirements/; the locks agree, so one may be laid over another.

PYTHON ?= python3.11 python3.12 python3.13 python3
PRESET ?= docstrings
MODEL ?= saved_models/english
SPEC ?=
FILES ?=
FORMAT ?= onnx
ARGS ?=
WITH ?= base
BUDGET ?= 6m
DATA ?=
TEST ?=

WORKS = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

# What requirements/dev.txt holds: all extras but those for a GPU and for comparison.
EXTRAS := train notebooks jax files words docs dev

# Each is a command; what they share is not, and the table comes last.
BENCHMARKS := $(filter-out %/measure.py %/table.py,$(sort $(wildcard benchmarks/*.py)))

COMPARED = import tomllib; read = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	print(*read["optional-dependencies"]["bench"])

TESTS := -n 2 --dist loadfile --durations=25

VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m summarizer
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo train evaluate summarize export compare notebooks docs lint test test-all bench \
	lock wheels clean

help: ## print this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup: $(VENV)/.$(WITH) $(VENV)/.commands ## install the commands in .venv/bin (WITH=base, train or dev)

demo: $(VENV)/.base ## show headlines and key points of the English articles of data/
	@$(RUN) demo $(ARGS)

train: $(VENV)/.train ## train PRESET, by default on the installed packages' docstrings (ARGS="--budget 30m")
	@$(RUN) train --preset $(PRESET) $(ARGS)

evaluate: $(VENV)/.train ## ROUGE of MODEL on SPEC, beside seven baselines (SPEC=file.jsonl)
	$(if $(SPEC),,$(error say what to evaluate on: make evaluate SPEC=file.jsonl [MODEL=$(MODEL)]))
	@$(RUN) evaluate $(MODEL) $(SPEC) $(ARGS)

summarize: $(VENV)/.base ## summarize FILES with MODEL (FILES="a.txt b.txt")
	$(if $(FILES),,$(error say what to summarize: make summarize FILES="a.txt b.txt" [MODEL=$(MODEL)]))
	@$(RUN) summarize --model $(MODEL) $(ARGS) $(FILES)

export: $(VENV)/.train ## write MODEL as one file that runs without TensorFlow (FORMAT=onnx)
	@$(RUN) export $(MODEL) --format $(FORMAT) $(ARGS)

compare: $(VENV)/.train ## train all variants BUDGET each on DATA, measure and compare them (ARGS="--variants lstm,gru")
	@$(RUN) compare --family --budget $(BUDGET) $(if $(DATA),--data $(DATA)) $(if $(TEST),--test $(TEST)) $(ARGS)

notebooks: $(VENV)/.dev $(VENV)/.commands ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks $(ARGS)

docs: $(VENV)/.dev ## build the documentation in build/docs; a warning is an error
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -d build/doctrees docs build/docs
	@echo build/docs/index.html

lint: $(VENV)/.dev ## check style, types and the directions of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -q tests/test_structure.py

# One run of both workers through all tiers, so that none waits for the other at a tier's end. Code
# compiled without optimization computes the same, and is compiled faster.
test: $(VENV)/.dev ## run the tests but the slow ones, fast tiers first (ARGS="-k beam")
	@XLA_FLAGS="--xla_backend_optimization_level=0 $$XLA_FLAGS" $(BIN)/python -m pytest $(TESTS) \
		--no-loadscope-reorder -m "not slow" tests/test_structure.py tests/compat tests/unit tests/graph \
		tests/system/test_training.py tests/system/test_resume.py tests/system $(ARGS)

test-all: $(VENV)/.dev ## run every test
	@$(BIN)/python -m pytest $(TESTS) $(ARGS)

# All are run, whatever one of them does; what it could not measure, its rows say.
bench: $(VENV)/.bench ## measure every speed beside its target (DATA=train.jsonl TEST=test.jsonl ARGS=--quick)
	@failed=; for file in $(BENCHMARKS); do \
		echo "== $$file" >&2; data=; \
		if [ -n "$(DATA)" ] && grep -q '"--data"' $$file; then data=--data=$(DATA); fi; \
		if [ -n "$(TEST)" ] && grep -q '"--test"' $$file; then data=--test=$(TEST); fi; \
		PYTHONPATH=. $(BIN)/python $$file $${data:+"$$data"} $(ARGS) \
			|| failed="$$failed $$file"; \
	done; \
	$(BIN)/python benchmarks/table.py || exit 1; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

lock: $(VENV)/.dev ## rewrite requirements/ from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(LOCK) $(ARGS) pyproject.toml $(EXTRAS:%=--extra %) -o requirements/dev.txt
	@$(LOCK) -c requirements/dev.txt pyproject.toml --extra train -o requirements/train.txt
	@$(LOCK) -c requirements/dev.txt pyproject.toml -o requirements/base.txt
	@echo setuptools | $(LOCK) -c requirements/dev.txt - -o requirements/build.txt

wheels: $(VENV)/.dev ## build wheel and sdist, try them in an empty environment of each Python found
	@.ci/wheels $(BIN)/uv $(BIN)/python

clean: ## remove caches and builds; models, runs and .venv stay
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in $(PYTHON); do \
		if $$python -c '$(WORKS)' 2>/dev/null; then break; fi; python=; done; \
	if [ -z "$$python" ]; then \
		echo "no Python 3.11, 3.12 or 3.13 with its venv module (on Debian: python3-venv);" \
			"name one with make PYTHON=..." >&2; exit 1; fi; \
	echo "making $(VENV) with $$python" >&2; \
	$$python -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

# A few requirements come as source only; they are built with the locked setuptools.
$(VENV)/.build: requirements/build.txt | $(BIN)/python
	@$(INSTALL) --require-hashes -r $<
	@touch $@

$(VENV)/.base $(VENV)/.train $(VENV)/.dev: $(VENV)/.%: requirements/%.txt $(VENV)/.build
	@echo "installing $<, once" >&2
	@$(INSTALL) --no-build-isolation --require-hashes -r $<
	@touch $@

# Without PyTorch the benchmarks run, too, and say what they did not measure.
$(VENV)/.bench: pyproject.toml $(VENV)/.dev
	@echo "installing what is compared with, once" >&2
	@if $(INSTALL) $$($(BIN)/python -c '$(COMPARED)'); then touch $@; else \
		echo "PyTorch cannot be installed: its rows will say that it was not measured" >&2; fi

$(VENV)/.commands: pyproject.toml $(VENV)/.build
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@
