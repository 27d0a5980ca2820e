"""Publishing and retiring over HTTP, on PostgreSQL."""

import asyncio
from datetime import datetime
from urllib.parse import quote

import httpx
import pytest

from tests.unit.catalog.bodies import credential


async def test_a_new_credential_is_created_at_revision_1(api: httpx.AsyncClient) -> None:
    """The first PUT answers 201 with the snapshot, which a GET answers too."""
    created = await api.put("/credentials/c1", json=credential())
    assert created.status_code == 201
    assert created.json()["revision"] == 1
    assert created.json()["id"] == "c1"
    assert (await api.get("/credentials/c1")).json() == created.json()


async def test_the_same_body_keeps_revision_and_time(api: httpx.AsyncClient) -> None:
    """A repeated PUT changes nothing, so nothing is published again."""
    first = await api.put("/credentials/c1", json=credential())
    again = await api.put("/credentials/c1", json=credential())
    assert again.status_code == 200
    assert again.json() == first.json()


async def test_a_changed_body_has_the_next_revision_and_a_later_time(
    api: httpx.AsyncClient,
) -> None:
    """Consumers tell the newer snapshot by its revision."""
    first = (await api.put("/credentials/c1", json=credential())).json()
    changed = await api.put("/credentials/c1", json=credential(name="Python II"))
    assert changed.status_code == 200
    assert changed.json()["revision"] == 2
    times = [datetime.fromisoformat(answer["updated_at"]) for answer in (first, changed.json())]
    assert times[0] < times[1]


async def test_concurrent_puts_of_one_id_take_one_revision_each(api: httpx.AsyncClient) -> None:
    """Writers of one credential wait for each other: no revision is given twice, exactly one creates."""
    answers = await asyncio.gather(
        *(api.put("/credentials/c1", json=credential(name=f"Name {n}")) for n in range(30))
    )
    assert sorted(answer.json()["revision"] for answer in answers) == list(range(1, 31))
    assert sorted(answer.status_code for answer in answers) == [200] * 29 + [201]
    newest = max(answers, key=lambda answer: answer.json()["revision"]).json()
    assert (await api.get("/credentials/c1")).json() == newest


@pytest.mark.parametrize(
    "id",
    ["http://data.europa.eu/esco/skill/a-1", "a%2Fb", "métier élevé 日本", "a|b", "../x", "?#"],
)
async def test_any_id_is_one_segment(api: httpx.AsyncClient, id: str) -> None:
    """Ids with slashes, percent signs, blanks, bars and accents come back as they were sent."""
    path = f"/skills/{quote(id, safe='')}"
    created = await api.put(path, json={"name": "A skill"})
    assert created.status_code == 201
    assert created.json()["id"] == id
    assert (await api.get(path)).json()["id"] == id
    regulation = f"/regulations/{quote(id, safe='')}/US-CA"
    assert (await api.put(regulation, json={"status": "regulated"})).json()["occupation"] == id
    demand = f"/demand/US-CA/{quote(id, safe='')}"
    body = {"postings": 3, "as_of": "2026-01-01T00:00:00Z"}
    assert (await api.put(demand, json=body)).json()["occupation"] == id
    assert (await api.get(demand)).json()["region"] == "US-CA"


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/credentials/c1", credential(name=7), "/name"),
        ("/credentials/c1", credential(nmae="x"), "/nmae"),
        ("/credentials/c1", credential(revision=3), "/revision"),
        ("/credentials/c1", credential(skills=[{"id": "s", "lvl": 1}]), "/skills/0/lvl"),
        ("/credentials/c1", credential(superseded_by="c1"), "/superseded_by"),
        ("/regulations/o1/California", {"status": "regulated"}, "/jurisdiction"),
        ("/demand/us/o1", {"postings": 1, "as_of": "2026-01-01T00:00:00Z"}, "/region"),
    ],
)
async def test_a_bad_put_points_at_its_fault_and_stores_nothing(
    api: httpx.AsyncClient, path: str, body: object, pointer: str
) -> None:
    """400 with a pointer to the field, and no row."""
    refused = await api.put(path, json=body)
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert (await api.get("/dump")).content == b""


async def test_unknown_references_are_taken(api: httpx.AsyncClient) -> None:
    """Importers arrive in any order, so a body may name what the catalog does not know yet."""
    body = credential(
        occupations=["nobody"], leads_to=["later"], superseded_by="later", status="ceasing"
    )
    assert (await api.put("/credentials/c1", json=body)).status_code == 201


async def test_what_was_never_there_is_404(api: httpx.AsyncClient) -> None:
    """GET and DELETE of an unknown id say not found, by problem document."""
    for answer in (await api.get("/credentials/x"), await api.delete("/credentials/x")):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_retiring_keeps_the_row_and_names_the_successor(api: httpx.AsyncClient) -> None:
    """DELETE is a higher revision with `deprecated` and `superseded_by`; again, it changes nothing."""
    await api.put("/credentials/old", json=credential())
    await api.put("/credentials/new", json=credential())
    retired = await api.delete("/credentials/old", params={"superseded_by": "new"})
    assert retired.status_code == 200
    wanted = {"status": "deprecated", "superseded_by": "new", "revision": 2}
    assert wanted.items() <= retired.json().items()
    assert (await api.get("/credentials/old")).json() == retired.json()
    again = await api.delete("/credentials/old", params={"superseded_by": "new"})
    assert again.json() == retired.json()
    assert (await api.delete("/credentials/old")).json() == retired.json()


async def test_a_put_brings_a_retired_credential_back(api: httpx.AsyncClient) -> None:
    """Reactivation is one more revision, so that consumers believe it."""
    await api.put("/credentials/c1", json=credential())
    await api.delete("/credentials/c1")
    back = await api.put("/credentials/c1", json=credential())
    assert (back.status_code, back.json()["status"], back.json()["revision"]) == (200, "active", 3)


async def test_a_successor_must_exist_and_lead_elsewhere(api: httpx.AsyncClient) -> None:
    """Itself and the unknown are 400, a circle over any number of steps is 409; nothing changes."""
    for id in ("a", "b", "c"):
        await api.put(f"/credentials/{id}", json=credential())
    await api.delete("/credentials/a", params={"superseded_by": "b"})
    await api.delete("/credentials/b", params={"superseded_by": "c"})
    for successor, status in (("c", 400), ("nobody", 400), ("", 400), ("a", 409), ("b", 409)):
        refused = await api.delete("/credentials/c", params={"superseded_by": successor})
        assert refused.status_code == status, successor
    by_put = await api.put("/credentials/c", json=credential(superseded_by="a"))
    assert by_put.status_code == 409
    assert (await api.get("/credentials/c")).json()["revision"] == 1


async def test_two_retirements_at_once_cannot_make_a_circle(api: httpx.AsyncClient) -> None:
    """Of `a` by `b` and `b` by `a` together, exactly one is taken."""
    for round in range(10):
        ids = (f"a{round}", f"b{round}")
        for id in ids:
            await api.put(f"/credentials/{id}", json=credential())
        answers = await asyncio.gather(
            *(
                api.delete(f"/credentials/{id}", params={"superseded_by": other})
                for id, other in (ids, ids[::-1])
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
