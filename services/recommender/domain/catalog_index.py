"""The catalog prepared for ranking: numpy columns over credentials, kept up record by record.

A row belongs to a credential id for ever, from the first time that anything names it; rows of ids
that the catalog does not know, and of retired credentials, are never candidates.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np

from libs.common.contracts.catalog import (
    RECOMMENDABLE,
    CatalogSnapshot,
    Credential,
    Demand,
    Occupation,
    Regulation,
    Skill,
    snapshot_key,
)
from libs.common.rules import fading, levels, value
from services.recommender.domain.columns import Array, Column, Derived, Postings
from services.recommender.domain.fit import Fit
from services.recommender.domain.local_demand import LocalDemand
from services.recommender.domain.names import Names
from services.recommender.domain.notes import Notes, notes
from services.recommender.domain.ports import Model
from services.recommender.domain.prerequisites import Prerequisites

UNASSESSED = 0.7
"""What is left of the quality of a skill's teaching where nobody assesses what was learned."""


class CatalogIndex:
    """`put` every snapshot, in any order; a lower revision is ignored.

    version: rises with each change. By row: credentials, notes, and taught (skill id → level). By skill: teaching
    (level) and certainty (1 where it is assessed, else `UNASSESSED`), with the same rows. By occupation: leading_to.
    """

    def __init__(self) -> None:
        self.version = 0
        self.credentials: list[Credential | None] = []
        self.occupations: dict[str, Occupation] = {}
        self.skills: dict[str, Skill] = {}
        self.regulations: dict[str, Regulation] = {}
        self.skill_names = Names()
        self.occupation_names = Names()
        self.notes: dict[int, Notes] = {}
        self.taught: dict[int, dict[str, float]] = {}
        self.teaching = Postings()
        self.certainty = Postings()
        self.leading_to = Postings()
        self._demand = LocalDemand(self.leading_to)
        self.prerequisites = Prerequisites(self.row)
        self.fit = Fit()
        self._rows: dict[str, int] = {}
        self._recommendable = Column(np.bool_, fill=False)
        self._public = Column(np.bool_, fill=False)
        self._audience = Postings()
        self._followers: dict[int, set[int]] = {}
        self._norms = Column(np.float64, 1.0)
        self._value_now = datetime.min
        self._revalued = -1
        self._values: Derived[str | None] = Derived(Column(np.float64, 0.0), self._value)
        self._aligned: tuple[Mapping[str, int], tuple[int, int], Array] | None = None

    def put(self, snapshot: CatalogSnapshot, now: datetime) -> None:
        """Takes over a snapshot; `now` dates the value of a credential."""
        match snapshot:
            case Credential():
                self._put_credential(snapshot, now)
            case Occupation() | Skill() | Regulation():
                known = self._table(snapshot)
                key = snapshot_key(snapshot)
                if key not in known or known[key].revision < snapshot.revision:
                    known[key] = snapshot
                    self.version += 1
                    self._name(snapshot)
            case Demand():
                self.version += self._demand.put(snapshot)

    def revalue(self, now: datetime, count: int) -> None:
        """Dates the value of the next `count` rows anew, round after round."""
        for _ in range(min(count, len(self))):
            self._revalued = (self._revalued + 1) % len(self)
            credential = self.credentials[self._revalued]
            if credential is not None:
                self._put_value(self._revalued, credential, now)

    def __len__(self) -> int:
        return len(self.credentials)

    def row(self, credential_id: str) -> int:
        """The row of an id, made when there is none."""
        row = self._rows.get(credential_id)
        if row is None:
            row = self._rows[credential_id] = len(self.credentials)
            self.credentials.append(None)
        return row

    def skills_taught(self, credential_id: str) -> dict[str, float]:
        """Skill id → level, of retired credentials too; empty when the catalog does not know the id."""
        return self.taught.get(self._rows.get(credential_id, -1), {})

    def half_life(self, skill_id: str) -> float | None:
        """Of a skill's level, in years; None for one that does not fade or that the catalog does not know."""
        skill = self.skills.get(skill_id)
        return None if skill is None else fading.half_life(skill)

    def mask(self, credential_ids: Iterable[str]) -> Array:
        """True in the rows of these ids (n,)."""
        mask = np.zeros(len(self), np.bool_)
        rows = [row for each in credential_ids if (row := self._rows.get(each)) is not None]
        mask[rows] = True
        return mask

    def recommendable(self, partner_id: str | None) -> Array:
        """True where a credential may be recommended to this partner's learners (n,)."""
        n = len(self)
        may = self._recommendable.first(n) & self._public.first(n)
        if partner_id is not None:
            chosen, _ = self._audience.rows(partner_id)
            may[chosen] = self._recommendable.first(n)[chosen]
        return may

    def following(self, credential_ids: frozenset[str]) -> dict[int, list[str]]:
        """The rows of what builds on these ids, each with the ids that it builds on."""
        found: dict[int, list[str]] = {}
        for credential_id in sorted(credential_ids):
            for row in self._followers.get(self._rows.get(credential_id, -1), ()):
                found.setdefault(row, []).append(credential_id)
        return found

    def similarity(self, skills: dict[str, float]) -> Array:
        """Cosine-like overlap of each credential with weighted skills, rare skills counting more (n,)."""
        n = len(self)
        return self.teaching.weigh(skills, n, self._rarity) / self._norms.first(n)

    def values(self, region: str | None) -> Array:
        """The value score of each credential for someone in a region, 0 to 1 (n,)."""
        return self._values.column(region, len(self))

    def demand(self, region: str | None) -> Array:
        """How much what each credential leads to is asked for in a region, 0 to 1 (n,)."""
        return self._demand.of_credentials(region, self.version, len(self))

    def of_model(self, model: Model, rows: Array) -> Array:
        """For each of `rows` its row in the model's arrays; the arrays' length where the model does not know it."""
        return self._alignment(model)[rows]

    def _put_credential(self, credential: Credential, now: datetime) -> None:
        row = self.row(credential.id)
        before = self.credentials[row]
        if before is not None and before.revision >= credential.revision:
            return
        self.version += 1
        self.credentials[row] = credential
        self._recommendable.put(row, credential.status in RECOMMENDABLE)
        self._public.put(row, not credential.audience)
        self._audience.replace(
            row, _ones(before.audience if before else []), _ones(credential.audience)
        )
        self.leading_to.replace(
            row, _shares(before.occupations) if before else {}, _shares(credential.occupations)
        )
        self.certainty.replace(
            row, _certainties(before) if before else {}, _certainties(credential)
        )
        self._put_skills(row, credential)
        self._put_followers(row, before, credential)
        self.prerequisites.put(row, credential)
        self.fit.put(row, credential)
        self._put_value(row, credential, now)

    def _put_skills(self, row: int, credential: Credential) -> None:
        taught = taught_levels(credential)
        self.teaching.replace(row, self.taught.get(row, {}), taught)
        self.taught[row] = taught
        self._norms.put(row, sum(level**2 for level in taught.values()) ** 0.5 or 1.0)

    def _put_followers(self, row: int, before: Credential | None, credential: Credential) -> None:
        for leader, follower in self._edges(row, before) if before else ():
            self._followers[leader].discard(follower)
        for leader, follower in self._edges(row, credential):
            self._followers.setdefault(leader, set()).add(follower)

    def _edges(self, row: int, credential: Credential) -> set[tuple[int, int]]:
        needs = {p.credential for p in credential.prerequisites if p.credential is not None}
        return {(self.row(each), row) for each in needs} | {
            (row, self.row(each)) for each in credential.leads_to
        }

    def _put_value(self, row: int, credential: Credential, now: datetime) -> None:
        self._value_now = now
        self.notes[row] = notes(credential, now)
        regional = any(
            a.jurisdiction is not None and a.kind in ("recognizes", "endorses")
            for a in credential.assertions
        )
        self._values.put(row, credential, self._value(credential, None), special=regional)

    def _value(self, credential: Credential, region: str | None) -> float:
        return value.score(value.assess(credential, now=self._value_now, region=region))

    def _rarity(self, teaching: int) -> float:
        """Of a skill that so many credentials teach."""
        return math.log1p(len(self) / teaching)

    def _table(self, snapshot: Occupation | Skill | Regulation) -> dict[str, CatalogSnapshot]:
        tables: dict[type, dict[str, CatalogSnapshot]] = {
            Occupation: self.occupations,  # type: ignore[dict-item]
            Skill: self.skills,  # type: ignore[dict-item]
            Regulation: self.regulations,  # type: ignore[dict-item]
        }
        return tables[type(snapshot)]

    def _name(self, snapshot: Occupation | Skill | Regulation) -> None:
        match snapshot:
            case Skill():
                self.skill_names.put(snapshot.id, (snapshot.name, *snapshot.aliases))
            case Occupation():
                self.occupation_names.put(snapshot.id, (snapshot.name, *snapshot.aliases))

    def _alignment(self, model: Model) -> Array:
        """Each row's row in the model, else the number of the model's rows (n,)."""
        cached, sizes = self._aligned, (len(self), len(model.index))
        if cached is None or cached[0] is not model.index or cached[1] != sizes:
            there = np.full(len(self), len(model.index), np.int64)
            for row, credential_id in enumerate(self._rows):
                there[row] = model.index.get(credential_id, len(model.index))
            cached = self._aligned = model.index, sizes, there
        return cached[2]


def taught_levels(credential: Credential) -> dict[str, float]:
    """Skill id → the level at which a credential teaches it."""
    return {skill.id: levels.taught(credential, skill) for skill in credential.skills}


def _certainties(credential: Credential) -> dict[str, float]:
    return {skill.id: 1.0 if skill.assessed else UNASSESSED for skill in credential.skills}


def _shares(keys: list[str]) -> dict[str, float]:
    return dict.fromkeys(keys, 1 / len(set(keys))) if keys else {}


def _ones(keys: list[str]) -> dict[str, float]:
    return dict.fromkeys(keys, 1.0)
