"""One interaction followed from its sending to the first served list that includes it."""

import time
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tests.benchmarks.spread import Spread, spread
from tests.benchmarks.wire import Client
from tests.support.partner import path

PATIENCE_SECONDS = 10.0


class Missed(Exception):
    """An interaction that was not accepted, or not served in time; says why in a few words."""


class Followed(NamedTuple):
    """Seconds since the sending: when profile stamped it, it was acknowledged, its list was ranked,
    and its list was served. The stamps have a resolution of a millisecond."""

    stamped: float
    accepted: float
    ranked: float
    served: float


async def follow(client: Client, learner_id: str, interaction: dict[str, Any]) -> Followed:
    """Posts an interaction and waits for its list. Raises Missed, OSError, EOFError."""
    learner = path("learners", learner_id)
    body = msgspec.json.encode({"events": [interaction]})
    request = client.encode("POST", f"{learner}/interactions", body)
    clock, began = time.time(), time.perf_counter()
    reply = await client.send(request)
    accepted = time.perf_counter() - began
    if reply.status != 202:
        raise Missed(f"answered {reply.status}")
    taken = msgspec.json.decode(reply.body)
    if taken["accepted"] != 1:
        raise Missed(f"rejected: {taken['rejected'][0]['code']}")
    asked = client.encode("GET", f"{learner}/recommendations?min_position={taken['position']}")
    fresh = await _covering(client, asked, taken["position"], began)
    served = time.perf_counter() - began
    return Followed(
        stamped=_moment(fresh["as_of"]) - clock,
        accepted=accepted,
        ranked=_moment(fresh["computed_at"]) - clock,
        served=served,
    )


async def _covering(client: Client, request: bytes, position: int, began: float) -> dict[str, Any]:
    """What the first list that includes the position says of its freshness."""
    while time.perf_counter() - began < PATIENCE_SECONDS:
        reply = await client.send(request)
        if reply.status != 200:
            raise Missed(f"the list answered {reply.status}")
        fresh: dict[str, Any] = msgspec.json.decode(reply.body)["freshness"]
        if fresh["position"] is not None and fresh["position"] >= position:
            return fresh
    raise Missed(f"not served within {PATIENCE_SECONDS:g} s")


def budget(followed: list[Followed]) -> dict[str, Spread | None]:
    """The stages that make up the way, and how far the acknowledgement is behind the stamp."""
    return {
        "sent to stamped (gateway, profile, SQL)": spread([f.stamped for f in followed]),
        "stamped to ranked (Kafka, fetch, compute)": spread(
            [f.ranked - f.stamped for f in followed]
        ),
        "ranked to served (commit, notice, read)": spread([f.served - f.ranked for f in followed]),
        "stamped to 202 (Kafka's acknowledgement, two answers)": spread(
            [f.accepted - f.stamped for f in followed]
        ),
    }


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
