"""Bulk files: reading them, storing them, and what is said of bad records."""

import asyncio
import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.catalog.domain.kinds import CREDENTIAL, DEMAND, KINDS, OCCUPATION, Kind
from services.catalog.domain.records import Record, Rejected
from services.catalog.importers import READERS, Format
from services.catalog.importers.files import opened
from services.catalog.store import PostgresStore
from services.catalog.usecases.importing import Importer, Outcome
from tests.unit.catalog.bodies import credential


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def read(
    folder: Path, content: bytes, format: Format = "jsonl", kind: Kind = CREDENTIAL
) -> list[Record | Rejected]:
    file = folder / "records"
    file.write_bytes(content)
    with opened(file) as source:
        return list(READERS[format](source.stream, kind))


def faults(records: list[Record | Rejected]) -> list[tuple[int, str]]:
    return [
        (record.line, fault.pointer)
        for record in records
        if isinstance(record, Rejected)
        for fault in record.faults
    ]


async def store_all(store: PostgresStore, records: list[Record | Rejected]) -> Outcome:
    return await Importer(store, lambda _: None).take_all(records)


def test_good_lines_are_read_around_bad_ones(tmp_path: Path) -> None:
    """Each bad line is named with what is wrong; the others are records; blank lines are nothing."""
    content = b"\xef\xbb\xbf" + lines(
        {"id": "c1", **credential()},
        {"id": "c2", **credential(level="expert", typo=1)},
        {**credential()},
    )
    content += b"\n{broken\n\xff\xfe\n[1]\n" + b"[" * 100_000 + b"\n"
    content += lines({"id": "nul\0", **credential()}, {"id": "c9", **credential()}).rstrip(b"\n")
    records = read(tmp_path, content)
    assert [r.key for r in records if isinstance(r, Record)] == ["c1", "c9"]
    assert sorted(faults(records)) == [
        (2, "/level"), (2, "/typo"), (3, ""), (5, ""), (6, ""), (7, ""), (8, ""), (9, "/id"),
    ]  # fmt: skip


def test_an_endless_line_is_refused_within_bounded_memory(tmp_path: Path) -> None:
    """A line over a megabyte is one rejected record, and the next line is read."""
    huge = lines({"id": "c1", **credential(description="x" * 2_500_000)})
    records = read(tmp_path, huge + lines({"id": "c2", **credential()}))
    assert faults(records) == [(1, "")]
    assert [(r.line, r.key) for r in records if isinstance(r, Record)] == [(2, "c2")]


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_a_broken_archive_keeps_what_came_before(tmp_path: Path, format: Format) -> None:
    """gzip is unpacked whatever the name; cut off, it is a rejected record after the good ones."""
    rows = [f"s{n},Skill {n}" for n in range(5_000)]
    content = {
        "jsonl": lines(*({"id": f"s{n}", "name": f"Skill {n}"} for n in range(5_000))),
        "csv": "\n".join(["id,name", *rows]).encode(),
    }[format]
    packed = gzip.compress(content)
    whole = read(tmp_path, packed, format, KINDS["skill"])
    assert len(whole) == 5_000
    cut = read(tmp_path, packed[: len(packed) // 2], format, KINDS["skill"])
    assert 0 < len(cut) <= 5_000
    assert isinstance(cut[-1], Rejected)
    assert cut[:-1] == whole[: len(cut) - 1]


def test_csv_columns_flatten_a_record(tmp_path: Path) -> None:
    """Objects by dots, lists by bars in parallel columns, lists in lists by semicolons."""
    header = (
        "id,type,name,status,issuer.id,issuer.name,url,eqf_level,workload_hours,languages,skills,"
        "skills.level,skills.assessed,cost.amount,cost.currency,cost.kind,aid.name,aid.regions,"
        "assertions.kind,assertions.agent.id,assertions.agent.name,assessment.supervised,published_at"
    )
    row = (
        'c1,Badge,"Data, ""big""",active,i1,Acme,https://a.example,6,30.5,en|pt-BR,s1|s2,'
        "0.66|,yes|no,49.00|5,USD|USD,tuition|materials,Grant|Loan,US-CA;US-NY|,"
        "accredits,a1,Agency,TRUE,2026-01-01T00:00:00Z"
    )
    (record,) = read(tmp_path, f"{header}\n{row}\n".encode(), "csv")
    (wanted,) = read(
        tmp_path,
        lines(
            {
                "id": "c1",
                "type": "Badge",
                "name": 'Data, "big"',
                "status": "active",
                "issuer": {"id": "i1", "name": "Acme"},
                "url": "https://a.example",
                "eqf_level": 6,
                "workload_hours": 30.5,
                "languages": ["en", "pt-BR"],
                "skills": [{"id": "s1", "level": 0.66, "assessed": True}, {"id": "s2"}],
                "cost": [
                    {"amount": "49.00", "currency": "USD", "kind": "tuition"},
                    {"amount": "5", "currency": "USD", "kind": "materials"},
                ],
                "aid": [{"name": "Grant", "regions": ["US-CA", "US-NY"]}, {"name": "Loan"}],
                "assertions": [{"kind": "accredits", "agent": {"id": "a1", "name": "Agency"}}],
                "assessment": {"supervised": True},
                "published_at": "2026-01-01T00:00:00Z",
            }
        ),
    )
    assert isinstance(record, Record)
    assert record == wanted._replace(line=2)


def test_bad_csv_rows_are_named_by_line_and_field(tmp_path: Path) -> None:
    """The line is where the row begins, also after a cell with line breaks; the rest is read."""
    content = (
        b"id,name,aliases,isco,skills,skills.importance\n"
        b'o1,"two\nlines",a|b,251,s1|s2,1|0.5\n'
        b"o2,,,,,\n"
        b"o3,Name,,25x,,\n"
        b"o4,Name,,,s1|s2,1\n"
        b"o5,Name,,,s1,high\n"
        b"o6,Name,\n"
        b"o7,N\xff,,,,\n"
        b"o8,Name,,,,\n"
        b"o9,Name,,,s1,NaN\n"
        b"o10,Name,,,s1,1e999\n"
    )
    records = read(tmp_path, content, "csv", OCCUPATION)
    assert [r.key for r in records if isinstance(r, Record)] == ["o1", "o8"]
    assert faults(records) == [
        (4, ""), (5, "/isco"), (6, "/skills"), (7, "/skills/0/importance"), (8, ""), (9, ""),
        (11, "/skills/0/importance"), (12, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        "id,nmae",
        "id,name,name",
        "id,skills,skills.id",
        "id,assessment",
        "id,name,skills.level.x",
        "id,name,revision",
    ],
)
def test_a_wrong_csv_column_refuses_the_file(tmp_path: Path, header: str) -> None:
    """A misspelt column would be missing from every record, so nothing is read."""
    records = read(tmp_path, f"{header}\nc1,x\nc2,y\n".encode(), "csv")
    assert faults(records) == [(1, "")]


def test_keys_of_two_ids(tmp_path: Path) -> None:
    """Demand is keyed by region and occupation; a bad region is pointed at."""
    content = b"region,occupation,postings,as_of\nUS-CA,a|b,3,2026-01-01T00:00:00Z\n"
    content += b"us,o1,3,2026-01-01T00:00:00Z\n"
    good, bad = read(tmp_path, content, "csv", DEMAND)
    assert isinstance(good, Record)
    assert good.key == "US-CA|a|b"
    assert faults([bad]) == [(3, "/region")]


async def test_imported_again_nothing_changes(store: PostgresStore, tmp_path: Path) -> None:
    """The same file a second time keeps every revision; a changed record has the next one."""
    rows = [{"id": f"c{n}", **credential(name=f"Name {n}")} for n in range(1_203)]
    records = read(tmp_path, lines(*rows))
    assert await store_all(store, records) == Outcome(1_203, 0, 0, 0)
    assert await store_all(store, records) == Outcome(0, 0, 1_203, 0)
    rows[7]["name"] = "Changed"
    assert await store_all(store, read(tmp_path, lines(*rows))) == Outcome(0, 1, 1_202, 0)
    changed = await store.get(CREDENTIAL, "c7")
    assert changed is not None
    assert changed.revision == 2


async def test_the_later_of_two_records_with_one_id_wins(
    store: PostgresStore, tmp_path: Path
) -> None:
    """Also within one batch, and where one is stored alone because it names its successor."""
    rows = [
        {"id": "a", **credential(name="first")},
        {"id": "a", **credential(name="second")},
        {"id": "b", **credential(name="first")},
        {"id": "b", **credential(superseded_by="a")},
        {"id": "b", **credential(name="third")},
    ]
    await store_all(store, read(tmp_path, lines(*rows)))
    kept = [await store.get(CREDENTIAL, id) for id in ("a", "b")]
    assert [snapshot.name for snapshot in kept if snapshot] == ["second", "third"]  # type: ignore[union-attr]


async def test_a_circle_of_successors_is_a_rejected_record(
    store: PostgresStore, tmp_path: Path
) -> None:
    """What the API would refuse, the importer reports, and goes on."""
    rows = [
        {"id": "a", **credential(superseded_by="b")},
        {"id": "b", **credential(superseded_by="a")},
        {"id": "c", **credential()},
    ]
    reported: list[Rejected] = []
    outcome = await Importer(store, reported.append).take_all(read(tmp_path, lines(*rows)))
    assert outcome == Outcome(2, 0, 0, 1)
    assert faults([*reported]) == [(2, "/superseded_by")]


async def command(url: str, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.catalog", *arguments,
        env={**os.environ, "STACKWISE_POSTGRES_URL": url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_command_imports_reports_and_exports(
    database_url: str, store: PostgresStore, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Bad records make the exit code 1 and are listed; what `export` writes, `import` takes unchanged."""
    file = tmp_path / "credentials.jsonl.gz"
    file.write_bytes(gzip.compress(lines({"id": "c1", **credential()}, {"id": "c2"})))
    report = tmp_path / "report.jsonl"
    code, out, _ = await command(
        database_url, "import", str(file), "--format", "jsonl", "--report", str(report)
    )
    assert (code, out) == (1, "1 created, 0 changed, 0 the same, 1 rejected\n")
    (entry,) = (json.loads(line) for line in report.read_text().splitlines())
    assert entry["line"] == 2
    assert "type" in entry["detail"]
    await api.put("/skills/python", json={"name": "Python"})
    exported = tmp_path / "all.jsonl.gz"
    assert (await command(database_url, "export", str(exported)))[0] == 0
    code, out, _ = await command(database_url, "import", str(exported), "--format", "jsonl")
    assert (code, out) == (0, "0 created, 0 changed, 2 the same, 0 rejected\n")


async def test_the_command_says_what_it_could_not_do(tmp_path: Path) -> None:
    """A missing file and a missing setting are one line and a non-zero exit; `check` needs no database."""
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    code, _, err = await command(nowhere, "import", str(tmp_path / "none"), "--format", "csv")
    assert code == 1
    assert "No such file" in err
    assert "Traceback" not in err
    file = tmp_path / "skills.csv"
    file.write_text("id,name\ns1,Skill\ns2,\n")
    code, out, err = await command(
        nowhere, "check", str(file), "--format", "csv", "--kind", "skill"
    )
    assert (code, out) == (1, "1 good, 1 rejected\n")
    assert '"line":3' in err
