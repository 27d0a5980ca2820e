"""A learner's list, a learner's path and goals as tables."""

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


def show_path(console: Console, title: str, path: dict[str, Any]) -> None:
    """Prints the steps, what is reached with each, and what the path adds up to."""
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("weeks", justify="right")
    table.add_column("credential", ratio=3)
    table.add_column("cost", justify="right")
    table.add_column("ready", justify="right")
    table.add_column("why", ratio=4)
    for step in path["steps"]:
        table.add_row(
            f"{step['starts_week']}–{step['ends_week']}",
            _named(step["credential"]),
            _priced(step["net_cost"]),
            f"{step['coverage']:.0%}",
            "\n".join(reason["text"] for reason in step["reasons"][:_REASONS]),
        )
    console.print(table)
    console.print(
        f"{path['breadth']} skills rise, to {path['depth']} on the whole, for "
        f"{_priced(path['total_cost'])} and {path['hours']:g} hours. "
        f"{path['stopped_because_text']}.\n"
    )


def show_goals(console: Console, title: str, gaps: Sequence[dict[str, Any]]) -> None:
    """Prints how ready the learner is for each goal and what to know of it first."""
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("goal", ratio=2)
    table.add_column("ready", justify="right")
    table.add_column("status", no_wrap=True)
    table.add_column("what to know", ratio=4)
    for gap in gaps:
        ready = gap["readiness"]
        table.add_row(
            gap["occupation"]["name"],
            "?" if ready is None else f"{ready:.0%}",
            gap["status"].replace("_", " "),
            "\n".join(each["text"] for each in gap["advisories"]),
        )
    console.print(table)
    console.print()


def _was(rank: int | None) -> str:
    return "new" if rank is None else str(rank)


def _cells(item: Item) -> list[str]:
    card = item["credential"]
    hours = card["workload_hours"]
    return [
        _named(card),
        _priced(card["net_cost"]),
        "?" if hours is None else f"{hours:g}",
        "\n".join(reason["text"] for reason in item["reasons"][:_REASONS]) or item["source"],
    ]


def _named(card: Item) -> str:
    return f"{card['name']}\n[dim]{card['issuer']['name']}[/dim]"


def _priced(cost: dict[str, str] | None) -> str:
    return "?" if cost is None else f"{cost['amount']} {cost['currency']}"
