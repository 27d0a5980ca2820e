"""`python -m services.gateway partners …`: partners, their keys and origins. A key is shown once."""

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from libs.common.database import make_engine
from libs.common.errors import Refusal
from libs.common.settings import load
from libs.common.telemetry import configure_logs
from libs.common.web.decoding import decode
from services.gateway.auth.identity import Identity, check
from services.gateway.auth.keys import KeyKind, mint
from services.gateway.auth.origins import normal
from services.gateway.auth.partner import Change, Partner
from services.gateway.settings import StoreSettings
from services.gateway.store.partners import PartnerStore

T = TypeVar("T")

partners = typer.Typer(help="Partners, their keys and origins.", no_args_is_help=True)
key = typer.Typer(help="A partner's keys; two of a kind may be in force, for rotation.")
origins = typer.Typer(help="The origins on whose pages a publishable key works.")
identities = typer.Typer(help="Who signs the tokens of a partner's learners.")
partners.add_typer(identities, name="identities", no_args_is_help=True)
partners.add_typer(key, name="key", no_args_is_help=True)
partners.add_typer(origins, name="origins", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PartnerId = Annotated[str, typer.Argument(help="The partner's id.")]


@partners.command()
def create(
    name: str,
    partner_id: Annotated[
        str | None, typer.Option("--id", help="Its id; random unless given.")
    ] = None,
    origin: Annotated[list[str] | None, typer.Option(help="An allowed origin; repeat.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a partner with a publishable and a secret key."""

    async def act(store: PartnerStore) -> dict[str, Any]:
        made_id = partner_id or f"partner_{secrets.token_hex(6)}"
        allowed = [normal(each) for each in origin or ()]
        publishable, secret = mint("publishable"), mint("secret")
        await store.create(made_id, name, allowed, [publishable[1], secret[1]])
        return {
            "id": made_id,
            "name": name,
            "publishable_key": publishable[0],
            "secret_key": secret[0],
            "allowed_origins": allowed,
        }

    _show(_run(act), as_json)


@partners.command("list")
def list_partners(as_json: AsJson = False) -> None:
    """List the partners and their keys by prefix."""
    found = _run(lambda store: store.list())
    if as_json:
        _print_json(found)
    else:
        _print_table(found)


@partners.command("admin-key")
def admin_key(as_json: AsJson = False) -> None:
    """Create an administrator's key."""

    async def act(store: PartnerStore) -> dict[str, str]:
        made, record = mint("admin")
        await store.add_key(record, None)
        return {"admin_key": made, "prefix": record.prefix}

    _show(_run(act), as_json)


@key.command("add")
def add_key(
    partner_id: PartnerId,
    kind: Annotated[str, typer.Option(help="publishable or secret")] = "secret",
    as_json: AsJson = False,
) -> None:
    """Add a key."""
    if kind not in ("publishable", "secret"):
        raise typer.BadParameter("a partner's key is publishable or secret")
    chosen: KeyKind = "publishable" if kind == "publishable" else "secret"

    async def act(store: PartnerStore) -> dict[str, str]:
        made, record = mint(chosen)
        await store.add_key(record, partner_id)
        return {"partner_id": partner_id, "kind": chosen, "key": made, "prefix": record.prefix}

    _show(_run(act), as_json)


@key.command("revoke")
def revoke_key(
    prefix: Annotated[
        str,
        typer.Argument(help="Its prefix, as `list` shows it; an administrator's as `audit` does."),
    ],
    as_json: AsJson = False,
) -> None:
    """Revoke a key, an administrator's too; gateways notice within ten seconds."""

    async def act(store: PartnerStore) -> dict[str, str]:
        await store.revoke_key(prefix)
        return {"revoked": prefix}

    _show(_run(act), as_json)


@origins.command("set")
def set_origins(
    partner_id: PartnerId,
    origin: Annotated[list[str] | None, typer.Argument(help="All of them; none clears.")] = None,
    as_json: AsJson = False,
) -> None:
    """Replace the allowed origins."""

    async def act(store: PartnerStore) -> dict[str, Any]:
        allowed = [normal(each) for each in origin or ()]
        await store.set_origins(partner_id, allowed)
        return {"id": partner_id, "allowed_origins": allowed}

    _show(_run(act), as_json)


@origins.command("list")
def list_origins(partner_id: PartnerId, as_json: AsJson = False) -> None:
    """Show the allowed origins."""
    found = _run(lambda store: store.get(partner_id))
    _show({"id": found.id, "allowed_origins": found.allowed_origins}, as_json)


@identities.command("set")
def set_identities(
    partner_id: PartnerId,
    document: Annotated[
        typer.FileText,
        typer.Argument(help="JSON: a list of identities, as PATCH takes; - is stdin."),
    ],
    as_json: AsJson = False,
) -> None:
    """Replace who signs for the partner's learners."""

    async def act(store: PartnerStore) -> dict[str, Any]:
        given = decode(document.read().encode(), list[Identity])
        for each in given:
            check(each)
        await store.change(partner_id, Change(identities=given))
        return {"id": partner_id, "identities": [f"{i.issuer} {i.audience}" for i in given]}

    _show(_run(act), as_json)


@partners.command("limit")
def set_limit(
    partner_id: PartnerId,
    requests_per_second: Annotated[int, typer.Argument(min=1)],
    as_json: AsJson = False,
) -> None:
    """Set how many requests a second each of the partner's keys may make."""

    async def act(store: PartnerStore) -> dict[str, Any]:
        await store.change(partner_id, Change(requests_per_second=requests_per_second))
        return {"id": partner_id, "requests_per_second": requests_per_second}

    _show(_run(act), as_json)


@partners.command("audit")
def show_audit(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50, as_json: AsJson = False
) -> None:
    """Show who changed partners and keys, the newest first."""
    found = _run(lambda store: store.audit(limit))
    if as_json:
        _print_json(found)
        return
    table = Table("at", "actor", "action", "target", "details")
    for entry in found:
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
        details = msgspec.json.encode(entry.details).decode()
        table.add_row(at, entry.actor, entry.action, entry.target, details)
    Console().print(table)


def _run(act: Callable[[PartnerStore], Awaitable[T]]) -> T:
    """Runs one command on the database; a refusal is a line on stderr and exit code 1."""
    settings = load(StoreSettings)
    configure_logs("gateway", "partners", settings)

    async def run() -> T:
        engine = make_engine(settings.postgres_url, pool_size=1)
        try:
            return await act(PartnerStore(engine, _actor()))
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.detail}\n")
        raise typer.Exit(1) from refusal


def _actor() -> str:
    """Who runs the command; a container's user may have no name."""
    names = (os.environ.get("SUDO_USER"), os.environ.get("USER"), f"uid {os.getuid()}")
    return f"command {next(name for name in names if name)}"


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print_json(found)
        return
    for name, value in found.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        typer.echo(f"{name}: {shown}")


def _print_json(found: Any) -> None:
    typer.echo(msgspec.json.encode(found).decode())


def _print_table(found: list[Partner]) -> None:
    table = Table("id", "name", "origins", "keys")
    for each in found:
        keys = [f"{k.prefix}…{' (revoked)' if k.revoked_at else ''}" for k in each.keys]
        table.add_row(each.id, each.name, "\n".join(each.allowed_origins), "\n".join(keys))
    Console().print(table)
