"""Bodies: within limits, of one type, every fault pointed at."""

from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.calls import NewInteractions, WhatIf
from libs.common.contracts.catalog import CredentialBody
from libs.common.errors import InvalidRequest
from libs.common.web.decoding import MAX_FAULTS, decode

JSON = {"content-type": "application/json"}


def faults_of(body: bytes, kind: type[Any] = WhatIf) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as refused:
        decode(body, kind)
    return {fault.pointer: fault.detail for fault in refused.value.faults}


async def post(http: httpx.AsyncClient, body: bytes, **headers: str) -> httpx.Response:
    return await http.post("/v1/what-if", content=body, headers={**JSON, **headers})


def test_a_good_body_is_a_struct() -> None:
    """What is valid comes back as its Struct."""
    body = b'{"skills": [{"id": "http://a/b", "level": 0.5}], "limit": 3}'
    decoded = decode(body, WhatIf)
    assert (decoded.skills[0].id, decoded.skills[0].level, decoded.limit) == ("http://a/b", 0.5, 3)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b'{"limits": 3}', {"/limits"}),
        (b'{"constraints": {"max_price": 1}}', {"/constraints/max_price"}),
        (
            b'{"constraints": {"max_cost": {"amount": "1", "currency": "USD", "x": 1}}}',
            {"/constraints/max_cost/x"},
        ),
        (b'{"skills": [{"id": "a"}, {"id": "b", "lvl": 1}]}', {"/skills/1/lvl"}),
        (b'{"target": {"job": {"title": "t", "a/b~c": 1}}}', {"/target/job/a~1b~0c"}),
        (b'{"zz": 1, "skills": [{"id": "a", "yy": 2}]}', {"/zz", "/skills/0/yy"}),
    ],
)
def test_unknown_fields_are_refused_at_every_depth(body: bytes, pointers: set[str]) -> None:
    """Each unknown field is pointed at, although the contract's Structs are lenient."""
    faults = faults_of(body)
    assert set(faults) == pointers
    assert set(faults.values()) == {"unknown field"}


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        (b'{"limit": 51}', WhatIf, "/limit"),
        (b'{"limit": "3"}', WhatIf, "/limit"),
        (b'{"skills": [{"id": "a"}, {"id": 7}]}', WhatIf, "/skills/1/id"),
        (b'{"skills": [{"id": ""}]}', WhatIf, "/skills/0/id"),
        (b'{"target": {}}', WhatIf, "/target"),
        (b'{"constraints": {"max_cost": {"amount": "-1", "currency": "USD"}}}', WhatIf, "/constraints/max_cost"),
        (b'{"events": [{"learner_id": "a", "credential_id": "c", "kind": "look", "occurred_at": "2026-01-01T00:00:00Z"}]}', NewInteractions, "/events/0/kind"),
        (b'{"events": [{"learner_id": "a", "credential_id": "c", "kind": "view", "occurred_at": "2026-01-01T00:00:00"}]}', NewInteractions, "/events/0/occurred_at"),
        (b'{"events": []}', NewInteractions, "/events"),
        (b"[]", WhatIf, ""),
        (b"null", WhatIf, ""),
    ],
)  # fmt: skip
def test_a_wrong_value_is_pointed_at(body: bytes, kind: type[Any], pointer: str) -> None:
    """msgspec's place of a fault becomes a JSON pointer."""
    faults = faults_of(body, kind)
    assert list(faults) == [pointer]
    assert "$" not in faults[pointer]


def test_unknown_and_wrong_are_told_together() -> None:
    """A caller sees more than one mistake at a time."""
    assert set(faults_of(b'{"zz": 1, "limit": 99}')) == {"/zz", "/limit"}


def test_the_list_of_faults_is_bounded() -> None:
    """A body made of mistakes does not get an answer of its own size."""
    body = msgspec.json.encode({f"x{n}": 1 for n in range(10_000)})
    assert len(faults_of(body)) == MAX_FAULTS


class Cat(msgspec.Struct, tag="cat"):
    lives: int = 9


class Dog(msgspec.Struct, tag="dog"):
    tricks: list[str] = []


class Zoo(msgspec.Struct):
    keepers: dict[str, Cat]
    either: Cat | Dog
    several: list[Cat | Dog] | None = None
    anything: Any = None
    pair: tuple[Cat, int] | None = None


@pytest.mark.parametrize(
    ("extra", "pointers"),
    [
        ({"keepers": {"a/b": {"type": "cat", "tricks": []}}}, {"/keepers/a~1b/tricks"}),
        ({"either": {"type": "dog", "lives": 1}}, {"/either/lives"}),
        ({"several": [{"type": "cat"}, {"type": "dog", "x": 1}]}, {"/several/1/x"}),
        ({"anything": {"x": [{"y": 1}]}}, set()),
    ],
)
def test_every_kind_of_type_is_looked_into(extra: dict[str, Any], pointers: set[str]) -> None:
    """Free keys, tagged unions, lists of them; what is `Any` may hold anything."""
    body = msgspec.json.encode({"keepers": {}, "either": {"type": "cat"}, **extra})
    if pointers:
        assert set(faults_of(body, Zoo)) == pointers
    else:
        assert decode(body, Zoo).anything == extra["anything"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}{}", b"\xff", b'{"skills": [{"id": "\xff"}]}', b'"\\ud800"', b"\xef\xbb\xbf{}", b"{'a': 1}",
     b'{"limit": NaN}', b'{"limit": ' + b"9" * 5_000 + b"}"],
)  # fmt: skip
async def test_what_is_not_json_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    """Nothing, half a document, no UTF-8, lone surrogates, a number without end: 400, not 500."""
    answer = await post(http, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b'{"zz":' + b"[" * 90 + b"]" * 90 + b"}",
     b'{"skills":' + b"[" * 500 + b"]" * 500 + b"}"],
)  # fmt: skip
async def test_deep_nesting_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    """However deep, a body never exhausts the stack."""
    answer = await post(http, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_depth_is_counted_not_brackets() -> None:
    """64 levels are allowed and 65 are not, however many arrays stand side by side or in strings."""
    wide = msgspec.json.encode([[] for _ in range(1_000)])
    assert len(decode(wide, list)) == 1_000
    assert decode(msgspec.json.encode(["[" * 100]), list) == ["[" * 100]
    decode(b"[" * 64 + b"]" * 64, list)
    with pytest.raises(InvalidRequest, match="64"):
        decode(b"[" * 65 + b"]" * 65, list)


def test_nul_is_pointed_at() -> None:
    """PostgreSQL cannot store a NUL, so it is refused where it stands; an escaped backslash is none."""
    assert set(faults_of(b'{"skills": [{"id": "a\\u0000b"}]}')) == {"/skills/0/id"}
    assert set(faults_of(b'{"completed": ["a", "\\u0000"]}')) == {"/completed/1"}
    assert decode(b'{"completed": ["a\\\\u0000"]}', WhatIf).completed == ["a\\u0000"]


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 10**30])
def test_a_number_without_bounds_is_pointed_at(number: int) -> None:
    """An integer that MessagePack cannot carry is refused where it stands; 2**53 is allowed."""
    body = b'{"constraints": {"deadline_weeks": %d}}'
    assert "/constraints/deadline_weeks" in faults_of(body % number)
    assert decode(body % 2**53, WhatIf).constraints.deadline_weeks == 2**53


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_at_the_edge_is_pointed_at(moment: str) -> None:
    """A moment that has no UTC would fail wherever it is converted."""
    event = {"learner_id": "a", "credential_id": "c", "kind": "view", "occurred_at": moment}
    assert set(faults_of(msgspec.json.encode({"events": [event]}), NewInteractions)) == {
        "/events/0/occurred_at"
    }


@pytest.mark.parametrize(
    "amount", ["1e-999999", "0." + "1" * 13, "NaN", "Infinity", "-0.01", "1e9"]
)
def test_an_amount_is_of_sane_size(amount: str) -> None:
    """Money that would be endless when written out is no money."""
    cost = {"constraints": {"max_cost": {"amount": amount, "currency": "USD"}}}
    assert set(faults_of(msgspec.json.encode(cost))) == {"/constraints/max_cost"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_any_json_is_taken_or_refused(value: Any) -> None:
    """No JSON document raises anything but a refusal."""
    body = msgspec.json.encode(value)
    for kind in (WhatIf, CredentialBody):
        with suppress(InvalidRequest):
            decode(body, kind)


@given(st.binary(max_size=50))
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    """No bytes raise anything but a refusal."""
    with suppress(InvalidRequest):
        decode(body, WhatIf)


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json; charset="UTF-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("application/json; charset=utf-16", 415),
        ("APPLICATION/JSON", 200),
        ("application/ld+json", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonp", 415),
        ("", 415),
    ],
)
async def test_only_json_is_taken(http: httpx.AsyncClient, media: str, status: int) -> None:
    """A body of another type is 415, whatever it holds."""
    answer = await http.post("/v1/what-if", content=b"{}", headers={"content-type": media})
    assert answer.status_code == status


@pytest.mark.parametrize(("coding", "status"), [("identity", 200), ("gzip", 415), ("br", 415)])
async def test_a_compressed_body_is_refused(
    http: httpx.AsyncClient, coding: str, status: int
) -> None:
    """It is not taken for what it is not."""
    answer = await post(http, b"{}", **{"content-encoding": coding})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b'{"limit": 3, "limit": 4}',
        b'{"skills": [{"id": "a:b", "level": 1, "id": "\\"c:"}]}',
        b'{"constraints": {"region": "US", "\\u0072egion": "CA"}}',
    ],
)
def test_a_name_given_twice_is_refused(body: bytes) -> None:
    """At every depth, however it is written; colons in strings are none."""
    with pytest.raises(InvalidRequest, match="more than once"):
        decode(body, WhatIf)
    assert decode(b'{"completed": ["a:b\\":", "::"]}', WhatIf).completed == ['a:b":', "::"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//a.example", "a b"])
def test_an_address_is_of_the_web(url: str) -> None:
    """A page links to it: only http and https are taken, ids may be anything."""
    body = {
        "type": "Badge",
        "name": "n",
        "status": "active",
        "issuer": {"id": "urn:x", "name": "i", "sector": "public"},
        "url": url,
    }
    assert set(faults_of(msgspec.json.encode(body), CredentialBody)) == {"/url"}
    body["url"] = "HTTPS://a.example/ü?q=1"
    assert decode(msgspec.json.encode(body), CredentialBody).url == body["url"]


@pytest.mark.parametrize("size", [1_000_001, 8_000_000, 20_000_000])
async def test_a_large_body_is_refused(http: httpx.AsyncClient, size: int) -> None:
    """Beyond 1 MB: 413, whether the size is declared or shows itself."""
    declared = await post(http, b"x" * size)
    assert (declared.status_code, declared.json()["code"]) == (413, "too_large")

    async def chunks() -> Any:
        for _ in range(0, size, 100_000):
            yield b" " * 100_000
        yield b" "

    streamed = await http.post("/v1/what-if", content=chunks(), headers=JSON)
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too_large")


async def test_a_body_at_the_limit_is_taken(http: httpx.AsyncClient) -> None:
    """A million bytes are allowed."""
    assert (await post(http, b"{" + b" " * 999_998 + b"}")).status_code == 200


async def test_a_refusal_before_the_first_chunk_is_a_problem(http: httpx.AsyncClient) -> None:
    """A streamed answer is a problem document as long as nothing has been said."""
    answer = await http.post("/v1/lines", content=b"one\ntwo\n")
    assert (answer.status_code, answer.text) == (200, "one!\ntwo!\n")
    answer = await http.post("/v1/lines", content=b"refuse\n")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
