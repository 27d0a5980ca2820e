"""The JSON that a regression is seen in, and its table."""

import io
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from tests.benchmarks.freshness import Ceiling, FreshnessReport, FreshnessRun
from tests.benchmarks.gateway import Cost, GatewayReport
from tests.benchmarks.machine import Machine
from tests.benchmarks.spread import Spread
from tests.benchmarks.tables import show_freshness, show_gateway, show_train, show_update
from tests.benchmarks.train import measure as measure_train
from tests.benchmarks.update import measure as measure_update

_MACHINE = Machine(2, 0.5, "3.11.9", "Linux", datetime(2026, 1, 1, tzinfo=UTC))
_SPREAD = Spread(3, 12.0, 34.0, 56.0)


def test_the_shape_of_the_freshness_report() -> None:
    """Names that a comparison relies on; what could not be measured is null, never zero."""
    written = msgspec.json.decode(msgspec.json.encode(_freshness()))
    assert written.keys() == {"benchmark", "machine", "credentials", "learners", "runs"}
    assert written["benchmark"] == "freshness"
    (run,) = written["runs"]
    assert run["sent_to_served"] == {"count": 3, "p50": 12.0, "p99": 34.0, "max": 56.0}
    assert run["accepted_to_served"] is None
    assert run["ceiling"] == {"kafka_to_redis": run["sent_to_served"], "gateway_read": None}
    assert (run["rate"], run["ratio"], run["drain_seconds"]) == (100.0, None, None)
    assert {"errors", "stages", "cores", "means", "acknowledged", "sent_to_accepted"} < run.keys()


def test_the_shape_of_the_gateway_report() -> None:
    """Every case has its cost and its ratio, beside the targets."""
    written = msgspec.json.decode(msgspec.json.encode(_gateway()))
    assert written["benchmark"] == "gateway"
    assert (written["at_least"], written["aim"], written["stored"]) == (1.6, 1.15, True)
    assert written["costs"]["recommendations"] == {
        "cpu_microseconds": 150.0,
        "rounds": [150.0],
        "over_litestar": 1.5,
        "latency": {"count": 3, "p50": 12.0, "p99": 34.0, "max": 56.0},
    }


def test_the_shapes_of_the_reports_of_one_process(tmp_path: Path) -> None:
    """Trainer and worker are measured in this process; a small run has every figure, and its table is printed."""
    console, said = Console(file=io.StringIO(), width=160), list[str]()
    small = {"learners": 300, "credentials": 200, "each": 4, "factors": 4}
    trained = measure_train(events=100, step_after=50, folder=tmp_path, say=said.append, **small)
    updated = measure_update(updates=10, say=said.append, **small)
    show_train(console, trained)
    show_update(console, updated)
    for report in (trained, updated):
        written = msgspec.json.decode(msgspec.json.encode(report))
        assert written.keys() >= {"benchmark", "machine", "learners", "credentials", "at_least"}
    assert trained.events.per_second > 0
    assert trained.events.ceiling_per_second > 0
    assert updated.stages.keys() == {"decode", "state", "list", "encode"}
    assert updated.per_second > 0


def test_tables_show_what_was_measured_and_what_was_not() -> None:
    """Both reports are printed with their ratio; a quantile that is unknown is a dash."""
    console = Console(file=io.StringIO(), width=160)
    show_freshness(console, _freshness())
    show_gateway(console, _gateway())
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "100/s" in shown
    assert "34.0" in shown
    assert "–" in shown
    assert "not in time" in shown
    assert "1.50" in shown
    assert "errors: gone 2" in shown


def _freshness() -> FreshnessReport:
    run = FreshnessRun(
        rate=100.0,
        acknowledged=89.5,
        errors={"gone": 2},
        sent_to_accepted=_SPREAD,
        sent_to_served=_SPREAD,
        accepted_to_served=None,
        stages={"commit": None},
        ceiling=Ceiling(_SPREAD, None),
        ratio=None,
        drain_seconds=None,
        cores={"gateway": 0.4},
        means={},
    )
    return FreshnessReport(_MACHINE, 500, 100, [run])


def _gateway() -> GatewayReport:
    cost = Cost(150.0, [150.0], 1.5, _SPREAD)
    return GatewayReport(_MACHINE, 2_700, 100, 0.01, True, {"gone": 2}, {"recommendations": cost})
