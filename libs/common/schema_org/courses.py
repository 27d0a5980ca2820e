"""The course that leads to a credential: what it costs, how long it lasts, where it is held and what became of its learners."""

from collections.abc import Mapping
from typing import Any

from libs.common.contracts.catalog import Aid, Cost, Credential, Outcome, Prerequisite
from libs.common.schema_org.terms import Node, hours, identified, money, node, place, reference

_MODES = {"online": "Online", "in_person": "Onsite", "blended": "Blended"}


def is_course(of: Credential) -> bool:
    """Whether anything is known that only a course has."""
    listed = (of.cost, of.aid, of.delivery, of.prerequisites, of.outcomes)
    return of.workload_hours is not None or any(listed)


def course(
    of: Credential, teaches: list[Node], issuer: Node, known: Mapping[str, Credential]
) -> Node:
    """`teaches`: the skills as terms; `known`: other credentials by id."""
    workload = None if of.workload_hours is None else hours(of.workload_hours)
    return node(
        "Course",
        id=f"{of.url}#course",
        name=of.name,
        description=of.description or of.name,
        url=of.url,
        provider=issuer,
        educationalCredentialAwarded={"@id": of.url},
        teaches=teaches,
        timeRequired=workload,
        inLanguage=of.languages,
        coursePrerequisites=[_prerequisite(each, known) for each in of.prerequisites],
        offers=[_offer(each) for each in of.cost],
        funding=[_grant(each) for each in of.aid],
        hasCourseInstance=_instances(of, workload),
        interactionStatistic=[_outcome(each) for each in of.outcomes],
    )


def _instances(of: Credential, workload: str | None) -> list[Node]:
    places = [place(each) for each in of.places]
    return [
        node("CourseInstance", courseMode=_MODES[each], courseWorkload=workload, location=places)
        for each in of.delivery
    ]


def _prerequisite(required: Prerequisite, known: Mapping[str, Credential]) -> Node:
    if required.credential is not None:
        about = reference(required.credential, known)
    else:
        about = identified("DefinedTerm", str(required.skill))
    return node("AlignmentObject", alignmentType="requires", about=about)


def _offer(cost: Cost) -> Node:
    """A fee that one may leave out is an offer beside the course."""
    return node(
        "Offer",
        category=cost.kind,
        price=str(cost.amount),
        priceCurrency=cost.currency,
        description=None if cost.mandatory else "optional",
    )


def _grant(aid: Aid) -> Node:
    return node(
        "MonetaryGrant",
        name=aid.name,
        amount=None if aid.amount is None else money(aid.amount, aid.currency),
        description=", ".join([*aid.regions, *(f"{each} income" for each in aid.income_bands)]),
    )


def _outcome(outcome: Outcome) -> Node:
    """What was observed, of whom and when; a rate is a share from 0 to 1."""
    properties: dict[str, Any] = {
        "measuredProperty": outcome.kind,
        "value": outcome.value,
        "unitText": outcome.currency or "share",
        "measurementQualifier": None if outcome.n is None else f"n = {outcome.n}",
        "observationPeriod": None if outcome.months is None else f"P{outcome.months}M",
        "description": outcome.source,
    }
    return node("Observation", **properties)
