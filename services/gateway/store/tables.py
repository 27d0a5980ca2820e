"""The tables of partners and their keys. Of a key only its prefix and digest are kept."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
)

metadata = MetaData()

partner = Table(
    "partner",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("allowed_origins", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

api_key = Table(
    "api_key",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("partner_id", Text, ForeignKey("partner.id")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('publishable', 'secret', 'admin')", name="api_key_kind"),
    CheckConstraint("(kind = 'admin') = (partner_id IS NULL)", name="api_key_owner"),
)
Index("api_key_partner", api_key.c.partner_id)
