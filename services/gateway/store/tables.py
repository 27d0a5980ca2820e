"""The tables of partners, their keys and identities, the audit log, and receipts. Of a key only its prefix and digest are kept."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

partner = Table(
    "partner",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("allowed_origins", ARRAY(Text), nullable=False),
    Column("requests_per_second", Integer),
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

identity = Table(
    "identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("partner_id", Text, ForeignKey("partner.id"), nullable=False),
    Column("document", JSONB, nullable=False),
)
Index("identity_partner", identity.c.partner_id)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("details", JSONB, nullable=False),
)

# `answer` is sealed, and null only within the transaction that makes it.
receipt = Table(
    "receipt",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("receipt_created", receipt.c.created_at)
