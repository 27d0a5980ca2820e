"""What an image is asked to hold is what its service imports."""

import re
from typing import Any

import pytest

from tests.deploy.images import DOCKER, SERVICES
from tests.deploy.rendering import ROOT

PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[^]]*\])?==(\S+)", re.M)
# Extras of others that are asked for by name, so that their versions are ours to choose.
BESIDE = {"opentelemetry-sdk"}


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_more_and_nothing_less(service: str, facts: dict[str, Any]) -> None:
    """The requirements of a service are the distributions that its code imports."""
    lines = (DOCKER / "requirements" / f"{service}.in").read_text().split()
    asked = {re.sub(r"\[.*", "", line).replace(".", "-") for line in lines}
    assert asked - BESIDE == set(facts["imports"][service]) - BESIDE


@pytest.mark.parametrize("service", SERVICES)
def test_versions_are_those_that_the_tests_ran_with(service: str) -> None:
    """Every pin of an image is a pin of the project's lock."""
    project = set(PIN.findall((ROOT / "requirements.lock").read_text()))
    pins = set(PIN.findall((DOCKER / "requirements" / f"{service}.lock").read_text()))
    assert pins
    assert pins <= project
