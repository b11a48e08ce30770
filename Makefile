# make demo    everything to look around, on localhost
# make test    what the continuous integration runs
# make bench   how fast it is, beside what else does the same work (bench/README.md)
SHELL := /bin/bash
# Empty: what Python compiles is kept, even where the machine says not to. Each of our processes starts in half the time.
export PYTHONDONTWRITEBYTECODE :=
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := .venv/bin

.PHONY: demo test test-sqlite test-postgresql test-all bench check lock clean

# uv comes from the package index through pip, where the machine has none.
.tools/bin/uv:
	python3 -m venv .tools || python3 -m pip install --quiet --target .tools uv
	test -x .tools/bin/uv || .tools/bin/python -m pip install --quiet uv

.venv/.ready: uv.lock pyproject.toml $(filter .tools/bin/uv,$(UV))
	$(UV) sync --frozen --quiet
	touch $@

# The demonstration: a database of its own, invented people, the server and its worker on localhost.
# `titulaire.env` makes it the default of the `titulaire` command here; delete the file to leave the demo.
demo: .venv/.ready
	test -e titulaire.env || printf 'TITULAIRE_DEMO=1\nTITULAIRE_DATA_DIR=var/demo\n' > titulaire.env
	$(RUN)/titulaire demo

check: .venv/.ready
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-cache

# On both databases: SQLite with the browser, then PostgreSQL (a throw-away server), but for what says the same on either.
test: check test-sqlite test-postgresql

# One worker more than there are cores: some wait for a browser, or for processes that race.
WORKERS := $(shell echo $$(( $$(nproc) + 1 )))

test-sqlite: .venv/.ready
	$(RUN)/pytest -n $(WORKERS) -m "not slow"

test-postgresql: .venv/.ready
	tools/throwaway_postgresql.sh $(RUN)/pytest -n $(WORKERS) -m "not slow and not browser and not once"

# Spark too, where there is Java 17; its tests say why when they are skipped.
test-all: check
	$(UV) sync --frozen --quiet --extra spark
	$(RUN)/pytest
	tools/throwaway_postgresql.sh $(RUN)/pytest -m "not browser"

bench: .venv/.ready
	$(UV) sync --frozen --quiet --group bench
	$(RUN)/python bench/order_import.py
	$(RUN)/python bench/issuing.py
	tools/throwaway_postgresql.sh $(RUN)/python bench/issuing.py
	$(RUN)/python bench/printing.py --booklets 10 --rounds 2
	$(RUN)/python bench/facts_import.py

# The lock names the public index and nothing else, whatever the machine's own settings.
lock:
	env -u UV_DEFAULT_INDEX -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL $(UV) lock --default-index https://pypi.org/simple

clean:
	rm -rf .venv .tools var
