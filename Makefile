# What a developer types. `make run` and `make test` work from a fresh clone.
PY := .venv/bin/python
.DEFAULT_GOAL := help

help:  ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# uv installs in seconds what takes pip a minute; where it is not to be had, or may not go out, pip does it by its own settings.
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
define install
	python3 -m venv .venv
	{ $(PIP) uv && $(PY) -m uv pip install --quiet --python $(PY) -r $(1); } || $(PIP) -r $(1)
endef

.venv/.runtime: requirements.txt
	$(call install,requirements.txt)
	touch $@

.venv/.dev: requirements.txt requirements-dev.txt
	$(call install,requirements-dev.txt)
	touch $@ .venv/.runtime

venv: .venv/.runtime  ## The virtual environment with what the product needs

run: venv  ## Serve the practice (the demo practice if there is none yet) on 127.0.0.1:8501
	$(PY) -m practicerunner init --demo
	$(PY) app.py

demo: venv  ## Make the demo practice anew (refuses to replace a real one)
	$(PY) -m practicerunner demo

views: venv  ## Print every mart on the demo practice
	$(PY) -m practicerunner views

browser: .venv/.dev  ## Chromium for the browser tests: Playwright's own, or the distribution's
	@sh tests/browser/install_chromium.sh

check: .venv/.dev  ## Style, types, layers and the fast tests (under two minutes)
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m pytest -n 2 -m "not browser and not slow"

# Three at once on two cores: while one waits for a browser or a database, another works.
test: .venv/.dev browser  ## Everything, browser and PostgreSQL included
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m pytest -n 3 $(if $(WITHOUT),-m "not $(WITHOUT)")

bench: .venv/.dev  ## Our speed against bare SQL, as ratios in one run
	$(PY) -m tests.bench

shots: .venv/.dev browser  ## Pictures of every page as each demo role, 1440 and 390 wide, light and dark, in shots/
	$(PY) -m tests.browser.shots

.PHONY: help venv run demo views browser check test bench shots
