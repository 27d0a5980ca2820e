"""The parts that the services stand on: PostgreSQL, Valkey and Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.child import Child, Program
from deploy.local.embedded import postgres, tansu, valkey
from deploy.local.embedded.postgres import Postgres
from deploy.local.embedded.valkey import Valkey
from deploy.local.fleet import Fleet
from deploy.local.kafka import node
from deploy.local.ports import free_port
from deploy.local.state import StateFolder
from libs.common.kafka.provision import provision

PARTS = ("postgres", "redis", "broker")


async def start_stores(
    fleet: Fleet, state: StateFolder, *, durable: bool
) -> tuple[Postgres, Valkey]:
    """PostgreSQL and Valkey on the data in the state folder."""
    secrets = state.secrets()
    database = await postgres.prepare(
        state.path,
        state.log("postgres"),
        free_port(),
        password=secrets.postgres_password,
        durable=durable,
    )
    redis = valkey.prepare(
        state.path / "redis", state.log("redis"), free_port(), password=secrets.redis_password
    )
    await fleet.start_all([database.program, redis.program])
    return database, redis


async def start_apache(fleet: Fleet, state: StateFolder, port: int, address: int) -> None:
    """Apache Kafka with its topics, its log in the state folder; clients connect to port `address`."""
    folder, log = state.path / "kafka", state.log("broker")
    await fleet.start(await node.prepare(folder, log, port, advertised_port=address))
    await provision(f"127.0.0.1:{address}")


async def start_embedded(fleet: Fleet, state: StateFolder, port: int, address: int) -> None:
    """The embedded broker with its topics; clients connect to the port `address`."""

    async def launch(program: Program) -> Child:
        """It has forgotten its topics and makes whatever a client asks for, with another partition
        count: nobody may ask before they are provisioned."""
        with _frozen_clients(fleet):
            child = await fleet.launch(program)
            await child.until_ready()
            await provision(f"127.0.0.1:{address}")
        return child

    log = state.log("broker")
    await fleet.start(tansu.program(log, port, advertised_port=address), launch)


@contextmanager
def _frozen_clients(fleet: Fleet) -> Iterator[None]:
    clients = [
        process
        for name, process in fleet.processes.items()
        if name not in PARTS and process.pid is not None and not process.frozen
    ]
    for client in clients:
        client.freeze()
    try:
        yield
    finally:
        for client in clients:
            client.thaw()
