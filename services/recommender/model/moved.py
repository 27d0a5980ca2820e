"""What the followers of the item side have, and which rows of it have moved away from that."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from libs.common.contracts.item_side import ItemRow
from services.recommender.model import trend
from services.recommender.model.graph import Edges
from services.recommender.model.learned import Model
from services.recommender.model.live import Live
from services.recommender.model.types import Doubles, Floats, Rows

FACTOR_MOVED = 0.02
"""How far a factor moves before it is streamed, as a share of its length."""
EDGES_MOVED = 0.05
"""How much of the weight of a credential's edges has become other edges or weights before they are streamed."""
TREND_MOVED = 0.02
"""How far the logarithm of a trend moves before it is streamed: 2 % of the count."""
AT_ONCE = 2_000


class Followers:
    """`model` is what every follower has once it has read all that `moved` answered.

    credential_ids: the trainer's credential table; rows here are its rows. A moved row repeats every part
    that has moved since the model was announced, because compaction keeps only the last.
    """

    def __init__(self, model: Model, credential_ids: Sequence[str]) -> None:
        self.model = model
        self._ids = credential_ids
        self._parts: dict[int, set[str]] = {}
        self._waiting: set[int] = set()
        self._at: Rows = np.zeros(0, np.int64)

    def moved(self, live: Live, changed: Rows, trends: Doubles) -> list[ItemRow]:
        """The rows to stream now, at most `AT_ONCE`; epoch and seq are for the sender to set.

        changed: rows computed anew since the last call. trends: the logarithm of each count, by row.
        """
        self._waiting.update(changed.tolist())
        self._waiting.update(self._trending(trends).tolist())
        rows: list[ItemRow] = []
        for row in sorted(self._waiting):
            if len(rows) == AT_ONCE:
                break
            self._waiting.discard(row)
            if names := {name for name, far in self._compare(live, row, trends) if far}:
                parts = self._parts.setdefault(row, set())
                parts |= names
                rows.append(self._row(live, row, trends, parts))
        self.model.move(rows)
        return rows

    def _trending(self, trends: Doubles) -> Rows:
        """The rows whose trend has moved."""
        self._locate(len(trends))
        known = np.full(len(trends), trend.NOTHING)
        here = self._at[: len(trends)] >= 0
        known[here] = self.model.trends[self._at[: len(trends)][here]]
        return np.flatnonzero(np.abs(trends - known) > TREND_MOVED)

    def _locate(self, rows: int) -> None:
        """Finds the model's row of every credential that it had not at the last call."""
        if rows > len(self._at):
            self._at = np.append(self._at, np.full(rows - len(self._at), -1))
        for row in np.flatnonzero(self._at < 0).tolist():
            self._at[row] = self.model.index.get(self._ids[row], -1)

    def _compare(self, live: Live, row: int, trends: Doubles) -> Iterator[tuple[str, bool]]:
        at, model = self.model.index.get(self._ids[row]), self.model
        known = trend.NOTHING if at is None else model.trends[at]
        yield "trend", row < len(trends) and abs(trends[row] - known) > TREND_MOVED
        if row >= len(live.factors):
            return
        yield "factor", _factor_moved(live.factors[row], None if at is None else model.factors[at])
        for name, now, before in (
            ("neighbours", live.together, model.together),
            ("transitions", live.follows, model.follows),
        ):
            sent = {} if at is None else _edges(before, at, model.item_ids)
            yield name, _edges_moved(_edges(now, row, self._ids), sent)

    def _row(self, live: Live, row: int, trends: Doubles, parts: set[str]) -> ItemRow:
        values: dict[str, Any] = {}
        if "trend" in parts:
            values["trend"] = float(trends[row])
        if "factor" in parts:
            values["factor"] = live.factors[row].tolist()
        if "neighbours" in parts:
            values["neighbours"] = _edges(live.together, row, self._ids)
        if "transitions" in parts:
            values["transitions"] = _edges(live.follows, row, self._ids)
        return ItemRow(
            epoch=0, seq=0, model_version=self.model.version, credential_id=self._ids[row], **values
        )


def _factor_moved(now: Floats, before: Floats | None) -> bool:
    if before is None or len(before) != len(now):
        return bool(now.any())
    return float(np.linalg.norm(now - before)) > FACTOR_MOVED * float(np.linalg.norm(now))


def _edges_moved(now: dict[str, float], before: dict[str, float]) -> bool:
    moved = sum(abs(weight - before.get(to, 0.0)) for to, weight in now.items())
    gone = sum(weight for to, weight in before.items() if to not in now)
    return moved + gone > EDGES_MOVED * (sum(now.values()) + sum(before.values()))


def _edges(edges: Edges, row: int, ids: Sequence[str]) -> dict[str, float]:
    there = edges.to[row] >= 0
    to, weight = edges.to[row][there].tolist(), edges.weight[row][there].tolist()
    return {ids[each]: strength for each, strength in zip(to, weight, strict=True)}
