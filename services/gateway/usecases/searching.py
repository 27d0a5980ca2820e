"""Searches: the catalog's, or this gateway's own while that is away."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from time import monotonic
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from libs.common.contracts.catalog import Credential, Occupation, Skill
from libs.common.errors import TryAgain, Unavailable
from services.gateway.catalog import search
from services.gateway.catalog.cards import Cards
from services.gateway.catalog.search import Page, Wanted
from services.gateway.catalog.view import CatalogView
from services.gateway.kept import Kept

T = TypeVar("T")
Fallback = Literal["catalog_unavailable"]
MOST_PAGES = 1_000
REMEMBERED_SECONDS = 10.0


class OccupationCard(Struct, frozen=True, kw_only=True):
    """An occupation in a list."""

    id: str
    name: str
    aliases: list[str]
    description: str | None
    isco: str | None
    soc: str | None
    job_zone: int | None


class SkillCard(Struct, frozen=True, kw_only=True):
    """A skill in a list."""

    id: str
    name: str
    aliases: list[str]
    kind: str | None


class Results(Struct, frozen=True, kw_only=True):
    """A page; `fallback` says that it was searched for here, more coarsely."""

    items: list[Any]
    next_cursor: str | None
    fallback: Fallback | None = None


class FoundItem(Struct, frozen=True):
    id: str


class FoundPage(Struct, frozen=True):
    """One page of the catalog's search; of the snapshots only the ids are read."""

    items: list[FoundItem]
    next_cursor: str | None = None


class Remembered(NamedTuple):
    """A page, the view's generation when it was asked for, and when it is too old in any case."""

    page: Page
    generation: int
    until: float


class CatalogSearch(Protocol):
    """Raises Unavailable or TryAgain while the catalog is away, InvalidRequest for a foreign cursor."""

    async def search(self, kind: str, params: dict[str, str]) -> FoundPage: ...


class Searching:
    """The ids are the catalog's, what is shown of them comes from memory.

    A page is asked for once in a few seconds and until the view changes: what the catalog has
    published since, the view will say.
    """

    def __init__(
        self,
        view: CatalogView,
        cards: Cards,
        catalog: CatalogSearch,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._view = view
        self._clock = clock
        self._cards = cards
        self._catalog = catalog
        self._pages = Kept[Hashable, Remembered](MOST_PAGES)

    async def credentials(
        self, wanted: Wanted, partner_id: str | None, limit: int, cursor: str | None
    ) -> Results:
        """Cards of credentials; a partner's search leaves out what is meant for others only."""
        known, page, fallback = await self._credentials(wanted, partner_id, limit, cursor)
        items = [self._cards.card(each, None, None) for each in known]
        return Results(items=items, next_cursor=page.next_cursor, fallback=fallback)

    async def found(
        self, wanted: Wanted, partner_id: str | None, limit: int, cursor: str | None
    ) -> list[Credential]:
        """The same credentials themselves."""
        known, _, _ = await self._credentials(wanted, partner_id, limit, cursor)
        return known

    async def _credentials(
        self, wanted: Wanted, partner_id: str | None, limit: int, cursor: str | None
    ) -> tuple[list[Credential], Page, Fallback | None]:
        params = {**_params(wanted, limit, cursor), **_given("audience", partner_id)}
        page, fallback = await self._page(
            "credentials",
            params,
            cursor,
            lambda: search.credentials(self._view, wanted, partner_id, limit, cursor),
        )
        return _known(self._view.credentials, page.ids), page, fallback

    async def occupations(self, q: str, limit: int, cursor: str | None) -> Results:
        """Occupations by name."""
        page, fallback = await self._named("occupations", self._view.occupations, q, limit, cursor)
        items = [_occupation(each) for each in _known(self._view.occupations, page.ids)]
        return Results(items=items, next_cursor=page.next_cursor, fallback=fallback)

    async def skills(self, q: str, limit: int, cursor: str | None) -> Results:
        """Skills by name."""
        page, fallback = await self._named("skills", self._view.skills, q, limit, cursor)
        items = [_skill(each) for each in _known(self._view.skills, page.ids)]
        return Results(items=items, next_cursor=page.next_cursor, fallback=fallback)

    async def _named(
        self, kind: str, table: Mapping[str, Any], q: str, limit: int, cursor: str | None
    ) -> tuple[Page, Fallback | None]:
        params = _params(Wanted(q=q), limit, cursor)
        return await self._page(kind, params, cursor, lambda: search.named(table, q, limit, cursor))

    async def _page(
        self, kind: str, params: dict[str, str], cursor: str | None, here: Callable[[], Page]
    ) -> tuple[Page, Fallback | None]:
        if not search.is_own(cursor):
            try:
                return await self._asked(kind, params), None
            except (TryAgain, Unavailable):
                pass
        return here(), "catalog_unavailable"

    async def _asked(self, kind: str, params: dict[str, str]) -> Page:
        key, generation = (kind, *params.items()), self._view.generation
        known = self._pages.get(key)
        if known and known.generation == generation and self._clock() < known.until:
            return known.page
        until = self._clock() + REMEMBERED_SECONDS
        found = await self._catalog.search(kind, params)
        page = Page([item.id for item in found.items], found.next_cursor)
        self._pages.put(key, Remembered(page, generation, until))
        return page


def _params(wanted: Wanted, limit: int, cursor: str | None) -> dict[str, str]:
    cost = wanted.max_cost
    return {
        "limit": str(limit),
        **_given("cursor", cursor),
        **_given("q", wanted.q or None),
        **_given("skill", wanted.skill),
        **_given("occupation", wanted.occupation),
        **_given("issuer", wanted.issuer),
        **_given("max_cost", None if cost is None else str(cost.amount)),
        **_given("currency", None if cost is None else cost.currency),
        **_given("language", wanted.language),
        **_given("status", wanted.status),
    }


def _given(name: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {name: value}


def _known(table: Mapping[str, T], ids: Sequence[str]) -> list[T]:
    return [found for id in ids if (found := table.get(id)) is not None]


def _occupation(occupation: Occupation) -> OccupationCard:
    return OccupationCard(
        id=occupation.id,
        name=occupation.name,
        aliases=occupation.aliases,
        description=occupation.description,
        isco=occupation.isco,
        soc=occupation.soc,
        job_zone=occupation.job_zone,
    )


def _skill(skill: Skill) -> SkillCard:
    return SkillCard(id=skill.id, name=skill.name, aliases=skill.aliases, kind=skill.kind)
