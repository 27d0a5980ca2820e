"""Who is served how well: measures by group, without telling anything of a small one (career.md, Equity).

| measure | of a learner's first k |
| --- | --- |
| feasible | whether there is any |
| net_cost | mean cost after aid, in the report's currency; of those whose cost is known |
| hours | mean workload |
| value | mean value score, 0 to 1 |
| gap_closed | the share of what is missing for the goal that all of them together close (`stacking`'s F) |
| cost_burden | mean net cost over the budget that the learner has stated, which is above zero (cost over means, as the US \
Department of Housing and Urban Development measures the burden of housing) |

A mean is told of at least 30 learners. A smaller group is suppressed; and where everyone less the groups that are told would
leave 1 to 29, the smallest of those is withheld as well, so that none follows by subtraction (complementary suppression,
as statistical offices do it: Willenborg & de Waal 2001). The same holds for each mean, by those who have the measure: how
many these are can be known, as every list has a value.

Exposure by sector of the issuer: Σ 1 / log₂(1 + rank) over all lists, as a share, against the sector's share of merit, the sum
of the value scores of all that may be recommended (Singh & Joachims 2018: exposure in proportion to merit).
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from typing import Literal, get_args

from msgspec import Struct

LEAST = 30
MOST_GROUPS = 10_000
EVERYONE = "everyone"
SUPPRESSED = "(suppressed)"
"""What an axis' suppressed groups are called together: that someone is in one would say too much."""
Measure = Literal["net_cost", "hours", "value", "gap_closed", "cost_burden"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
GroupKey = tuple[str, str]
"""An axis, such as `income_band`, and a learner's place on it."""


class Person(Struct, frozen=True, kw_only=True):
    """One learner's list. measures: those that can be told of it. exposure: by sector."""

    groups: Mapping[str, str]
    feasible: bool
    measures: Mapping[Measure, float]
    exposure: Mapping[str, float]


class GroupReport(Struct, frozen=True, kw_only=True):
    """learners and all measures are None where groups are suppressed, whose names are not told either; a measure of
    fewer than 30 is None too."""

    axis: str
    group: str
    learners: int | None
    feasible: float | None
    measures: dict[Measure, float | None]


class Gap(Struct, frozen=True, kw_only=True):
    """How far the groups of an axis are apart in a measure: the highest mean less the lowest, and which those are."""

    axis: str
    measure: str
    lowest: str
    highest: str
    difference: float


class SectorReport(Struct, frozen=True, kw_only=True):
    """Shares of all exposure and of all merit, 0 to 1; ratio is exposure over merit, None without merit."""

    sector: str
    credentials: int
    exposure: float
    merit: float
    ratio: float | None


class FairnessReport(Struct, frozen=True, kw_only=True):
    """everyone: all learners with a list, whatever groups they are in."""

    computed_at: int
    k: int
    currency: str
    everyone: GroupReport
    groups: list[GroupReport]
    gaps: list[Gap]
    sectors: list[SectorReport]


class TooManyGroups(ValueError):
    """Groups are few by what they are for; so many are free text."""


class _Tally:
    """Of one group."""

    def __init__(self) -> None:
        self.learners = self.feasible = 0
        self.counts: dict[Measure, int] = dict.fromkeys(MEASURES, 0)
        self.sums: dict[Measure, float] = dict.fromkeys(MEASURES, 0.0)

    def add(self, person: Person) -> None:
        self.learners += 1
        self.feasible += person.feasible
        for measure, found in person.measures.items():
            self.counts[measure] += 1
            self.sums[measure] += found

    def report(
        self, key: GroupKey, *, told: bool = True, means_of: Container[Measure]
    ) -> GroupReport:
        means = {
            each: round(self.sums[each] / self.counts[each], 4) if each in means_of else None
            for each in MEASURES
        }
        return GroupReport(
            axis=key[0],
            group=key[1],
            learners=self.learners if told else None,
            feasible=round(self.feasible / self.learners, 4) if told and self.learners else None,
            measures=means,
        )


class Fairness:
    """Takes people one by one, in any order, and keeps sums only."""

    def __init__(self) -> None:
        self._everyone = _Tally()
        self._groups: defaultdict[GroupKey, _Tally] = defaultdict(_Tally)
        self._exposure: defaultdict[str, float] = defaultdict(float)

    def add(self, person: Person) -> None:
        """Raises TooManyGroups."""
        self._everyone.add(person)
        for key in person.groups.items():
            self._groups[key].add(person)
        if len(self._groups) > MOST_GROUPS:
            raise TooManyGroups(f"there are more than {MOST_GROUPS} different groups")
        for sector, exposure in person.exposure.items():
            self._exposure[sector] += exposure

    @property
    def learners(self) -> int:
        return self._everyone.learners

    def report(
        self,
        merit: Mapping[str, float],
        credentials: Mapping[str, int],
        *,
        k: int,
        currency: str,
        now: int,
    ) -> FairnessReport:
        """merit, credentials: by sector, over all that may be recommended. now: Unix milliseconds."""
        told = self._told()
        groups = [self._groups[key].report(key, means_of=told[key]) for key in sorted(told)]
        untold = sorted({axis for axis, _ in self._groups.keys() - told.keys()})
        groups += [_Tally().report((axis, SUPPRESSED), told=False, means_of=()) for axis in untold]
        return FairnessReport(
            computed_at=now,
            k=k,
            currency=currency,
            everyone=self._everyone.report(
                (EVERYONE, EVERYONE),
                told=self._everyone.learners >= LEAST,
                means_of=[each for each in MEASURES if self._everyone.counts[each] >= LEAST],
            ),
            groups=groups,
            gaps=_gaps(groups),
            sectors=_sectors(self._exposure, merit, credentials)
            if self._everyone.learners >= LEAST
            else [],
        )

    def _told(self) -> dict[GroupKey, list[Measure]]:
        """The groups of which something is told, and the measures whose means are."""
        told: dict[GroupKey, list[Measure]] = {}
        for axis in {axis for axis, _ in self._groups}:
            of = {key: tally for key, tally in self._groups.items() if key[0] == axis}
            sizes = {key: tally.learners for key, tally in of.items()}
            large = _untold_by_none(sizes, self._everyone.learners)
            told |= {key: [] for key in large}
            for measure in MEASURES:
                having = {key: of[key].counts[measure] for key in large}
                for key in _untold_by_none(having, self._everyone.counts[measure]):
                    told[key].append(measure)
        return told


def _untold_by_none(sizes: Mapping[GroupKey, int], everyone: int) -> set[GroupKey]:
    """Those large enough, less the smallest while what they leave of everyone is a small group itself."""
    told = {key: size for key, size in sizes.items() if size >= LEAST}
    while told and 0 < everyone - sum(told.values()) < LEAST:
        del told[min(told, key=lambda key: (told[key], key))]
    return set(told)


def _gaps(groups: Iterable[GroupReport]) -> list[Gap]:
    found: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for each in groups:
        means: dict[str, float | None] = {"feasible": each.feasible}
        means |= {str(measure): mean for measure, mean in each.measures.items()}
        for measure, mean in means.items():
            if mean is not None:
                found[each.axis, measure][each.group] = mean
    return [
        Gap(
            axis=axis,
            measure=measure,
            lowest=min(by, key=lambda group: (by[group], group)),
            highest=max(by, key=lambda group: (by[group], group)),
            difference=round(max(by.values()) - min(by.values()), 4),
        )
        for (axis, measure), by in found.items()
        if len(by) > 1
    ]


def _sectors(
    exposure: Mapping[str, float], merit: Mapping[str, float], credentials: Mapping[str, int]
) -> list[SectorReport]:
    all_exposure, all_merit = sum(exposure.values()), sum(merit.values())
    reports = []
    for sector in sorted(exposure.keys() | merit.keys()):
        shown = exposure.get(sector, 0.0) / all_exposure if all_exposure else 0.0
        deserved = merit.get(sector, 0.0) / all_merit if all_merit else 0.0
        reports.append(
            SectorReport(
                sector=sector,
                credentials=credentials.get(sector, 0),
                exposure=round(shown, 4),
                merit=round(deserved, 4),
                ratio=round(shown / deserved, 4) if deserved else None,
            )
        )
    return reports
