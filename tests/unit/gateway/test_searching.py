"""Pages of a search are asked for once, until the catalog changes or they grow old."""

from services.gateway.catalog.cards import Cards
from services.gateway.catalog.search import Wanted
from services.gateway.usecases.searching import REMEMBERED_SECONDS, Searching
from tests.factories.catalog import credential
from tests.unit.gateway.world import World


async def test_a_page_is_asked_for_once(world: World) -> None:
    """For a partner, a question and a place in it; again after any change of the view, and after seconds."""
    time = [0.0]
    cards = Cards(world.view, lambda: world.now)
    searching = Searching(world.view, cards, world.catalog, clock=lambda: time[0])
    world.publish(credential("a"), credential("b"))
    world.catalog.found = ["a"]

    async def found(q: str = "data", partner: str = "partner", cursor: str | None = None) -> int:
        return len((await searching.credentials(Wanted(q=q), partner, 10, cursor)).items)

    assert [await found(), await found(), world.catalog.searches] == [1, 1, 1]
    await found(q="cloud")
    await found(partner="other")
    await found(cursor="next")
    assert world.catalog.searches == 4
    world.catalog.found = ["a", "b"]
    assert await found() == 1
    world.publish(credential("b", revision=2))
    assert [await found(), world.catalog.searches] == [2, 5]
    time[0] = REMEMBERED_SECONDS
    await found()
    assert world.catalog.searches == 6
