"""What the career scenarios publish: an occupation, its skills, and credentials that teach them."""

from collections.abc import Mapping
from typing import Any

from tests.support.flow import Flow
from tests.support.partner import Partner, path
from tests.support.waiting import until


async def publish_skills(flow: Flow, *ids: str) -> None:
    """Skills named after the last word of their id."""
    for id in ids:
        put = await flow.admin.put(path("skills", id), json={"name": id.rsplit("/", 1)[-1]})
        assert put.status_code in (200, 201, 202), put.text


async def publish_occupation(
    flow: Flow, id: str, skills: Mapping[str, float], **parts: Any
) -> None:
    """An occupation that asks for these skills at these levels, all essential."""
    body = {
        "name": id.rsplit("/", 1)[-1],
        "skills": [{"id": each, "level": level} for each, level in skills.items()],
        **parts,
    }
    put = await flow.admin.put(path("occupations", id), json=body)
    assert put.status_code in (200, 201, 202), put.text


async def publish_assessed(flow: Flow, id: str, skill: str, level: float, **parts: Any) -> None:
    """A credential that teaches one skill, assessed, and that many employers recognise."""
    recognised = [
        {
            "kind": "recognizes",
            "agent": {"id": f"employer/{n}", "name": f"Employer {n}"},
            "start": "2025-01-01T00:00:00Z",
            "reciprocal": True,
        }
        for n in range(4)
    ]
    taught = [{"id": skill, "level": level, "assessed": True}]
    await flow.publish(id, **{"skills": taught, "assertions": recognised, **parts})


async def gap(partner: Partner, learner: str, occupation: str) -> dict[str, Any]:
    """The learner's gap once the recommender knows the occupation."""

    async def ask() -> Any:
        answer = await partner.http.get(
            path("learners", learner, "gap"), params={"occupation": occupation}
        )
        return answer.json() if answer.status_code == 200 else answer.text

    found: dict[str, Any] = await until(ask, lambda seen: isinstance(seen, dict))
    return found


async def pathway(
    partner: Partner, learner: str, occupation: str, *, steps: int = 0, **limits: Any
) -> dict[str, Any]:
    """The learner's path, once it has at least so many steps."""

    async def ask() -> Any:
        answer = await partner.http.post(
            path("learners", learner, "pathways"), json={"occupation": occupation, **limits}
        )
        return answer.json() if answer.status_code == 200 else answer.text

    found: dict[str, Any] = await until(
        ask, lambda seen: isinstance(seen, dict) and len(seen["steps"]) >= steps
    )
    return found


async def recommended(partner: Partner, learner: str, status: str) -> dict[str, Any]:
    """The learner's list, once its goal has this status and the list has items."""

    def ready(seen: dict[str, Any]) -> bool:
        target = seen["target"]
        return target is not None and target["status"] == status and bool(seen["items"])

    return await until(lambda: partner.recommendations(learner), ready)


def taken(found: dict[str, Any]) -> list[str]:
    """The ids of a path's credentials in their order."""
    return [step["credential"]["id"] for step in found["steps"]]
