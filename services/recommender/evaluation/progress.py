"""The evaluation's progress on a terminal: a bar per contender."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

REFRESHES = 2
"""A second; each costs CPU time that is measured as the contender's."""


class Bars:
    """Use as a context manager around `evaluate`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[says]}"),
            console=console,
            refresh_per_second=REFRESHES,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._progress.stop()

    def starts(self, name: str, events: int) -> None:
        """A bar for the contender."""
        self._task = self._progress.add_task(name, total=events, says="fitting")

    def says(self, what: str) -> None:
        """Beside the bar."""
        if self._task is not None:
            self._progress.update(self._task, says=what)

    def done(self, events: int) -> None:
        """Moves the bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=events, says="")
