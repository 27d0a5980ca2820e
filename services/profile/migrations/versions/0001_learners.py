"""Learners."""

import sqlalchemy as sa
from alembic import op

from libs.common.publishing import relay_ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learner",
        sa.Column("learner_key", sa.Text, primary_key=True),
        sa.Column("identity", sa.LargeBinary, unique=True),
        sa.Column("partner_id", sa.Text),
        sa.Column("learner_id", sa.Text),
        sa.Column("profile", sa.JSON, nullable=False),
        sa.Column("held_credentials", sa.JSON, nullable=False),
        sa.Column("personalization", sa.Boolean, nullable=False),
        sa.Column("team_sharing", sa.Boolean, nullable=False),
        sa.Column("consent_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("published_revision", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )
    op.create_index(
        "learner_erased",
        "learner",
        ["consent_changed_at"],
        postgresql_where=sa.text("erased AND identity IS NOT NULL"),
    )
    op.create_index(
        "learner_unpublished",
        "learner",
        ["updated_at"],
        postgresql_where=sa.text("revision <> published_revision"),
    )
    for statement in relay_ddl(["learner"]):
        op.execute(statement)
