# `make repro`: set up, run the pipeline, print the metrics.  `make app`: set up, serve the web page.
# `make test`: set up, run the tests.  `make lint`: ruff.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro app test lint

repro: .venv/installed
	dvc repro
	dvc metrics show

app: .venv/installed
	python -m streamlit run app/main.py

test: .venv/installed
	pytest -n auto --dist loadfile

lint: .venv/installed
	ruff check
	ruff format --check

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: sudo apt install python3-venv" >&2; rm -rf .venv; exit 1; }
	.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@
