"""Credentials that teach much the same, whoever issues them."""

from collections import defaultdict
from math import log, sqrt

from msgspec import Struct

from libs.common.contracts import topics
from libs.common.contracts.catalog import Credential
from libs.common.contracts.topics import Topic
from libs.common.rules.eligibility import recommendable
from services.gateway.catalog.view import CatalogView


class Similar:
    """An index from skills to the credentials that teach them, kept as the view changes."""

    def __init__(self, view: CatalogView) -> None:
        self._view = view
        self._teaching: dict[str, set[str]] = defaultdict(set)
        self._indexed: dict[str, frozenset[str]] = {}
        view.listen(self._changed)

    def to(self, credential: Credential, partner_id: str | None, limit: int) -> list[Credential]:
        """The closest by the cosine of their skills, rare skills weighing more; ties by id."""
        shared: dict[str, float] = defaultdict(float)
        for skill in self._indexed.get(credential.id, ()):
            weight = self._weight(skill) ** 2
            for other in self._teaching[skill]:
                shared[other] += weight
        shared.pop(credential.id, None)
        ranked = sorted(shared, key=lambda id: (-shared[id] / self._length(id), id))
        candidates = (self._view.credentials[id] for id in ranked)
        found = (c for c in candidates if recommendable(c, partner_id))
        return [each for each, _ in zip(found, range(limit), strict=False)]

    def _weight(self, skill: str) -> float:
        return log(1 + len(self._indexed) / len(self._teaching[skill]))

    def _length(self, credential_id: str) -> float:
        return sqrt(sum(self._weight(skill) ** 2 for skill in self._indexed[credential_id]))

    def _changed(self, topic: Topic, key: str, value: Struct) -> None:
        if topic is not topics.CREDENTIAL or not isinstance(value, Credential):
            return
        after = frozenset(skill.id for skill in value.skills)
        for skill in self._indexed.get(key, frozenset()) - after:
            self._teaching[skill].discard(key)
        for skill in after:
            self._teaching[skill].add(key)
        self._indexed[key] = after
