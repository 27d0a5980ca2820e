"""A partner's key set by URL, over real TLS: who answers, as whom, and what is taken from them."""

import datetime
import json
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import brotli
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from libs.common.errors import TryAgain
from libs.common.public_fetch import MOST_BYTES, fetch_public
from services.gateway.assembly import assemble
from services.gateway.auth.identity import Signer
from tests.unit.gateway.test_tokens import identity, jwk, token
from tests.unit.gateway.world import World

NAME = "keys.example"


class Site:
    """An https server for `keys.example` on loopback. `answers` is body and status by path; `asked` what came."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.coding: str | None = None
        self.asked: list[tuple[str, str]] = []
        certificate = _certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.trusted = ssl.create_default_context(cafile=certificate)
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    async def fetch(self, url: str) -> bytes:
        """As the gateway does, but that loopback is allowed and this site's certificate trusted."""

        async def resolving(_: str, __: int) -> list[str]:
            return ["127.0.0.1"]

        allowed = "127.0.0.1".__eq__
        return await fetch_public(url, resolving, allowed=allowed, trusted=self.trusted)

    def url(self, path: str, name: str = NAME) -> str:
        return f"https://{name}:{self.port}{path}"

    def _handler(self) -> Any:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.headers["host"], self.path))
                status, body = site.answers.get(self.path, (404, b""))
                self.send_response(status)
                self.send_header("location", site.url("/jwks.json"))
                self.send_header("content-length", str(len(body)))
                if site.coding is not None:
                    self.send_header("content-encoding", site.coding)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        return Handler


def _certificate(folder: Path) -> Path:
    """Key and self-signed certificate of `keys.example`, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "site.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


async def test_a_learner_gets_in_by_a_key_set_at_a_url(site: Site, world: World) -> None:
    """Fetched by its name over TLS, once for many tokens; while the site is away nothing changes. What else the site
    publishes is no business of ours."""
    others = [{"kty": "oct", "k": "AA"}, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}, "no key"]
    site.answers["/jwks.json"] = (200, json.dumps({"keys": [*others, jwk()]}).encode())
    signs = identity(jwks=None, jwks_url=site.url("/jwks.json"))
    world.keys.signers.append(Signer("partner", frozenset(), signs))
    world.register("ada")
    transport = httpx.ASGITransport(app=assemble(world.outside._replace(fetch=site.fetch)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:

        async def ask(**claims: Any) -> int:
            headers = {"authorization": f"Bearer {token(**claims)}"}
            return (await client.get("/v1/learners/ada", headers=headers)).status_code

        assert await ask() == 200
        site.answers.clear()
        assert await ask(jti="another") == 200
        assert await ask(kid="k2") == 401
    assert site.asked == [(f"{NAME}:{site.port}", "/jwks.json")]


async def test_only_whom_the_url_names_may_answer(site: Site) -> None:
    """A certificate of another name, or of an authority that is not trusted, is refused before anything is sent."""
    site.answers["/jwks.json"] = (200, b"{}")
    assert await site.fetch(site.url("/jwks.json")) == b"{}"
    site.asked.clear()
    with pytest.raises(TryAgain, match="ConnectError"):
        await site.fetch(site.url("/jwks.json", "other.example"))
    site.trusted = ssl.create_default_context()
    with pytest.raises(TryAgain, match="ConnectError"):
        await site.fetch(site.url("/jwks.json"))
    assert site.asked == []


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (302, b"", "answered 302"),
        (500, b"", "answered 500"),
        (200, b" " * (MOST_BYTES + 1), "more"),
    ],
)
async def test_what_is_no_small_200_is_refused(
    site: Site, status: int, body: bytes, why: str
) -> None:
    """A redirect is not followed; a long answer is not read to its end."""
    site.answers["/jwks.json"] = (200, b"{}")
    site.answers["/other"] = (status, body)
    with pytest.raises(TryAgain, match=why):
        await site.fetch(site.url("/other"))
    assert [path for _, path in site.asked] == ["/other"]


async def test_a_coding_that_was_not_asked_for_is_not_undone(site: Site) -> None:
    """A kilobyte may be a gigabyte once it is decoded."""
    site.coding = "br"
    site.answers["/jwks.json"] = (200, brotli.compress(b" " * 50_000_000))
    with pytest.raises(TryAgain, match="coding"):
        await site.fetch(site.url("/jwks.json"))


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "xn--.com", "[2"])
async def test_a_host_that_can_be_none_is_away(host: str) -> None:
    """As one that does not answer."""
    with pytest.raises(TryAgain):
        await fetch_public(f"https://{host}/jwks.json")
