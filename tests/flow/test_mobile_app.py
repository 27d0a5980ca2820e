"""A mobile app on the running system, with the code that its guide shows."""

import asyncio
import json
import uuid
from contextlib import aclosing
from pathlib import Path
from time import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support import mobile_app
from tests.support.flow import Flow
from tests.support.mobile_app import App
from tests.support.partner import Partner, ids

GUIDE = Path("services/gateway/docs/mobile.md")


def test_the_guide_shows_this_code() -> None:
    """What readers copy is what runs here."""
    source = Path(mobile_app.__file__).read_text("utf-8")
    assert source[source.index("class App") :] in GUIDE.read_text("utf-8")


class Signer:
    """The partner's server: it signs a token for whoever is logged in."""

    def __init__(self) -> None:
        self.issuer = f"https://{uuid.uuid4()}.example"
        self._key = ec.generate_private_key(ec.SECP256R1())

    def identity(self) -> dict[str, object]:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        keys = {"keys": [{**public, "kid": "k1"}]}
        named = {"issuer": self.issuer, "audience": "stackwise", "algorithms": ["ES256"]}
        return {**named, "jwks": keys}

    def token(self, learner_id: str) -> str:
        claims = {"iss": self.issuer, "aud": "stackwise", "sub": learner_id, "exp": time() + 600}
        return jwt.encode(claims, self._key, "ES256", headers={"kid": "k1"})


async def _accept(flow: Flow, partner: Partner, signer: Signer) -> None:
    body = {"identities": [signer.identity()]}
    answer = await flow.admin.patch(f"/v1/partners/{partner.id}", json=body)
    assert answer.status_code == 200, answer.text


def _position(app: App) -> int:
    """The newest place in the log that the shown list includes; -1 for none, since the log begins at 0."""
    position = app.list["freshness"]["position"]
    return -1 if position is None else int(position)


async def test_a_learner_uses_the_app(flow: Flow) -> None:
    """Given a learner's token; when the app asks again nothing is sent; when the learner completes a credential, the
    list that includes it comes by `min_position` and by the stream; when the connection is lost, the app
    goes on from the last event; and another learner's data stay closed."""
    ladder = await flow.publish_ladder(f"mobile {uuid.uuid4()}")
    learner, signer = f"mobile/{uuid.uuid4()} é", Signer()
    async with flow.another_partner(f"mobile {uuid.uuid4()}") as partner:
        await _accept(flow, partner, signer)
        await partner.put_learner(learner, skills=[{"id": ladder.skill, "level": 0.2}])
        app = App(flow.stack.gateway_url, learner, signer.token(learner))
        async with app.http, aclosing(app.follow()) as lists:
            assert await app.refresh()
            assert app.list["items"]
            while await app.refresh():
                """The worker may just be writing the first list."""
            assert not await app.refresh()

            assert ids(await asyncio.wait_for(anext(lists), 20))
            position = await app.did(ladder.first, "complete")
            while _position(app) < position:
                await app.refresh(position)
            assert ladder.first not in ids(app.list)
            async with asyncio.timeout(20):
                while (await anext(lists))["freshness"]["position"] != position:
                    pass
        before = app.event_id

        again = App(flow.stack.gateway_url, learner, signer.token(learner))
        again.event_id = before
        async with again.http, aclosing(again.follow()) as lists:
            coming = asyncio.ensure_future(anext(lists))
            later = await again.did(ladder.other, "complete")
            newest = await asyncio.wait_for(coming, 20)
            assert newest["freshness"]["position"] == later
            assert again.event_id != before

        stranger = App(flow.stack.gateway_url, learner, signer.token("somebody else"))
        async with stranger.http:
            with pytest.raises(httpx.HTTPStatusError) as refused:
                await stranger.refresh()
        assert refused.value.response.status_code == 403
