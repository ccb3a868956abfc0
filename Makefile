# Two commands on a fresh machine with Python 3.11 and make: `make run` and `make test`.
PYTHON ?= python3
BIN = .venv/bin
PIP_INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: install run test check offline bench clean

# what the program needs to run, and then what its tests need as well
.venv/core: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP_INSTALL) torch
	$(PIP_INSTALL) --editable .
	touch $@

.venv/installed: .venv/core
	$(PIP_INSTALL) --editable '.[dev]'
	touch $@

install: .venv/installed

run: .venv/core
	$(BIN)/rag serve

# The tests start hundreds of processes: what they import is compiled once, whatever is set outside.
# Files go in their order, browsers first: the last ones are small, and both workers end together.
test: install
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# A folder in dist/ that installs without a network. See docs/offline.md.
offline:
	PYTHON=$(PYTHON) sh deploy/offline/build.sh $(PLATFORM)

bench: install
	$(BIN)/python bench/speed.py

clean:
	rm -rf .venv bench/out index
