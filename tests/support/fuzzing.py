"""What schemathesis has to know of the API beyond its document: which ids there are, and what no schema can say.

Loaded by it (`SCHEMATHESIS_HOOKS`). Cases that are meant to be refused are sent as they are, but for one thing: a number
is taken for an amount of money as well as a string.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import msgspec
import schemathesis

CREDENTIAL, OCCUPATION = "open-college/spreadsheets", "occupation/data-analyst"
# What is written goes to ids of its own, so that nobody else's world is touched.
OWN = {
    "credential_id": "fuzz/credential",
    "occupation_id": "fuzz/occupation",
    "skill_id": "fuzz/skill",
}
KNOWN = {"credential_id": CREDENTIAL, "occupation_id": OCCUPATION, "skill_id": "skill/sql"}
LEARNER, SUCCESSOR = "learner-fuzz", "northfield/sql-advanced"
_BY_FIELD = {
    "occupation": OCCUPATION,
    "target_occupation": OCCUPATION,
    "credential_id": CREDENTIAL,
    "superseded_by": SUCCESSOR,
    "skills": "skill/sql",
}


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """One line."""
    return msgspec.json.encode(value)


@schemathesis.serializer("application/vc+jwt")
def token(_: Any, value: Any) -> bytes:
    """As it stands."""
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)


@schemathesis.deserializer("application/x-ndjson")
def first_line(_: Any, response: Any) -> Any:
    """The first line of the answer."""
    return msgspec.json.decode(response.content.partition(b"\n")[0])


@schemathesis.hook
def before_call(_: Any, case: Any, __: Any) -> None:
    """Ids that exist, and goals that are one, in cases that are meant to be accepted."""
    if case.meta is not None and case.meta.generation.mode.is_negative:
        case.body = _without_number_of_money(case.body)
        return
    written = case.method in ("PUT", "DELETE")
    for name in case.path_parameters or ():
        if name == "learner_id" and case.method != "DELETE":
            case.path_parameters[name] = quote(LEARNER, safe="")
        elif name in OWN:
            case.path_parameters[name] = quote((OWN if written else KNOWN)[name], safe="")
    (case.query or {}).pop("cursor", None)
    for name in (case.query or {}).keys() & _BY_FIELD.keys():
        case.query[name] = _BY_FIELD[name]
    if not _is_signed(case.body):
        case.body = _seeded(case.body)
    if case.operation.definition.raw["operationId"] == "create_partner":
        _renew(case)


@schemathesis.hook
def after_call(_: Any, case: Any, response: Any) -> None:
    """Notes what was answered."""
    operation = case.operation.definition.raw["operationId"]
    with Path(os.environ["STACKWISE_FUZZ_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{operation} {response.status_code}\n")


def _renew(case: Any) -> None:
    """The id and the key that come again and again have been used."""
    if isinstance(case.body, dict) and "id" in case.body:
        case.body["id"] = f"fuzz-{uuid4().hex[:12]}"
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = str(uuid4())


def _is_signed(body: Any) -> bool:
    """A badge would not verify with other values."""
    return isinstance(body, dict) and "@context" in body and "proof" in body


def _seeded(value: Any) -> Any:
    if isinstance(value, list):
        return [_seeded(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # An integer is written without a point.
    if isinstance(value, str) and value.lower().startswith("http"):
        return "https://example.org"  # schemathesis breaks on one that is none, such as https://[2
    if not isinstance(value, dict):
        return value
    known = {
        name: _BY_FIELD[name] if name in _BY_FIELD and isinstance(part, str) else _seeded(part)
        for name, part in value.items()
    }
    if isinstance(known.get("target"), dict):
        known["target"] = {"occupation": OCCUPATION}
    for either_or in ("identities", "prerequisites"):
        if known.get(either_or):
            known[either_or] = []
    return known


def _without_number_of_money(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_number_of_money(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: "no number"
        if name == "amount" and isinstance(part, int | float)
        else _without_number_of_money(part)
        for name, part in value.items()
    }
