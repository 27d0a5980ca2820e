"""Reports as tables for a terminal."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from tests.benchmarks.freshness import FreshnessReport, FreshnessRun
from tests.benchmarks.gateway import GatewayReport
from tests.benchmarks.pathway import PathwayReport
from tests.benchmarks.spread import Spread
from tests.benchmarks.train import TrainReport
from tests.benchmarks.update import UpdateReport


def show_freshness(console: Console, report: FreshnessReport) -> None:
    """Quantiles, stages and ceiling of each rate."""
    for run in report.runs:
        console.print(_freshness(run))
        if run.errors:
            console.print(_line("errors", run.errors))
        console.print(_line("cores", run.cores))
        console.print(_means(run.means))


def show_gateway(console: Console, report: GatewayReport) -> None:
    """CPU and latency of each kind of request, and the ratios."""
    table = Table(title=f"gateway, answers of {report.answer_bytes} bytes", title_justify="left")
    for column in ("server", "CPU µs/request", "× Litestar's constant", "p50 ms", "p99 ms"):
        table.add_column(column, justify="left" if column == "server" else "right")
    for name, cost in report.costs.items():
        table.add_row(
            name,
            f"{cost.cpu_microseconds:.0f}",
            _number(cost.over_litestar, 2),
            *_cells(cost.latency)[1:3],
        )
    console.print(table)
    console.print(
        f"at least {report.at_least}×, aim {report.aim}×; without requests the gateway uses "
        f"{report.idle_cores:.3f} cores (included above)"
    )
    if not report.stored:
        console.print("lists changed meanwhile: not all were the stored ones")
    if report.errors:
        console.print(_line("errors", report.errors))


def show_train(console: Console, report: TrainReport) -> None:
    """Events and their stages, sweeps, memory and restart, beside their ceilings and targets."""
    events, sweep = report.events, report.sweep
    rows = {
        "apply, µs CPU an event": events.apply,
        "step": events.step,
        "moved": events.moved,
        "rows streamed an event": events.rows_streamed,
        "events a CPU-second, complete item side": events.per_second,
        "ceiling: merged states only": events.ceiling_per_second,
        "sweep, CPU seconds: implicit": sweep.implicit,
        "ours, from zero": sweep.cold,
        "ours, warm": sweep.warm,
        "ours from zero over implicit's": sweep.over_implicit,
        "MB per million interactions": report.megabytes_per_million,
        "  and in the archive, memory-mapped": report.archive_megabytes_per_million,
        "MB per thousand credentials": report.megabytes_per_thousand_credentials,
        "restart, seconds": report.restart.seconds,
    }
    console.print(_pairs(f"train, {report.interactions} interactions", rows))
    console.print(f"events: at least {report.at_least:g}, aim {report.aim:g} a CPU-second")


def show_update(console: Console, report: UpdateReport) -> None:
    """Stages, the model's queries, and updates per CPU-second beside the ceiling."""
    rows = {
        **{f"{name}, µs CPU": cost for name, cost in report.stages.items()},
        **{f"  query: {name}": cost for name, cost in report.queries.items()},
        "updates a CPU-second": report.per_second,
        "ceiling: one fold-in, all scores, best twenty": report.ceiling_per_second,
        "share of the ceiling": report.share_of_ceiling,
    }
    title = f"update, {report.credentials} credentials, {report.factors} factors"
    console.print(_pairs(title, rows))
    console.print(f"at least {report.at_least:g}, aim {report.aim:g} a CPU-second")


def show_pathway(console: Console, report: PathwayReport) -> None:
    """CPU milliseconds of a path and of a list, and the path's ceiling."""
    rows = {
        f"a path of {report.steps} steps": report.path_ms,
        "ceiling: every candidate's gain, once a step": report.ceiling_ms,
        "a list for a goal": report.list_ms,
    }
    console.print(_pairs(f"pathway, {report.credentials} credentials, CPU ms", rows))
    console.print(f"at most {report.path_at_most_ms:g} a path, {report.list_at_most_ms:g} a list")


def _pairs(title: str, rows: Mapping[str, float]) -> Table:
    table = Table("", title=title, title_justify="left")
    table.add_column("", justify="right")
    for name, value in rows.items():
        table.add_row(name, f"{value:g}")
    return table


def _freshness(run: FreshnessRun) -> Table:
    rate = "one at a time" if run.rate is None else f"{run.rate:g}/s"
    given = "" if run.acknowledged is None else f", acknowledged {run.acknowledged:g}/s of bulk"
    title = f"freshness, {rate}{given}, {_number(run.ratio, 2)}× the ceiling"
    table = Table("ms", title=title, title_justify="left")
    for column in ("count", "p50", "p99", "max"):
        table.add_column(column, justify="right")
    rows = {
        "sent to accepted (202)": run.sent_to_accepted,
        "sent to served": run.sent_to_served,
        "accepted to served": run.accepted_to_served,
        **{f"  {name}": stage for name, stage in run.stages.items()},
        "ceiling: Kafka to Redis, plain": run.ceiling.kafka_to_redis,
        "ceiling: one read of the gateway": run.ceiling.gateway_read,
    }
    for name, values in rows.items():
        table.add_row(name, *_cells(values))
    drained = "not in time" if run.drain_seconds is None else f"{run.drain_seconds * 1000:.0f}"
    table.add_row("applied after the last sending", "", "", "", drained)
    return table


def _cells(values: Spread | None) -> list[str]:
    if values is None:
        return ["0", "–", "–", "–"]
    return [str(values.count), *(_number(each) for each in (values.p50, values.p99, values.max))]


def _means(means: dict[str, float]) -> Table:
    table = Table("process, what it measures itself", title="means", title_justify="left")
    table.add_column("ms", justify="right")
    for name, value in means.items():
        table.add_row(name, _number(value, 2))
    return table


def _line(name: str, values: Mapping[str, float]) -> str:
    return f"{name}: " + ", ".join(f"{each} {value:g}" for each, value in values.items() if value)


def _number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
