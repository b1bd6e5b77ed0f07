# The two commands that set everything up are `make demo` and `make test`.
# Both work on a fresh Debian machine with Python 3.11 or newer, git and make.

PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo
TESTS ?= -n auto
ROUNDS ?= 100
SEED ?= 20261201
FUZZ_MAILS ?= 1000000
FUZZ_FROM ?= 0
EQUAL_TEMPLATES ?= 10000
EQUAL_FROM ?= 0
# Tests start hundreds of programs: each would compile all of ours anew.
unexport PYTHONDONTWRITEBYTECODE
AS_ROOT := $(shell test "$$(id -u)" = 0 || echo sudo -n)

.PHONY: help demo test chaos fuzz equal lint format bench parsers docs wheel compiler postgres dovecot postfix chromium mjml clean

help:
	@echo "make demo    a workspace with sample contacts, and mail to its clients in a mailbox"
	@echo "make test    every test, on SQLite and PostgreSQL"
	@echo "make chaos   kill senders, crash databases, for ROUNDS=$(ROUNDS) rounds from SEED=$(SEED)"
	@echo "make fuzz    read FUZZ_MAILS=$(FUZZ_MAILS) mutated mails, from number FUZZ_FROM=$(FUZZ_FROM)"
	@echo "make equal   make mail of EQUAL_TEMPLATES=$(EQUAL_TEMPLATES) templates by both paths, from EQUAL_FROM=$(EQUAL_FROM)"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make bench   every performance figure in README, measured here"
	@echo "make docs    write docs/reference.md and the tables of docs/checking.md anew"
	@echo "make wheel   dist/outreach_engine-*.whl"

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Outreach needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version)." >&2; exit 1; }
	@# Debian keeps what a virtual environment needs in a package of its own.
	@$(PYTHON) -m venv .venv >/dev/null || \
	  { $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -qq -y python3-venv && \
	    $(PYTHON) -m venv --clear .venv; } || \
	  { echo "Install Debian's python3-venv first: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing Outreach and what it needs into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: .venv/ready
	@test -f $(DEMO)/outreach.toml || $(BIN)/outreach -q init $(DEMO) --sample
	@$(BIN)/outreach -C $(DEMO) send --segment clients --yes
	@echo
	@echo "The mail lies in $(DEMO)/outbox, a Maildir. Three commands to try next:"
	@echo "  $(BIN)/outreach -C $(DEMO) preview newsletter --random 3"
	@echo "  $(BIN)/outreach -C $(DEMO) segments explain quiet-clients"
	@echo "  $(BIN)/outreach -C $(DEMO) campaigns list"

# $(call program,MODULE,NAME,PACKAGES): look for a program with MODULE, and where it is missing install
# Debian's PACKAGES, or say loudly that tests will be skipped.
define program
	@$(BIN)/python -m $(1) || \
	  { echo "$(2) is missing; trying to install Debian's."; \
	    $(AS_ROOT) apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	      $(AS_ROOT) apt-get install -qq -y --no-install-recommends $(3); } || \
	  echo "*** $(2) is not here and cannot be installed: ITS TESTS WILL BE SKIPPED. ***" >&2
endef

# Tests that need PostgreSQL or an IMAP server start one of their own from the installed programs.
postgres: .venv/ready
	$(call program,tests.postgres,PostgreSQL 15 or newer,postgresql)

dovecot: .venv/ready
	$(call program,tests.dovecot,Dovecot,dovecot-imapd)

# Tests of bounces run a mail server of their own, as root. Debian's package must neither start one
# for the whole machine nor take the place of one that is here.
postfix: .venv/ready
	@$(BIN)/python -m tests.postfix || echo "postfix postfix/main_mailer_type select No configuration" | \
	  $(AS_ROOT) debconf-set-selections 2>/dev/null || true
	$(call program,tests.postfix,Postfix (with root's rights),--no-remove postfix)

# Tests of what mail looks like render it in a browser.
chromium: .venv/ready
	$(call program,tests.frontend.browser,Chromium,chromium fonts-dejavu-core)

# Tests compare our MJML with its reference implementation, in Node.
MJML := 5.4.1
mjml:
	@test -n "$$MJML_NODE" || test -d node_modules/mjml -a -d node_modules/postal-mime || \
	  npm install --no-save --no-package-lock --silent --no-audit --no-fund mjml@$(MJML) postal-mime@4 || \
	  echo "*** npm's mjml and postal-mime are not here and cannot be installed: ITS TESTS WILL BE SKIPPED. ***" >&2

# A test reads mail with the native modules of the wheel. Debian's headers are those of Debian's Python.
compiler: .venv/ready
	$(call program,tests.compiler,A C compiler or Python's headers,gcc python3-dev)

test: .venv/ready compiler postgres dovecot postfix chromium mjml
	$(BIN)/python -m pytest $(TESTS)

# Every test run has the short form. A failure prints its seed: make chaos ROUNDS=1 SEED=…
chaos: .venv/ready postgres
	CHAOS_ROUNDS=$(ROUNDS) CHAOS_SEED=$(SEED) $(BIN)/python -m pytest tests/chaos $(CHAOS)

# FUZZ='-p tests.native' reads them with the native modules.
fuzz: .venv/ready
	@FUZZ_MAILS=$(FUZZ_MAILS) FUZZ_FROM=$(FUZZ_FROM) $(BIN)/python -m pytest -n 0 -q $(FUZZ) tests/inbound/test_fuzz.py

equal: .venv/ready
	@EQUAL_TEMPLATES=$(EQUAL_TEMPLATES) EQUAL_FROM=$(EQUAL_FROM) $(BIN)/python -m pytest -n 0 -q \
	  -o log_cli=true -o log_cli_level=INFO tests/rendering/test_grown_templates.py

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/ready
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

parsers: .venv/ready
	OUTREACH_MESSAGES=100000 $(BIN)/python -m pytest -n 0 -q \
	  -o log_cli=true -o log_cli_level=INFO tests/rendering/test_parsers.py

bench: .venv/ready
	@failed=; for file in bench/[a-z]*.py; do \
	  name=$$(basename $$file .py); echo "== bench.$$name"; \
	  $(BIN)/python -m bench.$$name || failed="$$failed $$name"; done; \
	test -z "$$failed" || { echo "could not be measured here:$$failed" >&2; exit 1; }

docs: .venv/ready
	$(BIN)/python -m docs.reference

wheel: .venv/ready
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf .venv demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
