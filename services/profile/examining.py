"""Verifying badges in processes of their own: 20 ms of arithmetic each, which would hold up the loop.

The loop fetches, a process computes; neither a large badge nor a thousand of them delay another request.
"""

import asyncio
import ctypes
import hashlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import structlog

from libs.common.contracts.calls import Verification, VerificationStep
from libs.common.errors import Unavailable
from services.profile.badges import documents
from services.profile.badges.steps import Refused
from services.profile.badges.verification import verify
from services.profile.domain.claims import claims_of
from services.profile.usecases.ports import Document, Examined

log = structlog.get_logger()

T = TypeVar("T")
MOST_LISTS = 4
Fetch = Callable[[str], Awaitable[bytes | None]]
"""What is at a URL; None where it cannot be had."""
_PR_SET_PDEATHSIG = 1


class Examining:
    """`workers` processes, started at the first badge and ended by `close`."""

    def __init__(self, fetch: Fetch, workers: int) -> None:
        self._fetch = fetch
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    async def examine(self, document: Document, at: datetime) -> Examined:
        """Raises Unavailable when a process has died over it."""
        urls = await self._run(_lists_of, document)
        lists = {url: await self._fetch(url) for url in urls}
        at_hand = {url: listed for url, listed in lists.items() if listed is not None}
        return await self._run(_examine, document, at, at_hand)

    def close(self) -> None:
        """Ends the processes; who waits is refused."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    async def _run(self, work: Callable[..., T], *given: object) -> T:
        pool = self._started()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, *given)
        except BrokenProcessPool as died:
            log.error("a process that verifies badges has died")
            if self._pool is pool:
                self._pool = None
            raise Unavailable("the badge could not be verified now") from died

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned: a fork would take over the loop's sockets and locks.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._workers, context, initializer=_begin, initargs=(os.getpid(),)
            )
        return self._pool


def _begin(parent: int) -> None:
    """The signals of a terminal are the parent's business, and its end is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the process that asked for badges has gone")


def _lists_of(document: Document) -> list[str]:
    """The URLs of the status lists that a document names."""
    credential = _credential(document)
    entries = [] if credential is None else documents.as_list(credential.get("credentialStatus"))
    urls = [e.get("statusListCredential") for e in entries[:MOST_LISTS] if isinstance(e, dict)]
    return [url for url in dict.fromkeys(urls) if isinstance(url, str)]


def _examine(document: Document, at: datetime, lists: Mapping[str, bytes]) -> Examined:
    found = verify(document.raw, at, lists)
    steps = [VerificationStep(step=s.step, passed=s.passed, detail=s.detail) for s in found.steps]
    credential = _credential(document)
    shaped = credential is not None and found.steps[0].passed
    return Examined(
        id=_id(document, credential),
        verification=Verification(status=found.status, steps=steps),
        claims=claims_of(credential) if credential is not None and shaped else None,
    )


def _credential(document: Document) -> dict[str, Any] | None:
    try:
        return documents.parse(document.raw)
    except Refused:
        return None


def _id(document: Document, credential: dict[str, Any] | None) -> str:
    """Of the content: however a document is written, it is the same one."""
    content = (
        document.raw if credential is None else msgspec.json.encode(credential, order="sorted")
    )
    return f"badge:{hashlib.sha256(content).hexdigest()}"
