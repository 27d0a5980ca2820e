PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: setup
setup: $(VENV)/installed

# An interrupted installation leaves no marker, so it is started again from nothing.
$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Stackwise needs Python 3.11 or newer; set PYTHON=")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@
