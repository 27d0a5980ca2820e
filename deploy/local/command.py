"""A command with the environment of a service of a running stack."""

import os
from collections.abc import Sequence
from typing import Literal, NoReturn

from deploy.local.errors import Missing, Unusable
from deploy.local.services import inherited
from deploy.local.state import ENVIRONMENTS, Environments, StateFolder

Service = Literal["catalog", "profile", "recommender", "gateway"]


def become(state: StateFolder, service: Service, command: Sequence[str]) -> NoReturn:
    """Replaces this process by the command. Raises Unusable when no stack runs there, Missing when
    there is no such command."""
    running = state.read(ENVIRONMENTS, Environments)
    if running is None:
        raise Unusable(f"no stack is running on {state.path}")
    try:
        os.execvpe(command[0], list(command), inherited() | running.services[service])
    except OSError as unknown:
        raise Missing(f"{command[0]} cannot be run: {unknown.strerror}") from unknown
