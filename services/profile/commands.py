"""Bulk work from the command line: badges from files."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from libs.common.contracts.calls import BadgeAnswer
from libs.common.errors import StackwiseError
from libs.common.settings import load
from libs.common.telemetry import configure
from libs.common.web import run
from services.profile.settings import BadgeSettings
from services.profile.usecases.badges import Badges
from services.profile.usecases.ports import Document

LARGEST_FILE = 1_000_000
AT_ONCE = 100
_MEDIA = {
    ".json": "application/json",
    ".jsonld": "application/json",
    ".jwt": "application/vc+jwt",
}


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a file; `failed` are the steps that did not pass, with their reasons."""

    file: str
    status: str
    held_as: str | None = None
    matched_by: str | None = None
    failed: list[str] = []


def import_badges(
    path: Annotated[Path, typer.Argument(help="A badge, or a folder of .json, .jsonld and .jwt.")],
    partner: Annotated[str, typer.Option(help="Whose learner.")],
    learner: Annotated[str, typer.Option(help="Who holds the badges: the partner's learner id.")],
    report: Annotated[
        Path | None, typer.Option(help="Where a line of JSON for each file goes; else to stdout.")
    ] = None,
) -> None:
    """Take in badges from files, as the API does; run again, it checks them again. Exits with 1 unless all are verified."""
    settings = load(BadgeSettings)
    configure("profile", "import-badges", settings)
    files = sorted(_files(path))
    if not files:
        typer.echo(f"{path}: no .json, .jsonld or .jwt", err=True)
        raise typer.Exit(1)
    lines: list[Line] = []
    try:
        run(_take_in_all(settings, files, partner, learner, lines))
    except (OSError, StackwiseError) as failed:
        typer.echo(f"stopped: {failed}; what was taken in stays, so run it again", err=True)
        raise typer.Exit(1) from failed
    _write(report, lines)
    verified = len([line for line in lines if line.status == "verified"])
    typer.echo(f"{verified} of {len(lines)} badges verified", err=True)
    if verified < len(lines):
        raise typer.Exit(1)


def _files(path: Path) -> Iterator[Path]:
    return (p for p in path.iterdir() if p.suffix in _MEDIA) if path.is_dir() else iter([path])


async def _take_in_all(
    settings: BadgeSettings, files: Sequence[Path], partner: str, learner: str, lines: list[Line]
) -> None:
    from services.profile.app import opened_badges

    turns = asyncio.Semaphore(AT_ONCE)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(files))
        async with opened_badges(settings) as badges:

            async def one(file: Path) -> Line:
                async with turns:
                    line = await _take_in(badges, file, partner, learner)
                progress.advance(task)
                return line

            lines.extend(await asyncio.gather(*map(one, files)))


async def _take_in(badges: Badges, file: Path, partner: str, learner: str) -> Line:
    """Raises StackwiseError for what is wrong with more than this file, such as an unknown learner."""
    with file.open("rb") as opened:
        raw = opened.read(LARGEST_FILE + 1)
    document = Document(_MEDIA.get(file.suffix, "application/json"), raw.strip())
    return _line(file, await badges.take_in(partner, learner, document))


def _line(file: Path, answer: BadgeAnswer) -> Line:
    steps = [step for step in answer.verification.steps if not step.passed]
    held = answer.held
    return Line(
        file=file.name,
        status=answer.verification.status,
        held_as=None if held is None else held.credential_id,
        matched_by=None if held is None else held.matched_by,
        failed=[f"{step.step}: {step.detail}" for step in steps],
    )


def _write(report: Path | None, lines: Sequence[Line]) -> None:
    with ExitStack() as stack:
        file = None if report is None else stack.enter_context(report.open("w", encoding="utf-8"))
        for line in lines:
            typer.echo(msgspec.json.encode(line).decode(), file=file)
