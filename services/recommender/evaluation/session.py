"""One evaluation from files to table, JSON and plots; one tuning from files to a settings file."""

from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct
from rich.console import Console
from threadpoolctl import threadpool_limits

from libs.common.errors import InvalidRequest
from services.recommender.evaluation.catalog import Catalog, read_catalog
from services.recommender.evaluation.evaluate import evaluate
from services.recommender.evaluation.log import Log, some_learners
from services.recommender.evaluation.progress import Bars
from services.recommender.evaluation.reading import read_log
from services.recommender.evaluation.report import Report
from services.recommender.evaluation.rows import columns_of
from services.recommender.evaluation.split import Protocol
from services.recommender.evaluation.table import show
from services.recommender.evaluation.tune import tune
from services.recommender.model.training import Tuned, read_tuned


class Options(Struct, frozen=True, kw_only=True):
    """As on the command line (`commands.evaluate`). models: none means all. limit: learners.

    settings: the file to read for an evaluation, or to write for a tuning.
    """

    file: Path
    protocol: Protocol
    columns: str = ""
    catalog: Path | None = None
    k: int = 20
    models: list[str] = []
    share: float = 0.7
    limit: int | None = None
    settings: Path | None = None
    json: Path | None = None
    plot: Path | None = None


class Data(NamedTuple):
    """What the files hold."""

    log: Log
    catalog: Catalog | None


def run(options: Options, console: Console) -> Report:
    """Nothing is written unless all went well. Raises InvalidRequest or BadRanking."""
    _check_folders(options.json, options.plot)
    tuned = None if options.settings is None else read_tuned(options.settings)
    data = _read(options)
    with Bars(console) as bars:
        report = evaluate(
            data.log,
            options.protocol,
            options.k,
            bars,
            catalog=data.catalog,
            models=options.models,
            share=options.share,
            tuned=tuned,
        )
    show(console, report)
    _write(report, options)
    return report


def run_tuning(options: Options, console: Console) -> Tuned:
    """Writes the settings file. Raises InvalidRequest or BadRanking."""
    assert options.settings is not None
    _check_folders(options.settings)
    data = _read(options)
    with Bars(console) as bars, threadpool_limits(1, user_api="blas"):
        bars.starts("tune", 1)
        tuned = tune(
            data.log, options.protocol, bars.says, catalog=data.catalog, share=options.share
        )
        bars.done(1)
    options.settings.write_bytes(msgspec.json.format(msgspec.json.encode(tuned)))
    console.print(msgspec.json.format(msgspec.json.encode(tuned)).decode())
    return tuned


def _check_folders(*outputs: Path | None) -> None:
    for output in filter(None, outputs):
        if not output.parent.is_dir():
            raise InvalidRequest(f"{output}: there is no folder {output.parent}")


def _read(options: Options) -> Data:
    names = columns_of(options.columns)
    log = read_log(options.file, names)
    catalog = None if options.catalog is None else read_catalog(options.catalog, names)
    return Data(log if options.limit is None else some_learners(log, options.limit), catalog)


def _write(report: Report, options: Options) -> None:
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if options.plot is not None:
        from services.recommender.evaluation.plots import plot

        plot(report, options.plot)
