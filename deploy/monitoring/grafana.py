"""Grafana's model of a dashboard, as far as ours need it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

COLUMNS, WIDTH, HEIGHT = 24, 12, 8
SCHEMA_VERSION = 41
SOURCE = {"type": "prometheus", "uid": "${source}"}
"""Chosen on the dashboard: whichever Prometheus scrapes the processes."""


class Panel(NamedTuple):
    """A graph. `says` is what one reads in it; `unit` is Grafana's name of one; `shows` has the legend of each query."""

    title: str
    says: str
    unit: str
    shows: Mapping[str, str]
    objective: float | None = None


class Dashboard(NamedTuple):
    """`name` is that of its file and its permanent address."""

    name: str
    title: str
    panels: tuple[Panel, ...]


def model(dashboard: Dashboard) -> dict[str, Any]:
    """What Grafana loads."""
    return {
        "uid": f"stackwise-{dashboard.name}",
        "title": f"Stackwise / {dashboard.title}",
        "tags": ["stackwise"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_choice_of_source()]},
        "links": [_link_to_the_others()],
        "panels": [_panel(number, each) for number, each in enumerate(dashboard.panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "gridPos": {
            "x": number * WIDTH % COLUMNS,
            "y": number * WIDTH // COLUMNS * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {
            "defaults": {"unit": panel.unit, **_threshold(panel.objective)},
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": query, "legendFormat": name}
            for place, (name, query) in enumerate(panel.shows.items())
        ],
    }  # fmt: skip


def _threshold(objective: float | None) -> dict[str, Any]:
    """A line where the objective is."""
    if objective is None:
        return {}
    steps = [{"color": "transparent", "value": None}, {"color": "red", "value": objective}]
    return {
        "thresholds": {"mode": "absolute", "steps": steps},
        "custom": {"thresholdsStyle": {"mode": "line"}},
    }


def _choice_of_source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _link_to_the_others() -> dict[str, Any]:
    return {
        "title": "Stackwise",
        "type": "dashboards",
        "tags": ["stackwise"],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
    }
