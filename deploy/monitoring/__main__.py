"""`python -m deploy.monitoring write`: the objectives' rules, Kubernetes' copy of all rules, and the dashboards."""

import json
from pathlib import Path
from typing import Any

import typer
import yaml

from deploy.monitoring.dashboards import DASHBOARDS
from deploy.monitoring.grafana import model
from deploy.monitoring.objectives import groups

HERE = Path(__file__).parent
COMPONENT = HERE.parent / "kubernetes" / "components" / "monitoring"
OBJECTIVES, PROCESSES = HERE / "rules" / "objectives.yaml", HERE / "rules" / "processes.yaml"
HEAD = "# Made from {} by `python -m deploy.monitoring write`.\n"

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


def made() -> dict[Path, str]:
    """The generated files."""
    written: dict[str, Any] = yaml.safe_load(PROCESSES.read_text())
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "stackwise"},
        "spec": {"groups": [*groups(), *written["groups"]]},
    }
    return {
        OBJECTIVES: _yaml("deploy/monitoring/objectives.py", {"groups": groups()}),
        COMPONENT / "rules.yaml": _yaml("deploy/monitoring/rules", rule),
        **{
            COMPONENT / "dashboards" / f"{each.name}.json": json.dumps(model(each), indent=1) + "\n"
            for each in DASHBOARDS
        },
    }


@app.callback()
def main() -> None:
    """What is monitored."""


@app.command()
def write() -> None:
    """Writes the generated files."""
    for path, text in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def _yaml(source: str, value: Any) -> str:
    return HEAD.format(source) + yaml.safe_dump(value, sort_keys=False, width=1000)


if __name__ == "__main__":
    app()
