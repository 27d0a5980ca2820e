"""CTDL's JSON-LD graphs: credentials, joined with the rest of their file on disk."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from services.catalog.domain.kinds import CREDENTIAL
from services.catalog.domain.records import Item, LeftOut, Record, Working
from services.catalog.formats import ctdl, ctdl_terms
from services.catalog.formats.ctdl_assertions import Claim
from services.catalog.formats.notes import listed, types_of
from services.catalog.importers import json_nodes
from services.catalog.importers.files import opened
from services.catalog.importers.reports import items_of
from services.catalog.importers.staging import STAGING_SHARE, Gauge

_SCHEMA = """
    CREATE TABLE node (place INTEGER PRIMARY KEY, id TEXT, document INT, pointer TEXT, credential INT, json BLOB);
    CREATE INDEX node_id ON node (id);
    CREATE TABLE claim (object TEXT, kind TEXT, agent TEXT, action BLOB);
    CREATE INDEX claim_object ON claim (object);
"""
_CREDENTIALS = "SELECT document, pointer, json FROM node WHERE credential ORDER BY place"
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=str)
_FOR_ORGANISATIONS = "credentials for organisations"
_EXTERNAL = "credentials that are only named: they have no CTID, and no owner or status"


def read(path: Path, gauge: Gauge) -> Iterator[Item | Working]:
    """The credentials of a file, successors before what they supersede."""
    graph = _Graph()
    try:
        with opened(path) as source:
            for found in json_nodes.read(source.stream, ("@graph",)):
                gauge.share = STAGING_SHARE * source.position() / (source.size or 1)
                if isinstance(found, json_nodes.Found):
                    graph.add(found)
                else:
                    yield found
        yield from graph.items(gauge)
    finally:
        graph.close()


class _Graph:
    """The objects of a file by id, and what they say of each other."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self._left_out = {_FOR_ORGANISATIONS: 0, _EXTERNAL: 0}

    def close(self) -> None:
        self._database.close()

    def add(self, found: json_nodes.Found) -> None:
        data = found.data
        types = [type for type in listed(data.get("@type")) if isinstance(type, str)]
        if found.lists and not types:
            return
        id = data.get("@id")
        row = (
            id if isinstance(id, str) else None,
            found.document,
            found.pointer,
            self._is_wanted(data, types),
            _encoder.encode(data),
        )
        self._database.execute(
            "INSERT INTO node (id, document, pointer, credential, json) VALUES (?, ?, ?, ?, ?)", row
        )
        for claim, about in claims_in(data):
            action = None if claim.action is None else _encoder.encode(claim.action)
            self._database.execute(
                "INSERT INTO claim VALUES (?, ?, ?, ?)", (about, claim.kind, claim.agent, action)
            )

    def _is_wanted(self, data: Mapping[str, Any], types: list[str]) -> bool:
        if ctdl_terms.FOR_ORGANISATIONS in types:
            self._left_out[_FOR_ORGANISATIONS] += 1
            return False
        if not ctdl.is_credential(types):
            return False
        if str(data.get("@id", "_:")).startswith("_:") and "ceterms:ctid" not in data:
            self._left_out[_EXTERNAL] += 1
            return False
        return True

    def items(self, gauge: Gauge) -> Iterator[Item]:
        total = self._database.execute("SELECT COUNT(*) FROM node WHERE credential").fetchone()[0]
        waiting: dict[str, tuple[str, list[Item]]] = {}
        for done, (document, pointer, raw) in enumerate(self._database.execute(_CREDENTIALS)):
            gauge.share = STAGING_SHARE + (1 - STAGING_SHARE) * done / total
            reading = ctdl.read(_decoder.decode(raw), self.find, self.claims)
            items = list(items_of(CREDENTIAL, reading, document, pointer))
            successor = reading.parts.get("superseded_by")
            if successor and isinstance(items[0], Record):
                waiting[items[0].key] = (successor, items)
            else:
                yield from items
        yield from _successors_first(waiting)
        yield from (LeftOut(why, rows) for why, rows in self._left_out.items() if rows)

    def find(self, id: str) -> Mapping[str, Any] | None:
        row = self._database.execute("SELECT json FROM node WHERE id = ?", (id,)).fetchone()
        data: Mapping[str, Any] | None = _decoder.decode(row[0]) if row else None
        return data

    def claims(self, id: str) -> list[Claim]:
        query = "SELECT kind, agent, action FROM claim WHERE object = ? ORDER BY rowid"
        rows = self._database.execute(query, (id,)).fetchall()
        return [
            Claim(kind, agent, action and _decoder.decode(action)) for kind, agent, action in rows
        ]


def claims_in(data: Mapping[str, Any]) -> Iterator[tuple[Claim, str]]:
    """What an organisation or an action says of others, with their ids."""
    for kind in ctdl_terms.ASSERTIONS:
        for about in _ids(data.get(f"ceterms:{kind}")):
            for agent in _ids(data.get("@id")):
                yield Claim(kind, agent), about
    for type in types_of(data):
        if type in ctdl_terms.ACTIONS:
            for agent in _ids(data.get("ceterms:actingAgent")):
                for about in _ids(data.get("ceterms:object")):
                    yield Claim(ctdl_terms.ACTIONS[type], agent, data), about


def _ids(value: Any) -> Iterator[str]:
    for each in listed(value):
        id = each.get("@id") if isinstance(each, Mapping) else each
        if isinstance(id, str):
            yield id


def _successors_first(waiting: dict[str, tuple[str, list[Item]]]) -> Iterator[Item]:
    """What is superseded comes after its successor; a circle as it stands, for the catalog to refuse."""
    while waiting:
        ready = [key for key, (successor, _) in waiting.items() if successor not in waiting]
        for key in ready or list(waiting):
            yield from waiting.pop(key)[1]
