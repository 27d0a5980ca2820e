"""Files of CTDL graphs: their order, faults, size, samples, and what a second import changes."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from libs.common.contracts.catalog import (
    Cost,
    CredentialBody,
)
from services.catalog.domain.kinds import CREDENTIAL
from services.catalog.domain.records import Record, Rejected
from services.catalog.store import PostgresStore
from services.catalog.usecases.importing import Importer
from services.catalog.usecases.importing import Outcome as Imported
from tests.support.shared_data import shared
from tests.unit.catalog import documents as docs
from tests.unit.catalog.documents import ctdl, graph, owner

QA = "https://registry.example.org/resources/ce-qa"
SKILL = "https://skills.example.org/knots"


def test_a_successor_comes_before_what_it_supersedes(tmp_path: Path) -> None:
    """A chain of versions is read from its end, so that each successor is there first."""
    chain = [
        ctdl(id=f"https://r.example.org/{n}", supersededBy=f"https://r.example.org/{n + 1}")
        for n in range(3)
    ]
    document = graph(*chain, ctdl(id="https://r.example.org/3"))
    items = docs.read_json(tmp_path / "g.json", document, "ctdl")
    assert [key[-1] for key in docs.credentials(items)] == ["3", "2", "1", "0"]


def test_what_is_malformed_rejects_the_record_alone(tmp_path: Path) -> None:
    """A bad price, date or duration, or a missing name, is told with its place; the others are imported."""
    bad = [
        ctdl(estimatedCost=[{"ceterms:price": "much", "ceterms:currency": "USD"}]),
        ctdl(dateEffective="soon"),
        ctdl(estimatedDuration=[{"ceterms:exactDuration": "long"}]),
        ctdl(name=None),
        ctdl(estimatedCost=[{"ceterms:price": -1, "ceterms:currency": "USD"}]),
    ]
    good = ctdl(id="https://r.example.org/good")
    items = docs.read_json(tmp_path / "g.json", graph(*bad, good, "text"), "ctdl")  # type: ignore[arg-type]
    places = [
        fault.pointer for item in items if isinstance(item, Rejected) for fault in item.faults
    ]
    assert sorted(places) == [
        "/@graph/0/ceterms:estimatedCost/0/ceterms:price",
        "/@graph/1/ceterms:dateEffective",
        "/@graph/2/ceterms:estimatedDuration/0/ceterms:exactDuration",
        "/@graph/3/ceterms:name",
        "/@graph/4",
        "/@graph/6",
    ]
    assert list(docs.credentials(items)) == ["https://r.example.org/good"]


def test_a_file_that_breaks_off_imports_what_is_whole(tmp_path: Path) -> None:
    """What came before the break is imported, and the break is told."""
    whole = json.dumps(graph(ctdl(), owner(), ctdl(id="https://r.example.org/cut")))
    items = docs.read_json(tmp_path / "g.json", whole[:-60], "ctdl")
    assert list(docs.credentials(items)) == [docs.ID]
    assert sum(isinstance(item, Rejected) for item in items) == 1


def test_lines_and_lists_of_graphs_are_read(tmp_path: Path) -> None:
    """Several documents in a file, one a line or in an array, count from 1, with their own pointers."""
    each = [graph(ctdl(id=f"https://r.example.org/{n}", name=None)) for n in range(2)]
    lines = "\n".join(map(json.dumps, each))
    rejected = [
        (item.line, item.faults[0].pointer)
        for text in (lines, json.dumps(each))
        for item in docs.read_json(tmp_path / "g.json", text, "ctdl")
        if isinstance(item, Rejected)
    ]
    assert rejected == [
        (1, "/@graph/0/ceterms:name"),
        (2, "/@graph/0/ceterms:name"),
        (1, "/0/@graph/0/ceterms:name"),
        (1, "/1/@graph/0/ceterms:name"),
    ]


def test_ten_thousand_levels_are_refused(tmp_path: Path) -> None:
    """A bottomless object is rejected; what comes after it is read."""
    deep = '{"@type":"ceterms:Badge","a":' + "[" * 10_000 + "]" * 10_000 + "}"
    text = json.dumps(graph(ctdl())).replace('"@graph": [', f'"@graph": [{deep},')
    items = docs.read_json(tmp_path / "g.json", text, "ctdl")
    assert list(docs.credentials(items)) == [docs.ID]
    assert [item.faults[0].pointer for item in items if isinstance(item, Rejected)] == ["/@graph/0"]


def test_incomplete_documents_say_what_is_missing(tmp_path: Path) -> None:
    """What the registry requires and we do not need is told as missing; a nameless owner has its id as name."""
    document = graph(ctdl(description=None, inLanguage=None))
    items = docs.read_json(tmp_path / "g.json", document, "ctdl")
    assert docs.missing(items) == {
        "ceterms:description",
        "ceterms:inLanguage",
        "an organisation's ceterms:name",
    }
    assert docs.credentials(items)[docs.ID].issuer.name == docs.OWNER


def test_a_document_speaks_of_all_that_ctdl_can_say(tmp_path: Path) -> None:
    """A second import without the accreditation takes it away; who may see it is not CTDL's to say."""
    items = docs.read_json(tmp_path / "g.json", graph(ctdl()), "ctdl")
    (record,) = (item for item in items if isinstance(item, Record))
    assert {"assertions", "cost", "superseded_by"} <= record.sets
    assert "audience" not in record.sets


def test_the_registrys_samples() -> None:
    """The shared documents import with costs, outcomes and no guess."""
    folder = shared("credential_documents/ctdl")
    (detailed,) = docs.credentials(
        docs.read(folder / "Credential_PublishDetailedRecord_API_output.json", "ctdl")
    ).values()
    assert detailed.cost == [
        Cost(amount=Decimal("100.0"), currency="USD", kind="enrollment"),
        Cost(amount=Decimal("12999.0"), currency="USD", kind="tuition"),
    ]
    assert len(detailed.occupations) == 6
    assert len(detailed.assertions) == 2
    items = docs.read(
        folder / "CareerBridge_Credential_WithAggregateDataProfile_API_Output.json", "ctdl"
    )
    (bridge,) = docs.credentials(items).values()
    assert [(each.kind, each.value, each.n) for each in bridge.outcomes] == [
        ("employment", 188 / 234, 234)
    ]
    # Nine months are no number of hours, and 19.35 USD says not for how long.
    assert (
        docs.kept(items)["/@graph/0/ceterms:estimatedDuration/0"]["ceterms:exactDuration"] == "P9M"
    )
    assert (bridge.workload_hours, bridge.places) == (None, ["US-WA"])


async def test_importing_again_changes_nothing(tmp_path: Path, store: PostgresStore) -> None:
    """The same graph a second time is all the same; one without its accreditation takes it away, and keeps
    who may see the credential, of which CTDL says nothing; a version that is superseded keeps it too."""
    old = "https://r.example.org/old"
    accredited = [ctdl(accreditedBy=[QA]), owner(), ctdl(id=old, supersededBy=docs.ID)]

    async def put(*nodes: dict[str, Any]) -> Imported:
        items = docs.read_json(tmp_path / "g.json", graph(*nodes), "ctdl")
        return await Importer(store, lambda _: None).take_all(items)

    async def seen_by() -> None:
        for key in (docs.ID, old):
            async with store.begin() as unit:
                bodies = await unit.bodies_for_update(CREDENTIAL, [key])
                body = bodies[key]
                assert isinstance(body, CredentialBody)
                await unit.put(CREDENTIAL, key, replace(body, audience=["acme"]))

    assert (await put(*accredited)).created == 2
    await seen_by()
    assert (await put(*accredited)).same == 2
    assert (await put(ctdl(), *accredited[1:])).changed == 1
    async with store.begin() as unit:
        bodies = await unit.bodies_for_update(CREDENTIAL, [docs.ID, old])
    for body in bodies.values():
        assert isinstance(body, CredentialBody)
        assert (body.audience, body.assertions) == (["acme"], [])
