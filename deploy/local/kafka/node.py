"""One Kafka node that is broker and controller, with its data in a folder.

Stopped and started again with the same folder and port it is the same log, as a real restart is.
"""

import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local.child import Child, Program
from deploy.local.errors import CommandFailed
from deploy.local.kafka import jars
from deploy.local.ports import accepts, free_port

_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised_port}
log.dirs={folder}/log
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.index.size.max.bytes=1048576
num.network.threads=2
num.io.threads=2
background.threads=2
"""
_JVM = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dlog4j2.level=error")


async def prepare(
    folder: Path, log: Path, port: int, *, advertised_port: int | None = None
) -> Program:
    """Formats `folder` unless it is; clients are sent to `advertised_port` (a proxy's) where it differs."""
    classpath = f"{jars.fetch()}/*"
    run = (jars.java(), *_JVM, *_LOGGING, "-cp", classpath)
    properties = _write_properties(folder, port, advertised_port or port)
    if not _is_formatted(folder):
        await _format((*run, "kafka.tools.StorageTool"), properties, log)
    return Program(
        name="broker",
        command=(*run, "kafka.Kafka", str(properties)),
        log=log,
        ready=lambda: _answers(port),
    )


def _write_properties(folder: Path, port: int, advertised_port: int) -> Path:
    folder.mkdir(exist_ok=True)
    properties = folder / "server.properties"
    text = _PROPERTIES.format(
        port=port,
        controller_port=free_port(),
        advertised_port=advertised_port,
        folder=folder.resolve(),
    )
    properties.write_text(text)
    return properties


def _is_formatted(folder: Path) -> bool:
    return (folder / "log" / "meta.properties").exists()


async def _format(tool: tuple[str, ...], properties: Path, log: Path) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # As one word: one id in 64 begins with a dash.
    command = (*tool, "format", f"--cluster-id={cluster}", "--config", str(properties))
    child = await Child.start(Program(name="format", command=command, log=log))
    if code := await child.wait():
        raise CommandFailed(f"Kafka's storage could not be formatted ({code}):\n{child.log_tail()}")


async def _answers(port: int) -> bool:
    if not await accepts(port)():
        return False
    client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{port}", request_timeout_ms=2_000)
    try:
        await client.bootstrap()
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()
    return bool(client.cluster.brokers())
