"""The table of learners, and how a row reads as a snapshot.

A row is a learner under one key, for ever; after erasure it keeps the key, the revision and the moment.
`identity` leads from a partner's learner id to the one row that it means now, living or erased, and is
unique, so that neither two requests nor a request and an erasure can make two learners of one id.
`partner_id`, `learner_id` and `identity` of an erased row go when the id means a new learner, or after
30 days, whichever is first.
"""

import hashlib

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    func,
)

from libs.common.contracts.profile import Consent, HeldCredential, Learner, LearnerProfile

metadata = MetaData()

# The documents are only ever read whole, so JSON, not JSONB.
learner = Table(
    "learner",
    metadata,
    Column("learner_key", Text, primary_key=True),
    Column("identity", LargeBinary, unique=True),
    Column("partner_id", Text),
    Column("learner_id", Text),
    Column("profile", JSON, nullable=False),
    Column("held_credentials", JSON, nullable=False),
    Column("personalization", Boolean, nullable=False),
    Column("team_sharing", Boolean, nullable=False),
    Column("consent_changed_at", DateTime(timezone=True), nullable=False),
    Column("erased", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("published_revision", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index(
    "learner_erased",
    learner.c.consent_changed_at,
    postgresql_where=learner.c.erased & learner.c.identity.is_not(None),
)

# As it was signed: the document is kept byte for byte, and goes with its learner.
badge = Table(
    "badge",
    metadata,
    Column("learner_key", Text, ForeignKey("learner.learner_key"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("match", JSON, nullable=False),
    Column("awarded_at", DateTime(timezone=True)),
    Column("verified_at", DateTime(timezone=True), nullable=False),
    Column("check_at", DateTime(timezone=True), nullable=False),
)
Index("badge_due", badge.c.check_at)
badge_check = Table(
    "badge_check",
    metadata,
    Column("learner_key", Text, primary_key=True),
    Column("badge_id", Text, primary_key=True),
    Column("since", DateTime(timezone=True), primary_key=True),
    Column("checked_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("steps", JSON, nullable=False),
    ForeignKeyConstraint(
        ["learner_key", "badge_id"], ["badge.learner_key", "badge.id"], ondelete="CASCADE"
    ),
)

_profile = msgspec.json.Decoder(LearnerProfile)
_held = msgspec.json.Decoder(list[HeldCredential])


def identity(partner_id: str, learner_id: str) -> bytes:
    """One fixed-size key of both ids, which are too long together for an index."""
    framed = f"{len(partner_id)}:{partner_id}{learner_id}"
    return hashlib.sha256(framed.encode()).digest()


def snapshot(row: RowMapping) -> Learner:
    """The row as it is published; an erased one says nothing of whose it was."""
    named = (
        {} if row["erased"] else {"partner_id": row["partner_id"], "learner_id": row["learner_id"]}
    )
    return Learner(
        learner_key=row["learner_key"],
        revision=row["revision"],
        consent_changed_at=row["consent_changed_at"],
        erased=row["erased"],
        consent=Consent(personalization=row["personalization"], team_sharing=row["team_sharing"]),
        held_credentials=_held.decode(row["held_credentials"]),
        **msgspec.structs.asdict(_profile.decode(row["profile"])),
        **named,
    )
