# From a fresh clone, with only Python 3.11+ and make: `make run`, `make test`.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.8
WORKERS ?= 3
UV_SOURCE := --disable-pip-version-check --only-binary :all: uv==$(UV_VERSION)

# Bytecode is written as modules are first imported and read from then on: compiling every installed
# file during set-up takes longer than a first start gains, never keeping it slows every later one.
unexport PYTHONDONTWRITEBYTECODE
# Whoever has pip install into their home by default still gets an environment of its own here.
export PIP_USER := 0
# Certificates as the machine has them: behind a company's proxy uv's own list is not enough.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test lint fmt fuzz bench lock clean

help:
	@echo 'make run     set up and start on http://127.0.0.1:8080 with a demo assistant'
	@echo 'make test    set up and run everything that CI runs'
	@echo 'make fuzz    property tests on new examples; then the API is sent what nobody expects, and no answer may be a 5xx'
	@echo 'make bench   print the figures that the documents quote'
	@echo 'make fmt     format, and repair what can be repaired'
	@echo 'make lint    formatting, style, types and layers'
	@echo 'make lock    compile requirements*.in into requirements*.txt'
	@echo 'make clean   remove .venv and caches; data/ and documents/ stay'

setup: $(VENV)/run.stamp

run: $(VENV)/run.stamp
	@exec $(PY) cli.py demo

# Most tests wait for other processes: more workers than cores. A file's tests stay together, in order.
# What failed is run once more, alone: on a busy machine a time-out says little, and what is broken fails again.
test: lint
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  || { echo 'Once more, alone, what failed:'; $(PY) -m pytest -v --last-failed --last-failed-no-failures none; }

lint: $(VENV)/test.stamp
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command as main; main()'

fmt: $(VENV)/test.stamp
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

fuzz: $(VENV)/test.stamp
	@EXAMPLES=new $(PY) -m pytest tests/unit tests/api/test_outsider_walk.py
	@$(PY) -m tests.fuzz

# A bench is a file there whose docstring says, indented, how it is run.
bench: $(VENV)/test.stamp
	@for name in $$(grep -l '^    python -m bench' bench/*.py | sed 's|bench/||; s|[.]py||'); do \
	  echo "== bench.$$name"; $(PY) -m bench.$$name || exit 1; done

lock: $(VENV)/test.stamp
	@test -x $(UV) || { echo 'make lock needs uv $(UV_VERSION), which could not be installed here.' >&2; exit 1; }
	$(UV) pip compile -q --universal --python-version 3.11 --no-annotate --no-header requirements.in -o requirements.txt
	$(UV) pip compile -q --universal --python-version 3.11 --no-annotate --no-header requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -not -path './data/*' -not -path './documents/*' -prune -exec rm -rf {} +

# A stamp is younger than what was installed from: running a target again installs nothing.
$(VENV)/run.stamp: requirements.txt | $(PY)
	@$(call install,-r requirements.txt)
	@touch $@

$(VENV)/test.stamp: requirements.txt requirements-dev.txt | $(PY)
	@$(call install,-r requirements.txt -r requirements-dev.txt)
	@touch $(VENV)/run.stamp $@

# Without pip: copying pip into the environment takes longer than installing everything with uv.
$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Orquestra needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 | tail -1)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo 'Setting up $(VENV) …'
	@$(PYTHON) -m venv --clear --without-pip $(VENV)

# uv comes through the pip that Python has, or else through one put into the environment. uv reads
# neither PIP_* nor pip.conf; where it cannot be had or cannot install, pip, which does, takes over.
define install
echo 'Installing what is pinned …'; \
$(get_uv) && $(UV) pip install -q --python $(PY) $(1) || { $(own_pip) && { \
  echo 'uv cannot install here; pip does, which takes longer.' >&2; \
  $(PY) -m pip install -q --no-compile --disable-pip-version-check $(1); } }
endef
get_uv = { test -x $(UV) \
  || $(PYTHON) -m pip -qq --python $(PY) install $(UV_SOURCE) 2>/dev/null \
  || { $(own_pip) && $(PY) -m pip -qq install $(UV_SOURCE); } 2>/dev/null; }
own_pip = { $(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null 2>&1 || { \
  echo "$(PYTHON) has no pip; on Debian and Ubuntu: apt install python3-venv" >&2; false; }; }
