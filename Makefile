PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME := .demo

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint type cold-start clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup: $(VENV)/.installed  ## virtual environment with everything installed

demo: setup  ## reads samples/ into a memory of its own and asks three questions, the last one over two documents
	@TWIN="$(BIN)/twin --home $(DEMO_HOME)"; \
	trap '$$TWIN stop 2>/dev/null' EXIT; \
	ask() { printf '\n\n$$ twin ask "%s"\n' "$$1"; $$TWIN ask "$$1"; }; \
	printf '$$ twin add samples\n' && $$TWIN add samples && \
	ask 'How much rent do we pay a month now?' && \
	ask 'Who is the new caretaker at Almgatan 17?' && \
	ask 'Which number do I call at night when the heating fails, now that Brodins no longer does it?'

test: setup  ## the whole test command, under ten minutes on two cores
	$(BIN)/python -m pytest

lint: setup  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: setup  ## mypy, strict
	$(BIN)/mypy

cold-start: setup  ## times of the first second, against their budgets
	$(BIN)/python -m pytest tests/twin_app/test_cold_start.py -n 0 -s

clean:  ## removes what the targets above made
	rm -rf $(VENV) $(DEMO_HOME) .pytest_cache .mypy_cache .ruff_cache
