"""What a badge says of itself, as far as matching asks: whose it is, what for, and the skills it is aligned with.

Nothing of worth is read: neither accreditation nor level nor outcomes come from a badge (career.md, Value).
https://www.imsglobal.org/spec/ob/v3p0/#data-models
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

MOST_SKILLS = 100
_LONGEST_ID = 500
_CTID = "ce-"


class Claims(Struct, frozen=True, kw_only=True):
    """urls: of the achievement, its id first, then what it is aligned with as a credential. ctids likewise. skills: ids
    that an alignment may mean, in its order."""

    issuer: str
    name: str | None = None
    urls: list[str] = []
    ctids: list[str] = []
    skills: list[str] = []
    awarded_at: datetime | None = None
    ends_at: datetime | None = None


def claims_of(credential: Mapping[str, Any]) -> Claims:
    """Of a credential whose shape has been found good; what is not as it should be says nothing."""
    issuer = _object(credential.get("issuer"))
    subject = _object(_first(credential.get("credentialSubject")))
    achievement = _object(_first(subject.get("achievement")))
    alignments = [_object(each) for each in _list(achievement.get("alignment"))]
    urls = [*_texts(achievement, "id"), *_credentials(alignments, "targetUrl")]
    others = [_object(each) for each in _list(achievement.get("otherIdentifier"))]
    codes = [
        *_credentials(alignments, "targetCode"),
        *(i for o in others for i in _texts(o, "identifier")),
    ]
    return Claims(
        issuer=next(iter(_texts(issuer, "id")), str(credential.get("issuer"))),
        name=next(iter(_texts(achievement, "name")), None),
        urls=urls,
        ctids=[each for each in [*codes, *map(_last_segment, urls)] if each.startswith(_CTID)],
        skills=list(dict.fromkeys(_skills(alignments)))[:MOST_SKILLS],
        awarded_at=_moment(credential, "awardedDate", "validFrom", "issuanceDate"),
        ends_at=_moment(credential, "validUntil", "expirationDate"),
    )


def _credentials(alignments: list[Mapping[str, Any]], field: str) -> Iterator[str]:
    for each in alignments:
        if _is_credential(each):
            yield from _texts(each, field)


def _skills(alignments: list[Mapping[str, Any]]) -> Iterator[str]:
    """The ESCO URI, `onet:` and the element, or the id as the framework has it."""
    for each in alignments:
        if _is_credential(each):
            continue
        yield from _texts(each, "targetUrl")
        for code in _texts(each, "targetCode"):
            framework = str(each.get("targetFramework", "")).lower()
            yield f"onet:{code}" if "o*net" in framework else code


def _is_credential(alignment: Mapping[str, Any]) -> bool:
    return alignment.get("targetType") == "ceterms:Credential"


def _texts(of: Mapping[str, Any], name: str) -> Iterator[str]:
    value = of.get(name)
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and "\0" not in value:
        yield value


def _moment(credential: Mapping[str, Any], *names: str) -> datetime | None:
    for name in names:
        try:
            moment = datetime.fromisoformat(str(credential.get(name)))
        except ValueError:
            continue
        if moment.tzinfo is not None and 1 < moment.year < 9999:
            return moment
    return None


def _last_segment(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> Any:
    return next(iter(_list(value)), None)
