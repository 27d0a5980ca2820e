"""A recommendation before it is written down."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from msgspec import Struct

from libs.common.contracts.calls import Narrowing
from libs.common.contracts.catalog import Credential
from libs.common.contracts.redis_values import (
    ListRelaxation,
    ListTarget,
)
from libs.common.contracts.types import IncomeBand
from services.gateway.catalog.survivors import survivors
from services.gateway.messages.languages import DEFAULT
from services.gateway.packed import Item, PackedList

Fallback = Literal["stale", "recommender_unavailable", "redis_unavailable"]


class Ask(Struct, frozen=True, kw_only=True):
    """What a partner asks for one learner; no narrowing asks for the learner's own list. `language` is
    that of the sentences; `oldest`: milliseconds from which a list that is behind is made again."""

    partner_id: str
    learner_id: str
    limit: int = 10
    narrowing: Narrowing | None = None
    min_position: int | None = None
    language: str = DEFAULT
    oldest: int = 60_000


class Freshness(NamedTuple):
    """What a list includes; times are Unix milliseconds, None where it includes nothing of the kind."""

    computed_at: int
    position: int | None = None
    as_of: int | None = None
    profile_revision: int | None = None
    model_version: str | None = None


class Served(NamedTuple):
    """A list as it is answered: at most `limit` items, each with its credential.

    `recommendation_id` None: it has not been minted with a stored list.
    """

    items: Sequence[tuple[Item, Credential]]
    freshness: Freshness
    recommendation_id: str | None = None
    target: ListTarget | None = None
    relaxations: Sequence[ListRelaxation] = ()
    region: str | None = None
    income_band: IncomeBand | None = None
    fallback: Fallback | None = None


def served_of(
    ranked: PackedList,
    credentials: Mapping[str, Credential],
    partner_id: str | None,
    limit: int,
    position: int | None,
) -> Served:
    """Of a ranked list what may be served to the partner's learners now."""
    return Served(
        items=list(islice(survivors(ranked, credentials, partner_id), limit)),
        freshness=_freshness(ranked, position),
        recommendation_id=ranked.recommendation_id,
        target=ranked.ranking.target,
        relaxations=ranked.ranking.relaxations,
        region=ranked.region,
        income_band=ranked.income_band,
    )


def _freshness(ranked: PackedList, position: int | None) -> Freshness:
    """A stored list's freshness, with the position that may be shown."""
    return Freshness(
        computed_at=ranked.computed_at,
        position=position,
        as_of=None if position is None else ranked.as_of,
        profile_revision=ranked.profile_revision,
        model_version=ranked.model_version,
    )
