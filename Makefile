PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# On which only this machine's own processes listen.
KAFKA_PORT ?= 9092

.PHONY: setup demo test check test-units test-system test-kafka test-quality test-spark test-deploy test-js kafka lock

setup: $(VENV)/installed

# An interrupted installation leaves no marker, so it is started again from nothing.
$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Stackwise needs Python 3.11 or newer; set PYTHON=")'
	@echo "installing into $(VENV) (about a minute)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# The whole system and its main job, shown on one learner. ONCE=1 stops by itself.
demo: setup
	@ONCE=$(ONCE) exec $(RUN) -m deploy.local.demo

# Everything that needs nothing but Python.
test: check test-units test-system

# Two at a time: most of them wait for a broker.
test-units: setup
	$(RUN) -m pytest -n 2 tests/unit tests/contracts

# The tests of the whole system. Those that break it come first, on a system of their own.
SYSTEM := tests/chaos tests/acceptance tests/flow tests/browser
test-system: setup
	$(RUN) -m pytest $(SYSTEM)

check: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# The tests of the whole system on Apache Kafka (Java 17 and Maven).
test-kafka: setup
	STACKWISE_TEST_KAFKA=apache $(RUN) -m pytest $(filter-out tests/browser,$(SYSTEM))

# The ranking against its baselines on data that the test downloads (about four minutes).
test-quality: setup
	$(RUN) -m pytest tests/quality

# Fits on Spark, in this machine's own local mode (Java 17; downloads 430 MB the first time).
test-spark: $(VENV)/spark-installed
	$(RUN) -m pytest tests/spark

# The extra goes into the same environment, of which it changes nothing.
$(VENV)/spark-installed: $(VENV)/installed requirements-spark.lock
	@echo "installing Spark into $(VENV) (about a minute)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@

# The types of the widget's JavaScript (needs npm, which fetches the compiler).
test-js:
	npm exec --yes --package=typescript@5.9.3 -- tsc -p services/gateway/widget

# Apache Kafka on this machine, until it is interrupted.
kafka: setup
	@exec $(RUN) -m deploy.local.kafka --port $(KAFKA_PORT)

# What operators get: the manifests rendered and held against schemas and code, the images built and run. What the
# gates need has an environment of its own; buildah, mmdebstrap and promtool are Debian's.
DEPLOY := .venv-deploy
KUSTOMIZE := sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
test-deploy: setup $(DEPLOY)/installed
	@command -v kustomize >/dev/null || kubectl kustomize --help >/dev/null 2>&1 || [ -x .cache/bin/kustomize ] \
		|| GOBIN=$(CURDIR)/.cache/bin go install $(KUSTOMIZE)
	PATH="$$PATH:$(CURDIR)/.cache/bin" $(DEPLOY)/bin/python -m pytest -c tests/deploy/pytest.ini --rootdir=. tests/deploy

$(DEPLOY)/installed: requirements-deploy.lock .cache/uv/installed
	@echo "installing into $(DEPLOY)"
	@rm -rf $(DEPLOY)
	@$(PYTHON) -m venv --without-pip $(DEPLOY)
	@$(UV) pip install --quiet --python $(DEPLOY)/bin/python --require-hashes -r requirements-deploy.lock
	@touch $@

UV := .cache/uv/bin/uv
.cache/uv/installed:
	@$(PYTHON) -m venv .cache/uv
	@.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

# The lock of everything that is installed, from what is asked for; an image's only narrows the project's.
COMPILE := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
IMAGES := deploy/docker/requirements
lock: .cache/uv/installed
	$(COMPILE) requirements.in -o requirements.lock
	$(COMPILE) requirements-deploy.in -o requirements-deploy.lock
	$(COMPILE) -c requirements.lock requirements-spark.in -o requirements-spark.lock
	for service in catalog profile recommender gateway; do \
		$(COMPILE) -c requirements.lock $(IMAGES)/$$service.in -o $(IMAGES)/$$service.lock || exit 1; \
	done
