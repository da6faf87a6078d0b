# Every target sets up what it needs, also on a fresh machine. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE ?= 1

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/ready: requirements/dev.txt pyproject.toml
	python3 -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check -r requirements/dev.txt
	$(PY) -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

setup: .venv/ready  ## the Python environment in .venv

requirements: .venv/ready  ## compile requirements/*.txt anew (hashed, no addresses)
	$(PY) -m pip install -q uv
	for extra in cli:runtime operator:operator dev:dev; do \
	  $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	    pyproject.toml --extra $${extra%%:*} -o requirements/$${extra##*:}.txt; \
	done

.PHONY: help setup requirements
