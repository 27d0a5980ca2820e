"""Everything that is published, for others: our own lines, CTDL, or schema.org."""

from collections.abc import AsyncIterator, Iterable
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from libs.common.contracts.catalog import Credential, Occupation, Skill
from libs.common.schema_org import CONTEXT, Names, document
from services.catalog.domain.kinds import CREDENTIAL, OCCUPATION, SKILL
from services.catalog.formats.ctdl_terms import CONTEXT as CTDL_CONTEXT
from services.catalog.formats.ctdl_writing import nodes
from services.catalog.ports import Store
from services.catalog.usecases.reading import dump

_encode = msgspec.json.encode
ExportFormat = Literal["jsonl", "ctdl", "schema.org"]


def exported(store: Store, format: ExportFormat) -> AsyncIterator[bytes]:
    """The file, a batch at a time; linked data holds the credentials that are for everybody only."""
    match format:
        case "jsonl":
            return dump(store)
        case "ctdl":
            return _graph(CTDL_CONTEXT, _as_ctdl(store))
        case "schema.org":
            return _graph(CONTEXT, _as_schema_org(store))


async def _graph(context: str, objects: AsyncIterator[Iterable[Any]]) -> AsyncIterator[bytes]:
    """One object a line; what several credentials share, such as their issuer, comes once."""
    yield b'{"@context":%s,"@graph":[' % msgspec.json.encode(context)
    seen: set[bytes] = set()
    async for batch in objects:
        lines = {blake2b(line, digest_size=16).digest(): line for line in map(_encode, batch)}
        fresh = [line for digest, line in lines.items() if digest not in seen]
        if fresh:
            yield (b",\n" if seen else b"\n") + b",\n".join(fresh)
        seen.update(lines)
    yield b"\n]}\n"


async def _as_ctdl(store: Store) -> AsyncIterator[Iterable[Any]]:
    async for credentials in _credentials(store):
        yield [each for credential in credentials for each in nodes(credential)]


async def _as_schema_org(store: Store) -> AsyncIterator[Iterable[Any]]:
    names = await _names(store)
    async for credentials in _credentials(store):
        yield [each for one in credentials for each in document(one, names)["@graph"]]


async def _credentials(store: Store) -> AsyncIterator[list[Credential]]:
    async for kind, batch in store.everything():
        if kind is CREDENTIAL:
            yield [each for each in batch if isinstance(each, Credential) and not each.audience]


async def _names(store: Store) -> Names:
    skills: dict[str, Skill] = {}
    occupations: dict[str, Occupation] = {}
    credentials: dict[str, Credential] = {}
    async for kind, batch in store.everything():
        for each in batch:
            if kind is SKILL and isinstance(each, Skill):
                skills[each.id] = each
            elif kind is OCCUPATION and isinstance(each, Occupation):
                occupations[each.id] = each
            elif isinstance(each, Credential):
                credentials[each.id] = each
    return Names(skills, occupations, credentials)
