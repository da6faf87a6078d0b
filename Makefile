# Every target sets up what it needs, also on a fresh machine. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PY := .venv/bin/python
KIND := $(PY) -m hack.kind
TIMED := hack/timed
# kubectl, helm and kind as the test cluster has them; never a kubeconfig picked up silently.
CLUSTER_ENV = eval "$$($(KIND) env)"
# How many of the test modules run side by side, here and on the test cluster; 0: one after the
# other. Most of them wait most of the time.
UNIT_WORKERS ?= 3
E2E_WORKERS ?= 3
SIDE_BY_SIDE = --dist loadfile --no-loadscope-reorder -n
UNIT = $(PY) -m pytest -q -m "not e2e" $(SIDE_BY_SIDE) $(UNIT_WORKERS)
E2E = $(PY) -m pytest -q --durations=10 -m
RESUME = tests/e2e/test_resume.py
CHART := charts/flowrun-operator
INSTALL = kubectl apply -f hack/namespace.yaml && helm upgrade --install flowrun $(CHART) \
	  --namespace flowrun-system --set image.tag=dev --set runtimeImage.tag=dev --wait --timeout 180s
# The tag is always dev: a new image under it needs new pods.
RESTART = kubectl -n flowrun-system rollout restart deployment >/dev/null && \
	  kubectl -n flowrun-system rollout status deployment --timeout 120s
export PYTHONDONTWRITEBYTECODE ?= 1

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/ready: requirements/dev.txt requirements/uv.txt pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	python3 -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check -r requirements/uv.txt
	$(PY) -m uv pip install -q --compile-bytecode -r requirements/dev.txt
	$(PY) -m uv pip install -q --no-deps -e .
	touch $@

setup: .venv/ready  ## the Python environment in .venv

demo: cluster  ## from nothing to a finished FlowRun: cluster, images, Helm, status, dashboard
	$(TIMED) "one FlowRun" bash -ec '$(CLUSTER_ENV); PATH="$(CURDIR)/.venv/bin:$$PATH" hack/demo'

run: .venv/ready  ## the same FlowRun right here, without Kubernetes
	.venv/bin/flowrun run crds/examples/demo.yaml

check: .venv/ready  ## linters, types, import contracts, generated files, the chart
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m flowrun_operator.api.crd --check
	$(KIND) tools
	$(CLUSTER_ENV); helm lint --strict $(CHART)
	$(CLUSTER_ENV); $(PY) -m pytest -q tests/chart

unit: .venv/ready unit-path unit-flowlib  ## tests that need no cluster

unit-path:
	$(CLUSTER_ENV); $(TIMED) "unit" $(UNIT) --ignore tests/chart --ignore tests/flowlib tests

unit-flowlib:
	$(CLUSTER_ENV); $(TIMED) "unit, flowlib" $(UNIT) tests/flowlib

cluster: .venv/ready  ## the test cluster with the product installed at this checkout
	$(TIMED) "test cluster" $(KIND) up
	$(TIMED) "images" $(PY) -m hack.images build
	$(TIMED) "images into the cluster" $(PY) -m hack.images load
	$(TIMED) "helm install" bash -ec '$(CLUSTER_ENV); $(INSTALL); $(RESTART)'

e2e: cluster e2e-path e2e-flowlib  ## tests on the test cluster

e2e-path:
	$(CLUSTER_ENV); $(TIMED) "e2e, side by side" $(E2E) "e2e and not alone" $(SIDE_BY_SIDE) $(E2E_WORKERS) --ignore $(RESUME) tests/e2e
	$(CLUSTER_ENV); $(TIMED) "e2e, alone" $(E2E) "e2e and alone" tests/e2e

e2e-flowlib:
	$(CLUSTER_ENV); $(TIMED) "e2e, flowlib" $(E2E) e2e $(RESUME)

chaos-short: cluster on-simulated-nodes  ## what chaos does, in minutes

on-simulated-nodes:
	$(TIMED) "simulated nodes" $(KIND) kwok
	$(CLUSTER_ENV); $(TIMED) "fault injection" $(PY) -m pytest -q -m e2e --durations=10 tests/chaos

chaos: cluster  ## kills, faults, takeover, overlap, deletions on simulated nodes; SEED=N again
	$(CLUSTER_ENV); $(PY) -m tests.chaos $(if $(SEED),--seed $(SEED))
	$(CLUSTER_ENV); $(PY) -m tests.chaos.replicas

differential: .venv/ready  ## random flows by the oracle, LocalExecutor and Dask (half an hour)
	$(PY) -m tests.flowlib.differential

# What they may take on two cores, the caches warm: 15 minutes the whole path, 8 flowlib, 10 chaos.
test: .venv/ready  ## the whole path: check, unit, the test cluster, e2e
	@$(TIMED) "the whole path" $(MAKE) --no-print-directory check unit-path cluster e2e-path

test-more:  ## after make test: flowlib's tests, chaos-short
	@$(TIMED) "flowlib" $(MAKE) --no-print-directory unit-flowlib e2e-flowlib
	@$(TIMED) "chaos" $(MAKE) --no-print-directory on-simulated-nodes

crd: .venv/ready  ## generate crds/ anew
	$(PY) -m flowrun_operator.api.crd

kill: cluster  ## 20 runs, the operator killed at 20 random moments (longer than make test wants)
	$(CLUSTER_ENV); $(PY) -m tests.chaos.kill_operator --runs 20

benchmark: cluster  ## apply to created and to result, next to DaskJob
	$(CLUSTER_ENV); $(PY) -m benchmarks.startup --runs 5

engine: .venv/ready  ## what the engine costs beside raw Dask: all of its benchmarks (half an hour)
	for name in imports fanout slow single results threads retries kill adaptive; do \
	  echo "== $$name"; $(PY) -m benchmarks.$$name; done

engine-%: .venv/ready  ## one of them, or prefect (an hour): make engine-fanout ARGS="--n 100000"
	$(PY) -m benchmarks.$* $(ARGS)

scale: cluster  ## 1,000 FlowRuns at once, beside 1,000 DaskJobs, 10,000 finished ones (an hour)
	$(CLUSTER_ENV); $(PY) -m benchmarks.scale

down:  ## end the test cluster
	python3 -m hack.kind down

reference: .venv/ready  ## write docs/reference.md anew from the docstrings
	$(PY) -m hack.reference

requirements: .venv/ready  ## compile requirements/*.txt anew (hashed, no addresses)
	$(PY) -m hack.images requirements

.PHONY: help setup demo run check unit unit-path unit-flowlib cluster e2e e2e-path e2e-flowlib chaos-short on-simulated-nodes chaos differential test test-more crd kill benchmark engine scale down reference requirements
