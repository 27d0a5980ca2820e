"""Imported taxonomies in the catalog: again, in parts, from several sources, and within bounded memory."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from libs.common.contracts.catalog import OccupationBody
from services.catalog.domain.kinds import OCCUPATION, SKILL, body_of
from services.catalog.importers import Format, reading
from services.catalog.store import PostgresStore
from services.catalog.usecases.importing import Importer, Outcome
from services.catalog.usecases.publishing import publish
from tests.unit.catalog.taxonomies import ESCO, ONET, folder, read
from tests.unit.catalog.test_importing import command
from tests.unit.catalog.test_oews_import import HEADER, ROWS, write

MAKER = "onet:11-1011.00"


async def take(
    store: PostgresStore, path: Path, format: Format, most: int | None = None
) -> Outcome:
    """Imports a source, or its first items."""
    return await Importer(store, lambda _: None).take_all(islice(read(path, format), most))


async def occupation(store: PostgresStore, key: str = MAKER) -> tuple[OccupationBody, int]:
    """The stored body and its revision."""
    snapshot = await store.get(OCCUPATION, key)
    assert snapshot is not None
    body = body_of(snapshot, OCCUPATION)
    assert isinstance(body, OccupationBody)
    return body, snapshot.revision


@pytest.mark.parametrize(("format", "files", "count"), [("onet", ONET, 8), ("esco", ESCO, 5)])
async def test_imported_again_nothing_changes(
    store: PostgresStore,
    tmp_path: Path,
    format: Format,
    files: dict[str, tuple[str, ...]],
    count: int,
) -> None:
    """The second time every snapshot is the same, revision and all."""
    path = folder(tmp_path, files)
    assert (await take(store, path, format))[:4] == (count, 0, 0, 0)
    before = [batch async for _, batch in store.everything()]
    assert (await take(store, path, format))[:4] == (0, 0, count, 0)
    assert [batch async for _, batch in store.everything()] == before


async def test_an_interrupted_import_is_gone_on_with(store: PostgresStore, tmp_path: Path) -> None:
    """What was stored is the same the next time, and only the rest is created."""
    path = folder(tmp_path, ONET)
    assert (await take(store, path, "onet", most=6))[:4] == (6, 0, 0, 0)
    assert (await take(store, path, "onet"))[:4] == (2, 0, 6, 0)


async def test_a_new_release_changes_what_it_changes(store: PostgresStore, tmp_path: Path) -> None:
    """Only the occupation whose rating moved has a new revision."""
    path = folder(tmp_path, ONET)
    await take(store, path, "onet")
    skills = path / "Skills.txt"
    skills.write_text(skills.read_text().replace("4.00", "5.00"))
    assert (await take(store, path, "onet"))[:4] == (0, 1, 7, 0)
    body, revision = await occupation(store)
    assert (body.skills[0].importance, revision) == (1.0, 2)


async def test_sources_do_not_undo_each_other(store: PostgresStore, tmp_path: Path) -> None:
    """OEWS pays what O*NET describes; what neither speaks of stays as an administrator put it."""
    onet = folder(tmp_path / "onet", ONET)
    oews = write(tmp_path / "national_M2025_dl.csv", HEADER, *ROWS)
    await take(store, onet, "onet")
    knot = await store.get(SKILL, "onet:2.A.1.a")
    assert knot is not None
    faded = {"name": "Knots", "kind": "skill", "half_life_years": 3.0}
    await publish(store, SKILL, "onet:2.A.1.a", SKILL.body(**faded))  # type: ignore[arg-type]
    paid = await take(store, oews, "oews")
    assert paid[:4] == (0, 2, 0, 0)
    assert paid.left_out["wages of no occupation in the catalog"] == 2
    assert (await take(store, oews, "oews"))[:4] == (0, 0, 2, 0)
    assert (await take(store, onet, "onet"))[:4] == (0, 1, 7, 0)
    body, revision = await occupation(store)
    assert body.median_wage is not None
    assert (body.median_wage.amount, body.name, revision) == (51000, 'Kite "makers"', 2)
    tester, _ = await occupation(store, "onet:11-1011.01")
    assert tester.median_wage == body.median_wage
    knot = await store.get(SKILL, "onet:2.A.1.a")
    assert knot is not None
    assert (knot.name, knot.half_life_years) == ("Knotting", 3.0)  # type: ignore[union-attr]


async def test_the_command_names_the_file_of_every_fault(
    database_url: str, store: PostgresStore, tmp_path: Path
) -> None:
    """Good records are stored, the exit code is 1, what was left out is counted; a file for a folder
    stores nothing."""
    bad = ["11-1011.00\t2.A.1.b\tIM\t9\t8\t0\t1\t1\tN\tN\t\t", "11-1011.00\tx"]
    path, report = folder(tmp_path / "onet", ONET, skills=bad), tmp_path / "report.jsonl"
    arguments = ("import", str(path), "--format", "onet", "--report", str(report))
    code, out, _ = await command(database_url, *arguments)
    assert (code, out.splitlines()[0]) == (1, "8 created, 0 changed, 0 the same, 2 rejected")
    assert out.splitlines()[1].startswith("left out: 1 ratings")
    entries = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(e["file"], e["line"], e["pointer"]) for e in entries] == [
        ("Skills.txt", 5, "/Data Value"),
        ("Skills.txt", 6, ""),
    ]
    assert (await occupation(store))[1] == 1
    code, _, err = await command(database_url, "import", str(report), "--format", "esco")
    assert code == 1
    assert '"file":"report.jsonl"' in err
    assert "a folder" in err


SPEND = """
import sys
from pathlib import Path
from services.catalog.domain.kinds import SKILL
from services.catalog.importers import reading
with reading(Path(sys.argv[1]), sys.argv[2], SKILL) as source:
    count = sum(1 for _ in source.items)
# The peak since exec, unlike that of getrusage, which is the parent's where that is higher.
print(count, Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def large_onet(path: Path, occupations: int) -> Path:
    """O*NET's files with 35 elements for each occupation, in both scales."""
    codes = [f"{n // 10_000:02}-{n % 10_000:04}.00" for n in range(occupations)]
    tail = "8\t0.1\t3.8\t4.2\tN\tN\t08/2023\tAnalyst"
    ratings = [
        f"{code}\t2.A.{element}\t{scale}\t3.5\t{tail}"
        for code in codes
        for element in range(35)
        for scale in ("IM", "LV")
    ]
    files = {name: (lines[0],) for name, lines in ONET.items()}
    files["Occupation Data.txt"] += tuple(f"{code}\tKiter {code}\tKites." for code in codes)
    files["Content Model Reference.txt"] += tuple(f"2.A.{n}\tElement {n}\t" for n in range(35))
    files["Skills.txt"] += tuple(ratings)
    return folder(path, files)


def large_oews(path: Path, rows: int) -> Path:
    """Rows of states, with a national one at the end."""
    state = ROWS[-1].replace("Kite Makers", "Kite Makers of a long name that takes room" * 4)
    return write(path / "national_M2025_dl.csv", HEADER, *([state] * rows), ROWS[1])


@pytest.mark.parametrize(
    ("format", "make", "small"), [("onet", large_onet, 60), ("oews", large_oews, 4_000)]
)
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, format: Format, make: object, small: int
) -> None:
    """Ten times the rows (42,000 ratings, 40,000 wages of 200 bytes) take less than 4 MB more."""
    peaks = []
    for size in (small, 10 * small):
        (tmp_path / str(size)).mkdir()
        path = make(tmp_path / str(size), size)  # type: ignore[operator]
        ran = subprocess.run(
            [sys.executable, "-c", SPEND, str(path), format],
            env={**os.environ, "PYTHONPATH": os.getcwd()}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        count, kilobytes = map(int, ran.stdout.split())
        assert count > 2
        peaks.append(kilobytes)
    assert peaks[1] - peaks[0] < 4_096


def test_progress_moves_from_nothing_to_all(tmp_path: Path) -> None:
    """The share only grows, while files are read and while records are handed out."""
    with reading(folder(tmp_path, ONET), "onet", SKILL) as source:
        shares = [source.share() for _ in source.items]
    assert shares == sorted(shares)
    assert shares[0] < 0.25 < shares[-1] <= 1
