"""Puts a stack together, starts it, and takes it down again in order."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from deploy.local.embedded.postgres import Postgres
from deploy.local.fleet import Fleet
from deploy.local.guard import guarded
from deploy.local.keeper import Say
from deploy.local.parts import PARTS, start_apache, start_embedded, start_stores
from deploy.local.ports import free_port, refuse_taken
from deploy.local.proxy import proxy
from deploy.local.sample_loading import ensure_sample
from deploy.local.services import STORING, Surroundings
from deploy.local.stack import Stack
from deploy.local.state import ENVIRONMENTS, open_state
from libs.common.kafka.provision import provision


def _say_nothing(_: str) -> None:
    pass


@asynccontextmanager
async def running_stack(
    path: Path,
    *,
    kafka: str | None = None,
    gateway_port: int | None = None,
    apache: bool = False,
    sample: bool = False,
    with_proxy: bool = False,
    durable: bool = True,
    overrides: Mapping[str, Mapping[str, str]] | None = None,
    say: Say = _say_nothing,
) -> AsyncIterator[Stack]:
    """The whole system with its state in `path`, ready, until the block ends.

    sample: loads the sample world, unless it is there already. kafka: the address of a broker that runs
    elsewhere. apache: runs Apache Kafka in place of the embedded broker. with_proxy: the broker that it
    runs is reached through `stack.proxy` only. durable: False never waits for the disk (tests).
    overrides: variables by the name of the process. Raises InUse, Unusable, Unstarted, CommandFailed.
    """
    if gateway_port is not None:
        refuse_taken(gateway_port)
    async with AsyncExitStack() as closing:
        state = closing.enter_context(open_state(path))
        guard = await closing.enter_async_context(guarded())
        fleet = Fleet(watch=guard, say=say)
        port = free_port()
        opened = await closing.enter_async_context(proxy(free_port(), port)) if with_proxy else None
        closing.push_async_callback(fleet.stop, *PARTS)
        say("starting PostgreSQL, Valkey and the broker")
        postgres, valkey = await start_stores(fleet, state, durable=durable)
        if kafka is None:
            address = opened.port if opened else port
            await (start_apache if apache else start_embedded)(fleet, state, port, address)
        else:
            await provision(kafka)
        around = Surroundings(
            state=state,
            secrets=state.secrets(),
            databases=await _databases(postgres),
            redis_url=valkey.url,
            kafka=kafka or f"127.0.0.1:{address}",
            idempotence=apache or kafka is not None,
            ports=_ports(gateway_port),
            overrides=overrides or {},
        )
        stack = Stack(around, fleet, opened, say)
        closing.push_async_callback(stack.stop)
        await fleet.unless_failed(stack.start())
        if sample:
            await fleet.unless_failed(ensure_sample(stack, say))
        say("waiting until the workers have applied everything")
        await fleet.unless_failed(stack.until_applied())
        state.write(ENVIRONMENTS, stack.environments())
        state.write("stack.json", stack.file())
        yield stack


async def _databases(postgres: Postgres) -> dict[str, str]:
    own = {name: await postgres.ensure_database(name) for name in STORING}
    return {**own, "postgres": postgres.url("postgres", driver="postgresql")}


def _ports(gateway_port: int | None) -> Mapping[str, int]:
    """A free port for whichever process asks, always the same one."""
    ports: defaultdict[str, int] = defaultdict(free_port)
    if gateway_port is not None:
        ports["gateway"] = gateway_port
    return ports
