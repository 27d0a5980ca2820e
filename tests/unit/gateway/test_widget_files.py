"""What a job page loads: small, cached as it may be, and named by its content."""

import brotli
import httpx

from services.gateway.widget import files
from tests.unit.gateway.world import ORIGIN, World


def size(name: str) -> int:
    return len(brotli.compress((files.CURRENT / name).read_bytes(), quality=11))


def test_the_widget_keeps_its_budget() -> None:
    """Brotli: the loader at most 0.6 kB, with all that it can load 6 kB."""
    assert size("loader.js") <= 600
    assert size("loader.js") + size("stackwise.js") + size("es.json") <= 6_000


async def test_a_version_is_immutable_and_has_its_integrity(nobody: httpx.AsyncClient) -> None:
    """Given the tag that a partner reads; when a browser asks for its script; then any page may have it, for ever, with
    the bytes that `integrity` says; and who has it gets 304."""
    said = (await nobody.get("/widget/v1/snippet")).json()
    script = await nobody.get(said["path"], headers={"accept-encoding": "br"})
    assert script.status_code == 200
    assert files.integrity_of(script.content) == said["integrity"]
    assert said["integrity"] in said["tag"]
    assert script.headers["content-encoding"] == "br"
    assert script.headers["access-control-allow-origin"] == "*"
    assert "immutable" in script.headers["cache-control"]
    again = {"accept-encoding": "br", "if-none-match": script.headers["etag"]}
    assert (await nobody.get(said["path"], headers=again)).status_code == 304
    plain = await nobody.get(said["path"], headers={"accept-encoding": "identity"})
    assert plain.content == script.content
    assert plain.headers["etag"] != script.headers["etag"]
    assert (await nobody.get("/widget/0000/stackwise.js")).status_code == 404


async def test_the_tag_has_the_address_that_the_partner_sees(nobody: httpx.AsyncClient) -> None:
    """Behind a proxy that ends TLS it is https; on a page with https a script of http would be blocked."""
    for proxy, scheme in (({}, "http"), ({"x-forwarded-proto": "https"}, "https")):
        said = (await nobody.get("/widget/v1/snippet", headers=proxy)).json()
        assert f'src="{scheme}://{nobody.base_url.host}' in said["tag"]


async def test_the_loader_loads_the_current_version(nobody: httpx.AsyncClient) -> None:
    """Kept for minutes, so that a new version is out soon."""
    loader = await nobody.get("/widget/v1/stackwise.js")
    assert f"../{files.version_of(files.CURRENT)}/stackwise.js" in loader.text
    assert "max-age=300" in loader.headers["cache-control"]


async def test_only_the_partners_pages_may_frame_it(
    world: World, nobody: httpx.AsyncClient
) -> None:
    """`frame-ancestors` are the partner's origins; without a publishable key there is no page."""
    frame = await nobody.get("/widget/v1/frame", params={"key": world.publishable, "limit": 2})
    assert frame.status_code == 200
    assert frame.headers["content-security-policy"].endswith(f"frame-ancestors {ORIGIN}")
    assert (await nobody.get("/widget/v1/frame")).status_code == 401
    secret = await nobody.get("/widget/v1/frame", params={"key": world.secret})
    assert secret.status_code == 401
    unknown = await nobody.get("/widget/v1/frame", params={"key": "pk_" + "x" * 42})
    assert unknown.status_code == 401


def test_a_released_version_is_what_it_is_named() -> None:
    """Pages that pin it get the bytes that they pinned."""
    released = list(files.RELEASED.iterdir())
    assert released
    for folder in released:
        assert files.version_of(folder) == folder.name
        assert folder.name in files.read().versions
