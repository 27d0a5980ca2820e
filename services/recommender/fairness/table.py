"""The report for a terminal, and what it is for."""

from rich.console import Console
from rich.table import Table

from services.recommender.domain.fairness import LEAST, MEASURES, FairnessReport, GroupReport

PURPOSE = (
    "Systems that decide about access to education or to work are high-risk under Annex III of the EU AI Act "
    "(Regulation 2024/1689); whoever runs one has to watch for unequal treatment. Stackwise recommends and does not "
    "decide, and it should still be known whether some groups get less, dearer or longer offers than others. This "
    "report compares the lists that are served now. Groups are what learners chose to tell; they are used here and "
    "nowhere else. A difference is a question to look into, not a verdict."
)
NAMES = {
    "net_cost": "net cost",
    "hours": "hours",
    "value": "value",
    "gap_closed": "gap closed",
    "cost_burden": "cost burden",
}


def show(console: Console, report: FairnessReport) -> None:
    """Groups, the gaps between them, exposure by sector, the purpose."""
    console.print(_groups(report))
    if report.gaps:
        console.print(_gaps(report))
    console.print(_sectors(report))
    console.print(PURPOSE, soft_wrap=False)


def _groups(report: FairnessReport) -> Table:
    table = Table(
        title=f"means over each learner's first {report.k}, amounts in {report.currency}",
        title_justify="left",
    )
    for column in ("group", "learners", "any feasible", *NAMES.values()):
        table.add_column(column, justify="left" if column == "group" else "right")
    table.add_row(*_cells("everyone", report.everyone))
    for group in report.groups:
        table.add_row(*_cells(f"{group.axis}: {group.group}", group))
    return table


def _cells(name: str, group: GroupReport) -> list[str]:
    if group.learners is None:
        return [name, "suppressed", *["–"] * (1 + len(MEASURES))]
    feasible = "–" if group.feasible is None else f"{group.feasible:.1%}"
    return [name, f"{group.learners:,}", feasible, *(_number(group.measures[m]) for m in MEASURES)]


def _number(mean: float | None) -> str:
    return "–" if mean is None else f"{mean:,.2f}"


def _gaps(report: FairnessReport) -> Table:
    table = Table(title=f"gaps between groups of at least {LEAST}", title_justify="left")
    for column in ("axis", "measure", "lowest", "highest", "difference"):
        table.add_column(column, justify="right" if column == "difference" else "left")
    for gap in report.gaps:
        name = NAMES.get(gap.measure, "any feasible")
        table.add_row(gap.axis, name, gap.lowest, gap.highest, f"{gap.difference:,.3f}")
    return table


def _sectors(report: FairnessReport) -> Table:
    table = Table(title="exposure of issuers against merit", title_justify="left")
    for column in ("sector", "credentials", "exposure", "merit", "exposure ÷ merit"):
        table.add_column(column, justify="left" if column == "sector" else "right")
    for each in report.sectors:
        ratio = "–" if each.ratio is None else f"{each.ratio:.2f}"
        shares = f"{each.exposure:.1%}", f"{each.merit:.1%}"
        table.add_row(each.sector, f"{each.credentials:,}", *shares, ratio)
    return table
