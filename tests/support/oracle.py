"""What learners' states must be, computed directly from the unique events, without any of our merging."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import redis.asyncio as redis

from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import LearnerState, Lookup, Packed

Interactions = dict[str, dict[str, int]]
LOOKUP = Packed(Lookup)
STATE = Packed(LearnerState)


def expected(lines: Iterable[Mapping[str, Any]]) -> dict[str, Interactions]:
    """Learner id → credential id → kind → the last `occurred_at` in Unix milliseconds."""
    states: dict[str, Interactions] = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        kinds = states[line["learner_id"]][line["credential_id"]]
        at = round(datetime.fromisoformat(line["occurred_at"]).timestamp() * 1000)
        kinds[line["kind"]] = max(at, kinds.get(line["kind"], at))
    return {learner: {c: dict(k) for c, k in states[learner].items()} for learner in states}


async def stored(
    client: "redis.Redis", pepper: str, partner_id: str, learner_ids: Iterable[str]
) -> dict[str, Interactions]:
    """The same, read from Redis; a learner without a state is absent."""
    wanted = list(learner_ids)
    raw = await client.mget([redis_keys.lookup(pepper, partner_id, id) for id in wanted])
    found: dict[str, Interactions] = {}
    for learner_id, lookup in zip(wanted, map(LOOKUP.unpack, raw), strict=True):
        if lookup is None or lookup.learner_key is None:
            continue
        key = redis_keys.state(lookup.partition, lookup.learner_key)
        state = STATE.unpack(await client.get(key))
        if state is not None:
            found[learner_id] = {c: dict(kinds) for c, kinds in state.interactions.items()}
    return found


def differences(
    want: Mapping[str, Interactions], have: Mapping[str, Interactions]
) -> dict[str, tuple[Interactions | None, Interactions | None]]:
    """Learners whose state is not what it must be, as (wanted, found)."""
    return {
        learner: (want.get(learner), have.get(learner))
        for learner in want.keys() | have.keys()
        if want.get(learner) != have.get(learner)
    }
