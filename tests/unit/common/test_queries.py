"""Query parameters: declared ones only, each once."""

from urllib.parse import quote

import httpx
import pytest

PATH = "/v1/learners/a/recommendations"


def pointers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_declared_parameters_are_read(http: httpx.AsyncClient) -> None:
    """What the handler declares is given to it, lists as often as they come."""
    answer = await http.get(PATH + "?limit=5&skill=a%2Fb&skill=c+d")
    assert answer.json() == {"learner_id": "a", "limit": 5, "skill": ["a/b", "c d"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limits=5", ["?limits"]),
        ("limit=5&x=1&y", ["?x", "?y"]),
        ("limit=5&limit=6", ["?limit"]),
        ("learner_id=b", ["?learner_id"]),
        ("limit=five", ["?limit"]),
        ("limit=", ["?limit"]),
        ("skill=a%00", ["?skill"]),
    ],
)
async def test_other_parameters_are_refused(
    http: httpx.AsyncClient, query: str, expected: list[str]
) -> None:
    """Unknown, repeated and unreadable parameters are named; an ignored one would be a wrong answer."""
    assert pointers(await http.get(f"{PATH}?{query}")) == expected


async def test_a_missing_parameter_is_named(http: httpx.AsyncClient) -> None:
    """A required parameter that is absent is pointed at as well."""
    assert pointers(await http.get("/v1/required")) == ["?occupation"]


@pytest.mark.parametrize("query", ["limit=%ff", "&".join(f"skill={n}" for n in range(101))])
async def test_an_unreadable_query_is_refused(http: httpx.AsyncClient, query: str) -> None:
    """No UTF-8, or more than a hundred parameters: 400."""
    assert (await http.get(f"{PATH}?{query}")).status_code == 400


async def test_a_handler_may_read_the_query_itself(http: httpx.AsyncClient) -> None:
    """Names in the handler's `opt` pass; `known_query` then refuses what it was not told of."""
    assert (await http.get("/v1/read-by-hand?a=" + quote("é/"))).json() == {"a": "é/"}
    assert pointers(await http.get("/v1/read-by-hand?a=1&b=2")) == ["?b"]
    assert pointers(await http.get("/v1/read-by-hand?c=1")) == ["?c"]


async def test_health_takes_no_parameters(http: httpx.AsyncClient) -> None:
    """A handler that declares nothing takes nothing."""
    assert pointers(await http.get("/health/live?verbose")) == ["?verbose"]
