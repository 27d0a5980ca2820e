"""`make demo`: a learner's list, one interaction, the changed list, how long that took, a path, and what the
law says of three goals."""

import json
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
from rich.console import Console

from deploy.local.demo_tables import show_goals, show_list, show_path
from deploy.local.keeper import Say
from deploy.local.run import running_stack
from deploy.local.sample.people import TEACHER
from deploy.local.stack import Stack
from deploy.local.terminal import run

_STATE = Path(".state/demo")
_PORT = 8080
_SHOWN = 6
_LEARNER = quote(TEACHER, safe="")
# One that the law protects, one of which nobody has said whether it does, and the teacher's own.
_GOALS = ("registered-nurse", "community-health-worker", "instructional-designer")


class Change(NamedTuple):
    """What one interaction did. Times are in milliseconds from the sending of the interaction."""

    before: dict[str, Any]
    completed: dict[str, Any]
    position: int
    accepted_ms: float
    served_ms: float
    after: dict[str, Any]


async def demo(say: Say) -> None:
    """Starts the stack, shows the change, and stays up unless ONCE is set."""
    console = Console(highlight=False)
    async with running_stack(_STATE, gateway_port=_free(_PORT), sample=True, say=say) as stack:
        headers = {"authorization": f"Bearer {stack.partner.secret_key}"}
        async with httpx.AsyncClient(base_url=stack.gateway_url, headers=headers) as client:
            change = await complete_the_first(client)
            path = await a_path(client)
            gaps = await the_gaps(client)
        show(console, change)
        show_path(console, f"{TEACHER}'s path to {path['occupation']['name']}", path)
        show_goals(console, "What the law says of three goals, in California", gaps)
        show_how_to_call(console, stack, change.after["items"][0]["credential"]["id"])
        if not os.environ.get("ONCE"):
            say("up; Ctrl-C stops it")
            await stack.failure()


async def complete_the_first(client: httpx.AsyncClient) -> Change:
    """The learner completes what their list has first; then the list that includes it is read."""
    url = f"/v1/learners/{_LEARNER}/recommendations"
    before = _answer(await client.get(url, params={"limit": _SHOWN}))
    completed = before["items"][0]["credential"]
    event = {
        "credential_id": completed["id"],
        "kind": "complete",
        "occurred_at": datetime.now(UTC).isoformat(),
        "recommendation_id": before["recommendation_id"],
    }
    begun = time.perf_counter()
    taken = _answer(
        await client.post(f"/v1/learners/{_LEARNER}/interactions", json={"events": [event]})
    )
    accepted = time.perf_counter()
    asked = {"limit": _SHOWN, "min_position": taken["position"]}
    after = _answer(await client.get(url, params=asked))
    served = time.perf_counter()
    return Change(
        before=before,
        completed=completed,
        position=taken["position"],
        accepted_ms=(accepted - begun) * 1000,
        served_ms=(served - begun) * 1000,
        after=after,
    )


async def a_path(client: httpx.AsyncClient) -> dict[str, Any]:
    """A path toward the learner's own goal at six hours a week and for at most 500 dollars."""
    profile = _answer(await client.get(f"/v1/learners/{_LEARNER}"))
    asked = {
        "occupation": profile["target_occupation"],
        "budget": {"amount": "500.00", "currency": "USD"},
        "hours_per_week": 6,
    }
    return _answer(await client.post(f"/v1/learners/{_LEARNER}/pathways", json=asked))


async def the_gaps(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What is missing for each of three goals, and what the law says of it."""
    url = f"/v1/learners/{_LEARNER}/gap"
    return [
        _answer(await client.get(url, params={"occupation": f"occupation/{goal}"}))
        for goal in _GOALS
    ]


def show(console: Console, change: Change) -> None:
    """Prints the list before, the interaction and the list after."""
    show_list(console, f"{TEACHER}'s list before", change.before["items"])
    console.print(f"\n{TEACHER} completes [bold]{change.completed['name']}[/bold].\n")
    show_list(console, f"{TEACHER}'s list after", change.after["items"], change.before["items"])
    included = change.after["freshness"]["position"]
    console.print(
        f"\nAccepted (acknowledged by Kafka) after {change.accepted_ms:.0f} ms; the changed list was "
        f"served [bold]{change.served_ms:.0f} ms[/bold] after the interaction was sent "
        f"(position {included} includes {change.position}).\n"
    )


def show_how_to_call(console: Console, stack: Stack, credential_id: str) -> None:
    """Prints where things are and two commands that work as they stand."""
    learner = f"{stack.gateway_url}/v1/learners/{_LEARNER}"
    key = f"-H 'Authorization: Bearer {stack.partner.secret_key}'"
    event = {"credential_id": credential_id, "kind": "view", "occurred_at": "NOW"}
    body = json.dumps({"events": [event]}).replace("NOW", "'$(date -u +%FT%TZ)'")
    lines = [
        f"API   {stack.gateway_url}/v1",
        f"demo  {stack.gateway_url}/demo",
        f"docs  {stack.gateway_url}/schema",
        f"keys  {stack.state.stack_file}",
        f"logs  {stack.state.path / 'logs'}",
        "",
        f"curl -s {key} '{learner}/recommendations?limit=3'",
        "",
        f"curl -s {key} -H 'Content-Type: application/json' {learner}/interactions -d '{body}'",
        "",
    ]
    console.print("\n".join(lines), soft_wrap=True, markup=False)


def _answer(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


def _free(port: int) -> int | None:
    """The port, or None (any free one) where something listens on it."""
    with socket.socket() as probe:
        return None if probe.connect_ex(("127.0.0.1", port)) == 0 else port


if __name__ == "__main__":
    run(demo)
