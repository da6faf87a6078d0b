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
CHART := charts/flowrun-operator
INSTALL = kubectl apply -f hack/namespace.yaml && helm upgrade --install flowrun $(CHART) \
	  --namespace flowrun-system --set image.tag=dev --set runtimeImage.tag=dev --wait --timeout 180s
# The tag is always dev: a new image under it needs new pods.
RESTART = kubectl -n flowrun-system rollout restart deployment >/dev/null && \
	  kubectl -n flowrun-system rollout status deployment --timeout 120s
export PYTHONDONTWRITEBYTECODE ?= 1

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/ready: requirements/dev.txt pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	python3 -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check -r requirements/dev.txt
	$(PY) -m pip install -q --disable-pip-version-check --no-deps -e .
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

unit: .venv/ready  ## tests that need no cluster
	$(CLUSTER_ENV); $(PY) -m pytest -q -m "not e2e" $(SIDE_BY_SIDE) $(UNIT_WORKERS) --ignore tests/chart

cluster: .venv/ready  ## the test cluster with the product installed at this checkout
	$(TIMED) "test cluster" $(KIND) up
	$(TIMED) "images" $(PY) -m hack.images build
	$(TIMED) "images into the cluster" $(PY) -m hack.images load
	$(TIMED) "helm install" bash -ec '$(CLUSTER_ENV); $(INSTALL); $(RESTART)'

e2e: cluster e2e-shared e2e-alone  ## tests on the test cluster

e2e-shared:
	$(CLUSTER_ENV); $(TIMED) "e2e side by side" $(PY) -m pytest -q -m "e2e and not alone" $(SIDE_BY_SIDE) $(E2E_WORKERS) --durations=10 tests/e2e

e2e-alone:
	$(CLUSTER_ENV); $(TIMED) "e2e alone" $(PY) -m pytest -q -m "e2e and alone" --durations=10 tests/e2e

chaos-short: cluster on-simulated-nodes  ## what chaos does, in minutes

on-simulated-nodes:
	$(TIMED) "simulated nodes" $(KIND) kwok
	$(CLUSTER_ENV); $(TIMED) "fault injection" $(PY) -m pytest -q -m e2e --durations=10 tests/chaos

chaos: cluster  ## kills, faults, takeover, overlap, deletions on simulated nodes; SEED=N again
	$(CLUSTER_ENV); $(PY) -m tests.chaos $(if $(SEED),--seed $(SEED))
	$(CLUSTER_ENV); $(PY) -m tests.chaos.replicas

differential: .venv/ready  ## random flows by the oracle, LocalExecutor and Dask (half an hour)
	$(PY) -m tests.flowlib.differential

# What has the cluster alone waits most of the time: the tests that need no cluster run beside it.
test: .venv/ready  ## all of it: check, unit, e2e, chaos-short
	@$(TIMED) "the whole path" $(MAKE) --no-print-directory check cluster e2e-shared beside
	@$(TIMED) "chaos" $(MAKE) --no-print-directory on-simulated-nodes

beside:
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target e2e-alone unit

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
	$(PY) -m pip install -q uv
	$(PY) -m hack.images requirements

.PHONY: help setup demo run check unit cluster e2e e2e-shared e2e-alone beside chaos-short on-simulated-nodes chaos differential test crd kill benchmark engine scale down reference requirements
