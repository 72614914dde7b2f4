# What people and CI do with this checkout. Needs Python 3.11 and make; `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help setup run demo test check scan image-try eval bench endure soak clean

PYTHON := .venv/bin/python
# Another place, another lock file or another pyproject: set up again. The same: done at once, without the network.
STAMP := .venv/.ready-$(shell { pwd; cat requirements-dev.txt pyproject.toml; } | cksum | cut -d ' ' -f 1)
ROUNDS ?= 10
ALERT_ROUNDS ?= 50
MINUTES ?= 30
RATE ?= 30
ALERTS := tests/faults/test_alert_rounds.py
BROKER ?= 3.10
SCANNER := .cache/checkov/.ready-$(shell cksum deploy/requirements-checkov.txt | cut -d ' ' -f 1)

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
		printf '  make %-10s %s\n' "$$target" "$$text"; done

setup: $(STAMP) ## Make .venv with exactly the versions in requirements-dev.txt

run: setup ## Start Ombud with all that it needs on this machine (Ctrl-C stops it)
	@exec .venv/bin/ombud run

demo: setup ## Start Ombud and send it complaints (FEED=file for your own)
	@exec .venv/bin/ombud demo $(if $(FEED),--feed $(FEED))

test: setup ## Run all tests (BROKER=4 for RabbitMQ 4; ARGS for pytest)
	@# In the order of the folders: the many short files of tests/unit come last, so that both halves end together.
	@OMBUD_TEST_BROKER=$(BROKER) exec .venv/bin/pytest tests -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## Lint, formatting, types, imports, generated documents
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m shared.contracts.document --check docs/events.md
	@$(PYTHON) -m apidocs --check
	@$(MAKE) --no-print-directory scan

scan: setup $(SCANNER) ## Look for weak spots in the Kubernetes files and the Dockerfile (`check` does, too)
	@mkdir -p .cache/rendered
	@for each in local production; do \
		.venv/bin/kubectl kustomize deploy/k8s/overlays/$$each > .cache/rendered/$$each.yaml || exit 1; done
	@.cache/checkov/bin/checkov --framework kubernetes --skip-download --quiet --compact -d .cache/rendered
	@.cache/checkov/bin/checkov --framework dockerfile --skip-download --quiet --compact -f deploy/Dockerfile

image-try: setup ## As root: execute deploy/Dockerfile in a folder and run its services there, read-only (minutes)
	@exec $(PYTHON) -W ignore -m deploy.image

eval: setup ## Measure how well complaints are read, on texts that no rule was fitted to
	@.venv/bin/ombud eval tests/data/texts/last tests/data/texts/held tests/data/texts/weak --worst 0

bench: setup ## Measure complaints per second and time to alert, end to end; what an assignment costs; deadlines; a burst; alerts
	@$(PYTHON) -m benchmarks.end_to_end
	@$(PYTHON) -m benchmarks.routing
	@$(PYTHON) -m benchmarks.deadlines
	@$(PYTHON) -m benchmarks.burst
	@exec $(PYTHON) -m benchmarks.alerts

endure: setup ## Complaints at an even rate for half an hour: does anything grow? (MINUTES=30 RATE=30)
	@exec $(PYTHON) -m benchmarks.endurance --minutes $(MINUTES) --rate $(RATE)

soak: setup ## Break things again and again and look whether anything was lost (ROUNDS=10, of alerts ALERT_ROUNDS=50; BROKER=4)
	@OMBUD_TEST_BROKER=$(BROKER) .venv/bin/pytest tests/faults -n 3 --rounds $(ROUNDS) --ignore $(ALERTS) $(ARGS)
	@OMBUD_TEST_BROKER=$(BROKER) exec .venv/bin/pytest $(ALERTS) -n 3 --rounds $(ALERT_ROUNDS) $(ARGS)

clean: ## Remove what setup and the tools made; what Ombud stored in .ombud stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP):
	@# venv --clear would empty what the link leads to, under the feet of whoever works there.
	@if [ -L .venv ]; then echo "setup: .venv is a link to $$(readlink .venv): remove the link, or run its tools" >&2; exit 1; fi
	@python=; found=; \
	for each in python3.11 python3 python; do \
		version=$$($$each -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
		if [ "$$version" = 3.11 ]; then python=$$each; break; fi; \
		found="$${found:-; found $$version}"; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Ombud needs Python 3.11$$found: apt-get install python3.11 python3.11-venv" >&2; exit 1; fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "Ombud needs the venv module of Python 3.11: apt-get install python3.11-venv" >&2; exit 1; fi; \
	if ! .venv/bin/pip --version 2>/dev/null | grep -qF "from $(CURDIR)/.venv/lib/python3.11/"; then \
		echo "setup: making .venv"; $$python -m venv --clear .venv; fi
	@echo "setup: installing requirements-dev.txt"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@rm -f .venv/.ready-*
	@touch $@

$(SCANNER):
	@echo "scan: installing deploy/requirements-checkov.txt into .cache/checkov"
	@.venv/bin/python -m venv --clear .cache/checkov
	@.cache/checkov/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/requirements-checkov.txt
	@touch $@
