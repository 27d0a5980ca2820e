"""A stack of its own for what breaks things, so that other tests never see it broken."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.run import running_stack
from tests.conftest import APACHE, temporary_folder
from tests.support.flow import Flow, flow_on


@pytest.fixture(scope="package")
async def storm() -> AsyncIterator[Flow]:
    """The whole system; its broker behind a proxy that a test may close."""
    with temporary_folder() as folder:
        started = running_stack(folder, apache=APACHE, with_proxy=True, durable=False)
        async with started as stack, flow_on(stack) as flow:
            yield flow
