"""A catalog file → credentials as the deployed ranking knows them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
from msgspec import Struct

from libs.common.contracts.catalog import Cost, Credential, Issuer, TaughtSkill
from libs.common.contracts.types import Language, LevelName
from services.recommender.evaluation.rows import CATALOG_COLUMNS, bad_row, rows_of

CATEGORY = "category:"
"""A category stands among the skills under an id with this prefix: the contract has no field for it."""
LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "dutch": "nl", "english": "en", "french": "fr", "german": "de",
    "greek": "el", "hebrew": "he", "hindi": "hi", "indonesian": "id", "italian": "it", "japanese": "ja",
    "korean": "ko", "polish": "pl", "portuguese": "pt", "russian": "ru", "spanish": "es", "swedish": "sv",
    "thai": "th", "turkish": "tr", "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


class Catalog(Struct, frozen=True):
    """credentials by id; skills: what each teaches, without its categories."""

    credentials: Mapping[str, Credential]
    skills: Mapping[str, frozenset[str]]


def read_catalog(path: Path, columns: Mapping[str, str]) -> Catalog:
    """Raises InvalidRequest with the line. A level or language that has no name here is left out."""
    credentials: dict[str, Credential] = {}
    skills: dict[str, frozenset[str]] = {}
    for line, cells in rows_of(path, columns, CATALOG_COLUMNS, ("credential_id",)):
        credential_id = cells["credential_id"]
        if not credential_id or credential_id in credentials:
            raise bad_row(
                path, line, f"credential_id {credential_id!r} is empty or here a second time"
            )
        skills[credential_id] = frozenset(_list(cells.get("skills", "")))
        categories = [CATEGORY + name for name in _list(cells.get("category", ""))]
        credentials[credential_id] = Credential(
            id=credential_id,
            revision=1,
            updated_at=_UNDATED,
            type="MicroCredential",
            name=credential_id,
            status="active",
            issuer=Issuer(id="evaluation", name="evaluation"),
            url=f"urn:credential:{credential_id}",
            skills=[TaughtSkill(id=each) for each in (*sorted(skills[credential_id]), *categories)],
            level=_level(cells.get("level", "")),
            languages=_languages(cells.get("language", "")),
            cost=_cost(path, line, cells.get("cost", "")),
        )
    return Catalog(credentials, skills)


def _list(cell: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (each.strip() for each in cell.split("|")))))


def _cost(path: Path, line: int, cell: str) -> list[Cost]:
    """In US dollars; empty where none is given."""
    if not cell:
        return []
    try:
        return [msgspec.convert({"amount": cell, "currency": "USD", "kind": "tuition"}, Cost)]
    except msgspec.ValidationError as error:
        raise bad_row(path, line, f"cost {cell!r} is no amount in US dollars") from error


def _level(cell: str) -> LevelName | None:
    return next((name for name in get_args(LevelName) if name == cell.lower()), None)


def _languages(cell: str) -> list[str]:
    named = [LANGUAGES.get(each.lower(), each) for each in _list(cell)]
    return [each for each in named if _is_language(each)]


def _is_language(text: str) -> bool:
    try:
        msgspec.convert(text, Language)
    except msgspec.ValidationError:
        return False
    return True
