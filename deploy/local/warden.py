"""Ends what a dead supervisor's children had started: python -I -S warden.py, told by its input.

Each line is `+PID` or `-PID`, the leader of a session. A child dies with the supervisor by itself
(launch.py); its own children would not, so at the end of input their process groups are ended here.
"""

import contextlib
import os
import signal
import sys
import time

# PostgreSQL shuts down by itself in the meantime.
_GRACE_SECONDS = 2.0


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline and any(_exists(group) for group in groups):
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
