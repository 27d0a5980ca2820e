"""Rows into snapshots, and bodies into rows."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, RowMapping

from libs.common.contracts.catalog import CatalogSnapshot
from services.catalog.domain.facets import facets
from services.catalog.domain.kinds import Body, Kind


def snapshot(kind: Kind, row: Row[*tuple[Any, ...]]) -> CatalogSnapshot:
    """`row` has at least key, body, revision and updated_at."""
    return kind.assemble(row.key, kind.decode(row.body), row.revision, row.updated_at)


def snapshot_of(kind: Kind) -> Callable[[RowMapping], CatalogSnapshot]:
    """The same for the relay, which reads rows as mappings."""

    def read(row: RowMapping) -> CatalogSnapshot:
        body = kind.decode(row["body"])
        return kind.assemble(row["key"], body, row["revision"], row["updated_at"])

    return read


def values(key: str, body: Body) -> dict[str, Any]:
    """What a write sets, but for the revision and the time."""
    return {"key": key, "body": body, **facets(body)}
