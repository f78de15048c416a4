# Everything a newcomer needs: `make run` and `make test`. No root, nothing outside this folder.
.DELETE_ON_ERROR:
.SUFFIXES:

PYTHON ?= python3
V := .venv
UV := $(V)/bin/python -m uv --quiet
PLUGINS := $(patsubst plugins/%/pyproject.toml,%,$(sort $(wildcard plugins/*/pyproject.toml)))
PARTS := . $(PLUGINS:%=./plugins/%) ./sandbox
PROJECTS := pyproject.toml $(PLUGINS:%=plugins/%/pyproject.toml) sandbox/pyproject.toml

# Our own are never asked for on an index, where a stranger may have taken the name.
OURS := tombola tombola-sandbox $(addprefix tombola-,$(subst _,-,$(PLUGINS)))
LOCK = $(UV) pip compile --universal --generate-hashes --no-header --no-annotate \
	--python-version 3.11 $(OURS:%=--no-emit-package %) --upgrade --output-file

# What fails beside others gets one more try alone; a fault fails again, and the first list stays.
AGAIN = { test $$? -eq 1 && echo 'Once more, alone:' && \
	$(V)/bin/pytest --last-failed --last-failed-no-failures none; }

.PHONY: help run test quick lint fmt bench browser assets lock clean

help:
	@echo 'make run      start Tombola with its demo (TOMBOLA_PORT=n moves it)'
	@echo 'make test     everything: both databases, real workers, a real browser'
	@echo 'make quick    the tests of a minute'
	@echo 'make lint     ruff, mypy, import-linter'
	@echo 'make fmt      format the code'
	@echo 'make bench    measure, as ratios side by side'
	@echo 'make browser  get a Chromium for the tests where there is none'
	@echo 'make assets   build the scripts that sites and entrants load; needs npm'
	@echo 'make lock     pin the newest allowed packages'
	@echo 'make clean    remove what is installed and built; data in var/ stays'

run: $(V)/.run
	@exec $(V)/bin/tombola run --also sandbox='tombola sandbox serve' --seed sandbox/demo.json

test: lint browser
	@$(V)/bin/pytest -n 3 --dist worksteal || $(AGAIN)

quick: $(V)/.test
	$(V)/bin/pytest -n 3 --dist worksteal -m 'not (slow or postgresql or valkey or browser)'

lint: $(V)/.test
	$(V)/bin/ruff check .
	$(V)/bin/ruff format --check .
	@for part in 'conftest.py core tests bench' sandbox $(PLUGINS:%=plugins/%); do \
	$(V)/bin/mypy $$part || exit; done
	$(V)/bin/lint-imports

bench: $(V)/.test
	@for each in ledger tracking webhook poll draw; do $(V)/bin/python -m bench.$$each || exit; done

fmt: $(V)/.test
	$(V)/bin/ruff check --fix .
	$(V)/bin/ruff format .

browser: $(V)/.test
	@$(V)/bin/python -m tombola.testing.browser

assets:
	@sh core/tombola/widget/static_src/build.sh
	@sh core/tombola/draws/static_src/build.sh

lock: $(V)/.uv
	$(LOCK) requirements/run.txt $(PROJECTS) --extra embedded --group build
	$(LOCK) requirements/test.txt $(PROJECTS) --extra embedded --group build --group test \
		--constraint requirements/run.txt
	echo uv | $(LOCK) requirements/uv.txt -

clean:
	rm -rf $(V) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(V)/.uv: requirements/uv.txt
	@requirements/venv.sh $(PYTHON) $(V)
	@touch $@

$(V)/.run: $(V)/.uv requirements/run.txt $(PROJECTS)
	@echo 'Installing Tombola into $(V)'
	@$(UV) pip install --require-hashes -r requirements/run.txt
	@$(UV) pip install --no-deps --no-build-isolation $(addprefix -e ,$(PARTS))
	@touch $@

$(V)/.test: $(V)/.run requirements/test.txt
	@echo 'Installing the tools of the tests'
	@$(UV) pip install --require-hashes -r requirements/test.txt
	@touch $@
