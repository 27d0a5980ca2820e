"""The state folder: one supervisor at a time, secrets that only its owner can read, `stack.json`."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from deploy.local.errors import InUse, Unusable

T = TypeVar("T", bound=Struct)

ENVIRONMENTS = "environments.json"
DEMO = "demo.json"


class Partner(Struct, frozen=True):
    """A partner with its keys in plain text."""

    id: str
    publishable_key: str
    secret_key: str
    allowed_origins: list[str]


class Secrets(Struct, frozen=True):
    """Drawn at the first start and kept, because the data were made with them."""

    postgres_password: str
    redis_password: str
    lookup_pepper: str

    @classmethod
    def draw(cls) -> "Secrets":
        return cls(*(secrets.token_urlsafe(24) for _ in cls.__struct_fields__))


class Keys(Struct, frozen=True):
    """What callers of the public API need: the administrator's key and the local partner."""

    admin_key: str
    partner: Partner


class DemoKey(Struct, frozen=True):
    """`demo.json`: the demo's partner and the key that signs its learners' tokens."""

    partner_id: str
    publishable_key: str
    issuer: str
    audience: str
    private_jwk: dict[str, str]
    allowed_origins: list[str]


class StackFile(Struct, frozen=True):
    """`stack.json`: written when the stack is ready, removed when it stops."""

    gateway_url: str
    catalog_url: str
    profile_url: str
    recommender_url: str
    kafka: str
    redis_url: str
    postgres_url: str
    admin_key: str
    partner: Partner


class Environments(Struct, frozen=True):
    """`environments.json`: the variables of each service while its stack runs."""

    services: dict[str, dict[str, str]]


class StateFolder:
    """Where everything of one stack lives. `open_state` gives it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stack_file = path / "stack.json"

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self.path / "logs" / f"{name}.log"

    def folder(self, name: str) -> Path:
        """A subfolder, made when it is not there."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def read(self, name: str, kind: type[T]) -> T | None:
        """A Struct kept in a file; None when there is none yet, Unusable when it is no such thing."""
        path = self.path / name
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, msgspec.DecodeError) as unreadable:
            raise Unusable(f"{path} cannot be read: {unreadable}") from unreadable

    def write(self, name: str, value: Struct) -> None:
        """Keeps a Struct in a file of mode 0600; the file is never seen half written."""
        unfinished = self.path / f".{name}.unfinished"
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(value)))
        unfinished.rename(self.path / name)

    def forget_running(self) -> None:
        """Removes what only holds while the stack runs."""
        self.stack_file.unlink(missing_ok=True)
        (self.path / ENVIRONMENTS).unlink(missing_ok=True)

    def secrets(self) -> Secrets:
        """The secrets of this folder's data."""
        kept = self.read("secrets.json", Secrets)
        if kept is None:
            kept = Secrets.draw()
            self.write("secrets.json", kept)
        return kept


@contextlib.contextmanager
def open_state(path: Path) -> Iterator[StateFolder]:
    """The folder, made when it is not there and locked until the block ends; InUse when it is locked,
    Unusable when it cannot be a folder of ours."""
    try:
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
        lock = _lock(path)
    except OSError as unusable:
        raise Unusable(f"--state {path} cannot be used: {unusable.strerror}") from unusable
    try:
        state = StateFolder(path.resolve())
        state.folder("logs")
        state.forget_running()
        try:
            yield state
        finally:
            state.forget_running()
    finally:
        os.close(lock)


def _lock(path: Path) -> int:
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise InUse(f"another supervisor runs on {path}") from None
    return lock
