"""Documents of one object a record: Open Badges achievements, European digital credentials, CASE items,
the register of regulated professions."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from libs.common.errors import Fault
from services.catalog.domain.kinds import CREDENTIAL, REGULATION, SKILL
from services.catalog.domain.records import Item, LeftOut, Rejected, Working
from services.catalog.formats import case, elm, openbadges, regulated
from services.catalog.importers import json_nodes
from services.catalog.importers.files import opened
from services.catalog.importers.json_nodes import Found
from services.catalog.importers.reports import items_of
from services.catalog.importers.staging import Gauge

Take = Callable[[Found], Iterator[Item]]


def reader(
    take: Take, lists: Sequence[str] = ()
) -> Callable[[Path, Gauge], Iterator[Item | Working]]:
    """Reads a file of such objects as they stream by; those in a document's `lists` one by one."""

    def read(path: Path, gauge: Gauge) -> Iterator[Item | Working]:
        with opened(path) as source:
            for found in json_nodes.read(source.stream, lists):
                gauge.share = source.position() / (source.size or 1)
                if isinstance(found, Found):
                    yield from take(found)
                else:
                    yield found

    return read


def take_achievement(found: Found) -> Iterator[Item]:
    """A credential of an achievement, or of the badge of one."""
    achievement = openbadges.achievement_of(found.data)
    if achievement is None:
        yield Rejected(
            found.document, (Fault(found.pointer, "is no achievement, and no badge of one"),)
        )
        return
    within, data, granting = achievement
    reading = openbadges.read(data, granting)
    yield from items_of(CREDENTIAL, reading, found.document, found.pointer + within)


def take_european(found: Found) -> Iterator[Item]:
    """The credentials of a European digital credential, one for each qualification that it specifies."""
    if found.lists and not found.data.get("type"):
        return
    readings = list(elm.read_all(found.data))
    if not readings:
        detail = "is no European digital credential, qualification or achievement specification"
        yield Rejected(found.document, (Fault(found.pointer, detail),))
    for within, reading in readings:
        yield from items_of(CREDENTIAL, reading, found.document, found.pointer + within)


def take_competency(found: Found) -> Iterator[Item]:
    """A skill of a CASE item."""
    if case.is_item(found.data):
        yield from items_of(SKILL, case.read(found.data), found.document, found.pointer)
    elif not found.lists:
        yield LeftOut("objects of the framework that are no items")


def take_profession(found: Found) -> Iterator[Item]:
    """The regulations of a profession of the register."""
    data = found.data
    if found.lists and "name" not in data:
        return
    if not regulated.is_live(data):
        yield LeftOut("professions without a live version")
    elif not regulated.is_by_law(data):
        yield LeftOut("professions of voluntary registers, which prove neither answer")
    else:
        for reading in regulated.read_all(data):
            yield from items_of(REGULATION, reading, found.document, found.pointer)
