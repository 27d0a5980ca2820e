"""A rebuild is deleting the offsets: the workers find the fence closed and begin again (contracts.md 2)."""

import structlog

from libs.common.contracts.topics import INTERACTION
from services.recommender.settings import RebuildSettings
from services.recommender.store import Store, connect

log = structlog.get_logger()


async def forget_offsets(settings: RebuildSettings) -> None:
    """Deletes every partition's offsets. Raises TryAgain when Redis is away."""
    store = Store(connect(settings.redis_url, cluster=settings.redis_cluster))
    await store.forget_offsets(range(INTERACTION.partitions))
    await store.close()
    log.info("offsets_forgotten", partitions=INTERACTION.partitions)
