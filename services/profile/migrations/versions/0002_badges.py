"""Badges and what their checks have found."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "badge",
        sa.Column("learner_key", sa.Text, sa.ForeignKey("learner.learner_key"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("match", sa.JSON, nullable=False),
        sa.Column("awarded_at", sa.DateTime(timezone=True)),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("badge_due", "badge", ["check_at"])
    op.create_table(
        "badge_check",
        sa.Column("learner_key", sa.Text, primary_key=True),
        sa.Column("badge_id", sa.Text, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_key", "badge_id"], ["badge.learner_key", "badge.id"], ondelete="CASCADE"
        ),
    )
