from collections.abc import Callable

from tests.support import waiting


async def until(reached: Callable[[], bool], *, seconds: float = 60) -> None:
    """Returns once `reached`; fails when the deadline passes."""

    async def look() -> bool:
        return reached()

    await waiting.until(look, bool, seconds=seconds)
