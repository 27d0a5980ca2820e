"""What a credential costs, and what is left of it after aid."""

from decimal import Decimal

from libs.common.contracts.catalog import Aid, CredentialBody
from libs.common.contracts.types import Money

NOTHING = Decimal(0)
CENT = Decimal("0.01")


def price(credential: CredentialBody) -> Money | None:
    """The sum of the mandatory parts in the first mandatory part's currency; None when no cost is known.

    A credential whose only parts are optional costs nothing.
    """
    if not credential.cost:
        return None
    mandatory = [part for part in credential.cost if part.mandatory]
    currency = (mandatory or credential.cost)[0].currency
    return _money(sum((p.amount for p in mandatory if p.currency == currency), NOTHING), currency)


def in_one_currency(credential: CredentialBody) -> bool:
    """Whether all that must be paid is in one currency; otherwise no budget can be held against it."""
    return len({part.currency for part in credential.cost if part.mandatory and part.amount}) <= 1


def net_cost(
    credential: CredentialBody, region: str | None, income_band: str | None
) -> Money | None:
    """The price less all aid in its currency that this learner may have, at least 0; None when unknown.

    Aid without an amount counts 0, so that nobody is promised what may not come.
    """
    gross = price(credential)
    if gross is None:
        return None
    aid = sum(
        (
            offer.amount
            for offer in credential.aid
            if offer.amount is not None
            and offer.currency in (None, gross.currency)
            and eligible_for(offer, region, income_band)
        ),
        NOTHING,
    )
    return _money(max(NOTHING, gross.amount - aid), gross.currency)


def eligible_for(offer: Aid, region: str | None, income_band: str | None) -> bool:
    """Whether the offer is open to this learner; an offer that names nobody is open to everyone."""
    in_region = not offer.regions or any(covers(place, region) for place in offer.regions)
    in_band = not offer.income_bands or income_band in offer.income_bands
    return in_region and in_band


def covers(place: str, region: str | None) -> bool:
    """Whether a place (ISO 3166-1 or -2) contains the region: `US` covers `US-CA`, not the reverse."""
    return region is not None and (region == place or region.startswith(f"{place}-"))


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount=amount.quantize(CENT), currency=currency)
