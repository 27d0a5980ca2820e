"""Alembic's entry; run by `python -m services.gateway migrate`."""

from libs.common.migrations import run
from services.gateway.store.tables import metadata

run(metadata)
