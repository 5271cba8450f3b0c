# `make repro` runs the pipeline, `make test` the checks; both set the environment up first.
SHELL := /bin/bash
VENV ?= .venv
VLLM_VENV ?= .venv-vllm
export PATH := $(if $(filter /%,$(VENV)),,$(CURDIR)/)$(VENV)/bin:$(PATH)

.PHONY: repro test smoke deploy deployed ui servers team lint format types pytest serving ray vllm wheel
.PHONY: release-weights clean repository setup
.DEFAULT_GOAL := repro

repro: repository setup
	@python -m flows.pipeline

test: format
	@$(MAKE) --no-print-directory -j2 types pytest

lint: format types

format: setup
	@ruff check
	@ruff format --check
	@hadolint Dockerfile
	@lint-imports

types: setup
	@mypy

# Two workers on two cores: each imports PyTorch and starts renderers, servers and models of its own.
pytest: setup
	@OMP_NUM_THREADS=1 python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Makes an environment from a packaged model's requirements: minutes, so no part of `test`.
serving: setup
	@python -m pytest -m fresh

# On a cluster of several nodes on this machine: minutes, so no part of `test`.
ray: setup
	@python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ray]'
	@python -m pytest -m ray

# Against a real vLLM, in an environment of its own: minutes and gigabytes, so no part of `test`.
vllm: setup
	@.ci/vllm $(VLLM_VENV) python
	@VLLM_PYTHON=$(VLLM_VENV)/bin/python python -m pytest -m vllm

# What an earlier build left in build/ would get into the wheel.
wheel: setup
	@rm -rf build dist
	@python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls -sh dist

# Packs the critic in CRITIC, with its numbers, as a file to attach to a release.
release-weights: setup
	@python -m benchmarks.release_weights $(or $(CRITIC),models/critic)

# The whole pipeline, small, in a scratch copy of the checkout, with a task of one's own too, and
# trainings on several machines.
smoke: repository setup
	@.ci/repository owner
	@python -m pytest -m smoke -s

# Registers prefect.yaml and runs workers until Ctrl-C; POOLS names their pools.
deploy: repository setup
	@.ci/deploy $(POOLS)

# Deployments on a real server: a schedule, a cancellation, a failure.
deployed: repository setup
	@.ci/repository owner
	@python -m pytest -m deployed

# Both servers, until Ctrl-C. MLflow's jobs, which judge traces, would take a minute to start.
ui: export MLFLOW_SERVER_ENABLE_JOB_EXECUTION := false
ui: export PREFECT_HOME ?= .erm/prefect
ui: setup
	@trap 'kill 0' EXIT; \
	prefect server start & \
	case "$$MLFLOW_TRACKING_URI" in \
	http*) echo "MLflow is at $$MLFLOW_TRACKING_URI" ;; \
	*) mlflow server --workers 1 --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}" & \
	esac; \
	wait

# Prefect and MLflow on PostgreSQL, and an S3 store, until Ctrl-C; DATA is the folder of their data.
servers: setup
	@.ci/servers $(DATA)

# A stage, a model and a DVC remote on such servers: minutes, so no part of `test`.
team: repository setup
	@.ci/repository owner
	@python -m pytest -m team

clean:
	[ ! -d .erm ] || find .erm -mindepth 1 -maxdepth 1 ! -name answers ! -name history ! -name servers -exec rm -rf {} +
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis data models reports/*/

repository:
	@.ci/repository exists

setup:
	@.ci/setup $(VENV)
