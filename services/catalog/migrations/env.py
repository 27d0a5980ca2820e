"""Alembic's entry; see libs.common.migrations."""

from libs.common.migrations import run
from services.catalog.store.tables import metadata

run(metadata)
