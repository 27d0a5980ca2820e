"""Values as linked data writes them: languages, amounts, dates, durations, countries."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import pycountry

from services.catalog.formats.notes import Node, listed

_MOST_DIGITS = 15
_NUMBER = r"(\d{1,9}(?:[.,]\d{1,20})?)"
_DURATION = re.compile(
    rf"P(?=.)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_REGION = re.compile("[A-Z]{2}(-[A-Z0-9]{1,3})?")


def text(node: Node, term: str, languages: list[str] | None = None) -> str | None:
    """A term's text: of a language map the document's own language, else English, else the first; the
    others are kept aside."""
    value = node.take(term)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        if value is not None and not isinstance(value, str):
            node.notes.bad(node.at(term), "is no text")
            return None
        return value or None
    if "@value" in value:
        value = {value.get("@language", "und"): value["@value"]}
    wanted = _language_of(list(value), languages or [])
    for other in value:
        if other != wanted:
            node.notes.aside(node.at(term, other), "is in another language", value[other])
    told = "\n".join(map(str, listed(value[wanted]))) if wanted is not None else ""
    return told or None


def _language_of(offered: list[str], wanted: list[str]) -> str | None:
    def order(language: str) -> tuple[bool, bool]:
        return language not in wanted, not language.lower().startswith("en")

    return min(offered, key=order, default=None)


def amount(node: Node, term: str) -> Decimal | None:
    """A number, exactly as written. What is none is bad."""
    value = node.take(term)
    if value is None:
        return None
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        node.notes.bad(node.at(term), "is no number")
        return None
    return number


def whole(node: Node, term: str) -> int | None:
    """A count; what is none is bad."""
    number = amount(node, term)
    if number is None:
        return None
    if number != int(number) or number < 0:
        node.notes.bad(node.at(term), "is no count")
        return None
    return int(number)


def moment(node: Node, term: str) -> str | None:
    """A date, as its first moment in UTC, or a moment (one without a zone is UTC), as RFC 3339."""
    value = node.take(term)
    if value is None:
        return None
    try:
        told = datetime.combine(date.fromisoformat(str(value)), time(), UTC)
    except ValueError:
        try:
            told = datetime.fromisoformat(str(value))
        except ValueError:
            node.notes.bad(node.at(term), "is no date")
            return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).isoformat()


class Duration(NamedTuple):
    """ISO 8601: calendar months (12 a year), days (7 a week) and hours."""

    months: float
    days: float
    hours: float

    @property
    def in_hours(self) -> float | None:
        """None for calendar time: nine months are no number of hours of work."""
        return self.hours if not (self.months or self.days) else None

    @property
    def in_months(self) -> int | None:
        is_months = not (self.days or self.hours) and self.months == int(self.months)
        return int(self.months) if is_months else None


def duration(node: Node, term: str) -> Duration | None:
    """A duration; what is none is bad."""
    value = node.take(term)
    if value is None:
        return None
    found = _DURATION.fullmatch(str(value))
    if found is None:
        node.notes.bad(node.at(term), "is no ISO 8601 duration")
        return None
    years, months, weeks, days, hours, minutes, seconds = (
        float((part or "0").replace(",", ".")) for part in found.groups()
    )
    return Duration(years * 12 + months, weeks * 7 + days, hours + minutes / 60 + seconds / 3600)


def country(name: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a country's code or its name in the standard; None for what is neither."""
    try:
        found: str = pycountry.countries.lookup(name or "").alpha_2
    except LookupError:
        return None
    return found


def region(country_name: str | None, part: str | None) -> str | None:
    """ISO 3166: a country's, or, with a part (its code, with or without the country's, or name), 3166-2."""
    code = country(country_name)
    if part is None or (code is None and not _REGION.fullmatch(part)):
        return code
    wanted = part.casefold()
    parts = pycountry.subdivisions.get(country_code=code or part[:2])  # type: ignore[no-untyped-call]
    for each in parts or ():
        if wanted in (each.code.casefold(), each.code[3:].casefold(), each.name.casefold()):
            found: str = each.code
            return found
    return None


def language(code: str) -> str | None:
    """BCP 47 of a language's two- or three-letter code."""
    found = pycountry.languages.get(alpha_3=code.lower()) or pycountry.languages.get(
        alpha_2=code.lower()
    )
    return getattr(found, "alpha_2", getattr(found, "alpha_3", None))
