"""One evaluation from files to table, JSON and plots."""

from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console

from libs.common.errors import InvalidRequest
from services.recommender.evaluation.catalog import read_catalog
from services.recommender.evaluation.evaluate import evaluate
from services.recommender.evaluation.log import some_learners
from services.recommender.evaluation.progress import Bars
from services.recommender.evaluation.reading import read_log
from services.recommender.evaluation.report import Report
from services.recommender.evaluation.rows import columns_of
from services.recommender.evaluation.split import Protocol
from services.recommender.evaluation.table import show


class Options(Struct, frozen=True, kw_only=True):
    """As on the command line (`commands.evaluate`). models: none means all. limit: learners."""

    file: Path
    protocol: Protocol
    columns: str = ""
    catalog: Path | None = None
    k: int = 20
    models: list[str] = []
    share: float = 0.7
    limit: int | None = None
    json: Path | None = None
    plot: Path | None = None


def run(options: Options, console: Console) -> Report:
    """Nothing is written unless all went well. Raises InvalidRequest or BadRanking."""
    for output in filter(None, (options.json, options.plot)):
        if not output.parent.is_dir():
            raise InvalidRequest(f"{output}: there is no folder {output.parent}")
    names = columns_of(options.columns)
    log = read_log(options.file, names)
    catalog = None if options.catalog is None else read_catalog(options.catalog, names)
    if options.limit is not None:
        log = some_learners(log, options.limit)
    with Bars(console) as bars:
        report = evaluate(
            log,
            options.protocol,
            options.k,
            bars,
            catalog=catalog,
            models=options.models,
            share=options.share,
        )
    show(console, report)
    _write(report, options)
    return report


def _write(report: Report, options: Options) -> None:
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if options.plot is not None:
        from services.recommender.evaluation.plots import plot

        plot(report, options.plot)
