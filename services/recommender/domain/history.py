"""What a learner's interactions say about their taste: one weight per credential.

| kind | weight | undone by |
| --- | --- | --- |
| view | 0.3 | a dismissal |
| save | 0.6 | a later unsave; a later dismissal |
| enroll | 1.0 | a later withdraw; a later dismissal |
| complete | 1.3 | a later dismissal |

A credential counts once, with its heaviest kind. Someone who dismissed it and later saved, enrolled
or completed it has changed their mind; merely viewing it again has not.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from libs.common.contracts.profile import Kind

KIND_WEIGHTS: dict[Kind, float] = {"view": 0.3, "save": 0.6, "enroll": 1.0, "complete": 1.3}
UNDONE_BY: dict[Kind, Kind] = {"save": "unsave", "enroll": "withdraw"}
RECENCY = 0.8
"""What each step back in a learner's history takes from a credential's weight."""
HISTORY_LENGTH = 50
"""Steps after which the weight is below 1e-4 and the credential is left out of the query."""

Interactions = Mapping[str, Mapping[Kind, int]]
"""Credential id → kind → last `occurred_at` (Unix milliseconds), as in a learner's state."""


class Taste(NamedTuple):
    """A credential that a learner likes, how much, and when they last showed it (Unix milliseconds)."""

    credential_id: str
    weight: float
    at: int


def tastes(interactions: Interactions) -> list[Taste]:
    """Every credential with a positive weight, the newest first; ties by id."""
    found = (_taste(credential_id, kinds) for credential_id, kinds in interactions.items())
    return sorted(
        (taste for taste in found if taste is not None),
        key=lambda taste: (-taste.at, taste.credential_id),
    )


def history(interactions: Interactions) -> list[tuple[str, float]]:
    """The query of the model: credential ids with kind weight × recency, the newest first."""
    return recent([(taste.credential_id, taste.weight) for taste in tastes(interactions)])


def recent(weighted: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The same pairs (newest first), each step back weighing `RECENCY` times less."""
    return [
        (credential_id, weight * RECENCY**step)
        for step, (credential_id, weight) in enumerate(weighted[:HISTORY_LENGTH])
    ]


def _taste(credential_id: str, kinds: Mapping[Kind, int]) -> Taste | None:
    liked = {kind: kinds[kind] for kind in KIND_WEIGHTS if kind in kinds}
    for kind, undone_by in UNDONE_BY.items():
        if kind in liked and undone_by in kinds and kinds[undone_by] >= liked[kind]:
            del liked[kind]
    dismissed = kinds.get("dismiss")
    if dismissed is not None:
        liked = {kind: at for kind, at in liked.items() if kind != "view" and at > dismissed}
    if not liked:
        return None
    return Taste(credential_id, max(KIND_WEIGHTS[kind] for kind in liked), max(liked.values()))
