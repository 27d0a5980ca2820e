"""A key can do exactly what the API's page says and nothing else: every operation by every caller."""

import httpx
import msgspec
import pytest

from services.gateway.auth.identity import Signer
from services.gateway.openapi import document
from tests.unit.gateway.test_tokens import OTHER, RSA, confused, identity, token, unsigned
from tests.unit.gateway.world import ORIGIN, World

ANONYMOUS = {"page", "server"}
READABLE = {"page", "server", "admin"}
OWN = {"server", "learner"}
# Whose request is not refused, by operation. A new operation needs a row.
LEARNER = "/v1/learners/{learner_id}"
CREDENTIAL, PARTNER = "/v1/credentials/{credential_id}", "/v1/partners/{partner_id}"
ROWS: dict[str, set[str]] = {
    f"GET {LEARNER}/recommendations": OWN,
    f"GET {LEARNER}/recommendations/stream": OWN,
    f"GET {LEARNER}/gap": OWN,
    f"POST {LEARNER}/pathways": OWN,
    f"POST {LEARNER}/interactions": OWN,
    f"GET {LEARNER}": OWN,
    f"PUT {LEARNER}": OWN,
    f"DELETE {LEARNER}": OWN,
    f"GET {LEARNER}/export": OWN,
    f"GET {LEARNER}/credentials": OWN,
    f"POST {LEARNER}/credentials": OWN,
    "POST /v1/recommendations": ANONYMOUS,
    "GET /v1/widget/recommendations": ANONYMOUS,
    "POST /v1/widget/events": ANONYMOUS,
    "POST /v1/gap": {"server"},
    "POST /v1/teams/gap": {"server"},
    "POST /v1/interactions": {"server"},
    "GET /v1/credentials": READABLE,
    f"GET {CREDENTIAL}": READABLE,
    f"GET {CREDENTIAL}/similar": READABLE,
    f"GET {CREDENTIAL}/schema.org": READABLE,
    "GET /v1/schema.org/credentials": READABLE,
    f"PUT {CREDENTIAL}": {"admin"},
    f"DELETE {CREDENTIAL}": {"admin"},
    "GET /v1/occupations": READABLE,
    "GET /v1/occupations/{occupation_id}": READABLE,
    "PUT /v1/occupations/{occupation_id}": {"admin"},
    "GET /v1/skills": READABLE,
    "GET /v1/skills/{skill_id}": READABLE,
    "PUT /v1/skills/{skill_id}": {"admin"},
    "PUT /v1/regulations/{occupation_id}/{jurisdiction}": {"admin"},
    "PUT /v1/demand/{region}/{occupation_id}": {"admin"},
    "GET /v1/value-weights": READABLE,
    "GET /v1/partners": {"admin"},
    "POST /v1/partners": {"admin"},
    f"GET {PARTNER}": {"admin"},
    f"PATCH {PARTNER}": {"admin"},
    f"POST {PARTNER}/keys": {"admin"},
    f"DELETE {PARTNER}/keys": {"admin"},
}


@pytest.fixture
def callers(world: World) -> dict[str, dict[str, str]]:
    """Headers by who calls; all but the first four are never let in."""
    world.keys.signers.append(Signer("partner", frozenset(), identity()))
    page, evil = {"origin": ORIGIN}, {"origin": "https://evil.example"}

    def bearer(key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    return {
        "page": {**bearer(world.publishable), **page},
        "server": bearer(world.secret),
        "admin": bearer(world.admin),
        "learner": bearer(token()),
        "foreign page": {**bearer(world.publishable), **evil},
        "no page": bearer(world.publishable),
        "foreign learner": bearer(token(sub="bob")),
        "nobody": {},
        "forged": bearer(token(OTHER)),
        "expired": bearer(token(exp=1)),
        "wrong issuer": bearer(token(iss="https://evil.example")),
        "wrong algorithm": bearer(token(RSA, "RS256")),
        "none": bearer(unsigned()),
        "HS256": bearer(confused()),
    }


def operations(world: World) -> list[tuple[str, str]]:
    paths = msgspec.json.decode(document(world.app))["paths"]
    return [(method.upper(), path) for path, item in paths.items() for method in item]


def test_every_operation_has_a_row(world: World) -> None:
    """Whoever adds an operation says whose it is."""
    assert {f"{method} {path}" for method, path in operations(world)} == ROWS.keys()


@pytest.mark.parametrize("row", ROWS)
async def test_only_those_of_the_row_get_in(
    callers: dict[str, dict[str, str]], nobody: httpx.AsyncClient, row: str
) -> None:
    """The others are refused with 401 or 403 before anything of the request is looked at; nobody here has
    registered a learner, so what gets in ends with another refusal."""
    method, template = row.split()
    path = template.replace("{learner_id}", "ada").replace("{", "").replace("}", "")
    admitted = set()
    for caller, headers in callers.items():
        answer = await nobody.request(method, path, headers=headers)
        if answer.status_code not in (401, 403):
            admitted.add(caller)
    assert admitted == ROWS[row]
