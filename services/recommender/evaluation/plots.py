"""The report as a picture: accuracy over the stream, accuracy with intervals, accuracy against coverage."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from services.recommender.evaluation.report import Accuracy, Report

COLOURS = {
    "stackwise": "#d1495b",
    "live_als": "#edae49",
    "learner_fold_in": "#8d6a9f",
    "periodic_retrain": "#4f9d69",
    "ease": "#7a5230",
    "implicit_tuned": "#30638e",
    "implicit_default": "#8aa9c4",
    "popularity": "#8c8c8c",
}
OTHER = "#222222"
EMPHASISED = "stackwise"


def plot(report: Report, path: Path) -> None:
    """Writes a PNG; models are drawn from the best NDCG to the worst."""
    names = sorted(report.models, key=lambda name: -report.models[name].ndcg)
    panels = 4 if report.goals else 3
    figure = Figure(figsize=(5 * panels, 5), dpi=120, layout="constrained")
    axes = figure.subplots(1, panels)
    _course(axes[0], report, names)
    _bars(axes[1], report, names)
    _trade(axes[2], report, names)
    if report.goals:
        _goals(axes[3], report)
    of = report.dataset
    figure.suptitle(
        f"{report.protocol}: {of.scored:,} events scored, {of.learners:,} learners × "
        f"{of.credentials:,} credentials; 95 % intervals",
        fontsize=11,
    )
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.savefig(path, format="png")


def _course(axes: Axes, report: Report, names: list[str]) -> None:
    """Over the stream, or by length of history where there is no time."""
    in_time = report.protocol == "prequential"
    for name in names:
        breakdown = report.models[name].breakdown
        parts = (
            {str(number): of for number, of in enumerate(breakdown.fifths, 1)}
            if in_time
            else breakdown.history
        )
        _line(axes, parts, name)
    axes.set_xlabel("fifth of the stream" if in_time else "credentials in the history")
    axes.set_ylabel(f"Recall@{report.k}")
    _tidy(axes, f"Recall@{report.k} " + ("as time passes" if in_time else "by length of history"))


def _line(axes: Axes, parts: dict[str, Accuracy], name: str) -> None:
    drawn = [
        (label, of.recall, *of.recall_ci)
        for label, of in parts.items()
        if of.recall is not None and of.recall_ci is not None
    ]
    labels, recall, low, high = zip(*drawn, strict=True)
    emphasised = name == EMPHASISED
    colour = COLOURS.get(name, OTHER)
    axes.plot(
        labels, recall, color=colour, marker="o", markersize=4, label=name,
        linewidth=2.5 if emphasised else 1.5, zorder=3 if emphasised else 2,
    )  # fmt: skip
    axes.fill_between(labels, low, high, color=colour, alpha=0.12, linewidth=0)


def _bars(axes: Axes, report: Report, names: list[str]) -> None:
    for place, name in enumerate(reversed(names)):
        model = report.models[name]
        axes.barh(place, model.ndcg, color=COLOURS.get(name, OTHER), height=0.65)
        low, high = model.ndcg_ci
        axes.errorbar(
            model.ndcg, place, xerr=[[model.ndcg - low], [high - model.ndcg]],
            color="#222222", capsize=3, linewidth=1,
        )  # fmt: skip
        axes.annotate(
            f"{model.ndcg:.3f}", (high, place), (5, 0), textcoords="offset points",
            va="center", fontsize=9,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.margins(x=0.14)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"NDCG@{report.k}")
    _tidy(axes, f"NDCG@{report.k}")
    axes.grid(visible=False, axis="y")


def _trade(axes: Axes, report: Report, names: list[str]) -> None:
    for name in names:
        model = report.models[name]
        axes.scatter(
            model.coverage,
            model.ndcg,
            s=60,
            color=COLOURS.get(name, OTHER),
            zorder=3,
            clip_on=False,
        )
    axes.margins(0.12)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("coverage: share of the credentials that were listed")
    axes.set_ylabel(f"NDCG@{report.k}")
    _tidy(axes, "accuracy against coverage")


def _goals(axes: Axes, report: Report) -> None:
    """From no goal to the goal alone: how well the next credential is ranked, how much of the gap is closed."""
    taus = ["none" if row.tau is None else f"{row.tau:g}" for row in report.goals]
    lines = {
        f"NDCG@{report.k}": ([row.ndcg for row in report.goals], COLOURS[EMPHASISED]),
        "gap closed": ([row.gap_closed for row in report.goals], COLOURS["implicit_tuned"]),
    }
    for name, (values, colour) in lines.items():
        axes.plot(taus, values, color=colour, marker="o", markersize=4, label=name)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)
    axes.set_xlabel("τ, from no goal to the goal alone")
    _tidy(axes, "toward a goal: what τ trades")


def _tidy(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
