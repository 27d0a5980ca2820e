"""The words every contract shares: ids, levels, shares, money, time."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

_ID = Meta(min_length=1, max_length=500)

CredentialId = Annotated[str, _ID]
SkillId = Annotated[str, _ID]
OccupationId = Annotated[str, _ID]
PartnerId = Annotated[str, _ID]
LearnerId = Annotated[str, _ID]
LearnerKey = Annotated[str, _ID]

Text = Annotated[str, Meta(max_length=10_000)]
Name = Annotated[str, Meta(min_length=1, max_length=1_000)]
Url = Annotated[str, Meta(pattern="^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$", max_length=2_000)]
"""An address that a page may link to; `javascript:` is none."""
Level = Annotated[float, Meta(ge=0, le=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Hours = Annotated[float, Meta(ge=0, le=100_000)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Language = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
Region = Annotated[str, Meta(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
Timestamp = Annotated[datetime, Meta(tz=True)]

Delivery = Literal["online", "in_person", "blended"]
IncomeBand = Literal["low", "middle", "high"]
LevelName = Literal["beginner", "intermediate", "advanced"]

LEVELS: dict[LevelName, float] = {"beginner": 0.33, "intermediate": 0.66, "advanced": 1.0}


class Money(Struct, frozen=True):
    """An amount of a currency (ISO 4217); the amount travels as a decimal string."""

    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        refuse_bad_amount(self.amount)


def refuse_bad_amount(amount: Decimal | None) -> None:
    """Raises ValueError unless the amount is absent, or from 0 to below a billion with at most 12
    decimals (1e-999999 is a megabyte when it is written out)."""
    if amount is not None and not (
        amount.is_finite()
        and 0 <= amount < 1_000_000_000
        and int(amount.as_tuple().exponent) >= -12
    ):
        raise ValueError("an amount is a decimal number from 0 to 999999999.99")


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds of a moment; how states and lists keep time."""
    return round(moment.timestamp() * 1000)


def moment(unix_milliseconds: int) -> datetime:
    """The UTC moment of Unix milliseconds."""
    return datetime.fromtimestamp(unix_milliseconds / 1000, UTC)
