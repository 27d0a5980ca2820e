"""The report as a picture: a panel per measure with the groups' means, and exposure against merit."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from services.recommender.domain.fairness import FairnessReport, GroupReport
from services.recommender.fairness.table import NAMES

COLOUR, EVERYONE, MERIT = "#30638e", "#8c8c8c", "#edae49"


def plot(report: FairnessReport, path: Path) -> None:
    """Writes a PNG."""
    shown = [group for group in report.groups if group.learners is not None]
    rows = max(2.6, 0.32 * (len(shown) + 1) + 1.2)
    figure = Figure(figsize=(16, 2 * rows), dpi=110, layout="constrained")
    panels = figure.subplots(2, 4).ravel()
    _means(panels[0], report, shown, "feasible", "share with any feasible")
    for axes, (measure, name) in zip(panels[1:6], NAMES.items(), strict=True):
        unit = f" ({report.currency})" if measure == "net_cost" else ""
        _means(axes, report, shown, measure, f"{name}{unit}")
    _sectors(panels[6], report)
    panels[7].set_axis_off()
    panels[7].text(0, 0.9, "dashed: everyone", color=EVERYONE, fontsize=9)
    figure.suptitle(
        f"fairness of the first {report.k} recommendations; groups under 30 are not shown",
        fontsize=11,
    )
    figure.savefig(path, format="png")


def _means(
    axes: Axes, report: FairnessReport, groups: list[GroupReport], measure: str, title: str
) -> None:
    """Each group's mean as a bar; everyone's as a line."""
    known = [(group, mean) for group in groups if (mean := _mean(group, measure)) is not None]
    for place, (_, mean) in enumerate(reversed(known)):
        axes.barh(place, mean, color=COLOUR, height=0.65)
        axes.annotate(
            f"{mean:.2f}",
            (mean, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    names = [f"{group.axis}: {group.group}" for group, _ in reversed(known)]
    axes.set_yticks(range(len(known)), names, fontsize=8)
    if (everyone := _mean(report.everyone, measure)) is not None:
        axes.axvline(everyone, color=EVERYONE, linestyle="--", linewidth=1)
    axes.margins(x=0.16)
    axes.set_xlim(left=0)
    _tidy(axes, title)


def _mean(group: GroupReport, measure: str) -> float | None:
    if measure == "feasible":
        return group.feasible
    return next((mean for name, mean in group.measures.items() if name == measure), None)


def _sectors(axes: Axes, report: FairnessReport) -> None:
    places = range(len(report.sectors))
    axes.barh([p + 0.2 for p in places], [s.exposure for s in report.sectors], 0.36, color=COLOUR, label="exposure")  # fmt: skip
    axes.barh([p - 0.2 for p in places], [s.merit for s in report.sectors], 0.36, color=MERIT, label="merit")  # fmt: skip
    axes.set_yticks(list(places), [each.sector for each in report.sectors], fontsize=8)
    axes.legend(frameon=False, fontsize=8)
    axes.set_xlim(left=0)
    _tidy(axes, "issuers: share of exposure and of merit")


def _tidy(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.7, axis="x")
    axes.set_axisbelow(True)
