"""Regulated occupations: what is known, what is not, and what must be checked.

Criterion: Directive 2005/36/EC Art. 3(1)(a). The families are those in which a licence is usual;
no record in one of them means "check with the regulator", never "not regulated".
"""

from collections.abc import Collection, Mapping

from libs.common.contracts.catalog import Occupation, Regulation
from libs.common.contracts.redis_values import TargetStatus

ISCO_FAMILIES = ("22", "23", "261", "2635", "315", "514", "741")
ISCO_EXCEPT = ("235",)
SOC_FAMILIES = (
    *("29-", "25-2", "23-1", "21-1", "33-3", "39-501"),
    *("47-2111", "47-2152", "53-2", "17-1", "17-2"),
)


def find(
    regulations: Mapping[str, Regulation], occupation_id: str, region: str | None
) -> Regulation | None:
    """The record for a region (ISO 3166-1 or -2), else its country's if that says `regulated`.

    `regulations` is keyed by `occupation|jurisdiction`. A country's `not_regulated` is not inherited.
    """
    if region is None:
        return None
    own = regulations.get(f"{occupation_id}|{region}")
    if own is not None:
        return own
    country = regulations.get(f"{occupation_id}|{region.split('-', 1)[0]}")
    return country if country is not None and country.status == "regulated" else None


def usually_regulated(occupation: Occupation) -> bool:
    """Whether an occupation is in a family that most jurisdictions regulate."""
    isco, soc = occupation.isco or "", occupation.soc or ""
    return (isco.startswith(ISCO_FAMILIES) and not isco.startswith(ISCO_EXCEPT)) or soc.startswith(
        SOC_FAMILIES
    )


def status(
    occupation: Occupation, record: Regulation | None, held: Collection[str]
) -> TargetStatus:
    """The status of an occupation as a goal for someone who holds these credential ids."""
    if record is not None and record.status == "regulated":
        if not any(required in held for required in record.required_credentials):
            return "blocked_pending_licence"
    elif record is None and usually_regulated(occupation):
        return "check_regulator"
    return "open" if occupation.skills else "no_skill_data"
