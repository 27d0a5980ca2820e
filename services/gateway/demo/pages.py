"""The demo's pages as HTML; every text goes through `escape`."""

from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import msgspec
from msgspec import Struct

FOLDER = Path(__file__).parent


class Job(Struct, frozen=True, kw_only=True):
    """An invented job posting."""

    id: str
    title: str
    employer: str
    place: str
    region: str
    mode: str
    type: str
    salary: str
    posted: str
    occupation: str
    summary: str
    about: list[str]
    tasks: list[str]
    needs: list[str]
    offers: list[str]


@cache
def jobs() -> dict[str, Job]:
    """By id, in the order of the list."""
    found = msgspec.json.decode((FOLDER / "jobs.json").read_bytes(), type=list[Job])
    return {job.id: job for job in found}


@cache
def people() -> dict[str, dict[str, Any]]:
    """Whom a visitor may be, by id."""
    found = msgspec.json.decode((FOLDER / "people.json").read_bytes(), type=list[dict[str, Any]])
    return {person["id"]: person for person in found}


def list_page() -> str:
    """Every job."""
    return _page("Jobs", f'<h1>Jobs that people grow into</h1><ul class="jobs">{_entries()}</ul>')


def job_page(job: Job, publishable_key: str) -> str:
    """One job, with the widget as a job board pastes it."""
    facts = "".join(f"<li>{escape(each)}</li>" for each in (job.place, job.mode, job.type))
    parts = (
        ("What you would do", job.tasks),
        ("What you bring", job.needs),
        ("What we offer", job.offers),
    )
    lists = "".join(f"<h2>{title}</h2>{_list(lines)}" for title, lines in parts)
    about = "".join(f"<p>{escape(each)}</p>" for each in job.about)
    widget = (
        f'<stackwise-recommendations key="{escape(publishable_key)}" occupation="{escape(job.occupation)}" '
        f'region="{escape(job.region)}" limit="4" linked-data></stackwise-recommendations>'
    )
    content = (
        f'<p><a href="/demo">All jobs</a></p><div class="columns"><article><h1>{escape(job.title)}</h1>'
        f'<p class="employer">{escape(job.employer)}</p><ul class="facts">{facts}'
        f"<li>{escape(job.salary)}</li></ul>{about}{lists}</article><aside>{widget}</aside></div>"
    )
    return _page(job.title, content, "/widget/v1/stackwise.js")


def learner_page() -> str:
    """The page of a learner, which its script fills."""
    return _page(
        "My learning", (FOLDER / "learner.html").read_text("utf-8"), "/demo/files/learner.js"
    )


def notice_page(title: str, text: str) -> str:
    """A page that says what is not there."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def _entries() -> str:
    return "".join(
        f'<li><a href="/demo/jobs/{job.id}">{escape(job.title)}</a><p class="employer">{escape(job.employer)}'
        f"<span> · {escape(job.place)} · {escape(job.posted)}</span></p><p>{escape(job.summary)}</p>"
        f'<p class="salary">{escape(job.salary)}</p></li>'
        for job in jobs().values()
    )


def _list(lines: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _page(title: str, content: str, script: str | None = None) -> str:
    frame = Template((FOLDER / "frame.html").read_text("utf-8"))
    tag = f'<script type="module" src="{script}"></script>' if script else ""
    return frame.substitute(title=escape(title), content=content, script=tag)
