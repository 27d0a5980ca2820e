"""Every example of the API's document, asked of a running system: they work, and their answers are recorded.

`python -m tests.support.examples STATE` asks a running stack and writes what it answered into the gateway's
`examples.json`.
"""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec

from services.gateway.examples import FILE, Example, examples
from tests.support.partner import client, path
from tests.support.waiting import until

TEAM = [f"learner-{number}" for number in range(4711, 4716)]
LEAVING, OLD = "learner-leaving", "northfield/sql-2019"
_SKILLS = {
    "skill/statistics": {"name": "Statistics", "kind": "knowledge"},
    "skill/data-visualisation": {"name": "Data visualisation", "kind": "skill"},
}
_CREDENTIALS: dict[str, dict[str, Any]] = {
    "northfield/sql-advanced": {
        "name": "Advanced SQL",
        "skills": [{"id": "skill/sql", "level": 1.0}],
        "prerequisites": [{"credential": "northfield/sql-foundations"}],
    },
    OLD: {"name": "SQL 2019", "skills": [{"id": "skill/sql", "level": 0.5}]},
    "open-college/statistics": {
        "name": "Applied Statistics",
        "skills": [{"id": "skill/statistics", "level": 0.66}],
    },
    "open-college/data-visualisation": {
        "name": "Data Visualisation",
        "skills": [{"id": "skill/data-visualisation", "level": 0.66}],
    },
    "open-college/spreadsheets": {
        "name": "Spreadsheets",
        "skills": [{"id": "skill/data-visualisation", "level": 0.33}],
    },
}


_BADGE = "harbour/dashboards"


class Api:
    """A running gateway by the document that it serves; `admin` and `partner` are clients with those keys."""

    def __init__(
        self, document: dict[str, Any], admin: httpx.AsyncClient, partner: httpx.AsyncClient
    ) -> None:
        self.admin, self.partner = admin, partner
        self.operations = {
            described["operationId"]: (method.upper(), template, described)
            for template, methods in document["paths"].items()
            for method, described in methods.items()
        }

    async def ask(self, name: str, example: Example, media: str = "") -> httpx.Response:
        """The example, with the key that its operation asks for; its body is JSON unless it is of another media type."""
        method, template, described = self.operations[name]
        where = {each["name"]: each["in"] for each in described["parameters"]}
        given = example.parameters
        segments = [
            str(given[part[1:-1]]) if part.startswith("{") else part
            for part in template.removeprefix("/v1/").split("/")
        ]
        headers = {key: str(value) for key, value in given.items() if where[key] == "header"}
        if example.body is not None:
            headers["content-type"] = media or next(iter(described["requestBody"]["content"]))
        caller = self.partner if {"secret": []} in described["security"] else self.admin
        return await caller.request(
            method,
            path(*segments),
            params={key: value for key, value in given.items() if where[key] == "query"},
            headers=headers,
            content=_content(example.body, media),
        )


def _content(body: Any, media: str) -> bytes | None:
    if body is None:
        return None
    return str(body).encode() if media.endswith("jwt") else msgspec.json.encode(body)


async def seed(api: Api) -> None:
    """What the examples speak of beyond what they make themselves; the learners of the team share."""
    for id, skill in _SKILLS.items():
        await _put(api.admin, ("skills", id), skill)
    for id, parts in {**_CREDENTIALS, _BADGE: _of_the_badge()}.items():
        common = {
            "type": "MicroCredential",
            "status": "active",
            "issuer": {"id": "northfield", "name": "Northfield College"},
            "url": "https://northfield.example/courses",
            "cost": [{"amount": "39.00", "currency": "USD", "kind": "tuition"}],
            "workload_hours": 20,
            "delivery": ["online"],
            "languages": ["en"],
        }
        await _put(api.admin, ("credentials", id), {**common, **parts})
    for number, learner in enumerate([*TEAM, LEAVING]):
        profile = {
            "skills": [{"id": "skill/statistics", "level": round(0.2 + number / 10, 1)}],
            "consent": {"personalization": True, "team_sharing": True},
        }
        await _put(api.partner, ("learners", learner), profile)


def _of_the_badge() -> dict[str, Any]:
    """The credential that the example's badge is, by who signed it."""
    badge = examples()["report_credential"].others["open_badge"].body
    achievement = badge["credentialSubject"]["achievement"]
    issuer = {"id": badge["issuer"]["id"], "name": badge["issuer"]["name"]}
    return {"name": achievement["name"], "url": achievement["id"], "issuer": issuer}


async def _put(caller: httpx.AsyncClient, segments: tuple[str, ...], body: Any) -> None:
    answer = await caller.put(path(*segments), json=body)
    assert answer.status_code in (200, 201, 202), answer.text


async def replay(api: Api, known: dict[str, Example]) -> dict[str, httpx.Response]:
    """Asks every example in its order; a list is asked for until it includes what was sent, the stream left
    out, since it does not end."""
    answers: dict[str, httpx.Response] = {}
    for name, example in known.items():
        if name == "get_stream":
            continue
        if name == "revoke_key":
            parameters = {**example.parameters, "prefix": answers["add_key"].json()["prefix"]}
            example = Example(parameters=parameters)
        for other in example.others.values():
            taken = await api.ask(
                name, msgspec.structs.replace(example, body=other.body), other.media
            )
            assert taken.is_success, f"{name}: {taken.status_code} {taken.text}"
        answers[name] = await api.ask(name, example)
        if name == "report_credential":
            await _until_included(api, known["get_recommendations"], answers)
    return answers


async def _until_included(api: Api, example: Example, answers: dict[str, httpx.Response]) -> None:
    position = answers["post_interactions"].json()["position"]

    async def ask() -> int:
        answer = await api.ask("get_recommendations", example)
        seen = answer.json()["freshness"]["position"]
        return -1 if seen is None else int(seen)

    await until(ask, lambda seen: seen >= position)


async def record(state: Path) -> None:
    """Writes what a running stack answers; keys are masked, and one partner is listed."""
    stack = json.loads((state / "stack.json").read_text("utf-8"))
    url, secret = stack["gateway_url"], stack["partner"]["secret_key"]
    known = msgspec.json.decode(FILE.read_bytes(), type=dict[str, Example])
    async with client(url, stack["admin_key"]) as admin, client(url, secret) as partner:
        api = Api((await admin.get("/schema/openapi.json")).json(), admin, partner)
        await seed(api)
        answers = await replay(api, known)
        event = await _first_event(partner, known["get_stream"])
    known["get_stream"] = msgspec.structs.replace(known["get_stream"], answer=event)
    for name, answer in answers.items():
        assert answer.is_success, f"{name}: {answer.status_code} {answer.text}"
        masked = re.sub(r"\b(pk|sk|ak)_[A-Za-z0-9]{10}([A-Za-z0-9]{32})?", _mask, answer.text)
        body = json.loads(masked)
        if name == "list_partners":
            body["items"] = body["items"][-1:]
        known[name] = msgspec.structs.replace(known[name], answer=body)
    listed = {key: msgspec.to_builtins(value) for key, value in known.items()}
    FILE.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", "utf-8")


async def _first_event(partner: httpx.AsyncClient, example: Example) -> dict[str, Any]:
    learner, limit = example.parameters["learner_id"], example.parameters["limit"]
    url = path("learners", str(learner), "recommendations", "stream")
    async with partner.stream("GET", url, params={"limit": limit}) as answer:
        text = await anext(answer.aiter_text())
    event: dict[str, Any] = dict(line.split(": ", 1) for line in text.splitlines() if line)
    return {**event, "retry": int(event["retry"])}


def _mask(found: "re.Match[str]") -> str:
    """Recognisably no key, and not one that a scanner would report."""
    return f"{found[1]}_0123456789" + ("…" if found[2] else "")


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1])))
