from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Literal

import pytest

from deploy.local.sample import fields, people, taxonomies
from deploy.local.sample.world import World, make
from libs.common.contracts.catalog import SkillBody
from libs.common.rules.interactions import fault
from services.catalog.domain.kinds import SKILL
from services.catalog.domain.records import Record
from services.catalog.importers import reading
from tests.support.shared_data import shared

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return make(UNTIL)


def test_the_world_is_as_large_as_promised(world: World) -> None:
    """At least 60 occupations, 300 skills, 1,500 credentials of 80 issuers and 5,000 learners."""
    assert len(world.occupations) >= 60
    assert len(world.skills) >= 300
    assert len(world.credentials) >= 1_500
    assert len({issuer.issuer.id for issuer in world.issuers}) == 80
    assert len({event.learner_id for event in world.interactions}) == 5_000


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    """The world is reproducible, and another seed gives another one."""
    assert make(UNTIL) == world
    assert make(UNTIL, seed=1).interactions != world.interactions


def test_everything_that_is_referred_to_exists(world: World) -> None:
    """Skills taught, required and held, occupations aimed at and led to, licences: all are there."""
    for body in world.credentials.values():
        assert {skill.id for skill in body.skills} <= world.skills.keys()
        assert set(body.occupations) <= world.occupations.keys()
        assert set(body.leads_to) <= world.credentials.keys()
        assert {p.skill for p in body.prerequisites} <= world.skills.keys()
    for occupation in world.occupations.values():
        assert {skill.id for skill in occupation.skills} <= world.skills.keys()
    for (occupation, _), record in world.regulations.items():
        assert occupation in world.occupations
        assert set(record.required_credentials) <= world.credentials.keys()
    for learner in world.learners:
        if learner.profile is not None:
            assert {skill.id for skill in learner.profile.skills} <= world.skills.keys()
            assert learner.profile.target_occupation in world.occupations


def test_credentials_teach_imported_skills_as_well(world: World) -> None:
    """Every id of O*NET and ESCO that the world knows is taught at every level, and the sample skill
    that it goes with stays the first that its credential names."""
    sample = {skill.id for skill in fields.read().skills}
    levels = defaultdict(set)
    for body in world.credentials.values():
        assert not body.skills or body.skills[0].id in sample
        for skill in body.skills:
            levels[skill.id].add(skill.level)
    for imported in taxonomies.read():
        assert imported.goes_with
        assert set(imported.goes_with) <= sample
        assert {0.33, 0.66, 1.0} <= levels[imported.id]


def test_the_four_people_are_there(world: World) -> None:
    """A teacher, a nurse, a warehouse worker without a budget and a data-entry clerk, each with a past."""
    wanted = {people.TEACHER, people.NURSE, people.WAREHOUSE_WORKER, people.DATA_ENTRY_CLERK}
    assert wanted <= {event.learner_id for event in world.interactions}
    joe = next(each for each in world.learners if each.id == people.WAREHOUSE_WORKER)
    assert joe.profile is not None
    assert joe.profile.budget is not None
    assert joe.profile.budget.amount == 0


def test_histories_have_order_and_time(world: World) -> None:
    """All lie in the past and in order; nobody completes what they have not enrolled in."""
    moments = [event.occurred_at for event in world.interactions]
    assert moments == sorted(moments)
    assert all(fault(e.kind, e.occurred_at, UNTIL) is None for e in world.interactions)
    enrolled: set[tuple[str, str]] = set()
    for event in world.interactions:
        if event.kind == "enroll":
            enrolled.add((event.learner_id, event.credential_id))
        if event.kind == "complete":
            assert (event.learner_id, event.credential_id) in enrolled


def test_histories_have_taste(world: World) -> None:
    """A learner's interactions crowd into one or two fields; popularity is far from even."""
    field = {id: body.skills[0].id for id, body in world.credentials.items() if body.skills}
    domain = {skill: number // 16 for number, skill in enumerate(world.skills)}
    fields_of: dict[str, Counter[int]] = defaultdict(Counter)
    for event in world.interactions:
        fields_of[event.learner_id][domain[field[event.credential_id]]] += 1
    assert all(len(fields) <= 2 for fields in fields_of.values())
    popularity = Counter(event.credential_id for event in world.interactions)
    top = sum(count for _, count in popularity.most_common(len(world.credentials) // 10))
    assert top > 0.4 * len(world.interactions)


@pytest.mark.parametrize(("folder", "format"), [("onet_29_3", "onet"), ("esco_sample", "esco")])
def test_imported_skills_are_called_as_their_import_calls_them(
    folder: str, format: Literal["onet", "esco"]
) -> None:
    """Each id is one that the importer gives, with the same name and kind."""
    with reading(shared(folder), format, SKILL) as source:
        known = {item.key: item.body for item in source.items if isinstance(item, Record)}
    ours = [
        skill for skill in taxonomies.read() if skill.id.startswith("onet:") == (format == "onet")
    ]
    assert len(ours) > 50
    for skill in ours:
        body = known[skill.id]
        assert isinstance(body, SkillBody)
        assert (body.name, body.kind) == (skill.name, skill.kind)
