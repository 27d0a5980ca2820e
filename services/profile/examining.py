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
from services.profile.badges.at_hand import AtHand
from services.profile.badges.presented import present
from services.profile.badges.steps import Refused, Step
from services.profile.badges.steps import Verification as Found
from services.profile.badges.verification import verify, wanted
from services.profile.domain.claims import claims_of
from services.profile.usecases.ports import Document, Examined

log = structlog.get_logger()

T = TypeVar("T")
# A badge names the document of its issuer and its lists, and those the documents of theirs.
ROUNDS = 3
MOST_FETCHED = 8
CPU_SECONDS = 2.0
Fetch = Callable[[str], Awaitable[bytes | str]]
"""What is at a URL, or why it cannot be had."""
_PR_SET_PDEATHSIG = 1


class Examining:
    """`workers` processes, started at the first badge and ended by `close`."""

    def __init__(
        self, fetch: Fetch, workers: int, allowed_issuers: Mapping[str, str] | None = None
    ) -> None:
        self._fetch = fetch
        self._workers = workers
        self._allowed_issuers = allowed_issuers or {}
        self._pool: ProcessPoolExecutor | None = None

    async def examine(self, document: Document, at: datetime) -> Examined:
        """Raises Unavailable when a process has died over it."""
        found: dict[str, bytes | str] = {}
        for _ in range(ROUNDS):
            urls = sorted(await self._run(_wanted, document, found))
            if not urls or len(found) + len(urls) > MOST_FETCHED:
                break
            found |= zip(urls, await asyncio.gather(*map(self._fetch, urls)), strict=True)
        return await self._run(_examine, document, at, found, self._allowed_issuers)

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
    signal.signal(signal.SIGPROF, _exhausted)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the process that asked for badges has gone")


class _Exhausted(BaseException):
    """Not an Exception, so that no library takes it for its own."""


def _exhausted(*_: object) -> None:
    raise _Exhausted


def _wanted(document: Document, found: Mapping[str, bytes | str]) -> set[str]:
    return wanted(document.raw, AtHand(found))


def _examine(
    document: Document,
    at: datetime,
    found: Mapping[str, bytes | str],
    allowed_issuers: Mapping[str, str],
) -> Examined:
    verified = _verify_in_time(document, at, AtHand(found), allowed_issuers)
    steps = [
        VerificationStep(step=s.step, passed=s.passed, detail=s.detail) for s in verified.steps
    ]
    credential = _credential(document)
    shaped = credential is not None and verified.steps[0].passed
    return Examined(
        id=_id(document, credential),
        verification=Verification(status=verified.status, steps=steps),
        claims=claims_of(credential) if credential is not None and shaped else None,
    )


def _verify_in_time(
    document: Document, at: datetime, at_hand: AtHand, allowed_issuers: Mapping[str, str]
) -> Found:
    """A document can be made whose canonical form takes years."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        return verify(
            document.raw, at, at_hand, allowed_issuers=allowed_issuers, identity=document.recipient
        )
    except _Exhausted:
        return Found((Step("shape", False, f"takes more than {CPU_SECONDS:.0f} s to verify"),))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _credential(document: Document) -> dict[str, Any] | None:
    try:
        return present(document.raw).document
    except Refused:
        return None


def _id(document: Document, credential: dict[str, Any] | None) -> str:
    """Of the content: however a document is written, it is the same one."""
    content = (
        document.raw if credential is None else msgspec.json.encode(credential, order="sorted")
    )
    return f"badge:{hashlib.sha256(content).hexdigest()}"
