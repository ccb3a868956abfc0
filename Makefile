# Two commands on a fresh machine with Python 3.11 and make: `make run` and `make test`.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: install run test check bench bench-peers clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

run: install
	$(BIN)/rag serve

# The tests start hundreds of processes: what they import is compiled once, whatever is set outside.
# Files go in their order, browsers first: the last ones are small, and both workers end together.
test: install
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: install
	$(BIN)/python bench/speed.py

# BEIR: a folder of BEIR folders. See bench/peers.md.
bench-peers: install bench/out/venv/installed
	$(BIN)/python bench/peers --peers bench/out/venv --beir $(BEIR) --work bench/out/peers

bench/out/venv/installed: bench/peers.txt
	$(PYTHON) -m venv bench/out/venv
	bench/out/venv/bin/pip install --quiet --disable-pip-version-check --requirement bench/peers.txt
	touch $@

clean:
	rm -rf .venv bench/out index
