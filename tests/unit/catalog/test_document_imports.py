"""Open Badges achievements, European credentials, CASE frameworks and the register of professions as records."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from libs.common.contracts.catalog import (
    Agent,
    Assertion,
    Assessment,
    Issuer,
    SkillBody,
    TaughtSkill,
)
from services.catalog.domain.records import Record, Rejected
from services.catalog.formats.elm_terms import ANNEX_I
from services.catalog.importers import Format
from services.catalog.importers.folders import CannotRead
from services.catalog.importers.recognition import recognised
from tests.support.shared_data import shared
from tests.unit.catalog import documents as docs

SKILL = "http://data.europa.eu/esco/skill/s1"
ACHIEVEMENT = {
    "id": "https://kites.example.org/a/knots",
    "type": ["Achievement"],
    "name": "Knots",
    "description": "Ties knots.",
    "criteria": {"id": "https://kites.example.org/a/knots/how"},
    "creator": {"id": "https://kites.example.org", "type": ["Profile"], "name": "Kites"},
    "image": {"id": "https://kites.example.org/a/knots.png", "type": "Image"},
    "achievementType": "MicroCredential",
    "alignment": [
        {"targetUrl": SKILL, "targetName": "knots", "targetType": "ceasn:Competency"},
        {"targetUrl": "https://kites.example.org/course", "targetName": "course"},
    ],
    "fieldOfStudy": "Kites",
}


def concept(id: str, label: str = "") -> dict[str, Any]:
    """A concept of the European vocabularies."""
    return {"id": id, "type": "Concept", "prefLabel": {"en": label}}


EUROPEAN = {
    "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
    "issuanceDate": "2025-01-01T00:00:00Z",
    "credentialSubject": {
        "type": "Person",
        "fullName": {"en": "Secret Learner"},
        "hasClaim": {
            "type": "LearningAchievement",
            "title": {"en": "Secret achievement of hers"},
            "awardedBy": {
                "awardingBody": {
                    "id": "urn:epass:org:1",
                    "legalName": {"en": "Kite University"},
                    "homepage": {"contentURL": "https://kites.example.org"},
                    "location": {
                        "address": {
                            "countryCode": concept(
                                "http://publications.europa.eu/resource/authority/country/IRL"
                            )
                        }
                    },
                }
            },
            "provenBy": {
                "grade": {"noteLiteral": {"en": "Secret grade"}},
                "idVerification": concept("x", "Supervised online with ID verification"),
                "specifiedBy": {"dcType": concept("y", "Written exam")},
            },
            "specifiedBy": {
                "id": "urn:epass:qualification:1",
                "type": "Qualification",
                "title": {"en": "Kite design"},
                "dcType": concept("http://data.europa.eu/snb/learning-opportunity/74a4a268e8"),
                "eqfLevel": concept("http://data.europa.eu/snb/eqf/6"),
                "language": concept(
                    "http://publications.europa.eu/resource/authority/language/FRA"
                ),
                "mode": concept("http://data.europa.eu/snb/learning-assessment/z", "Blended"),
                "volumeOfLearning": "PT60H",
                "learningOutcome": [
                    {"title": {"en": "Knots"}, "relatedESCOSkill": concept(SKILL, "knots")},
                    {"title": {"en": "Luck"}},
                ],
                "accreditation": {
                    "accreditingAgent": {
                        "id": "https://qa.example.org",
                        "legalName": {"en": "Assured"},
                    },
                    "dateIssued": "2024-01-01",
                },
            },
        },
    },
}


def specification(document: dict[str, Any]) -> dict[str, Any]:
    """The qualification within."""
    found: dict[str, Any] = document["credentialSubject"]["hasClaim"]["specifiedBy"]
    return found


def test_an_achievement_is_a_credential(tmp_path: Path) -> None:
    """Its creator issues it; alignments that say that they are skills are; the rest is kept aside."""
    items = docs.read_json(tmp_path / "a.json", ACHIEVEMENT, "openbadges")
    body = docs.credentials(items)["https://kites.example.org/a/knots"]
    assert (body.type, body.name, body.status) == ("MicroCredential", "Knots", "active")
    assert body.issuer == Issuer(id="https://kites.example.org", name="Kites")
    assert body.url == "https://kites.example.org/a/knots/how"
    assert body.image == "https://kites.example.org/a/knots.png"
    assert body.skills == [TaughtSkill(id=SKILL)]
    assert set(docs.kept(items)) == {"/alignment/1", "/fieldOfStudy"}


def test_a_badge_gives_its_achievement_and_nothing_of_its_learner(tmp_path: Path) -> None:
    """The issuer of a badge stands in for a creator; value facts beside the achievement are not read."""
    achievement = {name: part for name, part in ACHIEVEMENT.items() if name != "creator"}
    badge = {
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "did:example:1", "name": "Granter"},
        "accreditedBy": "https://qa.example.org",
        "credentialSubject": {"id": "mailto:secret@example.org", "achievement": achievement},
    }
    items = docs.read_json(tmp_path / "b.json", [badge, {"type": "Other"}], "openbadges")
    (body,) = docs.credentials(items).values()
    assert (body.issuer.name, body.assertions) == ("Granter", [])
    assert "secret" not in str(items)
    assert [item.faults[0].pointer for item in items if isinstance(item, Rejected)] == ["/1"]


def test_a_european_credential_is_its_qualification(tmp_path: Path) -> None:
    """Every element that we have a place for is there, nothing of the learner is, and Annex I is complete."""
    items = docs.read_json(tmp_path / "e.json", EUROPEAN, "elm")
    ((key, body),) = docs.credentials(items).items()
    assert key == "https://kites.example.org#Kite%20design"
    assert (body.type, body.eqf_level, body.workload_hours) == ("MicroCredential", 6, 60)
    assert (body.languages, body.delivery) == (["fr"], ["blended"])
    assert body.issuer == Issuer(id="https://kites.example.org", name="Kite University")
    assert body.skills == [TaughtSkill(id=SKILL, assessed=True)]
    assert body.assessment == Assessment(
        type="written exam", supervised=True, identity_verified=True
    )
    (accredited,) = body.assertions
    assert isinstance(accredited, Assertion)
    assert accredited.agent == Agent(id="https://qa.example.org", name="Assured")
    assert docs.missing(items) == set()
    at = "/credentialSubject/hasClaim/specifiedBy"
    assert set(docs.kept(items)) == {f"{at}/learningOutcome/1"}
    assert "Secret" not in str(items)


def without(element: str) -> dict[str, Any]:
    """The document without an element of Annex I."""
    document: dict[str, Any] = deepcopy(EUROPEAN)
    claim = document["credentialSubject"]["hasClaim"]
    body = claim["awardedBy"]["awardingBody"]
    places: dict[str, tuple[dict[str, Any], str]] = {
        "identification of the learner": (document["credentialSubject"], "fullName"),
        "country or region of the issuer": (body, "location"),
        "date of issuing": (document, "issuanceDate"),
        "learning outcomes": (specification(document), "learningOutcome"),
        "notional workload": (specification(document), "volumeOfLearning"),
        "level": (specification(document), "eqfLevel"),
        "type of assessment": (claim["provenBy"], "specifiedBy"),
        "form of participation": (specification(document), "mode"),
        "type of quality assurance": (specification(document), "accreditation"),
    }
    holder, term = places[element]
    del holder[term]
    return document


@pytest.mark.parametrize(
    "element",
    [each for each in ANNEX_I if each not in ("title of the micro-credential", "awarding body")],
)
def test_each_absent_element_of_annex_i_is_told(tmp_path: Path, element: str) -> None:
    """What Annex I asks for and a document lacks is missing, and alone; the rest is imported."""
    items = docs.read_json(tmp_path / "e.json", without(element), "elm")
    assert docs.missing(items) == {element}
    assert len(docs.credentials(items)) == 1


@pytest.mark.parametrize(
    ("holder", "term", "element"),
    [("specifiedBy", "title", "title of the micro-credential"), ("", "awardedBy", "awarding body")],
)
def test_without_a_title_or_a_body_there_is_no_credential(
    tmp_path: Path, holder: str, term: str, element: str
) -> None:
    """Both are needed for an identity: the record is rejected, with the element missing."""
    document = deepcopy(EUROPEAN)
    claim = document["credentialSubject"]["hasClaim"]
    del (claim[holder] if holder else claim)[term]
    claim.pop("title")
    items = docs.read_json(tmp_path / "e.json", document, "elm")
    assert not docs.credentials(items)
    assert any(isinstance(item, Rejected) for item in items)
    assert element in docs.missing(items)


def test_a_framework_gives_its_items(tmp_path: Path) -> None:
    """A CASE item is a skill under its URI; associations are none, and a bad item is told with its place."""
    document = {
        "CFDocument": {"identifier": "d", "title": "Kites"},
        "CFItems": [
            {
                "identifier": "i1",
                "uri": "https://case.example.org/i1",
                "fullStatement": "Ties knots",
                "abbreviatedStatement": "Knots",
                "CFItemType": "Skill",
                "humanCodingScheme": "K.1",
            },
            {"identifier": "i2", "fullStatement": "Knows winds", "CFItemType": "Strand"},
            {"identifier": "i3", "uri": "https://case.example.org/i3", "CFItemType": "Skill"},
        ],
        "CFAssociations": [{"identifier": "a", "associationType": "isChildOf"}],
    }
    items = docs.read_json(tmp_path / "c.json", document, "case")
    made = {item.key: item.body for item in items if isinstance(item, Record)}
    assert made == {
        "https://case.example.org/i1": SkillBody(
            name="Ties knots", aliases=["Knots"], kind="skill"
        ),
        "i2": SkillBody(name="Knows winds"),
    }
    assert docs.kept(items) == {
        "/CFItems/0/humanCodingScheme": "K.1",
        "/CFItems/1/CFItemType": "Strand",
    }
    assert docs.missing(items) == {"uri"}
    assert [item.faults[0].pointer for item in items if isinstance(item, Rejected)] == [
        "/CFItems/2/fullStatement"
    ]


@pytest.mark.parametrize(
    ("document", "format"),
    [
        (docs.graph(docs.ctdl()), "ctdl"),
        (ACHIEVEMENT, "openbadges"),
        (EUROPEAN, "elm"),
        ({"CFItems": []}, "case"),
        ([docs.profession()], "regulated"),
    ],
)
def test_a_format_is_recognised_by_what_it_holds(
    tmp_path: Path, document: Any, format: Format
) -> None:
    """`check` needs no word for it; what nothing tells apart asks for one."""
    path = tmp_path / "file"
    path.write_text(json.dumps(document))
    assert recognised(path) == format
    path.write_text("{}")
    with pytest.raises(CannotRead):
        recognised(path)


def test_the_shared_european_sample() -> None:
    """It imports whole. Of Annex I it has all but quality assurance, of which the document says nothing."""
    path = shared("credential_documents/elm") / "Sample-MC-Annex1-unsigned.jsonld"
    assert recognised(path) == "elm"
    items = docs.read(path, "elm")
    (body,) = docs.credentials(items).values()
    assert (body.type, body.name) == ("MicroCredential", "Digital micro-credential creation")
    assert (body.workload_hours, body.eqf_level, body.delivery) == (60, 6, ["blended"])
    assert (len(body.skills), body.issuer.name) == (6, "University of Zed")
    assert body.assessment == Assessment(type="artefact assessment")
    assert docs.missing(items) == {"type of quality assurance"}
    assert "Andromeda" not in str(items)


def test_the_shared_badge_gives_its_achievement() -> None:
    """The achievement of a published badge imports, with its issuer."""
    name = "v2__dataIntegrityProof__didKey__legacyRegistry-noStatus-noExpiry-basicOBv3.json"
    path = shared("credential_documents/open_badges") / name
    assert recognised(path) == "openbadges"
    (body,) = docs.credentials(docs.read(path, "openbadges")).values()
    assert (body.name, body.issuer.name, body.type) == ("Teamwork", "Example Corp", "Badge")
