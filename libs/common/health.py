"""Why a process is not ready, or must be started again, in words; `/health/ready` and `/health/live` answer with it."""

from collections.abc import Callable, Mapping

Check = Callable[[], str | None]


class Health:
    """Named checks; each is synchronous and cheap and says None, or why the process is not ready.

    Probing that needs the network runs in the background of whoever owns the connection.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._warnings: dict[str, Check] = {}
        self._vital: dict[str, Check] = {}

    def add(self, name: str, check: Check, warning: Check | None = None) -> None:
        """`warning` says what somebody must look at though the process is ready. Raises ValueError
        when the name is taken."""
        if name in self._checks:
            raise ValueError(f"a check named {name!r} exists")
        self._checks[name] = check
        if warning is not None:
            self._warnings[name] = warning

    def add_vital(self, name: str, check: Check) -> None:
        """A check that only a new start of the process helps against: never of a dependency."""
        self._vital[name] = check

    def failures(self) -> dict[str, str]:
        """Why the process is to be started again, by the name of the check; empty while it lives."""
        return _said(self._vital)

    def problems(self) -> dict[str, str]:
        """The reasons by the name of their check; empty when ready."""
        return _said(self._checks)

    def warnings(self) -> dict[str, str]:
        """What does not make the process unready, by the name of the check."""
        return _said(self._warnings)


def _said(checks: Mapping[str, Check]) -> dict[str, str]:
    answers = ((name, check()) for name, check in checks.items())
    return {name: reason for name, reason in answers if reason is not None}
