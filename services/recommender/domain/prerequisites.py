"""Which credentials a learner may start: prerequisites as flat arrays, `eligibility` for everyone at once."""

from collections.abc import Callable, Mapping

import numpy as np

from libs.common.contracts.catalog import Credential
from libs.common.rules.levels import UNSTATED
from services.recommender.domain.columns import Array


class Prerequisites:
    """`row_of` gives the row of a credential id."""

    def __init__(self, row_of: Callable[[str], int]) -> None:
        self._row_of = row_of
        self._having: dict[int, Credential] = {}
        self._compiled: tuple[Array, Array, Array, Array, Array] | None = None
        self._skills: dict[str, int] = {}

    def put(self, row: int, credential: Credential) -> None:
        """Takes over what a credential asks for."""
        if not credential.prerequisites and row not in self._having:
            return
        self._having[row] = credential
        if not credential.prerequisites:
            del self._having[row]
        self._compiled = None

    def missing(self, held: Array, skills: Mapping[str, float]) -> Array:
        """True where a prerequisite is not met; `held` marks the rows held (n,), `skills` levels by id."""
        by_credential, needs, by_skill, skill, level = self._arrays()
        missing = np.zeros(len(held), np.bool_)
        missing[by_credential[~held[needs]]] = True
        levels = np.zeros(len(self._skills))
        for skill_id, reached in skills.items():
            if (place := self._skills.get(skill_id)) is not None:
                levels[place] = reached
        missing[by_skill[levels[skill] < level]] = True
        return missing

    def _arrays(self) -> tuple[Array, Array, Array, Array, Array]:
        if self._compiled is None:
            credentials, skills = [], []
            for row, credential in self._having.items():
                for needed in credential.prerequisites:
                    if needed.credential is not None:
                        credentials.append((row, self._row_of(needed.credential)))
                    elif needed.skill is not None:
                        place = self._skills.setdefault(needed.skill, len(self._skills))
                        level = UNSTATED if needed.level is None else needed.level
                        skills.append((row, place, level))
            on_credentials = np.array(credentials, np.int64).reshape(-1, 2)
            on_skills = np.array(skills, np.float64).reshape(-1, 3)
            self._compiled = (
                on_credentials[:, 0],
                on_credentials[:, 1],
                on_skills[:, 0].astype(np.int64),
                on_skills[:, 1].astype(np.int64),
                on_skills[:, 2],
            )
        return self._compiled
