"""Exporting the newest published report for as long as a process runs."""

import asyncio

import msgspec
import structlog

from services.recommender.domain.fairness import FairnessReport
from services.recommender.fairness import PUBLISHED
from services.recommender.fairness.metrics import export
from services.recommender.model.store import ModelStore

log = structlog.get_logger()

LOOK_SECONDS = 60.0


async def export_published(store: ModelStore, every: float = LOOK_SECONDS) -> None:
    """Looks now and then whether a newer report has been published. Runs until cancelled."""
    exported: bytes | None = None
    while True:
        try:
            found = await asyncio.to_thread(store.note, PUBLISHED)
            if found is not None and found != exported:
                export(msgspec.json.decode(found, type=FairnessReport))
                exported = found
        except (OSError, msgspec.DecodeError) as error:
            log.warning("fairness_not_exported", error=str(error))
        await asyncio.sleep(every)
