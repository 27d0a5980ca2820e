"""The command from file to table, JSON and picture."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from services.recommender.__main__ import cli

INTERVALS = ("recall", "ndcg")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """200 events of 20 learners, who go through one half of 20 credentials or the other."""
    random = np.random.default_rng(4)
    journeys = [random.permutation(10) + 10 * (learner % 2) for learner in range(20)]
    rows = [
        f"l{learner},c{journeys[learner][step]},{1_700_000_000 + 20 * step + learner}"
        for step in range(10)
        for learner in range(20)
    ]
    path = tmp_path / "events.csv"
    path.write_text("\n".join(["user,course,ts", *rows]) + "\n")
    return path


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.csv"
    rows = [f"c{row},s{row % 3}|s{row % 4}" for row in range(25)]
    path.write_text("\n".join(["course,concepts", *rows]) + "\n")
    return path


def evaluate(*arguments: object):
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])


COLUMNS = ("--columns", "learner_id=user,credential_id=course,occurred_at=ts,skills=concepts")
TWO = ("--models", "popularity,ease")


def test_an_evaluation_from_end_to_end(events: Path, catalog: Path, tmp_path: Path) -> None:
    """The JSON has every field of api.md, the picture is a PNG, the table names the models."""
    out, picture = tmp_path / "out.json", tmp_path / "out.png"
    result = evaluate(
        events, *COLUMNS, *TWO, "--catalog", catalog, "--protocol", "prequential", "-k", 5,
        "--json", out, "--plot", picture,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "popularity" in result.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    report = json.loads(out.read_bytes())
    assert (report["protocol"], report["k"]) == ("prequential", 5)
    assert report["dataset"] == {
        "learners": 20, "credentials": 20, "interactions": 200, "trained": 140, "scored": 60,
    }  # fmt: skip
    assert list(report["models"]) == ["popularity", "ease"]
    for model in report["models"].values():
        check_model(model)
    assert report["models"]["ease"]["recall"] > report["models"]["popularity"]["recall"]
    against = report["differences"]["ease"]["popularity"]
    assert against["recall_ci"][0] <= against["recall"] <= against["recall_ci"][1]
    assert report["differences_new_credential"] == {}


def check_model(model: dict) -> None:
    for name in INTERVALS:
        low, high = model[f"{name}_ci"]
        assert 0 <= low <= model[name] <= high <= 1
    for name in ("coverage", "gini", "skill_distance"):
        assert 0 <= model[name] <= 1
    for name in ("mean_popularity", "novelty", "microseconds_per_event", "fit_seconds"):
        assert model[name] >= 0
    breakdown = model["breakdown"]
    assert breakdown["new_learner"]["events"] == breakdown["new_credential"]["events"] == 0
    assert breakdown["new_learner"]["recall"] is None
    assert [fifth["events"] for fifth in breakdown["fifths"]] == [12] * 5
    assert sum(of["events"] for of in breakdown["history"].values()) == 60
    assert list(breakdown["history"]) == ["1", "2-3", "4-7", "8-15", "16+"]
    mean = np.mean([fifth["ndcg"] for fifth in breakdown["fifths"]])
    assert mean == pytest.approx(model["ndcg"])


def test_what_following_a_goal_trades(events: Path, catalog: Path, tmp_path: Path) -> None:
    """With a catalog Stackwise is asked at several τ: the goal alone closes more of the gap than no goal, and costs
    come from the catalog's column."""
    priced = catalog.read_text().replace("concepts\n", "concepts,cost\n", 1).splitlines()
    catalog.write_text("\n".join([priced[0], *(f"{line},40.00" for line in priced[1:])]) + "\n")
    out, picture = tmp_path / "out.json", tmp_path / "out.png"
    result = evaluate(
        events, *COLUMNS, "--models", "stackwise", "--catalog", catalog, "--protocol",
        "prequential", "-k", 3, "--json", out, "--plot", picture,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "what τ trades" in result.output
    rows = json.loads(out.read_bytes())["goals"]
    assert [row["tau"] for row in rows] == [None, 1.0, 0.2, 0.1, 0.05, 0.02, 0.0]
    assert all(row["questions"] == 60 and row["net_cost"] == 40 for row in rows)
    assert rows[-1]["gap_closed"] > rows[0]["gap_closed"]


def test_leave_last_out_without_a_clock(events: Path, tmp_path: Path) -> None:
    """No occurred_at, no catalog: skill distance is null, and only some learners are asked."""
    out = tmp_path / "out.json"
    result = evaluate(
        events, "--columns", "learner_id=user,credential_id=course", *TWO, "--limit", 8,
        "--protocol", "leave-last-out", "--json", out, "--plot", tmp_path / "out.png",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads(out.read_bytes())
    assert report["dataset"]["scored"] == 8
    assert report["models"]["ease"]["skill_distance"] is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--protocol", "prequential"), "no column 'learner_id'"),
        (("--protocol", "sideways"), "sideways"),
        ((*COLUMNS, "--protocol", "prequential", "--models", "wizard"), "wizard"),
        (
            ("--columns", "learner_id=user,credential_id=course", "--protocol", "prequential"),
            "occurred_at",
        ),
        ((*COLUMNS, "--protocol", "prequential", "--plot", "/nowhere/at/all.png"), "no folder"),
    ],
)
def test_a_wrong_request_ends_with_a_reason(
    events: Path, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    """One line, exit code 2, and nothing is written."""
    out = tmp_path / "out.json"
    result = evaluate(events, *arguments, "--json", out)
    assert result.exit_code == 2
    assert why in result.output
    assert "Traceback" not in result.output
    assert not out.exists()


def test_other_processes_do_not_pay_for_the_evaluation() -> None:
    """Registering the command imports neither matplotlib nor the evaluation itself."""
    heavy = "{'matplotlib', 'services.recommender.evaluation.session'}"
    code = f"import sys, services.recommender.__main__; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
