"""Redis: learners' states and lists, fenced by the offsets of their partition (contracts.md 1 and 2).

Every script touches keys of one hash tag only. Everything here raises TryAgain when Redis does not
answer; a write may then have happened, which the caller finds out by doing it again.
"""

from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec
import structlog
from msgspec import Struct
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisClusterException, RedisError, ResponseError

from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import (
    LearnerState,
    Lookup,
    Offsets,
    Packed,
    StoredList,
    pack,
)
from libs.common.errors import TryAgain
from services.recommender.metrics import UNDECODABLE
from services.recommender.scripts import COMMIT, FORGET, LOOKUP, REPAIR, Script

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
Client: TypeAlias = Redis | RedisCluster

log = structlog.get_logger()

DAY_MS = 24 * 60 * 60 * 1000
MARKER_MS = 400 * DAY_MS
EMPTY_LOOKUP_MS = 30 * DAY_MS
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 3.0


class Result(NamedTuple):
    """What a commit sets for one learner. `ranked` None deletes the list; `marker`: the state expires."""

    learner_key: str
    state: bytes
    ranked: bytes | None
    marker: bool


class Commit(NamedTuple):
    """One partition's results and new offsets, valid while the stored offsets are `expected`."""

    partition: int
    expected: bytes | None
    offsets: bytes
    results: Sequence[Result]


class States(NamedTuple):
    """Learners' states by key, and by partition the keys whose states do not decode."""

    known: dict[str, LearnerState]
    broken: dict[int, list[str]]


class Stored(NamedTuple):
    """A learner's state and list as bytes, to be compared when the list is repaired."""

    state: bytes | None
    ranked: bytes | None


def connect(url: str, *, cluster: bool = False) -> Client:
    """A client that gives up after seconds and leaves retrying to its caller; opens nothing yet. `cluster`: the URL is
    that of a node of a Redis Cluster."""
    kind: Any = RedisCluster if cluster else Redis
    client: Client = kind.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),
        max_connections=64,
    )
    return client


class Store:
    """States, lists, offsets and lookups."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._state = Packed(LearnerState)
        self._list = Packed(StoredList)
        self._offsets = Packed(Offsets)

    async def ping(self) -> None:
        """Raises TryAgain when Redis is away."""
        await _patiently(self._redis.ping())

    async def offsets(self, partitions: Sequence[int]) -> list[bytes | None]:
        """The packed Offsets of each partition."""
        pipeline = self._redis.pipeline(transaction=False)
        for partition in partitions:
            pipeline.get(redis_keys.offsets(partition))
        return list(await _patiently(pipeline.execute()))

    def unpack_offsets(self, raw: bytes | None) -> Offsets | None:
        """None where there are none or they do not decode, which is logged and counted."""
        return _unpacked(self._offsets, raw, "offsets")

    async def states(self, wanted: dict[int, list[str]]) -> States:
        """The states of learners by partition; keys without one are left out."""
        pipeline = self._redis.pipeline(transaction=False)
        for partition, keys in wanted.items():
            pipeline.execute_command("MGET", *(redis_keys.state(partition, key) for key in keys))
        answers = await _patiently(pipeline.execute())
        found = States({}, {})
        for (partition, keys), raws in zip(wanted.items(), answers, strict=True):
            for key, raw in zip(keys, raws, strict=True):
                state = self.unpack_state(raw)
                if state is not None:
                    found.known[key] = state
                elif raw is not None:
                    found.broken.setdefault(partition, []).append(key)
        return found

    async def forget(self, partition: int, expected: bytes, learner_keys: Sequence[str]) -> bool:
        """Deletes these learners' states and lists and the partition's offsets, if those are still
        `expected`: whoever owns the partition then reads it again from its beginning."""
        keys = [redis_keys.offsets(partition)]
        for key in learner_keys:
            keys += redis_keys.state(partition, key), redis_keys.ranked(partition, key)
        return await self._run(FORGET, [(keys, [expected])]) == [1]

    async def commit(self, commits: Sequence[Commit]) -> list[bool]:
        """For each commit whether it was done; False: the stored offsets are others.

        A commit that finds its own new offsets stored was done by an earlier attempt.
        """
        answers = await self._run(COMMIT, [_commit_command(commit) for commit in commits])
        return [
            answer == 1 or answer == commit.offsets
            for answer, commit in zip(answers, commits, strict=True)
        ]

    async def set_lookups(self, lookups: Iterable[tuple[str, Lookup]]) -> None:
        """Sets each lookup unless one with a higher revision is there; an empty one expires."""
        await self._run(
            LOOKUP,
            [
                ([key], [pack(lookup), lookup.revision, _lookup_ttl(lookup)])
                for key, lookup in lookups
            ],
        )

    async def learner(self, partition: int, learner_key: str) -> Stored:
        """A learner's state and list."""
        keys = redis_keys.state(partition, learner_key), redis_keys.ranked(partition, learner_key)
        state, ranked = await _patiently(self._redis.mget(keys))
        return Stored(state, ranked)  # type: ignore[arg-type]

    async def everyone(self, at_once: int = 500) -> AsyncIterator[Stored]:
        """Every learner's state and list, in no order, each once: their names are kept meanwhile, because SCAN says one
        twice while Redis grows or a cluster moves it."""
        names = self._redis.scan_iter(match=redis_keys.STATES, count=at_once)
        seen: set[bytes] = set()
        waiting: list[str] = []
        while (name := await _patiently(anext(names, None))) is not None:
            if name in seen:
                continue
            seen.add(name)
            waiting.append(name.decode())
            if len(waiting) == at_once:
                for each in await self._beside(waiting):
                    yield each
                waiting.clear()
        for each in await self._beside(waiting):
            yield each

    async def _beside(self, states: Sequence[str]) -> list[Stored]:
        """What is stored under the keys of states, and the lists beside them."""
        pipeline = self._redis.pipeline(transaction=False)
        for key in states:
            pipeline.execute_command("MGET", key, redis_keys.beside(key))
        return [Stored(*values) for values in await _patiently(pipeline.execute())]

    def unpack_state(self, raw: bytes | None) -> LearnerState | None:
        """As unpack_offsets."""
        return _unpacked(self._state, raw, "state")

    def unpack_list(self, raw: bytes | None) -> StoredList | None:
        """As unpack_offsets."""
        return _unpacked(self._list, raw, "list")

    async def repair(self, partition: int, learner_key: str, read: Stored, ranked: bytes) -> bool:
        """Sets the list if state and list are still those read; says whether it was set."""
        keys = [
            redis_keys.state(partition, learner_key),
            redis_keys.ranked(partition, learner_key),
            redis_keys.changed(partition),
        ]
        arguments = [read.state or b"", read.ranked or b"", ranked, learner_key]
        return await self._run(REPAIR, [(keys, arguments)]) == [1]

    async def forget_offsets(self, partitions: Sequence[int]) -> None:
        """Makes the worker read everything again."""
        pipeline = self._redis.pipeline(transaction=False)
        for partition in partitions:
            pipeline.delete(redis_keys.offsets(partition))
        await _patiently(pipeline.execute())

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()

    async def _run(
        self, script: Script, commands: Sequence[tuple[list[str], list[Any]]]
    ) -> list[Any]:
        """The script's answers; it is sent along where the server does not know it yet."""
        if not commands:
            return []
        answers = await self._send("EVALSHA", script.sha, commands)
        unknown = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            again = await self._send("EVAL", script.text, [commands[i] for i in unknown])
            for i, answer in zip(unknown, again, strict=True):
                answers[i] = answer
        for answer in answers:
            if isinstance(answer, ResponseError):
                raise TryAgain(f"Redis refused a script: {answer}") from answer
        return answers

    async def _send(
        self, command: str, script: str, commands: Sequence[tuple[list[str], list[Any]]]
    ) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for keys, arguments in commands:
            pipeline.execute_command(command, script, len(keys), *keys, *arguments)
        return list(await _patiently(pipeline.execute(raise_on_error=False)))


def _commit_command(commit: Commit) -> tuple[list[str], list[Any]]:
    keys = [redis_keys.offsets(commit.partition), redis_keys.changed(commit.partition)]
    arguments: list[Any] = [commit.expected or b"", commit.offsets]
    for result in commit.results:
        keys.append(redis_keys.state(commit.partition, result.learner_key))
        keys.append(redis_keys.ranked(commit.partition, result.learner_key))
        expiry = MARKER_MS if result.marker else 0
        arguments += [result.learner_key, result.state, result.ranked or b"", expiry]
    return keys, arguments


def _lookup_ttl(lookup: Lookup) -> int:
    return EMPTY_LOOKUP_MS if lookup.learner_key is None else 0


def _unpacked(packed: Packed[S], raw: bytes | None, kind: str) -> S | None:
    try:
        return packed.unpack(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        UNDECODABLE.labels(kind).inc()
        log.error("undecodable_in_redis", kind=kind, reason=str(error))
        return None


async def _patiently(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
        raise TryAgain(f"Redis is away: {error!r}") from error
