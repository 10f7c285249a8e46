# Mendline's commands. Everything works from a fresh clone with Python 3.11 or later and make; `make` alone lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The interpreter that makes the environment; never used to install anything itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# uv is several times quicker than pip, and optional.
UV := $(shell command -v uv 2>/dev/null)
CODE := $(wildcard app migrations bench tests)

# Stamps: the environment is rebuilt only when a lock changes. The full one contains the runtime one.
RUNTIME := $(VENV)/.runtime-installed
FULL := $(VENV)/.full-installed
BENCH := $(VENV)/.bench-installed

ifneq ($(UV),)
INSTALL := "$(UV)" pip install --python $(BIN)/python --require-hashes
INSTALL_SELF := "$(UV)" pip install --python $(BIN)/python --no-deps --no-build-isolation --quiet --editable .
else
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes
INSTALL_SELF := $(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --quiet --editable .
endif

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -e 's/:.*## /|/' | while IFS='|' read -r name what; do \
		printf '  make %-16s %s\n' "$$name" "$$what"; done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Mendline needs Python 3.11 or later; say which with: make PYTHON=python3.12 …'; exit 1; }
	@echo '→ making $(VENV) with '"$$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock requirements-build.lock | $(BIN)/python
	@echo '→ installing what Mendline runs on ($(if $(UV),uv,pip); once, until the lock changes)'
	@$(INSTALL) -r requirements.lock -r requirements-build.lock
	@$(INSTALL_SELF)
	@touch $@
	@echo '→ ready: $(BIN)/mendline'

$(FULL): requirements-dev.lock requirements.lock requirements-build.lock | $(BIN)/python
	@echo '→ installing Mendline with all its tools ($(if $(UV),uv,pip); once, until the lock changes)'
	@$(INSTALL) -r requirements-dev.lock
	@$(INSTALL_SELF)
	@touch $(RUNTIME) $@
	@echo '→ ready: $(BIN)/mendline, $(BIN)/pytest'

$(BENCH): requirements-bench.lock $(FULL)
	@echo '→ installing what speed is measured against ($(if $(UV),uv,pip); once, until the lock changes)'
	@$(INSTALL) -r requirements-bench.lock
	@touch $@

AUDIT := $(VENV)/audit
$(AUDIT)/.installed: requirements-audit.lock | $(BIN)/python
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-audit.lock
	@touch $@

.PHONY: audit
audit: $(AUDIT)/.installed ## Look through our own code for known weaknesses (bandit)
	@$(AUDIT)/bin/bandit --quiet --recursive --severity-level medium app
	@$(AUDIT)/bin/bandit --quiet --recursive --severity-level medium --skip B608 migrations  # walls name tables, never input

.PHONY: sbom
sbom: $(AUDIT)/.installed ## Write build/sbom.json: everything the service stands on (CycloneDX)
	@mkdir -p build
	@$(AUDIT)/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml -o build/sbom.json
	@echo '→ build/sbom.json'

.PHONY: venv
venv: $(FULL) ## Make .venv with everything, from the hashed lock

.PHONY: demo
demo: $(RUNTIME) ## Start the sample practice; prints its address, a clinician's API key and one curl
	@$(BIN)/mendline demo $(ARGS)

.PHONY: test
test: $(FULL) ## Run all tests on SQLite and PostgreSQL; ARGS="-k word" to choose
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

.PHONY: lint
lint: $(FULL) ## Check lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)

.PHONY: format
format: $(FULL) ## Put the format right
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(BENCH) ## Measure speed beside what is possible (docs/proofs/speed.md); ARGS passes options on
	@$(BIN)/python -m bench $(ARGS)

.PHONY: prove-api
prove-api: $(FULL) ## Let machines try to break the API with bad input, bombs and slow lines (docs/proofs/api.md)
	@$(BIN)/python -m bench.api --out docs/proofs/api.md $(ARGS)

.PHONY: prove-model
prove-model: $(FULL) ## Prove the timeline model on couples with known truth (docs/proofs/model.md)
	@$(BIN)/python -m bench.model $(ARGS)

.PHONY: prove-access
prove-access: $(FULL) ## Prove that nobody reaches what is not theirs, by any operation (docs/proofs/access.md)
	@$(BIN)/python -m bench.access $(ARGS)

.PHONY: prove-separation
prove-separation: $(FULL) ## Prove that what one partner said alone changes nothing for the other (docs/proofs/separation.md)
	@$(BIN)/python -m bench.separation $(ARGS)

.PHONY: bench-caseload
bench-caseload: $(FULL) ## Couples a second when a caseload is computed anew (docs/proofs/caseload.md)
	@$(BIN)/python -m bench.caseload --out docs/proofs/caseload.md $(ARGS)

.PHONY: prove-laws
prove-laws: $(FULL) ## Hold the timeline model to its laws on 200,000 random cases (docs/proofs/laws.md)
	@$(BIN)/python -m bench.laws $(ARGS)

.PHONY: figures
figures: $(FULL) ## Draw the figures of docs/model.md; ARGS=--simulate runs the small simulation behind them again
	@$(BIN)/python -m bench.drawings $(ARGS)

.PHONY: record-model
record-model: $(FULL) ## Record the results of a newly released version of the model; never rewrites an old one
	@$(BIN)/python -m tests.timeline.recording

.PHONY: prove-seals
prove-seals: $(FULL) ## Tamper with signed records and their trail, and see it found (docs/proofs/seals.md)
	@$(BIN)/python -m bench.sealing $(ARGS)

.PHONY: prove-file
prove-file: $(FULL) ## Kill what writes an encrypted SQLite file anew, and measure what encryption costs
	@$(BIN)/python -m bench.whole_file $(ARGS)

.PHONY: prove-time
prove-time: $(FULL) ## Hold days, instants and zones to their laws, and let the clock jump (docs/proofs/time.md)
	@$(BIN)/python -m bench.time_laws $(ARGS)

.PHONY: prove-soak
prove-soak: $(FULL) ## Half an hour of mixed load on each database: nothing may grow (docs/proofs/soak.md)
	@$(BIN)/python -m bench.soak $(ARGS)

.PHONY: prove-leaving
prove-leaving: $(FULL) ## Prove that no copy, account or access report tells one partner of the other (docs/leaving.md)
	@$(BIN)/python -m bench.leaving $(ARGS)

.PHONY: prove-durability
prove-durability: $(FULL) ## Kill, cut, fill and fail over, and see that nothing acknowledged is lost
	@$(BIN)/python -m bench.durability $(ARGS)

.PHONY: openapi
openapi: $(FULL) ## Write openapi/openapi.json from the code
	@mkdir -p openapi
	@$(BIN)/mendline openapi > openapi/openapi.json.new
	@mv openapi/openapi.json.new openapi/openapi.json
	@echo '→ openapi/openapi.json'

.PHONY: migration
migration: $(FULL) ## Start a migration: make migration m="what changes"
	@test -n '$(m)' || { echo 'say what changes: make migration m="…"'; exit 1; }
	@$(BIN)/alembic revision --autogenerate -m '$(m)'

.PHONY: lock
lock: ## Solve the dependencies again into the hashed locks; ARGS=--upgrade takes newer versions
	@test -x $(BIN)/uv || test -n '$(UV)' || { $(MAKE) $(BIN)/python && $(BIN)/python -m pip install --quiet uv; }
	@uv=$$(command -v uv || echo $(BIN)/uv); \
	solve() { "$$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' $(ARGS) "$$@"; }; \
	solve pyproject.toml --group dev -o requirements-dev.lock && \
	solve pyproject.toml -c requirements-dev.lock -o requirements.lock && \
	solve --group build -c requirements-dev.lock -o requirements-build.lock && \
	solve --group bench -c requirements-dev.lock -o requirements-bench.lock && \
	solve --group audit -o requirements-audit.lock
	@! grep -nE '://|^ *(-i|--index-url|--extra-index-url|--find-links)' requirements*.lock \
		|| { echo 'a lock names an address: locks must install from any index'; exit 1; }

.PHONY: clean
clean: ## Remove .venv and caches (never data/)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis build dist
	find app migrations tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
