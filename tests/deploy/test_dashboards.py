"""The dashboards ask for what is there, and say what they show; so does Kubernetes' copy of the rules."""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.gates import dashboards
from tests.deploy.rendering import KUBERNETES, named, of_kind, rendered
from tests.deploy.test_monitoring import RULES, exported

FOLDER = KUBERNETES / "components" / "monitoring" / "dashboards"
NAMES = ("fairness", "freshness", "gateway", "kafka", "model", "overview")
RECORDED = {rule["record"] for rule in RULES if "record" in rule}

Dashboard = dict[str, Any]


def read(name: str) -> Dashboard:
    """A dashboard as it is committed."""
    made: Dashboard = json.loads((FOLDER / f"{name}.json").read_text())
    return made


def test_there_are_six() -> None:
    """Those that the issue names, each at an address of its own."""
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(NAMES)
    assert len({read(name)["uid"] for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_asks_for_what_is_there(name: str) -> None:
    """Every metric is exported or recorded, and every panel has a unit, a description and legends."""
    assert dashboards.problems(read(name), exported(), RECORDED) == []


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool (.ci/run installs it)")
def test_every_query_is_one(tmp_path: Path) -> None:
    """Prometheus' own parser takes every query of every dashboard, and refuses a broken one."""
    asked = [query for name in NAMES for query in dashboards.queries(read(name))]
    assert parsed(tmp_path, asked).returncode == 0
    assert parsed(tmp_path, ["sum by (rate(x[5m])"]).returncode != 0


def parsed(folder: Path, asked: list[str]) -> subprocess.CompletedProcess[str]:
    """promtool's answer about queries, as rules."""
    rules = [{"record": f"q:{place}", "expr": query} for place, query in enumerate(asked)]
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    command = ["promtool", "check", "rules", "--lint=none", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("overlay", ["staging", "prod", "managed"])
def test_they_are_deployed(overlay: str) -> None:
    """Each dashboard is in a ConfigMap that Grafana's sidecar takes, and every rule in the PrometheusRule."""
    manifests = rendered(overlay)
    maps = [m for m in of_kind(manifests, "ConfigMap") if m["metadata"]["name"].startswith("dash")]
    assert sorted(file for m in maps for file in m["data"]) == sorted(f"{n}.json" for n in NAMES)
    assert {m["metadata"]["labels"]["grafana_dashboard"] for m in maps} == {"1"}
    groups = named(manifests, "PrometheusRule", "stackwise")["spec"]["groups"]
    assert [rule for group in groups for rule in group["rules"]] == RULES


def panel(dashboard: Dashboard) -> dict[str, Any]:
    """The first one."""
    first: dict[str, Any] = dashboard["panels"][0]
    return first


BROKEN: list[tuple[str, Callable[[Dashboard], Any]]] = [
    (
        "nobody exports stackwise_http_requests",
        lambda d: panel(d)["targets"][0].update(expr="sum(rate(stackwise_http_requests[5m]))"),
    ),
    (
        "no rule records stackwise:speed",
        lambda d: panel(d)["targets"][0].update(expr="stackwise:speed:rate5m"),
    ),
    ("no metric of ours", lambda d: panel(d)["targets"][0].update(expr="up")),
    ("no unit", lambda d: panel(d)["fieldConfig"]["defaults"].pop("unit")),
    ("does not say what it shows", lambda d: panel(d).update(description="")),
    ("without a legend", lambda d: panel(d)["targets"][0].pop("legendFormat")),
    ("asks nothing", lambda d: panel(d).update(targets=[])),
    ("on top of each other", lambda d: d["panels"].append(copy.deepcopy(panel(d)))),
    ("shows nothing", lambda d: d.update(panels=[])),
]


@pytest.mark.parametrize(("word", "change"), BROKEN, ids=[word for word, _ in BROKEN])
def test_what_is_wrong_is_named(word: str, change: Callable[[Dashboard], Any]) -> None:
    """A panel that shows nothing, or does not say what, is found."""
    broken = read("gateway")
    change(broken)
    said = dashboards.problems(broken, exported(), RECORDED)
    assert [wrong for wrong in said if word in wrong], said
