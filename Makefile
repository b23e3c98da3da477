# One command each. Everything sets itself up; Python 3.11+ and a network are all a new machine needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
DEV_STAMP := $(VENV)/.stamp-dev

.PHONY: run test check bench bench-full lock clean

run: $(STAMP)
	@exec $(BIN)/yiping run

test: $(DEV_STAMP)
	@bash deploy/test-packages.sh
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest

check: $(DEV_STAMP)
	@bash deploy/check.sh

bench: $(DEV_STAMP)
	@$(BIN)/python -m bench.run

bench-full: $(DEV_STAMP)
	@$(BIN)/python -m bench.run --full

lock: $(DEV_STAMP)
	@bash deploy/lock.sh

$(STAMP): requirements.lock pyproject.toml
	@bash deploy/setup.sh run
	@touch $@

$(DEV_STAMP): requirements-dev.lock pyproject.toml
	@bash deploy/setup.sh dev
	@touch $@ $(STAMP)

clean:
	rm -rf $(VENV) build *.egg-info
