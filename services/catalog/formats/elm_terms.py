"""The vocabulary of the European Learning Model, as far as our record has a place for it."""

from collections.abc import Mapping
from typing import Any

ANNEX_I = (
    "identification of the learner",
    "title of the micro-credential",
    "country or region of the issuer",
    "awarding body",
    "date of issuing",
    "learning outcomes",
    "notional workload",
    "level",
    "type of assessment",
    "form of participation",
    "type of quality assurance",
)
"""The mandatory elements of Annex I of the recommendation on micro-credentials (2022/C 243/02)."""

WITHIN = ("urn:epass:", "_:")
"""Ids that count within a document."""

EQF_LEVELS = {f"http://data.europa.eu/snb/eqf/{level}": level for level in range(1, 9)}
SHORT_PROGRAMME = "http://data.europa.eu/snb/learning-opportunity/74a4a268e8"
LANGUAGE = "http://publications.europa.eu/resource/authority/language/"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
MODES = {"online": "online", "blended": "blended", "presential": "in_person"}
"""Of the modes of learning and assessment by their English label; others (project-based) say no place."""


def label(concept: Mapping[str, Any]) -> str:
    """A concept's English label, in lower case."""
    labels = concept.get("prefLabel")
    value = labels.get("en", "") if isinstance(labels, Mapping) else labels
    return str(value or "").strip().lower()


def says_type(assessment: Mapping[str, Any]) -> bool:
    """Whether an assessment says of which type it is."""
    specification = assessment.get("specifiedBy")
    return isinstance(specification, Mapping) and bool(specification.get("dcType"))
