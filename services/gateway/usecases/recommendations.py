"""A learner's recommendations: read where they are ready, made where they are not, and labelled where
they are less than they should be.

In this order: the stored list; one ranked now (a narrower question, too few survivors, a stale list);
for a learner whom no worker has applied yet one from the profile alone; and while those who could rank
are away, credentials by value.
"""

from typing import NamedTuple

from libs.common.contracts.calls import Narrowing, WhatIf
from libs.common.contracts.profile import Learner
from libs.common.contracts.redis_values import Lookup
from libs.common.errors import NotFound, TryAgain
from libs.common.rules.eligibility import broken
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.languages import DEFAULT
from services.gateway.packed import PackedList
from services.gateway.usecases import questions
from services.gateway.usecases.answer import Composer, Written
from services.gateway.usecases.by_value import ByValue
from services.gateway.usecases.erasures import Erasures
from services.gateway.usecases.ports import AWAY, Found, Lists, PartitionOf, Profile, Recommender
from services.gateway.usecases.ready import Ready
from services.gateway.usecases.served import Ask, Fallback, Served, served_of
from services.gateway.usecases.staleness import Staleness

WAIT_SECONDS = 1.0


class Parts(NamedTuple):
    """What recommendations are made of."""

    view: CatalogView
    lists: Lists
    profile: Profile
    recommender: Recommender
    by_value: ByValue
    staleness: Staleness
    erasures: Erasures
    partition_of: PartitionOf
    composer: Composer
    ready: Ready


class Recommendations:
    """`of_learner` raises NotFound (`learner_not_found`) only for whom profile does not know."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def of_learner(self, ask: Ask) -> Written:
        """The learner's list, or the best that can be said now."""
        try:
            lookup, found = await self._stored(ask)
        except TryAgain:
            return self._write(ask, await self._by_value(ask, "redis_unavailable"))
        if found is None or lookup is None or lookup.learner_key is None:
            return await self._unlisted(ask, lookup)
        return await self._listed(ask, lookup.partition, lookup.learner_key, found)

    async def what_if(self, question: WhatIf, language: str = DEFAULT) -> Written:
        """What an anonymous learner would be recommended; nothing is stored."""
        return self._parts.composer.write(await self._what_if(question), language)

    async def _what_if(self, question: WhatIf) -> Served:
        try:
            ranked = await self._parts.recommender.what_if(question)
        except AWAY:
            return self._best(question, "recommender_unavailable")
        self._parts.staleness.see(ranked)
        return self._served(ranked, question.audience, question.limit, None)

    async def _stored(self, ask: Ask) -> tuple[Lookup | None, Found | None]:
        lookup, found = await self._parts.lists.find(ask.partner_id, ask.learner_id)
        if lookup is None or lookup.learner_key is None or self._is_erased(lookup):
            return lookup, None
        if found is not None and not found.covers(ask.min_position):
            found = await self._parts.lists.wait(
                lookup.partition, lookup.learner_key, ask.min_position, WAIT_SECONDS
            )
        return lookup, found

    async def _listed(self, ask: Ask, partition: int, learner_key: str, found: Found) -> Written:
        """From the stored list, unless it does not answer what was asked."""
        self._parts.staleness.see(found.ranked)
        if ask.narrowing is not None:
            return await self._ranked(ask, partition, learner_key, found, ask.narrowing)
        fallback: Fallback | None = None
        if (state := self._parts.staleness.of(found.ranked, ask.oldest)) != "current":
            try:
                ranked = await self._parts.recommender.repair(partition, learner_key)
                found = found._replace(ranked=ranked)
                self._parts.staleness.see(ranked)
            except (*AWAY, NotFound):
                fallback = "stale" if state == "stale" else None
        answer = self._parts.ready.answer(ask, learner_key, found.ranked, found.position, fallback)
        return answer or await self._ranked(
            ask, partition, learner_key, found, Narrowing(limit=ask.limit)
        )

    async def _ranked(
        self, ask: Ask, partition: int, learner_key: str, found: Found, narrowing: Narrowing
    ) -> Written:
        """Ranked now; while nobody can, what of the stored list answers the question."""
        try:
            ranked = await self._parts.recommender.rank(partition, learner_key, narrowing)
        except (*AWAY, NotFound):
            return self._write(ask, await self._kept(ask, found, narrowing))
        position = found._replace(ranked=ranked).position
        return self._write(ask, self._served(ranked, ask.partner_id, ask.limit, position))

    async def _kept(self, ask: Ask, found: Found, narrowing: Narrowing) -> Served:
        served = self._served(found.ranked, ask.partner_id, 1_000, found.position)
        limits = questions.filled(narrowing.constraints, served.region, served.income_band)
        fitting = [pair for pair in served.items if not broken(pair[1], limits)][: ask.limit]
        if narrowing.occupation is not None or not fitting:
            return await self._by_value(ask, "recommender_unavailable")
        return served._replace(items=fitting, fallback="recommender_unavailable")

    async def _unlisted(self, ask: Ask, lookup: Lookup | None) -> Written:
        """No list, or none that may be used: profile knows who this is, if anybody."""
        try:
            learner = await self._parts.profile.learner(ask.partner_id, ask.learner_id)
        except AWAY:
            if lookup is not None and self._is_erased(lookup):
                raise NotFound("there is no such learner", code="learner_not_found") from None
            return self._write(ask, self._best(questions.anonymous(ask), "recommender_unavailable"))
        if not learner.consent.personalization:
            return await self._asked(ask, learner, questions.impersonal(ask, learner))
        partition = self._parts.partition_of(learner.learner_key)
        if ask.min_position is not None:
            try:
                found = await self._parts.lists.wait(
                    partition, learner.learner_key, ask.min_position, WAIT_SECONDS
                )
            except TryAgain:
                found = None
            if found is not None:
                return await self._listed(ask, partition, learner.learner_key, found)
        if lookup is not None and lookup.learner_key == learner.learner_key:
            try:
                return await self._from_state(ask, partition, learner.learner_key)
            except (*AWAY, NotFound):
                pass
        return await self._asked(ask, learner, questions.personal(ask, learner))

    def _is_erased(self, lookup: Lookup) -> bool:
        return lookup.learner_key is None or lookup.learner_key in self._parts.erasures

    async def _asked(self, ask: Ask, learner: Learner, question: WhatIf) -> Written:
        served = await self._what_if(question)
        freshness = served.freshness._replace(profile_revision=learner.revision)
        return self._write(ask, served._replace(freshness=freshness))

    async def _from_state(self, ask: Ask, partition: int, learner_key: str) -> Written:
        """Ranked now from a state whose list was lost; its log cannot be told, nor its position."""
        narrowing = ask.narrowing or Narrowing(limit=ask.limit)
        ranked = await self._parts.recommender.rank(partition, learner_key, narrowing)
        return self._write(ask, self._served(ranked, ask.partner_id, ask.limit, None))

    async def _by_value(self, ask: Ask, fallback: Fallback) -> Served:
        """By value within the learner's constraints, if profile can say them."""
        try:
            learner = await self._parts.profile.learner(ask.partner_id, ask.learner_id)
        except AWAY:
            question = questions.anonymous(ask)
        else:
            question = questions.personal(ask, learner)
        return self._best(question, fallback)

    def _best(self, question: WhatIf, fallback: Fallback) -> Served:
        return self._parts.by_value.served(
            question.audience,
            question.constraints,
            question.limit,
            occupation=question.target.occupation if question.target else None,
            held=frozenset(question.completed),
            fallback=fallback,
        )

    def _served(
        self, ranked: PackedList, partner_id: str | None, limit: int, position: int | None
    ) -> Served:
        return served_of(ranked, self._parts.view.credentials, partner_id, limit, position)

    def _write(self, ask: Ask, served: Served) -> Written:
        return self._parts.composer.write(served, ask.language)
