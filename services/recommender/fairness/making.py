"""The report of now: the catalog from Kafka, every learner's state and list from Redis, one after another."""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct

from libs.common.clock import now
from libs.common.contracts.canary import CANARY_PARTNER
from libs.common.contracts.redis_values import LearnerState
from libs.common.contracts.topics import CATALOG
from libs.common.contracts.types import milliseconds
from libs.common.errors import InvalidRequest, TryAgain
from libs.common.global_table import GlobalTables
from libs.common.kafka.broker import make_broker, wait_for_kafka
from libs.common.settings import KafkaSettings
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.fairness import Fairness, FairnessReport, TooManyGroups
from services.recommender.fairness.measuring import Measuring
from services.recommender.store import Store

CATALOG_SECONDS = 120.0


async def make_report(
    settings: KafkaSettings,
    store: Store,
    *,
    k: int,
    currency: str,
    progress: Callable[[int], None],
) -> FairnessReport:
    """progress: told how many learners have been measured. Who does not consent has no list and is not measured.

    Raises TryAgain while Kafka or Redis is away, InvalidRequest when groups are free text.
    """
    catalog = await read_catalog(settings)
    measuring = Measuring(catalog, k=k, currency=currency, now=now())
    fairness = Fairness()
    async for each in store.everyone():
        state, stored = store.unpack_state(each.state), store.unpack_list(each.ranked)
        if state is None or stored is None or not counted(state):
            continue
        try:
            fairness.add(measuring.person(state, stored))
        except TooManyGroups as error:
            raise InvalidRequest(f"{error}: a group is no free text") from error
        progress(fairness.learners)
    merit, credentials = measuring.merit()
    return fairness.report(merit, credentials, k=k, currency=currency, now=milliseconds(now()))


def counted(state: LearnerState) -> bool:
    """Whether the report is about them: they consent, have a profile, and are somebody's learner."""
    return state.profile is not None and state.consented and state.partner_id != CANARY_PARTNER


async def read_catalog(settings: KafkaSettings) -> CatalogIndex:
    """The catalog as it is now. Raises TryAgain when it cannot be read in time."""
    await wait_for_kafka(settings)
    broker = make_broker(settings, client_id="recommender-fairness")
    catalog = CatalogIndex()

    def changed(_: object, __: str, snapshot: Struct) -> None:
        catalog.put(snapshot, now())  # type: ignore[arg-type]

    tables = GlobalTables(broker, CATALOG, on_change=changed)
    await broker.start()
    try:
        deadline = time.monotonic() + CATALOG_SECONDS
        while (behind := tables.problem()) is not None:
            if time.monotonic() > deadline:
                raise TryAgain(f"the catalog cannot be read: {behind}")
            await asyncio.sleep(0.05)
    finally:
        await broker.stop()
    return catalog
