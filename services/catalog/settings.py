"""What the catalog's processes are configured by."""

from libs.common.settings import HttpSettings, KafkaSettings, PostgresSettings


class Settings(HttpSettings, KafkaSettings, PostgresSettings):
    """The api: it serves, publishes and stores."""


class StoreSettings(PostgresSettings):
    """The commands, which only store; a running api publishes what they change."""


class RestoreSettings(KafkaSettings, PostgresSettings):
    """The command that compares the database with its topics."""
