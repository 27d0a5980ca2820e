"""What must hold of a dashboard and of what it asks."""

import re
from collections.abc import Iterator
from typing import Any

METRIC = re.compile(r"(?<![\w:])stackwise_\w+")
RECORDED = re.compile(r"(?<!\w)stackwise:[\w:]+")


def problems(dashboard: dict[str, Any], exported: set[str], recorded: set[str]) -> list[str]:
    """`exported`: series of the code; `recorded`: those of the rules. Says what is wrong in words."""
    found = [
        wrong for panel in dashboard["panels"] for wrong in _of_panel(panel, exported, recorded)
    ]
    if not dashboard["panels"]:
        found.append(f"{dashboard['title']} shows nothing")
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in dashboard["panels"]]
    if len(set(places)) < len(places):
        found.append(f"{dashboard['title']} has panels on top of each other")
    return found


def queries(dashboard: dict[str, Any]) -> list[str]:
    """What it asks, with an interval in place of Grafana's own."""
    return [
        target["expr"].replace("$__rate_interval", "5m")
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]


def _of_panel(panel: dict[str, Any], exported: set[str], recorded: set[str]) -> Iterator[str]:
    title = panel["title"]
    if not panel.get("description"):
        yield f"{title} does not say what it shows"
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield f"{title} has no unit"
    if not panel["targets"]:
        yield f"{title} asks nothing"
    for target in panel["targets"]:
        named = METRIC.findall(target["expr"])
        made = RECORDED.findall(target["expr"])
        if not named and not made:
            yield f"{title} asks for no metric of ours"
        yield from (f"nobody exports {name}" for name in named if name not in exported)
        yield from (f"no rule records {name}" for name in made if name not in recorded)
        if not target.get("legendFormat"):
            yield f"{title} has a query without a legend"
