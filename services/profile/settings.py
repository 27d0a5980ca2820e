"""What the processes of profile are told by their environment."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from libs.common.settings import HttpSettings, KafkaSettings, PostgresSettings, Seconds


class BadgeSettings(KafkaSettings, PostgresSettings):
    """What taking in a badge asks for: the command `import-badges`.

    `badge_workers`: processes that verify. `badge_recheck_seconds`: how long after a check the next is due.
    `badge_issuers`: by the DID that signs, the ids of the catalog's issuers whose it is, as JSON.
    `badge_mirror`: a folder with copies of status lists and the like, each named by its quoted URL, which are taken before
    the Web is asked; `badge_web` says whether it is. `badge_list_issuers`: by the URL of a status list the DID that may sign
    it for other issuers, as JSON.
    """

    badge_workers: Annotated[int, Field(ge=1, le=64)] = 2
    badge_recheck_seconds: Seconds = 24 * 60 * 60
    badge_issuers: dict[str, list[str]] = {}
    badge_mirror: Path | None = None
    badge_web: bool = True
    badge_list_issuers: dict[str, str] = {}

    @property
    def badge_recheck(self) -> timedelta:
        """The period as a time span."""
        return timedelta(seconds=self.badge_recheck_seconds)


class ApiSettings(HttpSettings, BadgeSettings):
    """The api process. `badge_poll_seconds`: how often it looks for badges that are due."""

    badge_poll_seconds: Seconds = 10


class StoreSettings(PostgresSettings):
    """The commands that need the database only: migrate, republish, expire."""


class RestoreSettings(KafkaSettings, PostgresSettings):
    """The command that compares the database with its topic."""
