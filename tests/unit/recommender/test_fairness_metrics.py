"""A published report becomes metrics, and a newer one takes its place."""

import asyncio
from pathlib import Path

import msgspec
from prometheus_client import REGISTRY

from services.recommender.domain.fairness import FairnessReport
from services.recommender.fairness import PUBLISHED
from services.recommender.fairness.board import export_published
from services.recommender.model.store import ModelStore
from tests.support.waiting import until
from tests.unit.recommender.test_fairness import person, report_of


def exported(group: str) -> float | None:
    labels = {"axis": "g", "group": group, "measure": "net_cost"}
    return REGISTRY.get_sample_value("stackwise_fairness_mean", labels)


def published(store: ModelStore, report: FairnessReport) -> None:
    store.put_note(PUBLISHED, msgspec.json.encode(report))


async def test_the_newest_published_report_is_exported(tmp_path: Path) -> None:
    """What the report tells is there, what it suppresses is not; what is damaged changes nothing, and the next one does."""
    store = ModelStore(str(tmp_path))
    many, few = [person({"g": "many"}, 10.0)] * 60, [person({"g": "few"}, 20.0)] * 3
    exporting = asyncio.create_task(export_published(store, every=0.02))
    try:
        published(store, report_of([*many, *few, *([person({})] * 40)]))

        async def of_many() -> float | None:
            return exported("many")

        await until(of_many, lambda mean: mean == 10)
        assert exported("few") is None
        store.put_note(PUBLISHED, b"{damaged")
        published(store, report_of([person({"g": "many"}, 30.0)] * 60))
        await until(of_many, lambda mean: mean == 30)
        assert not exporting.done()
    finally:
        exporting.cancel()
        await asyncio.gather(exporting, return_exceptions=True)
