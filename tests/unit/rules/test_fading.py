"""How much of what was once learned is left."""

import pytest

from libs.common.contracts.catalog import SkillBody
from libs.common.rules.fading import YEAR, half_life, left


@pytest.mark.parametrize(
    ("skill", "years"),
    [
        (SkillBody(name="Presenting", reuse_level="transversal"), None),
        (SkillBody(name="Budgeting", reuse_level="cross-sector"), 10),
        (SkillBody(name="Phlebotomy", reuse_level="sector-specific"), 5),
        (SkillBody(name="Taxidermy", reuse_level="occupation-specific"), 5),
        (SkillBody(name="Photoshop", kind="tool"), 2.5),
        (SkillBody(name="SQL", kind="tool", reuse_level="cross-sector"), 10),
        (SkillBody(name="COBOL", kind="tool", half_life_years=40), 40),
        (SkillBody(name="Anything"), None),
    ],
)
def test_the_half_life_follows_from_what_the_catalog_says(
    skill: SkillBody, years: float | None
) -> None:
    """The skill's own comes first, then its reuse level, then that it is a tool."""
    assert half_life(skill) == years


def test_a_half_life_leaves_half() -> None:
    """After one half is left, after two a quarter; nothing grows before its evidence, and some never fade."""
    assert left(5, 0, round(5 * YEAR)) == pytest.approx(0.5)
    assert left(5, 0, round(10 * YEAR)) == pytest.approx(0.25)
    assert left(5, 1000, 0) == 1
    assert left(None, 0, round(100 * YEAR)) == 1
