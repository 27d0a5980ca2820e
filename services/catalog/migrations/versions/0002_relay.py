"""What the relay needs."""

from alembic import op

from libs.common.publishing import relay_ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("skill", "occupation", "regulation", "demand", "credential")


def upgrade() -> None:
    for statement in relay_ddl(TABLES):
        op.execute(statement)
