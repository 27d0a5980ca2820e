"""Why a process is not ready, in words; `/health/ready` answers with it."""

from collections.abc import Callable

Check = Callable[[], str | None]


class Health:
    """Named checks; each is synchronous and cheap and says None, or why the process is not ready.

    Probing that needs the network runs in the background of whoever owns the connection.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Raises ValueError when the name is taken."""
        if name in self._checks:
            raise ValueError(f"a check named {name!r} exists")
        self._checks[name] = check

    def problems(self) -> dict[str, str]:
        """The reasons by the name of their check; empty when ready."""
        answers = ((name, check()) for name, check in self._checks.items())
        return {name: reason for name, reason in answers if reason is not None}
