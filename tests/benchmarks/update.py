"""What a worker does for one interaction, in memory: decode, state, fold-in, fusion, ranking, encode.

CPU time of this process, BLAS on one thread. The ceiling is the least that a personal list needs: decode, merge,
one fold-in, every credential's score and the best twenty, packed.
"""

import time
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from msgspec import Struct
from threadpoolctl import threadpool_limits

from deploy.local.keeper import Say
from libs.common.contracts.catalog import TaughtSkill
from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import LearnerState, Packed, pack
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.fusion import top
from services.recommender.domain.history import history
from services.recommender.domain.learner_state import Place, merge
from services.recommender.listing import Listing
from services.recommender.model.learned import Model, snapshot
from services.recommender.trainer.columns import Credentials, of_states
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.states import States
from tests.benchmarks.machine import Machine, machine
from tests.benchmarks.synthetic import BEGAN, HALF_LIFE_HOURS, SPAN, Synthetic, fold_of
from tests.factories.catalog import credential

AT_LEAST, AIM = 5_000, 20_000
LISTED = 20
NOW = BEGAN + SPAN
_DECODER = msgspec.json.Decoder(Interaction)
_STATES = Packed(LearnerState)


class UpdateReport(Struct, frozen=True):
    """What `--json` writes. CPU microseconds an update by stage, and of the model's queries within the list."""

    machine: Machine
    learners: int
    credentials: int
    factors: int
    updates: int
    stages: dict[str, float]
    queries: dict[str, float]
    per_second: float
    ceiling_per_second: float
    share_of_ceiling: float
    at_least: float = AT_LEAST
    aim: float = AIM
    benchmark: str = "update"


def measure(
    *, learners: int, credentials: int, each: int, updates: int, factors: int, say: Say
) -> UpdateReport:
    """Measures `updates` updates, and the ceiling with the same ones."""
    where = machine()
    with threadpool_limits(1, user_api="blas"):
        say(f"drawing {credentials} credentials and {learners} learners")
        data = Synthetic(learners, credentials, each)
        states = {state.learner_key: state for state in data.states()}
        say("fitting")
        model = _model(states, factors)
        listing = Listing(_catalog(data), lambda: model, lambda: 1, lambda: NOW)
        events = data.events(updates)
        raws = [msgspec.json.encode(event) for event in events]
        packed = {key: pack(state) for key, state in states.items()}
        say("measuring")
        _updates(raws[:20], packed, listing)
        stages = _updates(raws, packed, listing)
        began = time.process_time()
        for raw in raws:
            _least(raw, packed, model)
        ceiling = time.process_time() - began
        total = sum(stages.values())
        return UpdateReport(
            machine=where,
            learners=learners,
            credentials=credentials,
            factors=factors,
            updates=updates,
            stages={name: _micro(spent, updates) for name, spent in stages.items()},
            queries=_queries(model, [states[event.learner_key] for event in events]),
            per_second=round(updates / total),
            ceiling_per_second=round(updates / ceiling),
            share_of_ceiling=round(ceiling / total, 3),
        )


def _updates(raws: Sequence[bytes], packed: dict[str, bytes], listing: Listing) -> dict[str, float]:
    """CPU seconds by stage."""
    spent = dict.fromkeys(("decode", "state", "list", "encode"), 0.0)
    for number, raw in enumerate(raws):
        began = time.process_time_ns()
        event = _DECODER.decode(raw)
        decoded = time.process_time_ns()
        before = _STATES.unpack(packed[event.learner_key])
        after = merge(before, event, place=Place("benchmark", number))
        merged = time.process_time_ns()
        stored = listing.own(after)
        listed = time.process_time_ns()
        pack(after), pack(stored)
        ended = time.process_time_ns()
        times = (began, decoded, merged, listed, ended)
        for name, start, end in zip(spent, times, times[1:], strict=False):
            spent[name] += (end - start) / 1e9
    return spent


def _least(raw: bytes, packed: dict[str, bytes], model: Model) -> bytes:
    event = _DECODER.decode(raw)
    state = merge(_STATES.unpack(packed[event.learner_key]), event)
    scores = model.affinity(history(state.interactions))
    best = top(scores, LISTED)
    return msgspec.msgpack.encode(
        (state, [(model.item_ids[row], float(scores[row])) for row in best.tolist()])
    )


def _queries(model: Model, states: Sequence[LearnerState]) -> dict[str, float]:
    histories = [history(state.interactions) for state in states]
    listed = [model.item_ids[row] for row in range(LISTED)]
    asked: dict[str, Callable[[int], object]] = {
        "affinity": lambda i: model.affinity(histories[i]),
        "affinity and because": lambda i: (
            model.affinity(histories[i]),
            model.because(histories[i], listed),
        ),
        "related": lambda i: model.related(histories[i]),
        "following": lambda i: model.following(histories[i]),
        "trend": lambda _: model.trend(NOW),
    }
    costs = {}
    for name, ask in asked.items():
        began = time.process_time()
        for i in range(len(histories)):
            ask(i)
        costs[name] = _micro(time.process_time() - began, len(histories))
    return costs


def _model(states: dict[str, LearnerState], factors: int) -> Model:
    table = Credentials()
    columns = of_states(((0, state) for state in states.values()), table)
    learners = Learners(States(columns, table), HALF_LIFE_HOURS)
    learners.live.install(fold_of(learners, columns, factors))
    return snapshot(
        learners.live,
        table.ids,
        learners.trends(),
        version="benchmark",
        trained_at=BEGAN,
        half_life_hours=HALF_LIFE_HOURS,
        metrics={},
    )


def _catalog(data: Synthetic) -> CatalogIndex:
    """Each credential teaches three skills, two of them its topic's."""
    catalog, random = CatalogIndex(), np.random.default_rng(9)
    for credential_id, topic in data.topic_of.items():
        names = [
            f"skill-{topic}",
            f"skill-{topic}-{random.integers(5)}",
            f"skill-{random.integers(500)}",
        ]
        skills = [TaughtSkill(id=name, level=0.66) for name in dict.fromkeys(names)]
        catalog.put(credential(credential_id, skills=skills), NOW)
    return catalog


def _micro(seconds: float, count: int) -> float:
    return round(seconds / count * 1e6, 1)
