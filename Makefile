# Everything runs from a fresh clone, without root. Needs: make, Python >= 3.11 (choose one with PYTHON=...) and pip's network.

.DEFAULT_GOAL := help
.PHONY: help setup demo test written tested soak format claims guide screenshots

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# The first Python that is new enough and can make environments.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
  $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
# Most tests start processes of their own, and each would compile the source again.
unexport PYTHONDONTWRITEBYTECODE
# One thread a process: the tests run side by side, and results repeat bit for bit.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --quiet

# Where properties are held by many draws, and each draw costs little.
PROPERTIES := $(addprefix tests/, controllers diagnosis importers laws records schedules \
  reporting/html/test_data_block.py reporting/test_findings.py \
  training/tasks/test_exactness.py tuning/test_branching.py)

help:
	@echo 'make setup   make $(VENV) with everything'
	@echo 'make demo    tune an example on real images, < 3 min'
	@echo 'make test    every check: style, types, layers, tests'
	@echo 'make soak    the slow tests, and many more draws of the properties'
	@echo 'make format  put the source into its form'
	@echo 'make claims  hold the figures of the pages against the data that they are from, < 2 min'
	@echo 'make guide   build the guide of ratecraft ui'
	@echo 'make screenshots  the pictures of the README; needs chromium'

setup: $(VENV)/ready

# Made anew only when what is to be installed has changed.
$(VENV)/ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo 'No Python >= 3.11 with venv was found; name one: make setup PYTHON=/path/to/python3' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev,examples,peers,ray,search,ui]'
	@# On all cores, where pip takes one; a quarter of the source is other people's tests and models, which are not run here.
	@# What is written for a newer Python cannot be compiled, and is not needed.
	$(BIN)/python -m compileall -qq -j 0 -x 'site-packages/(.*/tests?|ray/rllib|transformers/models)/' $(CURDIR)/$(VENV)/lib || true
	@touch $@

# In a folder of its own, as a user would: the script, its files and the study lie side by side.
demo: setup
	@mkdir -p build/demo
	@cp examples/mnist_cnn.py build/demo/
	cd build/demo && PATH="$(BIN):$$PATH" ratecraft tune mnist_cnn.py

# What is written is read by one process while the tests run.
test: setup
	$(MAKE) --no-print-directory --jobs=2 written tested
	@{ command -v chromedriver && { command -v chromium || command -v chromium-browser || command -v google-chrome; }; } >/dev/null \
	  || echo 'Not checked: the report in a browser (Debian: apt-get install chromium chromium-driver fonts-noto-cjk)'

written: setup
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --diff
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

tested: setup
	@# A file a worker, in their order: what a file shares is made once, and the dear ones come first.
	$(PYTEST) --numprocesses 3 --dist loadfile --no-loadscope-reorder

soak: setup
	$(PYTEST) -m soak
	$(PYTEST) --hypothesis-profile soak $(PROPERTIES)

# Makes every figure that is claimed anew; fails where text and data differ.
claims: setup
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/claims.py

# The guide of `ratecraft ui`, as plain files.
guide: setup
	$(BIN)/mkdocs build --quiet --strict --config-file docs/building/mkdocs.yml

# The pictures of the README, from the study of the demo.
screenshots: demo
	PYTHONPATH=tests/reporting/html $(BIN)/python docs/screenshots.py build/demo

format: setup
	$(BIN)/ruff check --quiet --fix
	$(BIN)/ruff format
