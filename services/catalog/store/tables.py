"""The tables: one for each kind, alike but for the columns that its search needs.

Migrations create them; `tests/unit/catalog/test_migrations.py` compares the two.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    DateTime,
    Index,
    MetaData,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from services.catalog.domain.kinds import KindName

metadata = MetaData()


def _snapshots(name: KindName, *columns: Column[Any]) -> Table:
    """A row is unpublished while `revision` and `published_revision` differ; the relay looks for those."""
    table = Table(
        name,
        metadata,
        Column("key", Text(collation="C"), primary_key=True),
        Column("body", JSONB, nullable=False),
        Column("revision", BigInteger, nullable=False),
        Column("published_revision", BigInteger, nullable=False, server_default=text("0")),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        *columns,
    )
    Index(
        f"{name}_unpublished",
        table.c.updated_at,
        postgresql_where=text("revision <> published_revision"),
    )
    if "search" in table.c:
        Index(f"{name}_search", table.c.search, postgresql_using="gin")
        Index(f"{name}_by_name", table.c.sort_key, table.c.key)
    return table


def _words(weights: Iterable[str]) -> list[Column[Any]]:
    """Folded texts by weight, and the vector of their words, as written and stemmed as English."""
    names = {f"words_{weight}": weight.upper() for weight in weights}
    vectors = " || ".join(
        f"setweight(to_tsvector('{language}'::regconfig, {name}), '{weight}')"
        for name, weight in names.items()
        for language in ("simple", "english")
    )
    return [
        Column("sort_key", Text(collation="C"), nullable=False),
        *(Column(name, Text, nullable=False) for name in names),
        Column("search", TSVECTOR, Computed(vectors, persisted=True)),
    ]


def _ids(name: str) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False)


CREDENTIALS = _snapshots(
    "credential",
    *_words("abd"),
    Column("status", Text, nullable=False),
    Column("issuer_id", Text, nullable=False),
    _ids("skill_ids"),
    _ids("occupation_ids"),
    _ids("languages"),
    _ids("audience"),
    Column("price_amount", Numeric),
    Column("price_currency", Text),
    Column("superseded_by", Text),
)
Index("credential_skills", CREDENTIALS.c.skill_ids, postgresql_using="gin")
Index("credential_occupations", CREDENTIALS.c.occupation_ids, postgresql_using="gin")
# Hashes, because an issuer's id may be longer than an ordered index takes.
Index("credential_issuer", CREDENTIALS.c.issuer_id, postgresql_using="hash")

TABLES: dict[KindName, Table] = {
    "skill": _snapshots("skill", *_words("ab")),
    "occupation": _snapshots("occupation", *_words("ab")),
    "regulation": _snapshots("regulation"),
    "demand": _snapshots("demand"),
    "credential": CREDENTIALS,
}
