"""Scenario 11: only a badge that its issuer signed and has not taken back counts, and each step is told."""

import copy
import json
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from deploy.local.services import BADGE_MIRROR
from tests.factories.badges import LIST_URL, Issuer
from tests.support.flow import Flow
from tests.support.partner import ids, path
from tests.support.waiting import until

pytestmark = pytest.mark.stack

# The shared stack checks again every 2 s.
RECHECKED_SECONDS = 20.0


class World:
    """An issuer whose credential the catalog has, someone who aims at what it teaches, and the issuer's status list."""

    def __init__(self, flow: Flow) -> None:
        name = str(uuid.uuid4())
        self.flow, self.issuer = flow, Issuer()
        self.learner, self.skill = f"forgery-{name}", f"skill forgery {name}"
        self.credential, self.occupation = f"forgery/{name}", f"occupation forgery {name}"
        self.url = f"https://issuer.example/badges/{name}"
        self.list_url = f"{LIST_URL}/{name}"

    async def begin(self) -> None:
        admin = self.flow.admin
        await admin.put(path("skills", self.skill), json={"name": self.skill})
        wanted = {"name": self.occupation, "skills": [{"id": self.skill, "level": 1.0}]}
        await admin.put(path("occupations", self.occupation), json=wanted)
        await self.flow.publish(
            self.credential,
            url=self.url,
            issuer={"id": self.issuer.did, "name": "Millbrook College"},
            skills=[{"id": self.skill, "level": 0.66}],
        )
        await self.flow.partner.put_learner(self.learner, target_occupation=self.occupation)
        await self.listed(lambda found: self.credential in found)

    async def listed(self, holds: Any, seconds: float = 20.0) -> list[str]:
        """The learner's list once it is as it must be."""

        async def look() -> list[str]:
            return ids(await self.flow.partner.recommendations(self.learner, limit=50))

        return await until(look, holds, seconds=seconds)

    def badge(self, **changes: Any) -> dict[str, Any]:
        badge = self.issuer.badge(**changes)
        badge["credentialSubject"]["achievement"]["id"] = self.url
        return badge

    def with_status(self) -> dict[str, Any]:
        """A badge with a place in the issuer's status list."""
        return self.issuer.sign(
            self.badge(
                credentialStatus={
                    "id": f"{self.list_url}#7",
                    "type": "BitstringStatusListEntry",
                    "statusPurpose": "revocation",
                    "statusListIndex": "7",
                    "statusListCredential": self.list_url,
                }
            )
        )

    def publish_list(self, *revoked: int) -> None:
        """What the issuer says at its URL."""
        folder: Path = self.flow.stack.state.folder(BADGE_MIRROR)
        whole = folder / "list.part"
        whole.write_text(json.dumps(self.issuer.status_list(*revoked)), "utf-8")
        whole.replace(folder / quote(self.list_url, safe=""))

    async def hand_in(self, badge: dict[str, Any]) -> httpx.Response:
        return await self.flow.partner.http.post(
            path("learners", self.learner, "credentials"), json=badge
        )

    async def held(self) -> list[dict[str, Any]]:
        answer = await self.flow.partner.http.get(path("learners", self.learner, "credentials"))
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def test_no_forged_badge_counts(flow: Flow) -> None:
    """Given forged, outdated, revoked and undecidable badges, when they are handed in, then each answer names the step that
    failed, nothing is held, and the list stays."""
    world = World(flow)
    await world.begin()
    signed = world.issuer.sign(world.badge())
    injected, tampered = copy.deepcopy(signed), copy.deepcopy(signed)
    injected["credentialSubject"]["achievement"]["accreditedBy"] = "https://harvard.example"
    tampered["credentialSubject"]["achievement"]["name"] = "Surgery"
    unreachable = world.with_status()
    await _answers(world, injected, "invalid", "proof")
    await _answers(world, tampered, "invalid", "proof")
    await _answers(world, Issuer().sign(world.badge()), "invalid", "issuer")
    expired = world.issuer.sign(world.badge(validUntil="2026-02-01T00:00:00Z"))
    await _answers(world, expired, "expired", "dates")
    await _answers(world, unreachable, "unknown", "status")
    world.publish_list(7)
    await _answers(world, unreachable, "revoked", "status")
    assert await world.held() == []
    assert world.credential in await world.listed(bool)


async def _answers(world: World, badge: dict[str, Any], status: str, step: str) -> None:
    answer = await world.hand_in(badge)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["held"], body["credential"]) == (False, None)
    assert body["verification"]["status"] == status
    failed = [each for each in body["verification"]["steps"] if each["passed"] is not True]
    assert [each["step"] for each in failed] == [step]
    assert failed[0]["detail"]


async def test_a_badge_that_is_revoked_changes_the_list(flow: Flow) -> None:
    """Given a verified badge, whose credential has left the list, when its issuer revokes it, then the credential is
    recommended again after the next check, the export and the verification log say why."""
    world = World(flow)
    await world.begin()
    world.publish_list()
    taken = (await world.hand_in(world.with_status())).json()
    assert (taken["held"], taken["status"], taken["matched_by"]) == (True, "verified", "url")
    assert taken["credential"]["id"] == world.credential
    assert [each["step"] for each in taken["verification"]["steps"] if not each["passed"]] == []
    await world.listed(lambda found: found and world.credential not in found)

    world.publish_list(7)

    await world.listed(lambda found: world.credential in found, seconds=RECHECKED_SECONDS)
    (held,) = await world.held()
    assert held["status"] == "revoked"
    assert [each["status"] for each in held["verification_log"]] == ["revoked", "verified"]
    (revoked,) = [s for s in held["verification_log"][0]["steps"] if s["passed"] is False]
    assert (revoked["step"], revoked["detail"]) == ("status", "revoked")
    export = await flow.partner.http.get(path("learners", world.learner, "export"))
    (exported,) = export.json()["credentials"]
    assert exported["verification_log"] == held["verification_log"]


async def test_a_badge_of_no_known_credential_counts_by_its_skills(flow: Flow) -> None:
    """Given a badge of an issuer that the catalog does not know, even of a known achievement, when it is handed in, then
    it is never that credential, but the skills that it is aligned with are held; erased, nothing of it is left."""
    world = World(flow)
    await world.begin()
    stranger = Issuer()
    badge = stranger.badge()
    achievement = badge["credentialSubject"]["achievement"]
    achievement["id"] = world.url
    target = {"type": ["Alignment"], "targetName": world.skill, "targetCode": world.skill}
    achievement["alignment"] = [{**target, "targetUrl": "https://skills.example/1"}]
    taken = (await world.hand_in(stranger.sign(badge))).json()
    assert (taken["held"], taken["matched_by"], taken["credential"]) == (True, "skills", None)
    assert [each["id"] for each in taken["skills"]] == [world.skill]

    async def held_level() -> float:
        answer = await flow.partner.http.get(path("learners", world.learner, "gap"))
        found = answer.json()
        return max((each["held_level"] for each in [*found["held"], *found["missing"]]), default=0)

    assert await until(held_level, bool) > 0.5
    await flow.partner.http.delete(path("learners", world.learner))
    gone = await flow.partner.http.get(path("learners", world.learner, "credentials"))
    assert gone.status_code == 404
