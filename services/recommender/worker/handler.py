"""The path of a batch: accepted records, states, merge and rank, one fenced commit per partition."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog
from opentelemetry import trace

from libs.common.clock import Clock
from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import pack
from libs.common.contracts.topics import LEARNER
from libs.common.kafka.records import Record
from services.recommender.domain.ports import Model
from services.recommender.store import Commit, States, Store
from services.recommender.worker.metrics import FRESHNESS, LISTS, REFUSALS, STAGE
from services.recommender.worker.ownership import Ownership
from services.recommender.worker.projection import Projected, Projection, Work

log = structlog.get_logger()
tracer = trace.get_tracer(__name__)


class Worker:
    """`handle` is the subscription's handler. `model` is asked for once per batch."""

    def __init__(
        self,
        ownership: Ownership,
        store: Store,
        projection: Projection,
        model: Callable[[], Model],
        clock: Clock,
    ) -> None:
        self._ownership = ownership
        self._store = store
        self._projection = projection
        self._model = model
        self._clock = clock

    async def handle(self, batch: list[Record]) -> None:
        """Raises TryAgain when Redis is away; the same batch may then be handled again."""
        works = self._accepted(batch)
        if not works:
            return
        with _stage("read"):
            wanted = {work.session.partition: keys for work in works if (keys := work.keys())}
            found = await self._store.states(wanted) if wanted else States({}, {})
            if found.broken:
                works = await self._readable(works, found.broken)
        with _stage("compute"):
            model = self._model()
            projected = [await self._projection.project(work, found.known, model) for work in works]
        with _stage("write"):
            await self._store.set_lookups(each for done in projected for each in done.lookups)
            await self._commit(works, projected)

    def _accepted(self, batch: list[Record]) -> list[Work]:
        """The records to apply by partition; a partition whose log is doubtful is checked again."""
        by_partition: dict[int, tuple[list[Record], list[Record]]] = {}
        for record in batch:
            learners, interactions = by_partition.setdefault(record.partition, ([], []))
            (learners if record.topic == LEARNER.name else interactions).append(record)
        works = []
        for partition, (learners, interactions) in by_partition.items():
            if (session := self._ownership.sessions.get(partition)) is not None:
                work = Work(
                    session,
                    session.learner.accept(learners),
                    session.interaction.accept(interactions),
                )
                if session.doubtful:
                    log.warning("log_in_doubt", partition=partition)
                    self._ownership.doubt(partition)
                elif work.learners or work.interactions:
                    works.append(work)
                else:
                    session.settle()
        return works

    async def _readable(self, works: list[Work], broken: Mapping[int, Sequence[str]]) -> list[Work]:
        """The others' work. A partition with a state that does not decode is read again from its
        beginning: only the log knows what that learner has done."""
        for session in (work.session for work in works):
            if keys := broken.get(session.partition):
                log.error(
                    "partition_read_again", partition=session.partition, broken_states=len(keys)
                )
                await self._store.forget(session.partition, session.stored, keys)
                self._ownership.doubt_session(session)
        return [work for work in works if work.session.partition not in broken]

    async def _commit(self, works: list[Work], projected: list[Projected]) -> None:
        offsets = [work.session.offsets(work.learners, work.interactions) for work in works]
        commits = [
            Commit(work.session.partition, work.session.stored, pack(after), done.results)
            for work, after, done in zip(works, offsets, projected, strict=True)
        ]
        answers = await self._store.commit(commits)
        for work, after, commit, done in zip(works, offsets, commits, answers, strict=True):
            if done:
                work.session.committed(commit.offsets, after)
                self._measure(work, commit)
                self._ownership.go_on(work.session)
            else:
                REFUSALS.inc()
                log.warning("fence_refused", partition=work.session.partition)
                self._ownership.doubt_session(work.session)

    def _measure(self, work: Work, commit: Commit) -> None:
        LISTS.inc(sum(result.ranked is not None for result in commit.results))
        now = self._clock()
        for record in work.interactions:
            if isinstance(record.value, Interaction) and work.session.interaction.shown(record):
                FRESHNESS.observe(max(0.0, (now - record.value.accepted_at).total_seconds()))


@contextmanager
def _stage(name: str) -> Iterator[None]:
    with tracer.start_as_current_span(name), STAGE.labels(name).time():
        yield
