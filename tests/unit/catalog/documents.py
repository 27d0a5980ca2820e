"""Small documents in the published formats, ours from the first word to the last, and how tests read them."""

import json
from pathlib import Path
from typing import Any

from libs.common.contracts.catalog import CredentialBody
from services.catalog.domain.kinds import CREDENTIAL
from services.catalog.domain.records import Item, Noted, Record, Working
from services.catalog.importers import Format, reading

ID = "https://registry.example.org/resources/ce-1"
OWNER = "https://registry.example.org/resources/ce-owner"


def alignment(target: str, **more: Any) -> dict[str, Any]:
    """A CTDL alignment to a concept."""
    return {"@type": "ceterms:CredentialAlignmentObject", "ceterms:targetNode": target, **more}


def ctdl(**more: Any) -> dict[str, Any]:
    """A CTDL credential with all that is required; `more` by local name, None takes one away."""
    terms = {
        "ctid": "ce-1",
        "name": {"en-US": "Kite safety"},
        "description": {"en-US": "Fly safely."},
        "subjectWebpage": "https://kites.example.org/safety",
        "inLanguage": ["en-US"],
        "credentialStatusType": alignment("credentialStat:Active"),
        "ownedBy": [OWNER],
        **more,
    }
    node = {"@type": terms.pop("type", "ceterms:MicroCredential"), "@id": terms.pop("id", ID)}
    named = {name if ":" in name else f"ceterms:{name}": value for name, value in terms.items()}
    return {**node, **{name: value for name, value in named.items() if value is not None}}


def owner(**more: Any) -> dict[str, Any]:
    """The organisation that owns it."""
    own = {"@type": "ceterms:CredentialOrganization", "@id": OWNER, "ceterms:name": {"en": "Kites"}}
    return {**own, **{f"ceterms:{name}": value for name, value in more.items()}}


def graph(*nodes: dict[str, Any]) -> dict[str, Any]:
    """A CTDL graph."""
    return {"@context": "https://credreg.net/ctdl/schema/context/json", "@graph": list(nodes)}


def read(path: Path, format: Format) -> list[Item]:
    """What a file holds."""
    with reading(path, format, CREDENTIAL) as source:
        return [item for item in source.items if not isinstance(item, Working)]


def read_json(path: Path, document: Any, format: Format) -> list[Item]:
    """What a document holds, written to a file first."""
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return read(path, format)


def profession(**more: Any) -> dict[str, Any]:
    """A profession in the register's shape, with the occupations that it is about."""
    version = {
        "status": "live",
        "occupationLocations": ["GB-ENG", "GB-WLS"],
        "regulationType": "licensing",
        "reservedActivities": "Fly kites\nSell kites",
        "protectedTitles": "Kite marshal",
        "legislations": ["The Kites Act 1994"],
        "regulationUrl": "https://register.example.org/kites",
        "mandatoryRegistration": "mandatory",
        **more,
    }
    return {
        "name": "Kite marshal",
        "slug": "kite-marshal",
        "occupations": more.pop("occupations", ["onet:55-1011.00"]),
        "organisations": [
            {"name": "Second body", "role": "additionalRegulator"},
            {"name": "Kite Council", "role": "primaryRegulator"},
        ],
        "versions": [{"status": "archived"}, version],
    }


def credentials(items: list[Item]) -> dict[str, CredentialBody]:
    """The credentials by id."""
    return {
        item.key: item.body
        for item in items
        if isinstance(item, Record) and isinstance(item.body, CredentialBody)
    }


def kept(items: list[Item]) -> dict[str, Any]:
    """What was kept aside, by its place."""
    return {
        item.pointer: item.value for item in items if isinstance(item, Noted) and not item.missing
    }


def missing(items: list[Item]) -> set[str]:
    """What documents should say and do not."""
    return {item.value for item in items if isinstance(item, Noted) and item.missing}
