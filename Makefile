# demo and test need Python 3.11+ with pip, and make. Everything else is set up here, in .venv, from hashed locks.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
ifeq ($(filter clean,$(MAKECMDGOALS)),)
# Asked of the .venv where there is one: it may have been made by an older Python than the one found now.
ASKED := $(firstword $(wildcard $(BIN)/python) $(PYTHON))
ifneq ($(shell $(ASKED) -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null),True)
$(error citelift needs Python 3.11 or newer, but this is $(or $(ASKED),none): install one, or say make clean demo PYTHON=/path/to/python)
endif
endif

# Tests run side by side, one process a core and two for those that wait, the longest files first (their order
# is made in tests/conftest.py); JOBS=0 runs them in this one.
JOBS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 2)))

.PHONY: demo test mutants bench lint dev sbom audit clean

demo: .venv/run.stamp
	@$(BIN)/citelift demo

test: .venv/dev.stamp
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# Changes the rules of money, claims, links and rates one at a time and names what no test notices; takes hours.
# `make mutants ONLY='tracker.run.claims*'` for one module, `.venv/bin/mutmut results` for the survivors.
mutants: .venv/dev.stamp
	@$(BIN)/mutmut run $(ONLY)

bench: .venv/dev.stamp
	@$(BIN)/python -m tests.bench

lint: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

dev: .venv/dev.stamp

# What an installation is made of, as CycloneDX.
sbom: .venv-tools/stamp
	@mkdir -p build
	@.venv-tools/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
		--output-reproducible -o build/sbom.cdx.json && echo build/sbom.cdx.json

# Known vulnerabilities of what is locked; where nobody can be asked, it says so.
audit: .venv-tools/stamp
	@mkdir -p build
	@.venv-tools/bin/pip-audit -r requirements.lock --disable-pip --require-hashes --timeout 5 \
		--progress-spinner off -f json -o build/audit.json; found=$$?; \
		.venv-tools/bin/python -c "import json; all = json.load(open('build/audit.json'))['dependencies']; \
		print(sum('vulns' in each for each in all), 'of', len(all), 'packages could be audited')" && exit $$found

.venv-tools/stamp: requirements-tools.lock
	@$(PYTHON) -m venv .venv-tools && .venv-tools/bin/python -m pip install --quiet \
		--disable-pip-version-check --require-hashes -r requirements-tools.lock && touch $@

clean:
	rm -rf .venv .venv-tools demo reports build *.egg-info

# A stamp is newer than the lock it was made from: the second time nothing is installed and no network is needed.
.venv/bin/python:
	@echo "Setting up .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; $(PYTHON) -m venv --without-pip .venv; }

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@$(call install,requirements.lock)

.venv/dev.stamp: requirements-dev.lock pyproject.toml | .venv/bin/python
	@$(call install,requirements-dev.lock)
	@touch .venv/run.stamp

# A venv without pip of its own (Debian without python3-venv) is filled by the system's pip.
define install
	echo "Installing what $(1) names (once)"; \
	pip="$(BIN)/python -m pip"; $$pip --version >/dev/null 2>&1 || pip="$(PYTHON) -m pip --python $(BIN)/python"; \
	$$pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
	$$pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e . && touch $@
endef
