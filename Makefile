# Two commands for a fresh machine: `make release` and `make test`. Both do all the set-up.

ASSIGNMENT ?= solutions/hw4
# Any Python of 3.11 or newer that has venv; uv is installed into an environment of its own.
PYTHON ?= python3
# TORCH_BACKEND=cpu takes PyTorch's own small build in place of the locked one from PyPI.
TORCH_BACKEND ?=

UV := .uv/bin/uv
BIN := .venv/bin
READY := .venv/ready

# The sandbox runs student code as a user of its own, which must be able to read the interpreter.
# So one outside private home folders is preferred, and the first good one is the fallback.
IS_NEW := import sys; sys.exit(sys.version_info < (3, 11))
IS_OPEN := import os, sys, pathlib as p; \
	paths = [p.Path(f).resolve() for f in (os.__file__, sys.executable)]; \
	sys.exit(any(not d.stat().st_mode & 1 for f in paths for d in f.parents))
CHOOSE = candidates="$(PYTHON) python3.13 python3.12 python3.11 /usr/local/bin/python3 /usr/bin/python3"; \
	fallback=; \
	for python in $$candidates; do \
		$$python -I -c '$(IS_NEW)' 2>/dev/null || continue; \
		if $$python -I -c '$(IS_OPEN)'; then break; fi; \
		fallback=$${fallback:-$$python}; python=; \
	done; \
	python=$${python:-$$fallback}

# What make gradescope-local grades, and a submission_metadata.json to go with it.
SUBMISSION ?=
METADATA ?=

.PHONY: release gradescope-local wheel test test-fast lint types docs lock setup clean

# The assignment's own packages first: they are locked beside the harness's and installed.
release: $(READY)
	$(BIN)/autograder setup $(ASSIGNMENT)
	$(BIN)/autograder release $(ASSIGNMENT)

# In Gradescope's image, by Docker or Podman; after make release.
gradescope-local: $(READY)
	@test -n "$(SUBMISSION)" || { echo "Name what to grade by SUBMISSION=..., a folder, a zip or a notebook." >&2; exit 2; }
	$(BIN)/autograder gradescope-local "$(SUBMISSION)" --assignment $(ASSIGNMENT) \
		$(if $(METADATA),--metadata "$(METADATA)")

# What a course installs in place of a checkout, with the lock that it can be held to.
wheel: $(READY)
	rm -rf build dist/wheel
	mkdir -p dist/wheel
	$(BIN)/python -c 'import setuptools.build_meta as b; b.build_wheel("dist/wheel")' > dist/wheel/build.log
	rm -rf build dist/wheel/build.log
	cp requirements.lock dist/wheel

# Some images forbid Python to keep what it compiles: each of hundreds of commands would compile all.
test test-fast: export PYTHONDONTWRITEBYTECODE :=

test: $(READY)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

# What starts no process: no sandbox, browser, container, kernel or command. For one who edits.
test-fast: $(READY)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m "not process and not slow" --hypothesis-profile fast

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy --strict autograder release

# The documentation in site/; a broken link or heading fails. Nothing is fetched.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --clean

setup: $(READY)

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet 'uv>=0.9'

$(READY): $(UV) pyproject.toml requirements.lock
	@$(CHOOSE); \
	if [ -z "$$python" ]; then echo "No Python 3.11 or newer was found; name one by PYTHON=..." >&2; exit 1; fi; \
	set -x; $(UV) venv --quiet --clear --python "$$($$python -I -c 'import sys; print(sys.executable)')" .venv
ifeq ($(TORCH_BACKEND),)
	$(UV) pip sync --quiet --python $(BIN)/python --compile-bytecode requirements.lock
else
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --no-verify-hashes \
		--torch-backend $(TORCH_BACKEND) -r pyproject.toml --extra dev -c requirements.lock
endif
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $(READY)

# Names, versions and hashes only, for every platform and Python that the project supports.
lock: $(UV)
	$(UV) pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .uv dist site
