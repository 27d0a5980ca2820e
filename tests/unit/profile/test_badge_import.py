"""Badges handed in: held once they are verified, checked again, gone with their learner."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.contracts.calls import BadgeAnswer, LearnerBody, SelfReported
from libs.common.contracts.catalog import Issuer as CatalogIssuer
from libs.common.errors import NotFound, Unavailable
from services.profile.examining import Examining
from services.profile.rechecking import check_due
from services.profile.store.badges import BadgeStore
from services.profile.store.tables import badge, badge_check
from services.profile.usecases.badges import Badges
from services.profile.usecases.learners import Learners
from services.profile.usecases.ports import Document, Due
from tests.factories.badges import LIST_URL, Issuer
from tests.factories.catalog import credential
from tests.unit.profile.conftest import Known, Lists
from tests.unit.profile.factories import new_id

ISSUER = Issuer()


def document(signed: dict[str, Any]) -> Document:
    return Document("application/json", json.dumps(signed).encode())


@pytest.fixture
async def learner_id(learners: Learners, known: Known) -> str:
    """Someone, and a catalog with the credential of ISSUER's badge."""
    learner_id = new_id()
    await learners.put("p", learner_id, LearnerBody(), None)
    url = "https://issuer.example/storyboarding"
    by = CatalogIssuer(id=ISSUER.did, name="Millbrook College")
    known.catalog.put(credential("millbrook/storyboarding", url=url, issuer=by))
    return learner_id


async def test_a_verified_badge_is_held_as_the_catalogs_credential(
    badges: Badges, learners: Learners, learner_id: str
) -> None:
    """It is matched, dated and verified with every step; handed in again, written otherwise, it changes nothing."""
    signed = ISSUER.sign(ISSUER.badge())
    answer = await badges.take_in("p", learner_id, document(signed))
    assert answer.held is not None
    held = answer.held
    assert (held.credential_id, held.status, held.matched_by) == (
        "millbrook/storyboarding",
        "verified",
        "url",
    )
    assert held.awarded_at is not None
    assert held.awarded_at.isoformat() == "2026-01-01T00:00:00+00:00"
    assert all(step.passed for step in held.verification.steps)
    rewritten = Document("application/json", json.dumps(signed, indent=3).encode())
    again = await badges.take_in("p", learner_id, rewritten)
    assert again.id == answer.id
    learner = await learners.get("p", learner_id)
    assert [h.credential_id for h in learner.held_credentials] == ["millbrook/storyboarding"]
    (listed,) = await badges.held("p", learner_id)
    assert len(listed.verification_log) == 1
    assert listed.verification_log[0].checked_at > listed.verification_log[0].since


async def test_a_badge_of_somebody_else_changes_nothing(
    badges: Badges, learners: Learners, learner_id: str
) -> None:
    """Handed in for whom it was issued to it is held; for another it is answered, and what is held stays."""
    badge = ISSUER.badge()
    badge["credentialSubject"]["id"] = "mailto:maria@example.org"
    signed = document(ISSUER.sign(badge))
    for recipient, status in (
        ("maria@example.org", "verified"),
        ("mallory@example.org", "invalid"),
    ):
        answer = await badges.take_in("p", learner_id, signed._replace(recipient=recipient))
        assert answer.verification.status == status
        assert answer.verification.steps[-1].step == "subject"
        assert (answer.held is None) == (status == "invalid")
    (held,) = await badges.held("p", learner_id)
    assert (held.status, len(held.verification_log)) == ("verified", 1)


def unverified() -> dict[str, tuple[dict[str, Any], str, str]]:
    signed = ISSUER.sign(ISSUER.badge())
    renamed = json.loads(json.dumps(signed))
    renamed["credentialSubject"]["achievement"]["name"] = "Surgery"
    injected = json.loads(json.dumps(signed))
    injected["credentialSubject"]["achievement"]["accreditedBy"] = "https://harvard.example"
    return {
        "tampered": (renamed, "invalid", "proof"),
        "injected": (injected, "invalid", "proof"),
        "forged": (Issuer().sign(ISSUER.badge()), "invalid", "issuer"),
        "expired": (
            ISSUER.sign(ISSUER.badge(validUntil="2026-02-01T00:00:00Z")),
            "expired",
            "dates",
        ),
        "no badge": ({"@context": "https://schema.org"}, "invalid", "shape"),
        "list away": (ISSUER.listed_badge(), "unknown", "status"),
    }


@pytest.mark.parametrize("case", unverified())
async def test_what_is_not_verified_changes_nothing(
    badges: Badges, learners: Learners, learner_id: str, case: str
) -> None:
    """It is answered with the step that did not pass, and neither held nor kept."""
    signed, status, step = unverified()[case]
    answer = await badges.take_in("p", learner_id, document(signed))
    assert (answer.held, answer.verification.status) == (None, status)
    assert step in [each.step for each in answer.verification.steps if not each.passed]
    assert (await learners.get("p", learner_id)).revision == 1
    assert await badges.held("p", learner_id) == []


async def test_a_badge_that_is_revoked_later_counts_no_more(
    badges: Badges, learners: Learners, learner_id: str, lists: Lists, engine: AsyncEngine
) -> None:
    """The next check finds it, raises the learner's revision, and its log shows both findings; a list that cannot be
    reached leaves it a claim."""
    lists.at[LIST_URL] = json.dumps(ISSUER.status_list()).encode()
    badge_document = document(ISSUER.listed_badge())
    await badges.take_in("p", learner_id, badge_document)
    before = await learners.get("p", learner_id)
    statuses = []
    for listed in (None, ISSUER.status_list(7)):
        lists.at.pop(LIST_URL)
        if listed is not None:
            lists.at[LIST_URL] = json.dumps(listed).encode()
        await badges.check(Due(before.learner_key, "p", learner_id, badge_document))
        (held,) = (await learners.get("p", learner_id)).held_credentials
        statuses.append(held.status)
        lists.at.setdefault(LIST_URL, b"")
    assert statuses == ["self_reported", "revoked"]
    assert (await learners.get("p", learner_id)).revision == before.revision + 2
    (shown,) = await badges.held("p", learner_id)
    assert [entry.status for entry in shown.verification_log] == ["revoked", "unknown", "verified"]
    reported = await learners.report(
        "p", learner_id, SelfReported(credential_id=held.credential_id)
    )
    assert reported.status == "revoked"


async def test_due_badges_are_checked_once_among_replicas(
    badges: Badges, learner_id: str, engine: AsyncEngine
) -> None:
    """Of replicas that look at the same time one gets a badge that is due, and nobody until its lease has run out; one whose check
    fails holds up none."""
    ids = set()
    for number in range(6):
        signed = ISSUER.sign(ISSUER.badge(name=f"Storyboarding {number}"))
        ids.add((await badges.take_in("p", learner_id, document(signed))).id)
    assert len(ids) == 6
    store = BadgeStore(engine)
    async with engine.begin() as connection:
        await connection.execute(
            update(badge).where(badge.c.id.in_(ids)).values(check_at=func.now() - timedelta(1))
        )
    claims = await asyncio.gather(*(store.claim(4, timedelta(minutes=1)) for _ in range(4)))
    found = [due.document.raw for claimed in claims for due in claimed]
    assert len(found) == len(set(found)) == 6
    checked: list[Due] = []

    async def check(due: Due) -> None:
        checked.append(due)
        raise ZeroDivisionError

    assert (await check_due(check, store), checked) == (0, [])
    async with engine.begin() as connection:
        await connection.execute(
            update(badge).where(badge.c.id.in_(ids)).values(check_at=func.now() - timedelta(1))
        )
    assert (await check_due(check, store), len(checked)) == (6, 6)


async def test_an_erased_learner_leaves_no_badge(
    badges: Badges, learners: Learners, learner_id: str, engine: AsyncEngine
) -> None:
    """Neither the document nor its log; a badge that was under way meanwhile is not found."""
    signed = document(ISSUER.sign(ISSUER.badge()))
    await badges.take_in("p", learner_id, signed)
    key = (await learners.get("p", learner_id)).learner_key
    on_the_way = asyncio.create_task(badges.take_in("p", learner_id, signed))
    await learners.erase("p", learner_id, None)
    with pytest.raises(NotFound):
        await on_the_way
    async with engine.connect() as connection:
        for table in (badge, badge_check):
            left = select(func.count()).where(table.c.learner_key == key)
            assert (await connection.execute(left)).scalar_one() == 0


async def test_without_the_catalog_no_badge_is_taken(
    badges: Badges, known: Known, learner_id: str
) -> None:
    """It would be matched to nothing."""
    known.missing = "the catalog has not been read yet"
    with pytest.raises(Unavailable):
        await badges.take_in("p", learner_id, document(ISSUER.sign(ISSUER.badge())))


async def test_a_thousand_badges_at_once_do_not_hold_up_the_loop(
    badges: Badges, learners: Learners, learner_id: str, record_property: Callable[..., None]
) -> None:
    """All are held, and the loop goes on turning meanwhile: its longest pause is a small part of the whole."""
    ids = [new_id() for _ in range(40)]
    for each in ids:
        await learners.put("p", each, LearnerBody(), None)
    signed = [document(ISSUER.sign(ISSUER.badge(name=f"Number {n}"))) for n in range(25)]
    longest, began = 0.0, time.monotonic()

    async def watch() -> None:
        nonlocal longest
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - last)
            last = time.monotonic()

    watching = asyncio.create_task(watch())
    taking = (badges.take_in("p", each, one) for each in ids for one in signed)
    answers: list[BadgeAnswer] = await asyncio.gather(*taking)
    watching.cancel()
    assert len([each for each in answers if each.held is not None]) == 1_000
    whole = time.monotonic() - began
    record_property("seconds", round(whole, 1))
    record_property("longest pause of the loop, seconds", round(longest, 3))
    assert longest < whole / 4


async def test_a_process_that_dies_is_replaced() -> None:
    """Who waited for it is told to come again, and the next badge is verified."""
    own, at = Examining(Lists().get, workers=1), datetime(2026, 11, 23, tzinfo=UTC)
    signed = document(ISSUER.sign(ISSUER.badge()))
    try:
        assert (await own.examine(signed, at)).verification.status == "verified"
        pool = own._pool
        assert pool is not None
        for pid in list(pool._processes):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(Unavailable):
            await own.examine(signed, at)
        assert (await own.examine(signed, at)).verification.status == "verified"
    finally:
        own.close()


def poison() -> dict[str, Any]:
    """Profiles without ids of their own, each the parent of every other: only permutations tell them apart."""
    signed = ISSUER.sign(ISSUER.badge())
    nodes = [{"id": f"_:n{number}", "type": ["Profile"]} for number in range(9)]
    clique = [{**node, "parentOrg": [each for each in nodes if each != node]} for node in nodes]
    signed["credentialSubject"]["achievement"]["creator"] = clique
    return signed


async def test_a_document_made_to_take_years_is_given_up(examining: Examining) -> None:
    """Its process has so many seconds and verifies the next one after that."""
    at = datetime(2026, 11, 23, tzinfo=UTC)
    found = await examining.examine(document(poison()), at)
    assert found.verification.status == "invalid"
    assert "to verify" in str(found.verification.steps[0].detail)
    signed = document(ISSUER.sign(ISSUER.badge()))
    assert (await examining.examine(signed, at)).verification.status == "verified"
