"""Learners' tokens: whose they are, and everything that is none."""

import base64
import hashlib
import hmac
import json
from time import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from libs.common.errors import InvalidRequest, TryAgain
from libs.common.public_fetch import fetch_public, is_public
from services.gateway.auth.identity import Identity, Signer, check
from services.gateway.auth.jwks import REFETCH_SECONDS, KeySets
from tests.unit.gateway.world import World

ISSUER, AUDIENCE = "https://jobs.example", "stackwise"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(key: Any = KEY, kid: str = "k1", **parts: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.get_default_algorithms()[
        "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    ]
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **parts}


def identity(**parts: Any) -> Identity:
    defaults: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "algorithms": ["ES256"],
        "jwks": {"keys": [jwk()]},
    }
    return Identity(**{**defaults, **parts})


def token(key: Any = KEY, algorithm: str = "ES256", kid: str | None = "k1", **claims: Any) -> str:
    payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": time() + 60, **claims}
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers={} if kid is None else {"kid": kid})


def unsigned() -> str:
    return token(key=None, algorithm="none")


def confused() -> str:
    """HS256 with the public key as its secret."""
    public = RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = {"alg": "HS256", "typ": "JWT", "kid": "rsa"}
    body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": time() + 60}
    parts = b".".join(
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (head, body)
    )
    signature = hmac.new(public, parts, hashlib.sha256).digest()
    return (parts + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.fixture
def signing(world: World) -> World:
    world.register("ada")
    world.register("bob")
    keys = {"keys": [jwk(), jwk(RSA, "rsa")]}
    world.keys.signers.append(Signer("partner", frozenset(), identity(jwks=keys)))
    return world


async def ask(client: httpx.AsyncClient, bearer: str, path: str = "/v1/learners/ada") -> int:
    answer = await client.get(path, headers={"authorization": f"Bearer {bearer}"})
    return answer.status_code


async def test_a_token_opens_its_own_learner_and_nothing_else(
    signing: World, nobody: httpx.AsyncClient
) -> None:
    """Their own paths; not another's, not the partner's, also once it is remembered; never in a URL."""
    mine = token()
    for _ in range(2):
        assert await ask(nobody, mine) == 200
        assert await ask(nobody, mine, "/v1/learners/bob") == 403
        assert await ask(nobody, mine, "/v1/learners/%61da") == 200
        assert await ask(nobody, mine, "/v1/skills") == 403
    assert (await nobody.get("/v1/learners/ada", params={"key": mine})).status_code in (400, 401)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda: token(OTHER), id="forged"),
        pytest.param(lambda: token(exp=time() - 60), id="expired"),
        pytest.param(lambda: token(nbf=time() + 60), id="not yet"),
        pytest.param(lambda: token(exp=None), id="without end"),
        pytest.param(lambda: token(iss="https://evil.example"), id="issuer"),
        pytest.param(lambda: token(iss="a\0b"), id="issuer with NUL"),
        pytest.param(lambda: token(iss="\ud800"), id="issuer of half a character"),
        pytest.param(lambda: token(sub="\ud800"), id="learner of half a character"),
        pytest.param(lambda: token(aud="other"), id="audience"),
        pytest.param(lambda: token(sub=None), id="nobody"),
        pytest.param(lambda: token(sub=""), id="empty learner"),
        pytest.param(lambda: token(kid="k2"), id="unknown kid"),
        pytest.param(lambda: token(RSA, "RS256", "rsa"), id="not the agreed algorithm"),
        pytest.param(lambda: token(kid="rsa"), id="a key of another kind"),
        pytest.param(unsigned, id="none"),
        pytest.param(confused, id="HS256 with the public key"),
        pytest.param(lambda: token()[:-4] + "AAAA", id="signature changed"),
        pytest.param(lambda: "a.b.c", id="nonsense"),
        pytest.param(lambda: token(sub="a" * 9_000), id="too long"),
    ],
)
async def test_a_bad_token_is_401(signing: World, nobody: httpx.AsyncClient, bad: Any) -> None:
    """Whatever is wrong with it, and after a good one was seen."""
    assert await ask(nobody, token()) == 200
    assert await ask(nobody, bad()) == 401


async def test_a_token_may_end_far_away(signing: World, nobody: httpx.AsyncClient) -> None:
    """An end beyond what a float holds, or in a string, is an end."""
    assert await ask(nobody, token(exp=10**400)) == 200
    assert await ask(nobody, token(exp=str(int(time()) + 60))) == 200


async def test_a_token_for_two_partners_is_nobodys(
    signing: World, nobody: httpx.AsyncClient
) -> None:
    """`aud` may be a list; it has to name one partner."""
    signing.keys.signers.append(Signer("two", frozenset(), identity(audience="second")))
    assert await ask(nobody, token(aud=[AUDIENCE, "elsewhere"])) == 200
    assert await ask(nobody, token(aud=[AUDIENCE, "second"])) == 401


async def test_keys_by_url_are_asked_for_at_most_once_a_minute() -> None:
    """An unknown kid asks again, not sooner; a URL that is away changes nothing."""
    asked, now, away = [], [0.0], [False]

    async def fetch(url: str) -> bytes:
        asked.append(url)
        if away[0]:
            raise TryAgain("away")
        return json.dumps({"keys": [jwk(kid=f"k{len(asked)}")]}).encode()

    sets = KeySets(fetch, clock=lambda: now[0])
    for _ in range(5):
        assert [key["kid"] for key in await sets.find("https://a.example/jwks", "k2")] == ["k1"]
    assert len(asked) == 1
    now[0] += REFETCH_SECONDS
    assert [key["kid"] for key in await sets.find("https://a.example/jwks", "k2")] == ["k2"]
    now[0] += REFETCH_SECONDS
    away[0] = True
    for _ in range(5):
        assert [key["kid"] for key in await sets.find("https://a.example/jwks", "k9")] == ["k2"]
    assert len(asked) == 3


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fd00::1",
        "224.0.0.1",
    ],
)
async def test_keys_are_not_fetched_from_within(address: str) -> None:
    """A name that leads to an address of ours is refused before anything is sent."""

    async def resolving(_: str, __: int) -> list[str]:
        return ["93.184.216.34", address]

    assert not is_public(address)
    with pytest.raises(TryAgain, match="not a public address"):
        await fetch_public("https://innocent.example/jwks", resolving)


async def test_keys_are_fetched_by_https_only() -> None:
    """No other scheme."""
    for url in ("http://a.example/jwks", "file:///etc/passwd", "https://user@a.example/jwks"):
        with pytest.raises(TryAgain):
            await fetch_public(url)


@pytest.mark.parametrize(
    "wrong",
    [
        {"jwks": None},
        {"jwks": {}},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
        {"jwks": {"keys": [jwk(d="AAAA")]}},
        {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}},
        {"jwks_url": "https://a.example/jwks"},
        {"jwks": None, "jwks_url": "http://a.example/jwks"},
    ],
)
def test_an_identity_that_cannot_verify_is_refused(wrong: dict[str, Any]) -> None:
    """None, both, symmetric, private, broken, or not https."""
    check(identity())
    with pytest.raises(InvalidRequest):
        check(identity(**wrong))
