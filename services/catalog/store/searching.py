"""Search as one statement: full text, filters, and keyset pages.

A credential is found by its own words and by the names of the skills that it teaches. Skills are
looked up while searching rather than copied into the credentials, so that a renamed skill, or one
that arrives after its credentials, needs no repair.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    REAL,
    ColumnElement,
    CompoundSelect,
    Float,
    Integer,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from services.catalog.domain.facets import base_language
from services.catalog.domain.search import Filters, Place, Query
from services.catalog.store.tables import CREDENTIALS, TABLES

# Of the weights D, C, B, A; and what finding a word among the skills taught adds to that.
_WEIGHTS = [0.05, 0.1, 0.4, 1.0]
_SKILL_WEIGHT = 0.1
_DIVIDE_BY_LOG_LENGTH = 1
_NAME_IS, _NAME_BEGINS = 2.0, 1.0
# A beginning such as "pr" fits thousands of skills; those with the shortest names stand for them.
_MOST_SKILLS = 200

Condition = ColumnElement[bool]
Taught = Mapping[int, Sequence[str]]


def statement(query: Query, taught: Taught) -> Select[Any]:
    """Rows (key, body, revision, updated_at, by), one more than the page holds if there is a next one.

    taught: for each term the skills that it names; see `skills_named`.
    """
    ranked = _by_relevance(query, taught) if query.terms else _by_name(query)
    return ranked.limit(query.limit + 1)


def skills_named(query: Query) -> CompoundSelect[int, Sequence[str]]:
    """Rows (term, skill ids), with the terms by their place in the query.

    Apart from the search itself, so that the planner sees how many there are.
    """
    skills = TABLES["skill"]
    return union_all(
        *(
            select(
                literal(place).label("term"),
                func.array(
                    select(skills.c.key)
                    .where(skills.c.search.bool_op("@@")(word))
                    .order_by(func.length(skills.c.sort_key), skills.c.key)
                    .limit(_MOST_SKILLS)
                    .scalar_subquery(),
                    type_=ARRAY(Text),
                ).label("skills"),
            )
            for place, word in enumerate(_words(query))
        )
    )


def _by_name(query: Query) -> Select[Any]:
    table = TABLES[query.kind]
    found = select(*_parts(query), table.c.sort_key.label("by")).where(*_filters(query.filters))
    if query.after is not None:
        place = tuple_(literal(query.after.by, Text), literal(query.after.key, Text))
        found = found.where(tuple_(table.c.sort_key, table.c.key) > place)
    return found.order_by(table.c.sort_key, table.c.key)


def _by_relevance(query: Query, taught: Taught) -> Select[Any]:
    words = _words(query)
    in_text = [TABLES[query.kind].c.search.bool_op("@@")(word) for word in words]
    matches = [
        or_(text, _teaches(taught[place])) if taught.get(place) else text
        for place, text in enumerate(in_text)
    ]
    found = (
        select(*_parts(query), _score(query, words, taught).label("by"))
        .where(*matches, *_filters(query.filters))
        .subquery()
    )
    page = select(found)
    if query.after is not None:
        page = page.where(_after(query.after, found.c.by, found.c.key))
    return page.order_by(found.c.by.desc(), found.c.key)


def _words(query: Query) -> list[ColumnElement[Any]]:
    *whole, last = query.terms or []
    return [*(_wanted(term) for term in whole), _wanted(last, beginning=True)]


def _after(place: Place, by: ColumnElement[Any], key: ColumnElement[Any]) -> Condition:
    score = literal(place.by, Float(53))
    return or_(by < score, and_(by == score, key > place.key))


def _parts(query: Query) -> list[ColumnElement[Any]]:
    table = TABLES[query.kind]
    return [table.c.key, table.c.body, table.c.revision, table.c.updated_at]


def _wanted(term: str, *, beginning: bool = False) -> ColumnElement[Any]:
    """The word as written or as English stems it; one letter is a word, not a beginning."""
    forms: list[ColumnElement[Any]] = [
        func.to_tsquery("simple", term),
        func.to_tsquery("english", term),
    ]
    if beginning and (len(term) > 1 or not term.isascii()):
        forms.append(func.to_tsquery("simple", f"{term}:*"))
    return _any_of(forms)


def _any_of(queries: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    return reduce(lambda one, other: one.op("||", return_type=TSQUERY())(other), queries)


def _teaches(skills: Sequence[str]) -> Condition:
    return CREDENTIALS.c.skill_ids.bool_op("&&")(literal(skills, ARRAY(Text)))


def _score(query: Query, words: list[ColumnElement[Any]], taught: Taught) -> ColumnElement[float]:
    table = TABLES[query.kind]
    phrase = " ".join(query.terms or [])
    rank = func.ts_rank(
        literal(_WEIGHTS, ARRAY(REAL)), table.c.search, _any_of(words), _DIVIDE_BY_LOG_LENGTH
    )
    parts: list[ColumnElement[Any]] = [
        cast(rank, Float(53)),
        _NAME_IS * cast(table.c.sort_key == phrase, Integer),
        _NAME_BEGINS * cast(func.starts_with(table.c.sort_key, phrase), Integer),
    ]
    parts += [
        _SKILL_WEIGHT * cast(_teaches(skills), Integer) for skills in taught.values() if skills
    ]
    return cast(reduce(add, parts), Float(53))


def _filters(wanted: Filters | None) -> list[Condition]:
    if wanted is None:
        return []
    table = CREDENTIALS.c
    return [
        *_contains(table.skill_ids, wanted.skill),
        *_contains(table.occupation_ids, wanted.occupation),
        *_contains(table.languages, wanted.language and base_language(wanted.language)),
        *([table.issuer_id == wanted.issuer] if wanted.issuer is not None else []),
        *([table.status.in_(wanted.statuses)] if wanted.statuses else []),
        *_affordable(wanted),
        _shown_to(wanted.audience),
    ]


def _contains(column: ColumnElement[Any], value: str | None) -> list[Condition]:
    return [] if value is None else [column.contains([value])]


def _affordable(wanted: Filters) -> list[Condition]:
    """As `eligibility.broken` has it: what costs nothing fits every currency."""
    if wanted.max_cost is None:
        return []
    amount, currency = CREDENTIALS.c.price_amount, CREDENTIALS.c.price_currency
    limit = wanted.max_cost
    return [or_(amount == 0, and_(currency == limit.currency, amount <= limit.amount))]


def _shown_to(partner: str | None) -> Condition:
    everyone = func.cardinality(CREDENTIALS.c.audience) == 0
    if partner is None:
        return everyone
    return or_(everyone, CREDENTIALS.c.audience.contains([partner]))
