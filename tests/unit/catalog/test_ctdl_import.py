"""CTDL graphs as credentials."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from libs.common.contracts.catalog import (
    Agent,
    Aid,
    Assertion,
    Assessment,
    Cost,
    CredentialBody,
    Issuer,
    Outcome,
    Prerequisite,
    TaughtSkill,
)
from services.catalog.domain.records import LeftOut, Rejected
from services.catalog.formats import ctdl_terms
from tests.unit.catalog import documents as docs
from tests.unit.catalog.documents import alignment, ctdl, graph, owner

QA = "https://registry.example.org/resources/ce-qa"
SKILL = "https://skills.example.org/knots"


def one(path: Path, *others: dict[str, Any], **terms: Any) -> CredentialBody:
    """The credential of a graph with these terms."""
    items = docs.read_json(path / "graph.json", graph(ctdl(**terms), owner(), *others), "ctdl")
    return docs.credentials(items)[docs.ID]


def aside(path: Path, *others: dict[str, Any], **terms: Any) -> dict[str, Any]:
    """What such a graph says beside it."""
    document = graph(ctdl(**terms), owner(), *others)
    return docs.kept(docs.read_json(path / "graph.json", document, "ctdl"))


def test_every_class_of_credential_has_its_type(tmp_path: Path) -> None:
    """Each CTDL class gives the type it belongs to; one for organisations and an unknown one give none."""
    nodes = [ctdl(id=f"https://r.example.org/{n}", type=n) for n in ctdl_terms.CLASSES]
    strange = ctdl(id="https://r.example.org/none", type="ceterms:Credential")
    assured = ctdl(type=ctdl_terms.FOR_ORGANISATIONS)
    items = docs.read_json(tmp_path / "g.json", graph(*nodes, strange, assured), "ctdl")
    types = {key.rpartition("/")[2]: body.type for key, body in docs.credentials(items).items()}
    assert types == ctdl_terms.CLASSES
    assert [item.rows for item in items if isinstance(item, LeftOut)] == [1]
    assert ["/@type" in f.pointer for r in items if isinstance(r, Rejected) for f in r.faults] == [
        True
    ]


def test_what_is_required_alone_is_whole(tmp_path: Path) -> None:
    """A minimal credential imports with its owner's name and sector, and nothing is missing or aside."""
    sector = owner(agentSectorType=[alignment("agentSector:PrivateNonProfit")])
    items = docs.read_json(tmp_path / "g.json", graph(ctdl(), sector), "ctdl")
    body = docs.credentials(items)[docs.ID]
    assert body.issuer == Issuer(id=docs.OWNER, name="Kites", sector="nonprofit")
    assert (body.name, body.ctid, body.languages) == ("Kite safety", "ce-1", ["en-US"])
    assert len(items) == 1


@pytest.mark.parametrize(
    ("concept", "status"),
    [*ctdl_terms.STATUSES.items()],
)
def test_each_status_is_ours(tmp_path: Path, concept: str, status: str) -> None:
    """CTDL's status concepts give ours."""
    assert one(tmp_path, credentialStatusType=alignment(concept)).status == status


def test_costs_and_aid(tmp_path: Path) -> None:
    """Prices keep their digits, currency and kind; a sum beside its parts, and a price without currency, are aside."""

    def price(kind: str, **more: Any) -> dict[str, Any]:
        return {"ceterms:directCostType": alignment(f"costType:{kind}"), **more}

    total = price("AggregateCost", **{"ceterms:price": 59.5, "ceterms:currency": "USD"})
    profiles = [
        price("Tuition", **{"ceterms:price": 49.50, "ceterms:currency": "USD"}),
        total,
        price("Meals", **{"ceterms:price": 10, "ceterms:currency": "USD"}),
        price("Tuition", **{"ceterms:price": 40}),
    ]
    help = {
        "ceterms:name": {"en": "Wind fund"},
        "ceterms:financialAssistanceValue": [{"schema:value": 20, "schema:unitText": "USD"}],
    }
    terms = {"estimatedCost": profiles, "financialAssistance": [help]}
    body = one(tmp_path, **terms)
    assert body.cost == [
        Cost(amount=Decimal("49.5"), currency="USD", kind="tuition"),
        Cost(amount=Decimal("10"), currency="USD", kind="other"),
    ]
    assert body.aid == [Aid(name="Wind fund", amount=Decimal("20"), currency="USD")]
    assert {
        "/@graph/0/ceterms:estimatedCost/1",
        "/@graph/0/ceterms:estimatedCost/3",
    } <= set(aside(tmp_path, **terms))
    assert one(tmp_path, estimatedCost=[total]).cost[0].amount == Decimal("59.5")


def test_durations(tmp_path: Path) -> None:
    """Hours are workload, the longest of a range; calendar time is no number of hours; renewal is in months."""

    def lasting(**terms: str) -> CredentialBody:
        profile = {f"ceterms:{term}": value for term, value in terms.items()}
        return one(tmp_path, estimatedDuration=[profile], renewalFrequency="P2Y")

    assert lasting(exactDuration="PT36H30M").workload_hours == 36.5
    assert lasting(minimumDuration="PT10H", maximumDuration="PT20H").workload_hours == 20
    assert lasting(exactDuration="P9M").workload_hours is None
    assert lasting(exactDuration="P9M").renewal_months == 24
    assert "/@graph/0/ceterms:estimatedDuration/0" in aside(
        tmp_path, estimatedDuration=[{"ceterms:exactDuration": "P9M"}]
    )


def test_conditions_give_skills_prerequisites_and_what_follows(tmp_path: Path) -> None:
    """Competencies of requirements, of required learning and of required assessments are skills; credentials
    that are required are prerequisites, as are the skills of entry conditions; words are kept aside."""
    learning = {"@id": "_:l", "ceterms:teaches": [alignment("https://skills.example.org/winds")]}
    exam = {
        "@id": "_:a",
        "ceterms:assesses": [alignment(SKILL)],
        "ceterms:assessmentMethodType": [
            alignment("assessMethod:Exam", **{"ceterms:targetNodeName": {"en": "Exam"}})
        ],
        "ceterms:isProctored": True,
    }
    condition = {
        "ceterms:condition": {"en": ["Be fourteen"]},
        "ceterms:targetCompetency": [alignment(SKILL), {"ceterms:targetNodeName": {"en": "Luck"}}],
        "ceterms:targetCredential": ["https://r.example.org/first"],
        "ceterms:targetLearningOpportunity": ["_:l"],
        "ceterms:targetAssessment": ["_:a"],
    }
    entry = {"ceterms:targetCompetency": [alignment("https://skills.example.org/reading")]}
    terms = {
        "requires": [condition],
        "entryCondition": [entry],
        "isPreparationFor": [{"ceterms:targetCredential": ["https://r.example.org/next"]}],
    }
    body = one(tmp_path, learning, exam, **terms)
    assert body.skills == [
        TaughtSkill(id=SKILL, assessed=True),
        TaughtSkill(id="https://skills.example.org/winds"),
    ]
    assert body.prerequisites == [
        Prerequisite(credential="https://r.example.org/first"),
        Prerequisite(skill="https://skills.example.org/reading"),
    ]
    assert body.leads_to == ["https://r.example.org/next"]
    assert body.assessment == Assessment(type="Exam", supervised=True)
    told = aside(tmp_path, learning, exam, **terms)
    assert told["/@graph/0/ceterms:requires/0/ceterms:condition"] == {"en": ["Be fourteen"]}
    assert "/@graph/0/ceterms:requires/0/ceterms:targetCompetency/1" in told


def test_an_answered_dated_accreditation_is_reciprocal(tmp_path: Path) -> None:
    """Said by the credential and by an action of the accreditor, it is reciprocal, with dates, place and
    evidence; said by one of them, or by an agent that only this document knows, it is not."""
    qa = {"@id": QA, "@type": "ceterms:QACredentialOrganization", "ceterms:name": {"en": "Assured"}}
    action = {
        "@type": "ceterms:AccreditAction",
        "ceterms:actingAgent": [QA],
        "ceterms:object": docs.ID,
        "ceterms:startDate": "2024-01-01",
        "ceterms:endDate": "2030-01-01",
        "ceterms:evidenceOfAction": "https://qa.example.org/1",
        "ceterms:jurisdiction": [
            {
                "ceterms:mainJurisdiction": [
                    {
                        "ceterms:addressCountry": {"en": "United States"},
                        "ceterms:addressRegion": "OR",
                    }
                ]
            }
        ],
    }
    agent = Agent(id=QA, name="Assured")
    (both,) = one(tmp_path, qa, action, accreditedBy=[QA]).assertions
    assert (both.kind, both.agent, both.reciprocal, both.jurisdiction) == (
        "accredits",
        agent,
        True,
        "US-OR",
    )
    assert both.start
    assert both.end
    assert (both.start.year, both.end.year) == (2024, 2030)
    assert both.evidence_url == "https://qa.example.org/1"
    assert one(tmp_path, qa, accreditedBy=[QA]).assertions == [
        Assertion(kind="accredits", agent=agent)
    ]
    (theirs,) = one(tmp_path, qa, action).assertions
    assert not theirs.reciprocal
    answer = {**qa, "ceterms:recognizes": [docs.ID]}
    assert one(tmp_path, answer, recognizedBy=[QA]).assertions == [
        Assertion(kind="recognizes", agent=agent, reciprocal=True)
    ]
    inner = {**answer, "@id": "_:qa", "ceterms:subjectWebpage": "https://qa.example.org"}
    assert one(tmp_path, inner, recognizedBy=["_:qa"]).assertions == [
        Assertion(kind="recognizes", agent=Agent(id="https://qa.example.org", name="Assured"))
    ]


def test_a_recognition_that_no_region_says_is_kept_aside(tmp_path: Path) -> None:
    """Recognised in a region is that region; everywhere but in one is nothing we can say."""
    place = {"ceterms:addressCountry": {"en": "US"}, "ceterms:addressRegion": {"en": "Oregon"}}
    agents = {"ceterms:assertedBy": [QA]}
    within = {"ceterms:mainJurisdiction": [place], **agents}
    assert one(tmp_path, recognizedIn=[within]).assertions[0].jurisdiction == "US-OR"
    without = {"ceterms:jurisdictionException": [place], **agents}
    assert one(tmp_path, recognizedIn=[without]).assertions == []
    assert "/@graph/0/ceterms:recognizedIn/0" in aside(tmp_path, recognizedIn=[without])


def test_outcomes_are_shares_and_yearly_earnings(tmp_path: Path) -> None:
    """Counts over counts of one profile and percentages are rates; earnings need a currency and a year."""
    aggregate = {
        "ceterms:numberAwarded": 200,
        "ceterms:jobsObtained": [{"schema:value": 150}],
        "ceterms:medianEarnings": 41000,
        "ceterms:currency": "USD",
        "ceterms:postReceiptMonths": 6,
        "ceterms:source": "https://kites.example.org/report",
        "qdata:relevantDataSet": ["_:d"],
    }
    attributes = {
        "qdata:holdersInSet": [{"schema:value": 80}],
        "qdata:subjectsInSet": [{"schema:value": 100}],
        "qdata:relatedEmployment": [{"schema:value": 30}],
        "qdata:unrelatedEmployment": [{"schema:value": 30}],
        "qdata:earningsAmount": [{"schema:value": 19.35, "schema:currency": "USD"}],
    }
    data_set = {
        "@id": "_:d",
        "qdata:dataSetTimePeriod": [{"qdata:dataAttributes": [attributes]}],
    }
    common: Any = {"months": 6, "source": "https://kites.example.org/report"}
    assert one(tmp_path, data_set, aggregateData=[aggregate]).outcomes == [
        Outcome(kind="employment", value=0.75, n=200, **common),
        Outcome(kind="earnings", value=41000, currency="USD", **common),
        Outcome(kind="completion", value=0.8, n=100, **common),
        Outcome(kind="employment", value=0.75, n=80, **common),
    ]
    told = aside(tmp_path, data_set, aggregateData=[aggregate])
    assert any(place.endswith("qdata:earningsAmount/0") for place in told)


def test_where_how_and_for_what(tmp_path: Path) -> None:
    """Delivery, places, occupations, levels and languages are ours where they are coded; others are aside."""
    onet = alignment(
        "https://www.onetonline.org/link/summary/15-1212.00",
        **{
            "ceterms:codedNotation": "15-1212.00",
            "ceterms:framework": "https://www.onetcenter.org/",
        },
    )
    terms = {
        "learningDeliveryType": [alignment("deliveryType:OnlineOnly"), alignment("deliveryType:X")],
        "availableAt": [{"ceterms:addressCountry": "Ireland"}, {"ceterms:addressCountry": "Oz"}],
        "occupationType": [onet, {"ceterms:targetNodeName": {"en": "Flier"}}],
        "audienceLevelType": [alignment("audLevel:BeginnerLevel")],
        "educationLevelType": [alignment("http://data.europa.eu/snb/eqf/5")],
        "inLanguage": ["fr", "en"],
        "name": {"en": "Kites", "fr": "Cerfs-volants"},
    }
    body = one(tmp_path, **terms)
    assert (body.delivery, body.places, body.occupations) == (
        ["online"],
        ["IE"],
        ["onet:15-1212.00"],
    )
    assert (body.level, body.eqf_level, body.name) == ("beginner", 5, "Kites")
    told = aside(tmp_path, **terms)
    for place in ("learningDeliveryType/1", "availableAt/1", "occupationType/1", "name/fr"):
        assert f"/@graph/0/ceterms:{place}" in told
