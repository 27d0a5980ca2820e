"""A credential as CTDL: itself, its organisations, and what these say of it. Ids that are no addresses stay as they are.

What CTDL has no term for (a taught skill's level, whom aid is for, baselines) is left out.
"""

from decimal import Decimal
from typing import Any

from libs.common.contracts.catalog import Aid, Assertion, Cost, Credential, Outcome, Prerequisite
from libs.common.schema_org.terms import hours
from services.catalog.formats import ctdl_terms as terms

Node = dict[str, Any]
_LEVELS = {level: concept for concept, level in terms.LEVELS.items()}
_SECTORS = {sector: concept for concept, sector in terms.SECTORS.items()}


def nodes(of: Credential) -> list[Node]:
    """Objects of a graph, the credential first; an organisation may come again with another credential."""
    return [_credential(of), *_organisations(of), *_actions(of)]


def _node(kind: str, **said: Any) -> Node:
    known = {
        f"ceterms:{name}": value for name, value in said.items() if value not in (None, [], {})
    }
    return {"@type": f"ceterms:{kind}", **known}


def _credential(of: Credential) -> Node:
    written = _node(
        terms.TYPES[of.type][0],
        ctid=of.ctid,
        name=_text(of, of.name),
        description=_text(of, of.description),
        credentialStatusType=_aligned(terms.STATUS_TERMS[of.status]),
        ownedBy=[of.issuer.id],
        subjectWebpage=of.url,
        image=of.image,
        inLanguage=of.languages,
        teaches=[_aligned(each.id) for each in of.skills if not each.assessed],
        assesses=[_aligned(each.id) for each in of.skills if each.assessed],
        occupationType=[_aligned(terms.occupation_uri(each)) for each in of.occupations],
        audienceLevelType=None if of.level is None else _aligned(_LEVELS[of.level]),
        educationLevelType=None if of.eqf_level is None else _aligned(f"{terms.EQF}{of.eqf_level}"),
        estimatedCost=[_cost(each) for each in of.cost],
        financialAssistance=[_aid(each) for each in of.aid],
        estimatedDuration=None
        if of.workload_hours is None
        else [_node("DurationProfile", timeRequired=hours(of.workload_hours))],
        learningDeliveryType=[_aligned(terms.DELIVERY_TERMS[each]) for each in of.delivery],
        availableAt=[_place(each) for each in of.places],
        entryCondition=[_condition(each) for each in of.prerequisites],
        requires=None if of.assessment is None else [_assessed(of)],
        isPreparationFor=[_node("ConditionProfile", targetCredential=[i]) for i in of.leads_to],
        renewalFrequency=None if of.renewal_months is None else f"P{of.renewal_months}M",
        aggregateData=[_outcome(each) for each in of.outcomes],
        dateEffective=None if of.published_at is None else of.published_at.isoformat(),
        supersededBy=of.superseded_by,
    )
    return {"@id": of.id, **written, **_stands_behind(of)}


def _stands_behind(of: Credential) -> Node:
    """What the credential says itself: where it is answered, or nothing more is known."""
    found: Node = {}
    for each in of.assertions:
        if each.reciprocal or not _is_dated(each):
            found.setdefault(terms.ASSERTIONS[each.kind][0], []).append(each.agent.id)
    return {term: list(dict.fromkeys(agents)) for term, agents in found.items()}


def _is_dated(said: Assertion) -> bool:
    return any((said.start, said.end, said.evidence_url, said.jurisdiction))


def _organisations(of: Credential) -> list[Node]:
    owner = _node(
        "CredentialOrganization",
        name=_text(of, of.issuer.name),
        agentSectorType=None if of.issuer.sector is None else _aligned(_SECTORS[of.issuer.sector]),
    )
    found: dict[str, Node] = {of.issuer.id: {"@id": of.issuer.id, **owner}}
    for each in of.assertions:
        other = _node("QACredentialOrganization", name=_text(of, each.agent.name))
        known = found.setdefault(each.agent.id, {"@id": each.agent.id, **other})
        if each.reciprocal and not _is_dated(each):
            known.setdefault(f"ceterms:{each.kind}", []).append(of.id)
    return list(found.values())


def _actions(of: Credential) -> list[Node]:
    return [_action(of.id, each) for each in of.assertions if _is_dated(each)]


def _action(about: str, said: Assertion) -> Node:
    place = None if said.jurisdiction is None else [_place(said.jurisdiction)]
    return _node(
        terms.ASSERTIONS[said.kind][2].removeprefix("ceterms:"),
        actingAgent=[said.agent.id],
        object=about,
        startDate=None if said.start is None else said.start.isoformat(),
        endDate=None if said.end is None else said.end.isoformat(),
        evidenceOfAction=said.evidence_url,
        jurisdiction=None
        if place is None
        else [_node("JurisdictionProfile", mainJurisdiction=place)],
    )


def _text(of: Credential, text: str | None) -> Node | None:
    """CTDL writes text by its language."""
    return None if text is None else {of.languages[0] if of.languages else "en": text}


def _aligned(target: str) -> Node:
    return _node("CredentialAlignmentObject", targetNode=target)


def _number(amount: Decimal) -> float | str:
    """A number where that is exact, else its digits."""
    return float(amount) if Decimal(repr(float(amount))) == amount else str(amount)


def _cost(cost: Cost) -> Node:
    return _node(
        "CostProfile",
        directCostType=_aligned(terms.COST_TERMS[cost.kind]),
        price=_number(cost.amount),
        currency=cost.currency,
        description=None if cost.mandatory else {"en": "optional"},
    )


def _aid(aid: Aid) -> Node:
    value: Node | None = None
    if aid.amount is not None and aid.currency is not None:
        number = {"schema:value": _number(aid.amount), "schema:unitText": aid.currency}
        value = {"@type": "schema:QuantitativeValue", **number}
    return _node(
        "FinancialAssistanceProfile", name={"en": aid.name}, financialAssistanceValue=value
    )


def _place(region: str) -> Node:
    country, _, part = region.partition("-")
    return _node("Place", addressCountry=country, addressRegion=region if part else None)


def _condition(required: Prerequisite) -> Node:
    skill = None if required.skill is None else [_aligned(required.skill)]
    credential = None if required.credential is None else [required.credential]
    return _node("ConditionProfile", targetCredential=credential, targetCompetency=skill)


def _assessed(of: Credential) -> Node:
    assert of.assessment is not None
    method = None if of.assessment.type is None else {"ceterms:targetNodeName": of.assessment.type}
    target = _node(
        "AssessmentProfile",
        name=_text(of, of.name),
        assessmentMethodType=method,
        isProctored=of.assessment.supervised,
    )
    return _node("ConditionProfile", targetAssessment=[target])


def _outcome(outcome: Outcome) -> Node:
    """Employment as a percentage of those who earned it, earnings as a yearly median, completion as a described share."""
    common = {"postReceiptMonths": outcome.months, "source": outcome.source}
    if outcome.kind == "earnings":
        earned = {"medianEarnings": outcome.value, "currency": outcome.currency}
        return _node("AggregateDataProfile", **earned, **common)
    if outcome.kind == "employment":
        jobs = {"@type": "schema:QuantitativeValue", "schema:percentage": outcome.value * 100}
        return _node("AggregateDataProfile", jobsObtained=[jobs], numberAwarded=outcome.n, **common)
    counted = _completed(outcome)
    frame = {"@type": "qdata:DataSetTimeFrame", "qdata:dataAttributes": [counted]}
    data_set = {"@type": "qdata:DataSetProfile", "qdata:dataSetTimePeriod": [frame]}
    return _node("AggregateDataProfile", relevantDataSet=[data_set], **common)


def _completed(outcome: Outcome) -> Node:
    """Counts, of ten thousand where nobody says of how many."""
    begun = outcome.n or 10_000
    return {
        "@type": "qdata:DataProfile",
        "qdata:holdersInSet": [_count(round(outcome.value * begun))],
        "qdata:subjectsInSet": [_count(begun)],
    }


def _count(count: int) -> Node:
    return {"@type": "schema:QuantitativeValue", "schema:value": count}
