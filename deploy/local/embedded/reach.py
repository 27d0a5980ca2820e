"""What another account may reach, asked of the kernel by becoming that account."""

import hashlib
import os
import pwd
import subprocess
from pathlib import Path

# Kept over a restart of the machine, unlike /tmp.
_PERSISTENT_TEMPORARY = Path("/var/tmp")


def can_use(path: Path, user: str | None) -> bool:
    """Whether the user (None: this one) may run the file or enter the folder."""
    if user is None:
        return os.access(path, os.X_OK)
    account = pwd.getpwnam(user)
    test = subprocess.run(
        ["test", "-x", str(path)],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        check=False,
    )
    return test.returncode == 0


def accessible_home(state: Path, user: str | None) -> Path:
    """A folder that the user can enter for what belongs to `state`: itself, else one in /var/tmp.

    `state` itself is opened for passing through (0711), its parents never.
    """
    state = state.resolve()
    if user is None:
        return state
    state.chmod(0o711)
    if can_use(state, user):
        return state
    home = substitute(state)
    home.mkdir(mode=0o700, exist_ok=True)
    if home.stat().st_uid not in (os.geteuid(), pwd.getpwnam(user).pw_uid):
        raise PermissionError(f"{home} belongs to somebody else")
    os.chown(home, pwd.getpwnam(user).pw_uid, -1)
    return home


def substitute(state: Path) -> Path:
    """The folder used in place of a state folder that is closed to the user."""
    name = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:16]
    return _PERSISTENT_TEMPORARY / f"stackwise-{name}"
