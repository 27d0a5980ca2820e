"""Health: the reasons of the checks, and what the two endpoints make of them."""

import httpx
import pytest

from libs.common.health import Health
from libs.common.web import App


def test_only_reasons_are_reported() -> None:
    """A check that says None is well and is not listed."""
    health = Health()
    health.add("kafka", lambda: "no assignment")
    health.add("redis", lambda: None)
    assert health.problems() == {"kafka": "no assignment"}


def test_a_name_is_taken_once() -> None:
    """Two checks of one name would hide one another."""
    health = Health()
    health.add("kafka", lambda: None)
    with pytest.raises(ValueError, match="kafka"):
        health.add("kafka", lambda: None)


async def test_ready_follows_the_checks(http: httpx.AsyncClient, health: Health) -> None:
    """`/health/ready` is 503 with the reasons while a check has one, and 200 again after."""
    reasons: list[str | None] = ["catching up", None]
    health.add("catalog", lambda: reasons[0])
    unready = await http.get("/health/ready")
    assert (unready.status_code, unready.json()["problems"]) == (503, {"catalog": "catching up"})
    assert (await http.get("/health/live")).status_code == 200
    reasons.pop(0)
    assert (await http.get("/health/ready")).status_code == 200


async def test_a_stopping_process_is_not_ready(http: httpx.AsyncClient, app: App) -> None:
    """From the signal on no new requests should be sent here."""
    app.stopping.set()
    assert (await http.get("/health/ready")).json()["problems"] == {"process": "stopping"}


async def test_a_warning_does_not_make_a_process_unready(
    health: Health, http: httpx.AsyncClient
) -> None:
    """It is said beside the readiness."""
    health.add("relay", lambda: None, lambda: "1 row cannot be published")
    answer = await http.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["warnings"] == {"relay": "1 row cannot be published"}


async def test_only_what_a_new_start_helps_against_ends_a_process(
    http: httpx.AsyncClient, health: Health
) -> None:
    """`/health/live` is 503 with the reason of a vital check, and of no other."""
    health.add("kafka", lambda: "away")
    assert (await http.get("/health/live")).status_code == 200
    health.add_vital("events", lambda: "the consumer is dead")
    answer = await http.get("/health/live")
    assert (answer.status_code, answer.json()["problems"]) == (
        503,
        {"events": "the consumer is dead"},
    )
