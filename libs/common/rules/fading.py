"""Skills fade: the level held halves with every half-life since the evidence for it.

    level(t) = level · 2^(-(t - evidence) / half-life)

| reuse level (ESCO) | half-life |
| --- | --- |
| transversal, or not stated | none: it does not fade |
| cross-sector | 10 years |
| sector-specific, occupation-specific | 5 years |
| a named tool without one | 2.5 years |

A skill's own `half_life_years` comes before all of these. What has no date does not fade.
"""

from libs.common.contracts.catalog import ReuseLevel, SkillBody

YEAR = 365.25 * 86_400_000
"""Milliseconds."""
TOOL = 2.5
HALF_LIVES: dict[ReuseLevel, float | None] = {
    "transversal": None,
    "cross-sector": 10.0,
    "sector-specific": 5.0,
    "occupation-specific": 5.0,
}


def half_life(skill: SkillBody) -> float | None:
    """In years; None for a skill that does not fade."""
    if skill.half_life_years is not None:
        return skill.half_life_years
    if skill.reuse_level is not None:
        return HALF_LIVES[skill.reuse_level]
    return TOOL if skill.kind == "tool" else None


def left(years: float | None, evidence: int, now: int) -> float:
    """The share of a level, 0 to 1, that is left `now` of what was shown at `evidence` (Unix milliseconds)."""
    if years is None:
        return 1.0
    share: float = 2 ** (-max(0, now - evidence) / (years * YEAR))
    return share
