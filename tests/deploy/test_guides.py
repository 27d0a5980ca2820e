"""Runbooks and the guide tell what can be done."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.conftest import PROJECT_PYTHON
from tests.deploy.gates import guides
from tests.deploy.rendering import ROOT, rendered

NUMBER = re.compile(r"\d[\d,.]*\d|\d")
PAGES = (*sorted((ROOT / "deploy" / "runbooks").glob("*.md")), ROOT / "deploy" / "README.md")


def refused(lines: list[str]) -> list[str]:
    """What the code says of command lines of ours, without running them."""
    done = subprocess.run(
        [PROJECT_PYTHON, "-m", "tests.deploy.commands"],
        input=json.dumps(lines), capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


def test_commands_exist() -> None:
    """Each of our commands on any page is one that its own parser takes, with its options; a wrong one is not."""
    told = {line for path in PAGES for line in guides.ours(path.read_text())}
    assert told
    assert refused(sorted(told)) == []
    wrong = [
        "services.recommender undo",
        "services.recommender rollback --now",
        "libs.common.dead_letters show",
        "services.nobody api",
    ]
    assert len(refused(wrong)) == len(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_they_run_where_they_may(page: Path) -> None:
    """What kubectl is told of is deployed; a service's command runs in its image, dead letters are read by who may."""
    assert guides.problems(page.read_text(), rendered("prod")) == []


EXEC = "    kubectl -n stackwise exec {} -- python3 -m {}\n"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("no deployment/worker", "    kubectl -n stackwise rollout restart deployment/worker\n"),
        ("no services.catalog", EXEC.format("deployment/gateway-api", "services.catalog republish")),
        (
            "may not Read profile.interaction.v1.dlq",
            EXEC.format("statefulset/recommender-worker", f"{guides.DEAD_LETTERS} list"),
        ),
        (
            "may not Write profile.interaction.v1",
            EXEC.format("statefulset/recommender-worker", f"{guides.DEAD_LETTERS} list"),
        ),
        ("no make everything", "    make everything\n"),
        ("no deploy/kubernetes/overlays/east", "    kubectl apply -k deploy/kubernetes/overlays/east\n"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(word: str, text: str) -> None:
    """A command that nobody can run is found."""
    said = guides.problems(text, rendered("prod"))
    assert [wrong for wrong in said if word in wrong], said


def test_capacity_is_planned_with_what_was_measured() -> None:
    """Each figure of the capacity table's first column stands in the README's performance section."""
    section = ROOT.joinpath("README.md").read_text().split("## Performance")[1].split("\n## ")[0]
    guide = (ROOT / "deploy" / "README.md").read_text().split("### Capacity")[1]
    rows = re.findall(r"^\| (\d[^|]*) \|", guide, re.MULTILINE)
    assert len(rows) > 5
    unknown = [number for row in rows for number in NUMBER.findall(row) if number not in section]
    assert unknown == []
