"""The report as tables for a terminal."""

from rich.console import Console
from rich.table import Table

from services.recommender.evaluation.bootstrap import Interval
from services.recommender.evaluation.contenders.registry import BASELINES
from services.recommender.evaluation.report import Accuracy, ModelReport, Report

OURS = "stackwise"


def show(console: Console, report: Report) -> None:
    """Accuracy and what lies beyond it, then recall by kind of event, then what was chosen."""
    of = report.dataset
    console.print(
        f"{report.protocol}: {of.learners:,} learners, {of.credentials:,} credentials, {of.interactions:,} "
        f"interactions; trained on {of.trained:,}, scored {of.scored:,}; 95 % intervals"
    )
    console.print(_accuracy(report))
    if OURS in report.differences:
        console.print(_ratios(report, OURS))
    console.print(_beyond(report))
    console.print(_breakdown(report))
    if report.goals:
        console.print(_goals(report))
    for name, model in report.models.items():
        if model.settings:
            chosen = ", ".join(f"{setting} {value:g}" for setting, value in model.settings.items())
            console.print(f"{name}: {chosen}")


def _accuracy(report: Report) -> Table:
    best = max(
        (name for name in BASELINES if name in report.models),
        key=lambda name: report.models[name].ndcg,
        default=None,
    )
    table = _table("accuracy", "model", f"Recall@{report.k}", f"NDCG@{report.k}")
    if best is not None:
        table.add_column(f"NDCG − {best}", justify="right")
        table.add_column(f"NDCG ÷ {best}", justify="right")
    for name, model in report.models.items():
        cells = [_with(model.recall, model.recall_ci), _with(model.ndcg, model.ndcg_ci)]
        if best is not None and name != best:
            against = report.differences[name][best]
            cells.append(_with(against.ndcg, against.ndcg_ci, "+"))
            cells.append(_with(against.ndcg_ratio, against.ndcg_ratio_ci))
        table.add_row(name, *cells)
    return table


def _ratios(report: Report, name: str) -> Table:
    """A model divided by each other one."""
    table = _table(
        f"{name} ÷",
        "the other",
        f"Recall@{report.k}",
        f"NDCG@{report.k}",
        "Recall, new credentials",
    )
    for other, of in report.differences[name].items():
        new = report.differences_new_credential.get(name, {}).get(other)
        table.add_row(
            other,
            _with(of.recall_ratio, of.recall_ratio_ci),
            _with(of.ndcg_ratio, of.ndcg_ratio_ci),
            "–" if new is None else _with(new.recall_ratio, new.recall_ratio_ci),
        )
    return table


def _beyond(report: Report) -> Table:
    table = _table(
        "beyond accuracy",
        "model",
        "coverage",
        "Gini",
        "popularity",
        "novelty",
        "skill distance",
        "µs/event",
        "fit, s",
    )
    for name, model in report.models.items():
        table.add_row(name, *_beyond_cells(model))
    return table


def _beyond_cells(model: ModelReport) -> list[str]:
    return [
        _number(model.coverage),
        _number(model.gini),
        f"{model.mean_popularity:.0f}",
        f"{model.novelty:.2f}",
        _number(model.skill_distance),
        f"{model.microseconds_per_event:.0f}",
        f"{model.fit_seconds:.1f}",
    ]


def _breakdown(report: Report) -> Table:
    rows = {name: _groups(model, report.protocol) for name, model in report.models.items()}
    groups = {name: of.events for name, of in next(iter(rows.values())).items() if of.events}
    columns = [name.replace("_", " ") for name in rows]
    table = _table(f"Recall@{report.k} by", "events", "count", *columns)
    for group, events in groups.items():
        table.add_row(group, f"{events:,}", *(_number(of[group].recall) for of in rows.values()))
    return table


def _goals(report: Report) -> Table:
    table = _table(
        f"toward a goal: what τ trades ({report.goals[0].questions:,} questions, lists of {report.k})",
        "τ",
        "Recall",
        "NDCG",
        "gap closed",
        "value",
        "net cost, USD",
    )
    for row in report.goals:
        table.add_row(
            "no goal" if row.tau is None else f"{row.tau:g}",
            *map(_number, (row.recall, row.ndcg, row.gap_closed, row.value)),
            "–" if row.net_cost is None else f"{row.net_cost:.2f}",
        )
    return table


def _groups(model: ModelReport, protocol: str) -> dict[str, Accuracy]:
    of = model.breakdown
    fifths = of.fifths if protocol == "prequential" else []
    return {
        "old learner": of.old_learner,
        "new learner": of.new_learner,
        "old credential": of.old_credential,
        "new credential": of.new_credential,
        **{f"history {name}": found for name, found in of.history.items()},
        **{f"fifth {number} of the events": found for number, found in enumerate(fifths, 1)},
        "no history (apart)": of.without_history,
    }


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, no_wrap=True)
    for column in others:
        table.add_column(column, justify="right")
    return table


def _with(value: float | None, interval: Interval | None, sign: str = "") -> str:
    if value is None or interval is None:
        return "–"
    low, high = (f"{each:{sign}.3f}" for each in interval)
    return f"{value:{sign}.4f}\n[dim]{low} to {high}[/dim]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
