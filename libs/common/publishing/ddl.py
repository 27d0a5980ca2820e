"""What the relay needs in a service's database, for its migration."""

from collections.abc import Iterator, Sequence

CHANNEL = "stackwise_relay"

_TABLE = """
CREATE TABLE relay (
    topic text PRIMARY KEY,
    partition integer,
    "offset" bigint,
    record_id text,
    busy_until timestamptz
)
"""
_FUNCTION = f"""
CREATE FUNCTION notify_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('{CHANNEL}', TG_TABLE_NAME);
    RETURN NULL;
END
$$
"""


def relay_ddl(tables: Sequence[str]) -> Iterator[str]:
    """The table of what was sent last, and a trigger on each table that wakes the relay."""
    yield _TABLE
    yield _FUNCTION
    for table in tables:
        yield (
            f"CREATE TRIGGER {table}_relay AFTER INSERT OR UPDATE OF revision ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION notify_relay()"
        )
