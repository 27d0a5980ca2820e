"""Languages: chosen by who reads, written as they are written there, and one file each."""

from pathlib import Path

import httpx
import pytest

from services.gateway.messages.language import Language
from services.gateway.messages.languages import CATALOGS, Languages
from tests.factories.catalog import credential
from tests.unit.gateway.asking import URL
from tests.unit.gateway.world import World, ranked

TAGS = sorted(each.stem for each in CATALOGS.glob("*.ftl"))


def named(kind: str, id: str) -> str:
    return f"<{kind} {id}>"


def test_names_are_joined_as_the_language_joins_them() -> None:
    """A sentence shows names, never ids; amounts and numbers as they are written there."""
    english, spanish = Languages()["en"], Languages()["es"]
    gap = {"skills": ["a", "b", "c"], "occupation": "o"}
    assert (
        english.sentence("closes_skill_gap", gap, named)
        == "Teaches <skill a>, <skill b>, and <skill c>, which <occupation o> asks for"
    )
    assert (
        spanish.sentence("closes_skill_gap", gap, named)
        == "Enseña <skill a>, <skill b> y <skill c>, que <occupation o> requiere"
    )
    money = {"money": {"amount": "1234.00", "currency": "USD"}, "admits": 1}
    assert (
        english.sentence("relax_max_cost", money, named)
        == "With $1,234 to spend, one credential would fit"
    )
    assert spanish.sentence("relax_max_cost", {**money, "admits": 2}, named) == (
        "Con un gasto de 1.234\xa0US$ serían posibles 2 credenciales"
    )


@pytest.mark.parametrize(
    ("strength", "said"),
    [
        ("reciprocal", "Accredited by <A>"),
        ("third_party", "Accredited by <A>"),
        ("self_claimed", "Says that it is accredited by <A>"),
        ("expired", "The accreditation by <A> is not current"),
    ],
)
def test_a_claim_is_said_to_be_one(strength: str, said: str) -> None:
    """What the issuer alone says, and what is over, never reads like what others say now."""
    params = {"agent": "<A>", "strength": strength}
    assert Languages()["en"].sentence("value_accredits", params, named) == said


def test_a_code_that_nobody_knows_is_its_own_sentence() -> None:
    """A recommender newer than this gateway may give others."""
    assert Languages()["es"].sentence("stars_align", {"moon": 1}, named) == "stars_align"


@pytest.mark.parametrize(
    ("accepted", "asked", "tag"),
    [
        (None, None, "en"),
        ("es", None, "es"),
        ("es-MX", None, "es"),
        ("ES-mx;q=0.9, fr", None, "es"),
        ("en;q=0.4, es;q=0.5", None, "es"),
        ("fr, de;q=0.9", None, "en"),
        ("es;q=0", None, "en"),
        ("*", None, "en"),
        (";;=,, ;q=x, es;q=", None, "en"),
        ("en", "es", "es"),
        ("es", "fr", "es"),
    ],
)
def test_who_says_what_they_read_is_answered_in_it(
    accepted: str | None, asked: str | None, tag: str
) -> None:
    """By weight; a region is content with its language; without a catalog it is English."""
    assert Languages().negotiated(accepted, asked) == tag


async def test_an_answer_says_its_language(world: World, partner: httpx.AsyncClient) -> None:
    """Caches are told what it depends on, and an ETag of one language is none of another."""
    world.publish(credential("c1"))
    world.rank("ana", ranked("c1"))
    english = await partner.get(URL)
    spanish = await partner.get(URL, headers={"accept-language": "es-MX, en;q=0.5"})
    crossed = await partner.get(
        URL, headers={"accept-language": "es", "if-none-match": english.headers["etag"]}
    )
    same = await partner.get(
        URL, headers={"accept-language": "es", "if-none-match": spanish.headers["etag"]}
    )
    said = [each.json()["items"][0]["reasons"][0]["text"] for each in (english, spanish)]
    assert said == ["Many learners are taking it now", "Muchas personas la están cursando ahora"]
    assert [english.headers["content-language"], spanish.headers["content-language"]] == [
        "en",
        "es",
    ]
    assert "Accept-Language" in english.headers["vary"]
    assert (crossed.status_code, same.status_code) == (200, 304)
    assert (
        english.json()["items"][0]["value"]["facts"] != spanish.json()["items"][0]["value"]["facts"]
    )


async def test_a_page_that_asks_for_a_language_reads_it(
    world: World, page: httpx.AsyncClient
) -> None:
    """`language` chooses the credentials of a job page, and its sentences before the browser does."""
    world.publish(credential("c1", languages=["es"]))
    world.recommender.away = True
    answer = await page.get(
        "/v1/widget/recommendations?language=es", headers={"accept-language": "en"}
    )
    assert answer.headers["content-language"] == "es"
    assert {each.lower() for each in answer.headers.get_list("vary")} == {
        "accept-encoding",
        "accept-language",
        "authorization",
        "origin",
    }
    text = answer.json()["items"][0]["reasons"][0]["text"]
    assert text == "Está aquí por lo que se sabe de su valor"


def test_a_new_language_is_one_file(tmp_path: Path) -> None:
    """Nothing but the catalog is added; what it has not translated yet is said in English."""
    for tag in TAGS:
        (tmp_path / f"{tag}.ftl").write_text((CATALOGS / f"{tag}.ftl").read_text("utf-8"), "utf-8")
    french = "closes_skill_gap = Enseigne { $skills }\n    .occupation = Enseigne { $skills } ({ $occupation })\n"
    (tmp_path / "fr.ftl").write_text(french, "utf-8")
    languages = Languages(tmp_path)
    assert languages.negotiated("fr-CA") == "fr"
    gap = {"skills": ["a", "b"], "occupation": "o"}
    assert (
        languages["fr"].sentence("closes_skill_gap", gap, named)
        == "Enseigne <skill a> et <skill b> (<occupation o>)"
    )
    assert languages["fr"].sentence("trending", {}, named) == "Many learners are taking it now"


async def test_the_gateway_answers_in_a_new_language(tmp_path: Path) -> None:
    """With one file more in the folder of catalogs, and nothing else."""
    (tmp_path / "en.ftl").write_text((CATALOGS / "en.ftl").read_text("utf-8"), "utf-8")
    (tmp_path / "fr.ftl").write_text("trending = Beaucoup la suivent en ce moment\n", "utf-8")
    world = World(messages=tmp_path)
    world.publish(credential("c1"))
    world.rank("ana", ranked("c1"))
    headers = {"authorization": f"Bearer {world.secret}", "accept-language": "fr-FR"}
    transport = httpx.ASGITransport(app=world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get(URL, headers=headers)
    assert answer.headers["content-language"] == "fr"
    text = answer.json()["items"][0]["reasons"][0]["text"]
    assert text == "Beaucoup la suivent en ce moment"


@pytest.mark.parametrize("source", ["trending = { $", "trending\n", "trending =\n    .a = b\n"])
def test_a_catalog_that_is_not_fluent_is_refused(tmp_path: Path, source: str) -> None:
    """At the start and by its name, not sentence by sentence."""
    (tmp_path / "en.ftl").write_text(source, "utf-8")
    with pytest.raises(ValueError, match=r"en\.ftl"):
        Language(tmp_path / "en.ftl")
