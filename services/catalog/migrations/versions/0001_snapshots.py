"""Snapshots of the five kinds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create("regulation")
    create("demand")
    create("skill", *words("ab"))
    create("occupation", *words("ab"))
    create(
        "credential",
        *words("abd"),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("skill_ids", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("occupation_ids", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("audience", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("price_amount", sa.Numeric),
        sa.Column("price_currency", sa.Text),
        sa.Column("superseded_by", sa.Text),
    )
    op.create_index("credential_skills", "credential", ["skill_ids"], postgresql_using="gin")
    op.create_index(
        "credential_occupations", "credential", ["occupation_ids"], postgresql_using="gin"
    )
    op.create_index("credential_issuer", "credential", ["issuer_id"], postgresql_using="hash")


def create(name: str, *columns: sa.Column) -> None:  # type: ignore[type-arg]
    op.create_table(
        name,
        sa.Column("key", sa.Text(collation="C"), primary_key=True),
        sa.Column("body", postgresql.JSONB, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("published_revision", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *columns,
    )
    op.create_index(
        f"{name}_unpublished",
        name,
        ["updated_at"],
        postgresql_where=sa.text("revision <> published_revision"),
    )
    if columns:
        op.create_index(f"{name}_search", name, ["search"], postgresql_using="gin")
        op.create_index(f"{name}_by_name", name, ["sort_key", "key"])


def words(weights: str) -> list[sa.Column]:  # type: ignore[type-arg]
    vectors = " || ".join(
        f"setweight(to_tsvector('{language}'::regconfig, words_{weight}), '{weight.upper()}')"
        for weight in weights
        for language in ("simple", "english")
    )
    return [
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        *(sa.Column(f"words_{weight}", sa.Text, nullable=False) for weight in weights),
        sa.Column("search", postgresql.TSVECTOR, sa.Computed(vectors, persisted=True)),
    ]
