"""A learner as their partner sees them."""

import httpx
import pytest

from libs.common.contracts.calls import BadgeAnswer, HeldAnswer, Verification
from libs.common.contracts.profile import HeldCredential
from libs.common.contracts.redis_values import LearnerState
from libs.common.contracts.types import milliseconds
from tests.factories.catalog import credential, skill
from tests.unit.gateway.fakes import NOW
from tests.unit.gateway.world import World


async def test_a_profile_is_answered_without_our_key(
    world: World, partner: httpx.AsyncClient
) -> None:
    """201, then 200, with the revision as ETag; the pseudonym stays with us."""
    body = {"skills": [{"id": "s1", "level": 0.5}], "budget": {"amount": "100"}}
    created = await partner.put("/v1/learners/ana", json=body)
    assert (created.status_code, created.headers["etag"]) == (201, '"1"')
    shown = created.json()
    assert shown["learner_id"] == "ana"
    assert shown["budget"] == {"amount": "100", "currency": "USD"}
    assert shown["consent"] == {"personalization": True, "team_sharing": False}
    assert not {"learner_key", "partner_id", "consent_changed_at", "erased"} & shown.keys()
    assert (await partner.put("/v1/learners/ana", json=body)).status_code == 200
    assert (await partner.get("/v1/learners/ana")).json() == shown


async def test_one_partner_never_sees_anothers_learner(
    world: World, partner: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    """404, as if there were none."""
    world.register("ana")
    other = {"authorization": f"Bearer {world.keys.add('secret', 'other')}"}
    for url in ("", "/export", "/credentials", "/recommendations"):
        answer = await nobody.get(f"/v1/learners/ana{url}", headers=other)
        assert (answer.status_code, answer.json()["code"]) == (404, "learner_not_found"), url
    assert (await nobody.delete("/v1/learners/ana", headers=other)).status_code == 404
    assert (await partner.get("/v1/learners/ana")).status_code == 200


async def test_an_unknown_field_of_a_profile_is_refused(partner: httpx.AsyncClient) -> None:
    """At any depth."""
    answer = await partner.put(
        "/v1/learners/ana", json={"budget": {"amount": "1", "cents": True}, "shoe_size": 43}
    )
    assert answer.status_code == 400
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/budget/cents", "/shoe_size"}


async def test_a_reported_credential_is_shown_with_its_card(
    world: World, partner: httpx.AsyncClient
) -> None:
    """201 with what it teaches; one that the catalog does not know is refused."""
    world.register("ana")
    world.publish(credential("c1"))
    answer = await partner.post("/v1/learners/ana/credentials", json={"credential_id": "c1"})
    body = answer.json()
    assert (answer.status_code, body["status"]) == (201, "self_reported")
    assert body["credential"]["id"] == "c1"
    assert body["verification"] == {"status": "unknown", "steps": []}
    refused = await partner.post("/v1/learners/ana/credentials", json={"credential_id": "x"})
    assert refused.json()["errors"][0]["pointer"] == "/credential_id"


async def test_what_is_held_includes_what_was_completed(
    world: World, partner: httpx.AsyncClient
) -> None:
    """From the recommender's state; without it the rest, labelled."""
    world.register(
        "ana", held_credentials=[HeldCredential(credential_id="held", status="verified")]
    )
    done = {"complete": milliseconds(NOW)}
    world.recommender.states["key of ana"] = LearnerState(
        "key of ana", 0, interactions={"done": done, "held": done, "seen": {"view": 1}}
    )
    body = (await partner.get("/v1/learners/ana/credentials")).json()
    assert [(i["credential_id"], i["status"]) for i in body["items"]] == [
        ("held", "verified"),
        ("done", "self_reported"),
    ]
    world.recommender.away = True
    body = (await partner.get("/v1/learners/ana/credentials")).json()
    assert [i["credential_id"] for i in body["items"]] == ["held"]
    assert body["fallback"] == "recommender_unavailable"


async def test_an_export_has_everything_or_is_503(world: World, partner: httpx.AsyncClient) -> None:
    """Profile, credentials and every interaction of the state; never a part of it for the whole."""
    world.register("ana")
    world.recommender.states["key of ana"] = LearnerState(
        "key of ana", 0, interactions={"c": {"view": 2_000, "save": 1_000}}
    )
    body = (await partner.get("/v1/learners/ana/export")).json()
    assert body["profile"]["learner_id"] == "ana"
    assert body["interactions"] == [
        {"credential_id": "c", "kind": "save", "occurred_at": "1970-01-01T00:00:01Z"},
        {"credential_id": "c", "kind": "view", "occurred_at": "1970-01-01T00:00:02Z"},
    ]
    world.recommender.away = True
    assert (await partner.get("/v1/learners/ana/export")).status_code == 503


async def test_a_badge_is_handed_on_as_it_was_signed(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Byte for byte, by what it is; an unverified one is answered with its steps and held as nothing."""
    world.register("ana")
    signed = b'{ "@context": ["https://www.w3.org/ns/credentials/v2"], "name": "\\u00e9" }'
    for media, body, handed_on in (
        ("application/json", signed, "application/json"),
        ("application/vc+ld+json", signed, "application/json"),
        ("application/vc+jwt", b"e30.e30.c2ln", "application/vc+jwt"),
    ):
        answer = await partner.post(
            "/v1/learners/ana/credentials?recipient=ana@example.org",
            content=body,
            headers={"content-type": media},
        )
        shown = answer.json()
        assert (answer.status_code, shown["held"], shown["credential"]) == (201, False, None)
        assert shown["verification"]["status"] == "invalid"
        assert world.profile.badges[-1] == (handed_on, body, "ana@example.org")


async def test_a_verified_badge_is_shown_as_what_it_counts_as(
    world: World, partner: httpx.AsyncClient
) -> None:
    """The catalog's credential, or those of its skills that the catalog knows; nothing that it says of its worth."""
    world.register("ana")
    world.publish(credential("c1"), skill("s1"))
    verified = Verification(status="verified")
    matched = HeldAnswer(credential_id="c1", status="verified", matched_by="url")
    aligned = HeldAnswer(
        credential_id="badge:2", status="verified", matched_by="skills", skills=["s1", "unknown"]
    )
    for held, known, skills in ((matched, True, ["skill-1"]), (aligned, False, ["s1"])):
        world.profile.badge = BadgeAnswer(id="badge:2", held=held, verification=verified)
        answer = await partner.post("/v1/learners/ana/credentials", json={"@context": []})
        shown = answer.json()
        assert (shown["held"], shown["status"]) == (True, "verified")
        assert (shown["credential"] is not None) == known
        assert [each["id"] for each in shown["skills"]] == skills


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("application/json", b'{"@context": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400),
        ("application/json", b'{"@context": "' + b"x" * 1_000_000 + b'"}', 413),
        ("application/json", b'{"@context": 1, "@context": 2}', 400),
        ("application/json", b"[]", 400),
        ("application/vc+jwt", b"", 400),
        ("application/vc+jwt", b"not a token", 400),
        ("text/plain", b"{}", 415),
    ],
    ids=["deep", "large", "twice", "list", "empty", "no token", "text"],
)
async def test_what_can_be_no_badge_is_refused(
    world: World, partner: httpx.AsyncClient, media: str, body: bytes, status: int
) -> None:
    """Before anyone verifies it."""
    world.register("ana")
    answer = await partner.post(
        "/v1/learners/ana/credentials", content=body, headers={"content-type": media}
    )
    assert answer.status_code == status
    assert world.profile.badges == []
