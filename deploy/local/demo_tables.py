"""A learner's list as a table."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

Item = dict[str, Any]
_REASONS = 3


def show_list(
    console: Console, title: str, items: Sequence[Item], before: Sequence[Item] | None = None
) -> None:
    """Prints the items; with `before` also how each has moved since."""
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("#", justify="right")
    if before is not None:
        table.add_column("was", justify="right")
    table.add_column("credential", ratio=3)
    table.add_column("cost", justify="right")
    table.add_column("hours", justify="right")
    table.add_column("why", ratio=4)
    ranks = {item["credential"]["id"]: item["rank"] for item in before or ()}
    for item in items:
        was = [] if before is None else [_was(ranks.get(item["credential"]["id"]))]
        table.add_row(str(item["rank"]), *was, *_cells(item))
    console.print(table)


def _was(rank: int | None) -> str:
    return "new" if rank is None else str(rank)


def _cells(item: Item) -> list[str]:
    card = item["credential"]
    cost, hours = card["net_cost"], card["workload_hours"]
    return [
        f"{card['name']}\n[dim]{card['issuer']['name']}[/dim]",
        "?" if cost is None else f"{cost['amount']} {cost['currency']}",
        "?" if hours is None else f"{hours:g}",
        "\n".join(reason["text"] for reason in item["reasons"][:_REASONS]) or item["source"],
    ]
