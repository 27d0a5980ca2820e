"""What a body is found by: the columns beside it in its table."""

from typing import Any

from libs.common.contracts.catalog import CredentialBody, OccupationBody, SkillBody
from libs.common.rules import money
from services.catalog.domain.kinds import Body
from services.catalog.domain.text import fold, fold_all, sort_key

Facets = dict[str, Any]


def facets(body: Body) -> Facets:
    """Column name → value. Texts are folded; `words_a` to `words_d` weigh from most to least."""
    match body:
        case CredentialBody():
            return _credential(body)
        case SkillBody() | OccupationBody():
            return {
                "sort_key": sort_key(body.name),
                "words_a": fold(body.name),
                "words_b": fold_all(body.aliases),
            }
        case _:
            return {}


def _credential(body: CredentialBody) -> Facets:
    price = money.price(body)
    return {
        "sort_key": sort_key(body.name),
        "words_a": fold(body.name),
        "words_b": fold(body.issuer.name),
        "words_d": fold(body.description or ""),
        "status": body.status,
        "issuer_id": body.issuer.id,
        "skill_ids": sorted({skill.id for skill in body.skills}),
        "occupation_ids": sorted(set(body.occupations)),
        "languages": sorted({base_language(language) for language in body.languages}),
        "audience": sorted(set(body.audience)),
        "price_amount": price.amount if price else None,
        "price_currency": price.currency if price else None,
        "superseded_by": body.superseded_by,
    }


def base_language(language: str) -> str:
    """`pt-BR` → `pt`: a search for Portuguese means all of it."""
    return language.split("-", 1)[0].lower()
