"""Names in running text: precision before recall."""

import pytest

from services.recommender.domain.names import Names

KNOWN = {
    "pm": ["Project management", "Managing projects"],
    "m": ["Management"],
    "sql": ["SQL"],
    "csharp": ["C#"],
    "go": ["Go"],
    "js": ["JavaScript"],
    "java": ["Java"],
    "welding": ["Welding"],
    "care": ["Patient care"],
    "accueil": ["Élaboration de budgets"],
}


@pytest.fixture(scope="module")
def names() -> Names:
    """Some skills with names and aliases."""
    known = Names()
    for id, called in KNOWN.items():
        known.put(id, called)
    return known


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We look for project management experience", {"pm"}),
        ("You like managing projects.", {"pm"}),
        ("Project managment wanted", {"pm"}),
        ("Project and people management", {"m"}),
        ("Javascript, not Java", {"js", "java"}),
        ("SQL and C# every day", {"sql", "csharp"}),
        ("the sql of life", set()),
        ("Go to the office and go home", set()),
        ("Wedding planner", set()),
        ("Impatient carer", set()),
        ("ÉLABORATION DE BUDGETS", {"accueil"}),
        ("", set()),
    ],
)
def test_what_is_named_is_found_and_nothing_else(names: Names, text: str, found: set[str]) -> None:
    """Names, aliases and close spellings in any case; acronyms in capitals only; a part of a longer name is not another."""
    assert {each.id for each in names.find(text)} == found


def test_another_spelling_is_less_sure(names: Names) -> None:
    """What matched and how surely is told: the words as they stand there, and 1 only for the very name."""
    [exact] = names.find("Welding")
    [near] = names.find("project managment")
    assert (exact.text, exact.confidence) == ("welding", 1.0)
    assert near.text == "project managment"
    assert 0.9 <= near.confidence < 1


def test_names_that_were_taken_away_are_not_found() -> None:
    """A skill that is renamed is found by its new names only, acronyms too."""
    known = Names()
    known.put("a", ["Arc welding", "SQL"])
    known.put("a", ["Brazing", "CSS"])
    assert known.find("Arc welding and SQL") == []
    assert [each.id for each in known.find("brazing")] == ["a"]
    assert [each.id for each in known.find("CSS")] == ["a"]
