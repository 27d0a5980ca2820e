"""Bulk work from the command line: import, check, export, republish."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from libs.common.errors import TryAgain, Unavailable
from libs.common.settings import load
from libs.common.telemetry import configure
from libs.common.web import run
from services.catalog.app import opened_store, republish_all, take_back_all
from services.catalog.domain.kinds import KINDS, KindName
from services.catalog.domain.records import Item, LeftOut, Rejected, Working
from services.catalog.importers import Format, Reading, reading
from services.catalog.importers.folders import CannotRead
from services.catalog.importers.recognition import recognised
from services.catalog.reports import NotesTaken, ReportFile
from services.catalog.settings import RestoreSettings, StoreSettings
from services.catalog.usecases.exporting import ExportFormat, exported
from services.catalog.usecases.importing import Importer, Outcome

Report = Callable[[Rejected], None]

FilePath = Annotated[
    Path, typer.Argument(help="The file; gzip is unpacked. A folder for onet and esco.")
]
FileFormat = Annotated[Format, typer.Option("--format", help="How the file is written.")]
RecordKind = Annotated[KindName, typer.Option(help="What the records are.")]
ReportPath = Annotated[
    Path | None, typer.Option("--report", help="Where bad records are listed; else on stderr.")
]


def import_file(
    path: FilePath,
    format: FileFormat,
    kind: RecordKind = "credential",
    report: ReportPath = None,
) -> None:
    """Publish the records of a file. Good ones are stored, bad ones listed; run again, it changes nothing."""
    settings = load(StoreSettings)
    configure("catalog", "import", settings)

    async def work(items: Iterator[Item], reject: Report) -> None:
        async with opened_store(settings) as store:
            _say(await Importer(store, reject).take_all(items))

    _each(path, format, kind, report, lambda items, reject: run(work(items, reject)))


def check_file(
    path: FilePath,
    format: Annotated[
        Format | None, typer.Option("--format", help="How it is written; else by what it holds.")
    ] = None,
    kind: RecordKind = "credential",
    report: ReportPath = None,
) -> None:
    """Read a file as `import` would, say how complete its records are, and store nothing."""

    def work(items: Iterator[Item], reject: Report) -> None:
        good = bad = 0
        for item in items:
            if isinstance(item, Rejected):
                reject(item)
                bad += 1
            elif not isinstance(item, LeftOut):
                good += 1
        typer.echo(f"{good} good, {bad} rejected")

    try:
        found = format or recognised(path)
    except (OSError, CannotRead) as failed:
        typer.echo(str(failed), err=True)
        raise typer.Exit(1) from failed
    _each(path, found, kind, report, work)


def export_file(
    path: Annotated[Path, typer.Argument(help="Packed when it ends in .gz.")],
    format: Annotated[ExportFormat, typer.Option("--format", help="How it is written.")] = "jsonl",
) -> None:
    """Write everything as lines that `import --format jsonl` takes, or the credentials as linked data."""
    settings = load(StoreSettings)
    configure("catalog", "export", settings)
    unfinished = path.with_name(f"{path.name}.part")

    async def work() -> None:
        pack = gzip.open if path.suffix == ".gz" else open
        with cast(BinaryIO, pack(unfinished, "wb")) as file:
            async with opened_store(settings) as store:
                async for lines in exported(store, format):
                    file.write(lines)
        unfinished.replace(path)

    try:
        run(work())
    except (OSError, Unavailable) as failed:
        unfinished.unlink(missing_ok=True)
        _give_up(failed)


def republish(
    restored: Annotated[
        bool,
        typer.Option(
            help="PostgreSQL was restored: first take back what the topics have that is newer. Before the api starts."
        ),
    ] = False,
) -> None:
    """Have a running api send every snapshot again."""
    settings = load(RestoreSettings if restored else StoreSettings)
    configure("catalog", "republish", settings)
    try:
        if isinstance(settings, RestoreSettings):
            run(take_back_all(settings))
        else:
            run(republish_all(settings))
    except (Unavailable, TryAgain) as away:
        _give_up(away)


def _each(
    path: Path,
    format: Format,
    kind: KindName,
    report: Path | None,
    work: Callable[[Iterator[Item], Report], None],
) -> None:
    """Runs `work` on the records of a file. Exits with 1 if any was rejected or the work stopped."""
    rejected = 0
    try:
        with ExitStack() as stack:
            source = stack.enter_context(reading(path, format, KINDS[kind]))
            progress = stack.enter_context(_progress())
            entries = stack.enter_context(_writer(report, progress.console))
            notes = NotesTaken(entries.write if report else None)

            def reject(record: Rejected) -> None:
                nonlocal rejected
                rejected += 1
                entries.rejected(record)

            work(notes.of(_shown(source, progress)), reject)
            notes.say()
    except (OSError, Unavailable) as failed:
        _give_up(failed)
    if rejected:
        raise typer.Exit(1)


def _say(outcome: Outcome) -> None:
    typer.echo(
        f"{outcome.created} created, {outcome.changed} changed, {outcome.same} the same, "
        f"{outcome.rejected} rejected"
    )
    for why, rows in outcome.left_out.items():
        typer.echo(f"left out: {rows} {why}")


def _progress() -> Progress:
    parts = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*parts, console=Console(stderr=True))


def _shown(source: Reading, progress: Progress) -> Iterator[Item]:
    task = progress.add_task("", total=1.0)
    for item in source.items:
        progress.update(task, completed=source.share())
        if not isinstance(item, Working):
            yield item
    progress.update(task, completed=1.0)


@contextmanager
def _writer(path: Path | None, console: Console) -> Iterator[ReportFile]:
    with ExitStack() as stack:
        file = stack.enter_context(path.open("w")) if path else None

        def write(text: str) -> None:
            if file is None:
                console.out(text, highlight=False)
            else:
                file.write(f"{text}\n")

        yield ReportFile(write)


def _give_up(failed: Exception) -> NoReturn:
    typer.echo(f"stopped: {failed}; what was stored stays, so run it again", err=True)
    raise typer.Exit(1)
