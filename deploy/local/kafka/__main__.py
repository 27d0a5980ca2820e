"""`python -m deploy.local.kafka [--port N] [--data DIR]`: a node until it is interrupted."""

import asyncio
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.child import running
from deploy.local.kafka import node


def run(
    port: Annotated[int, typer.Option(help="Where clients connect.")] = 9092,
    data: Annotated[
        Path | None, typer.Option(help="Kept; without it the log is thrown away.")
    ] = None,
) -> None:
    """Runs Apache Kafka on this machine."""
    with tempfile.TemporaryDirectory(prefix="stackwise-kafka-") as temporary:
        folder = data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(_run(folder, port))


async def _run(folder: Path, port: int) -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    program = await node.prepare(folder, folder / "kafka.log", port)
    async with running(program) as child:
        typer.echo(f"Apache Kafka on 127.0.0.1:{port} (log: {program.log}); Ctrl-C stops it.")
        ended = asyncio.create_task(child.wait())
        asked = asyncio.create_task(interrupted.wait())
        await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if ended.done():
            raise typer.Exit(1)


typer.run(run)
