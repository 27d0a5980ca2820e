"""What the processes of profile are told by their environment."""

from libs.common.settings import HttpSettings, KafkaSettings, PostgresSettings


class ApiSettings(HttpSettings, KafkaSettings, PostgresSettings):
    """The api process."""


class StoreSettings(PostgresSettings):
    """The commands that need the database only: migrate, republish, expire."""
