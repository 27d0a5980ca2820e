"""What the followers of the item side have, and which rows of it have moved away from that."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from libs.common.contracts.item_side import ItemRow
from services.recommender.model import trend
from services.recommender.model.graph import Edges
from services.recommender.model.learned import Model
from services.recommender.model.live import Live
from services.recommender.model.types import Doubles, Rows

FACTOR_MOVED = 0.02
"""How far a factor moves before it is streamed, as a share of its length."""
EDGES_MOVED = 0.1
"""How much of the weight of a credential's edges has become other edges or weights before they are streamed."""
TREND_MOVED = 0.02
"""How far the logarithm of a trend moves before it is streamed: 2 % of the count."""
AT_ONCE = 2_000
_PARTS = ("trend", "factor", "neighbours", "transitions")


class Followers:
    """`model` is what every follower has once it has read all that `moved` answered.

    credential_ids: the trainer's credential table; rows here are its rows. A moved row repeats every part
    that has moved since the model was announced, because compaction keeps only the last.
    """

    def __init__(self, model: Model, credential_ids: Sequence[str]) -> None:
        self.model = model
        self._ids = credential_ids
        self._waiting: Rows = np.zeros(0, np.int64)
        self._at: Rows = np.zeros(0, np.int64)
        self._parts: NDArray[np.bool_] = np.zeros((0, len(_PARTS)), bool)

    def moved(self, live: Live, changed: Rows, trends: Doubles) -> list[ItemRow]:
        """The rows to stream now, at most `AT_ONCE`, those that have waited longest; epoch and seq are for the sender to set.

        changed: rows computed anew since the last call. trends: the logarithm of each count, by row.
        """
        self._locate(max(len(trends), len(live.factors)))
        new = np.union1d(changed, self._trending(trends))
        waiting = np.concatenate([self._waiting, np.setdiff1d(new, self._waiting)])
        far = self._far(live, waiting, trends)
        waiting, far = waiting[far.any(axis=1)], far[far.any(axis=1)]
        now, self._waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        self._parts[now] |= far[:AT_ONCE]
        rows = [self._row(live, row, trends) for row in now.tolist()]
        self.model.move(rows)
        return rows

    def _locate(self, rows: int) -> None:
        """Finds the model's row of every credential that it had not at the last call."""
        more = rows - len(self._at)
        if more > 0:
            self._at = np.append(self._at, np.full(more, -1))
            self._parts = np.concatenate([self._parts, np.zeros((more, len(_PARTS)), bool)])
        for row in np.flatnonzero(self._at < 0).tolist():
            self._at[row] = self.model.index.get(self._ids[row], -1)

    def _trending(self, trends: Doubles) -> Rows:
        """The rows whose trend has moved."""
        return np.flatnonzero(self._trends_moved(np.arange(len(trends)), trends))

    def _trends_moved(self, rows: Rows, trends: Doubles) -> NDArray[np.bool_]:
        at = self._at[rows]
        known = np.full(len(rows), trend.NOTHING)
        known[at >= 0] = self.model.trends[at[at >= 0]]
        moved: NDArray[np.bool_] = np.abs(trends[rows] - known) > TREND_MOVED
        return moved

    def _far(self, live: Live, rows: Rows, trends: Doubles) -> NDArray[np.bool_]:
        """Which of `_PARTS` of each of the rows have moved: (len(rows), 4)."""
        far = np.zeros((len(rows), len(_PARTS)), bool)
        counted, lived = rows < len(trends), rows < len(live.factors)
        far[counted, 0] = self._trends_moved(rows[counted], trends)
        rows = rows[lived]
        far[lived, 1] = self._factors_moved(live, rows)
        far[lived, 2] = self._edges_moved(rows, live.together, self.model.together)
        far[lived, 3] = self._edges_moved(rows, live.follows, self.model.follows)
        return far

    def _factors_moved(self, live: Live, rows: Rows) -> NDArray[np.bool_]:
        """None of them while the live factors are of another fit than the model's, which cannot take them."""
        if live.factors.shape[1] != self.model.factors.shape[1]:
            return np.zeros(len(rows), bool)
        now, at = live.factors[rows], self._at[rows]
        gone = now.copy()
        gone[at >= 0] -= self.model.factors[at[at >= 0]]
        moved: NDArray[np.bool_] = np.linalg.norm(gone, axis=1) > FACTOR_MOVED * np.linalg.norm(
            now, axis=1
        )
        return moved

    def _edges_moved(self, rows: Rows, now: Edges, sent: Edges) -> NDArray[np.bool_]:
        moved: NDArray[np.bool_] = _edges_moved(rows, self._at, *now, *sent)
        return moved

    def _row(self, live: Live, row: int, trends: Doubles) -> ItemRow:
        trended, factored, neighboured, followed = self._parts[row].tolist()
        values: dict[str, Any] = {}
        if trended:
            values["trend"] = float(trends[row])
        if factored:
            values["factor"] = live.factors[row].tolist()
        if neighboured:
            values["neighbours"] = self._named(live.together, row)
        if followed:
            values["transitions"] = self._named(live.follows, row)
        return ItemRow(
            epoch=0, seq=0, model_version=self.model.version, credential_id=self._ids[row], **values
        )

    def _named(self, edges: Edges, row: int) -> dict[str, float]:
        count = int((edges.to[row] >= 0).sum())
        to, weight = edges.to[row, :count].tolist(), edges.weight[row, :count].tolist()
        return dict(zip(map(self._ids.__getitem__, to), weight, strict=True))


@njit(cache=True, nogil=True)
def _edges_moved(rows, at, to, weight, sent_to, sent_weight):  # type: ignore[no-untyped-def]
    """Of each row: is Σ |now − sent| over its edges a large share of Σ (now + sent)? at: the sent row of each row, or −1."""
    sent = np.zeros(len(sent_to))
    moved = np.zeros(len(rows), np.bool_)
    for place in range(len(rows)):
        row, here = rows[place], at[rows[place]]
        distance = whole = 0.0
        known = 0
        while here >= 0 and known < sent_to.shape[1] and sent_to[here, known] >= 0:
            sent[sent_to[here, known]] = sent_weight[here, known]
            whole += sent_weight[here, known]
            known += 1
        distance = whole
        for k in range(to.shape[1]):
            if to[row, k] < 0:
                break
            there = at[to[row, k]]
            before = sent[there] if there >= 0 else 0.0
            distance += abs(weight[row, k] - before) - before
            whole += weight[row, k]
        for k in range(known):
            sent[sent_to[here, k]] = 0.0
        moved[place] = distance > EDGES_MOVED * whole
    return moved
