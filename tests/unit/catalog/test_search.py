"""Search of credentials, skills and occupations, on PostgreSQL."""

from typing import Any

import httpx
import pytest

from tests.unit.catalog.bodies import credential


async def add(api: httpx.AsyncClient, id: str, **parts: Any) -> None:
    answer = await api.put(f"/credentials/{id}", json=credential(**parts))
    assert answer.is_success, answer.text


async def found(api: httpx.AsyncClient, path: str = "/credentials", **query: Any) -> list[str]:
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_words_in_the_name_weigh_most(api: httpx.AsyncClient) -> None:
    """Name before issuer before description, for the same word."""
    await add(api, "by-description", name="Basics", description="All about welding.")
    await add(api, "by-issuer", name="Basics", issuer={"id": "w", "name": "Welding School"})
    await add(api, "by-name", name="Welding")
    await add(api, "not", name="Baking")
    assert await found(api, q="welding") == ["by-name", "by-issuer", "by-description"]


async def test_a_credential_is_found_by_the_names_of_its_skills(api: httpx.AsyncClient) -> None:
    """Also when the skill arrives, or is renamed, after the credential; words may come from both."""
    await add(api, "c1", name="Level one", skills=[{"id": "s1"}])
    assert await found(api, q="soldering") == []
    await api.put("/skills/s1", json={"name": "Soldering", "aliases": ["Brazing"]})
    assert await found(api, q="soldering") == ["c1"]
    assert await found(api, q="braz") == ["c1"]
    assert await found(api, q="soldering level") == ["c1"]
    assert await found(api, q="soldering advanced") == []
    await api.put("/skills/s1", json={"name": "Riveting"})
    assert await found(api, q="soldering") == []
    assert await found(api, q="rivet") == ["c1"]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Programmation élémentaire", "elementaire"),
        ("Elementary", "élémentary"),
        ("Straße und Brücke", "strasse"),
        ("Smørrebrød", "smorrebrod"),
        ("Project management", "proj"),
        ("Project management", "managing"),
        ("Programming in C++", "c++"),
        ("Programming in C#", "C#"),
        ("Node.js services", "node.js"),
        ("日本語入門", "日本"),
        ("Données: l'essentiel", "l'essentiel"),
    ],
)
async def test_words_match_without_accents_case_or_the_end_of_the_last(
    api: httpx.AsyncClient, name: str, query: str
) -> None:
    """Search-as-you-type in any script, and symbols that tell languages apart."""
    await add(api, "wanted", name=name)
    await add(api, "other", name="Something else about letter C")
    assert await found(api, q=query) == ["wanted"]


async def test_only_the_last_word_is_a_beginning(api: httpx.AsyncClient) -> None:
    """`pro manage` is not a search for project management; `project manage` is."""
    await add(api, "c1", name="Project management")
    assert await found(api, q="pro management") == []
    assert await found(api, q="project manage") == ["c1"]


@pytest.mark.parametrize("query", ["!!!", "& | ! ( ) <->", "''", "\\", "zzz:*", "%"])
async def test_symbols_are_no_search_syntax(api: httpx.AsyncClient, query: str) -> None:
    """What holds no word that is known finds nothing, and is no error."""
    await add(api, "c1")
    assert await found(api, q=query) == []


async def test_filters_narrow(api: httpx.AsyncClient) -> None:
    """Each filter alone, and together with words."""
    await add(api, "base", name="Base", occupations=["o1"])
    await add(api, "skill", name="Skill", skills=[{"id": "s/2"}])
    await add(api, "issuer", name="Issuer", issuer={"id": "https://b.example", "name": "B"})
    await add(api, "language", name="Language", languages=["pt-BR", "de"])
    assert await found(api, skill="s/2") == ["skill"]
    assert await found(api, occupation="o1") == ["base"]
    assert await found(api, issuer="https://b.example") == ["issuer"]
    assert await found(api, language="pt") == ["language"]
    assert await found(api, language="PT-pt") == ["language"]
    assert await found(api, q="skill", skill="s/2", language="en") == ["skill"]
    assert await found(api, q="skill", skill="python") == []


async def test_an_unknown_or_foreign_price_fails_max_cost(api: httpx.AsyncClient) -> None:
    """Dollars unless given; the sum of the mandatory parts counts; nothing to pay fits everywhere."""

    def cost(amount: str, currency: str = "USD", **more: Any) -> dict[str, Any]:
        return {"amount": amount, "currency": currency, "kind": "tuition", **more}

    await add(api, "a-free", name="a", cost=[cost("0", "EUR")])
    await add(api, "b-cheap", name="b", cost=[cost("30"), cost("70", mandatory=False)])
    await add(api, "c-dear", name="c", cost=[cost("30"), cost("70")])
    await add(api, "d-euro", name="d", cost=[cost("10", "EUR")])
    await add(api, "e-unknown", name="e", cost=[])
    assert await found(api, max_cost="50") == ["a-free", "b-cheap"]
    assert await found(api, max_cost="100.00") == ["a-free", "b-cheap", "c-dear"]
    assert await found(api, max_cost="50", currency="EUR") == ["a-free", "d-euro"]
    assert len(await found(api)) == 5


async def test_only_what_may_be_recommended_unless_asked(api: httpx.AsyncClient) -> None:
    """Active and ceasing by default; the others, or all, by `status`."""
    for status in ("active", "ceasing", "deprecated", "suspended"):
        await add(api, status, name=status, status=status)
    assert await found(api) == ["active", "ceasing"]
    assert await found(api, status="suspended") == ["suspended"]
    assert await found(api, status="deprecated,active") == ["active", "deprecated"]
    assert len(await found(api, status="any")) == 4


async def test_a_credential_for_some_partners_is_hidden_from_others(
    api: httpx.AsyncClient,
) -> None:
    """A non-empty audience means those partners only, and nobody when no partner asks."""
    await add(api, "a", name="a")
    await add(api, "b", name="b", audience=["p1", "p2"])
    assert await found(api, audience="p1") == ["a", "b"]
    assert await found(api, audience="p3") == ["a"]
    assert await found(api) == ["a"]


async def pages(api: httpx.AsyncClient, **query: Any) -> list[list[str]]:
    collected, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = (await api.get("/credentials", params={**query, **more})).json()
        collected.append([item["id"] for item in answer["items"]])
        cursor = answer["next_cursor"]
        if cursor is None:
            return collected


@pytest.mark.parametrize("query", [{}, {"q": "course"}, {"q": "course nu"}])
async def test_pages_hold_everything_once(api: httpx.AsyncClient, query: dict[str, str]) -> None:
    """Following the cursors gives each match once, in the order of one large page, ties included."""
    for number in range(23):
        await add(api, f"c{number:02}", name=f"Course number {number % 3}")
    whole = await found(api, **query, limit=100)
    assert len(whole) == 23
    by_page = await pages(api, **query, limit=5)
    assert [len(page) for page in by_page] == [5, 5, 5, 5, 3]
    assert [id for page in by_page for id in page] == whole
    exact = await pages(api, **query, limit=23)
    assert exact == [whole]


async def test_pages_are_stable_while_the_catalog_grows(api: httpx.AsyncClient) -> None:
    """What comes before the cursor neither repeats nor hides what was there."""
    for number in range(10):
        await add(api, f"c{number}", name=f"Course {number}")
    first = (await api.get("/credentials", params={"limit": 5})).json()
    await add(api, "new", name="A course that comes first")
    rest = await found(api, limit=100, cursor=first["next_cursor"])
    assert rest == ["c5", "c6", "c7", "c8", "c9"]


async def test_a_cursor_of_another_search_is_refused(api: httpx.AsyncClient) -> None:
    """A cursor belongs to one search; anything else is 400, whatever it holds."""
    for number in range(3):
        await add(api, f"c{number}")
    cursor = (await api.get("/credentials", params={"limit": 1})).json()["next_cursor"]
    tampered = ("x" if cursor[0] != "x" else "y") + cursor[1:]
    for query in (
        {"q": "python", "cursor": cursor},
        {"skill": "python", "cursor": cursor},
        {"cursor": tampered},
        {"cursor": "nonsense"},
        {"cursor": "ü"},
        {"cursor": ""},
    ):
        refused = await api.get("/credentials", params=query)
        assert refused.status_code == 400, query
        assert refused.json()["errors"][0]["pointer"] == "?cursor"
    assert (await api.get("/skills", params={"cursor": cursor})).status_code == 400


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("limit=ten", "?limit"),
        ("max_cost=-1", "?max_cost"),
        ("max_cost=NaN", "?max_cost"),
        ("max_cost=cheap", "?max_cost"),
        ("max_cost=1&currency=usd", "?currency"),
        ("status=gone", "?status"),
        ("language=english%20please", "?language"),
        ("skil=x", "?skil"),
        ("q=a&q=b", "?q"),
        ("q=%00", "?q"),
        (f"q={'a' * 501}", "?q"),
    ],
)
async def test_a_bad_parameter_is_named(api: httpx.AsyncClient, query: str, pointer: str) -> None:
    """400 with a pointer to the parameter."""
    refused = await api.get(f"/credentials?{query}")
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize("path", ["/skills", "/occupations"])
async def test_terms_are_found_by_name_and_alias(api: httpx.AsyncClient, path: str) -> None:
    """The exact name first, then names that begin so, then the rest; aliases count."""
    for id, name, aliases in (
        ("1", "Licensed practical nurse", []),
        ("2", "Nurse anaesthetist", []),
        ("3", "Nurse", []),
        ("4", "Carer", ["Auxiliary nurse"]),
        ("5", "Plumber", []),
    ):
        await api.put(f"{path}/{id}", json={"name": name, "aliases": aliases})
    assert await found(api, path, q="nurse") == ["3", "2", "1", "4"]
    assert await found(api, path, q="nur") == ["3", "2", "1", "4"]
    assert await found(api, path, limit=2) == ["4", "1"]
