# One command each. Everything sets itself up: a new machine needs Python 3.11–3.13, a network and, for tests, apt-get.
# Another Python: make PYTHON=/path/to/python3.12 run
SHELL := /bin/bash
export PYTHON
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
DEV_STAMP := $(VENV)/.stamp-dev

.PHONY: run test check bench bench-alarms bench-full screenshots lock revision clean

run: $(STAMP)
	@exec $(BIN)/yiping run

# Three workers on two cores where tests wait for databases, brokers and clocks; two where Chromium draws.
test:
	@bash deploy/test-packages.sh
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not browser" && ended=0 || ended=1; \
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m browser && exit $$ended

check: $(DEV_STAMP)
	@bash deploy/check.sh

bench: $(DEV_STAMP)
	@$(BIN)/python -m bench.run

bench-alarms: $(DEV_STAMP)
	@bash deploy/bench-packages.sh
	@$(BIN)/python -m bench.run --only alarms storm desk

bench-full: $(DEV_STAMP)
	@bash deploy/bench-packages.sh
	@$(BIN)/python -m bench.run --full

screenshots: $(DEV_STAMP)
	@PYTHONPATH=. $(BIN)/python deploy/screenshots.py

lock: $(DEV_STAMP)
	@bash deploy/lock.sh

revision: $(DEV_STAMP)
	@PYTHONPATH=. $(BIN)/python deploy/revise.py "$(m)"

$(STAMP): requirements.lock pyproject.toml
	@bash deploy/setup.sh run
	@touch $@

$(DEV_STAMP): requirements-dev.lock pyproject.toml
	@bash deploy/setup.sh dev
	@touch $@ $(STAMP)

clean:
	rm -rf $(VENV) build *.egg-info
