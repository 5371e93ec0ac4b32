# `make` alone lists what there is. Everything that only prepares goes to standard error.
.SILENT:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup demo test format format-check lint types contracts check simulate bench fuzz chaos audit licences agent agent-test tryton

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# The tests mostly wait, for real processes, browsers and packages: half as many again as there are processors.
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(4, len(os.sched_getaffinity(0)) * 3 // 2))')
PACKAGE ?= exact_online

help: ## List the targets
	sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## Make .venv with the locked packages
	$(PYTHON) tools/bootstrap.py

demo: setup ## Post the sample files to a simulated package and serve the portal (ARGS="--once --json")
	$(BIN)/bookbridge demo $(ARGS)

simulate: setup ## Run the simulator of one package (PACKAGE=exact_online ARGS=…)
	$(BIN)/bookbridge simulate $(PACKAGE) $(ARGS)

test: ## Run all tests, browser journeys included (ARGS="tests/formats -k …")
	$(PYTHON) tools/bootstrap.py --browser
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

format: setup ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

format-check: setup ## Check that the code is formatted
	$(BIN)/ruff format --check --output-format concise .

lint: setup ## Check the code for mistakes and against the rules of this house
	$(BIN)/ruff check .
	$(BIN)/python tools/house_rules.py

types: setup ## Check the types; the agent's as Windows sees them, too
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 -p bookbridge_agent

contracts: setup ## Check which room may import which
	$(BIN)/lint-imports

tryton: setup ## Start a filled Tryton to click in, behind its proxy (ARGS="--port 8610")
	echo "Tryton's own client logs in at /_simulator/server as the user admin" >&2
	$(BIN)/bookbridge simulate tryton --port 8610 $(ARGS)

bench: setup ## Measure speed as ratios, printed as JSON (ARGS="reading --lines 100000")
	$(BIN)/python -m tools.bench $(ARGS)

chaos: setup ## Break everything on purpose and count (ARGS="--documents 2000 --kills 100 --seed 1")
	$(BIN)/bookbridge chaos $(ARGS)

fuzz: setup ## Look for bytes that break a reader (ARGS="--seconds 60 readers")
	$(BIN)/python -m tests.fuzz $(ARGS)

audit: setup ## Ask for known vulnerabilities of the locked packages (ARGS="--strict")
	$(BIN)/python -m tools.audit $(ARGS)

licences: setup ## List the licences of what an installation takes; one that doesn't fit fails
	$(BIN)/python -m tools.licences

agent: setup ## Build the agent as one file, in dist/, with the licences of what is in it
	$(BIN)/python -m tools.agent_build

agent-test: agent ## Try that file where there is no Python, against the real drop box
	AGENT_BUILT=dist/bookbridge-agent $(BIN)/pytest -n 0 -q tests/agent/test_one_file.py

check: ## All checks, then all tests; every failure is shown
	.ci/run
