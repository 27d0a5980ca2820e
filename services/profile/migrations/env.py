"""Alembic's entry; run by `python -m services.profile migrate`."""

from libs.common.migrations import run
from services.profile.store.tables import metadata

run(metadata)
