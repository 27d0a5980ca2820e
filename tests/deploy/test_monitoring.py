"""What the alerts rest on: metrics that the code exports, runbooks whose commands exist, tests that move each alert."""

import ast
import functools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.rendering import ROOT

MONITORING = ROOT / "deploy" / "monitoring"
RUNBOOKS = ROOT / "deploy" / "runbooks"
SUFFIXES = {"Counter": ("_total",), "Gauge": ("",), "Histogram": ("_bucket", "_count", "_sum")}
METRIC = re.compile(r"(?<![\w:])stackwise_\w+")
RULES: list[dict[str, Any]] = [
    rule
    for path in sorted((MONITORING / "rules").glob("*.yaml"))
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = sorted({rule["alert"] for rule in RULES if "alert" in rule})


@functools.cache
def exported() -> set[str]:
    """The names under which the code's metrics are scraped."""
    sources = (path for part in ("libs", "services") for path in (ROOT / part).rglob("*.py"))
    return {name for path in sources for name in _declared(path)}


def _declared(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str(name)), *_]) if (
                kind in SUFFIXES
            ):
                found |= {name.removesuffix("_total") + suffix for suffix in SUFFIXES[kind]}
    return found


def test_metrics_are_exported() -> None:
    """Every metric in a rule or a rule's test, and in a runbook's query, is one that the code exports."""
    texts = [rule["expr"] for rule in RULES]
    texts += [path.read_text() for path in RUNBOOKS.glob("*.md")]
    named = {name for text in texts for name in METRIC.findall(text)}
    families = {re.sub("_(total|bucket|count|sum)$", "", name) for name in exported()}
    assert named
    assert named <= exported() | families
    assert {name for rule in RULES for name in METRIC.findall(rule["expr"])} <= exported()


def test_each_alert_is_moved() -> None:
    """For each alert there is a case in which it fires, and one in which it is silent."""
    cases = [
        case
        for path in (MONITORING / "tests").glob("*.yaml")
        for test in yaml.safe_load(path.read_text())["tests"]
        for case in test["alert_rule_test"]
    ]
    assert sorted({c["alertname"] for c in cases if c["exp_alerts"]}) == ALERTS
    assert sorted({c["alertname"] for c in cases if not c["exp_alerts"]}) == ALERTS


@pytest.mark.parametrize("alert", ALERTS)
def test_runbook(alert: str) -> None:
    """The alert names its runbook, which has every part."""
    (named,) = {rule["annotations"]["runbook"] for rule in RULES if rule.get("alert") == alert}
    parts = re.findall("^## (.+)$", (ROOT / named).read_text(), re.MULTILINE)
    assert parts == ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def test_no_runbook_is_left_over() -> None:
    """Each runbook is of an alert that exists."""
    assert sorted(path.stem for path in RUNBOOKS.glob("*.md")) == ALERTS
