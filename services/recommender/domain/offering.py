"""What a path may be made of: the feasible credentials that teach something needed, and what those need."""

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from libs.common.rules.eligibility import missing_prerequisites
from libs.common.rules.levels import UNSTATED
from libs.common.rules.value import QUALITY_FLOOR
from services.recommender.domain.ask import Ask
from services.recommender.domain.choosing import Offer
from services.recommender.domain.columns import Array
from services.recommender.domain.stacking import Need

Groups = list[list[int]]


class Offering(Struct, frozen=True):
    """rows (m,): the offered rows of the catalog. quality (m,): their value, 0 to 1. wanted (n,): True
    in the catalog's rows for what teaches something needed and is out for no reason but a constraint; nowhere when some of it is
    within the constraints, so that none is to be relaxed."""

    rows: Array
    quality: Array
    offer: Offer
    wanted: Array


def offering(ask: Ask, needs: Sequence[Need]) -> Offering:
    """Hard constraints and the quality floor first; prerequisites must pass them as well."""
    catalog, who = ask.catalog, ask.who
    n = len(catalog)
    value = catalog.values(ask.constraints.region)
    good = value >= QUALITY_FLOOR
    eligible = (
        catalog.recommendable(who.partner_id) & ~catalog.mask(who.held | who.dismissed) & good
    )
    checks = catalog.fit.checks(ask.constraints, n)
    allowed = np.logical_and.reduce([eligible, *checks.values()])
    teaching = _teaching(ask, needs)
    needed = {row: _needs(row, ask, allowed) for row in np.flatnonzero(teaching & allowed).tolist()}
    _complete(needed, ask, allowed)
    needed = _startable(needed)
    rows = np.array(sorted(needed), np.int64)
    place = {row: at for at, row in enumerate(rows.tolist())}
    groups = [[[place[each] for each in group] for group in needed[row]] for row in rows.tolist()]
    cost = np.maximum(catalog.fit.net_cents(ask.constraints, n)[rows], 0).astype(np.float64)
    hours = np.nan_to_num(catalog.fit.hours.first(n)[rows])
    return Offering(
        rows=rows,
        quality=value[rows],
        offer=Offer(cost, hours, groups),
        wanted=eligible & teaching & ~(teaching & allowed).any(),
    )


def _teaching(ask: Ask, needs: Iterable[Need]) -> Array:
    """True for what teaches something needed beyond what is held (n,)."""
    teaching = np.zeros(len(ask.catalog), np.bool_)
    for need in needs:
        rows, levels = ask.catalog.teaching.rows(need.skill_id)
        teaching[rows[levels > need.held]] = True
    return teaching


def _complete(needed: dict[int, Groups], ask: Ask, allowed: Array) -> None:
    """Adds what the offered need first, and what that needs."""
    waiting = list(needed)
    while waiting:
        for group in needed[waiting.pop()]:
            for row in group:
                if row not in needed:
                    needed[row] = _needs(row, ask, allowed)
                    waiting.append(row)


def _startable(needed: dict[int, Groups]) -> dict[int, Groups]:
    """Those that can be reached in some order, with the options that can."""
    reached: dict[int, Groups] = {}
    while more := {
        row: groups
        for row, groups in needed.items()
        if row not in reached and all(any(each in reached for each in group) for group in groups)
    }:
        reached |= more
    return {
        row: [[each for each in group if each in reached] for group in groups]
        for row, groups in reached.items()
    }


def _needs(row: int, ask: Ask, allowed: Array) -> Groups:
    """For each prerequisite that is not met the allowed rows that meet it; empty where none does."""
    credential = ask.catalog.credentials[row]
    assert credential is not None
    if not credential.prerequisites:
        return []
    groups = []
    for missing in missing_prerequisites(credential, ask.who.held, ask.who.earned):
        if missing.credential is not None:
            one = ask.catalog.row(missing.credential)
            groups.append([one] if one < len(allowed) and allowed[one] else [])
        else:
            rows, levels = ask.catalog.teaching.rows(missing.skill or "")
            enough = levels >= (UNSTATED if missing.level is None else missing.level)
            groups.append([r for r in rows[enough].tolist() if allowed[r] and r != row])
    return groups
