"""PostgreSQL, Valkey and a broker with its topics for images to run against: `python -m tests.deploy.parts FOLDER`.

In the project's own environment; writes one line of JSON when they are there, and ends with its standard input.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from deploy.local.child import running
from deploy.local.embedded import postgres, tansu, valkey
from deploy.local.ports import free_port
from libs.common.kafka.provision import provision


async def main(folder: Path) -> None:
    """Starts them, tells where they are, waits."""
    database = await postgres.prepare(folder, folder / "postgres.log", free_port(), durable=False)
    redis = valkey.prepare(folder / "redis", folder / "redis.log", free_port())
    port = free_port()
    async with AsyncExitStack() as stack:
        for program in (database.program, redis.program, tansu.program(folder / "kafka.log", port)):
            await stack.enter_async_context(running(program))
        await provision(f"127.0.0.1:{port}")
        told = {
            "STACKWISE_KAFKA_BOOTSTRAP": f"127.0.0.1:{port}",
            "STACKWISE_REDIS_URL": redis.url,
            "databases": {
                name: await database.create_database(name)
                for name in ("catalog", "profile", "gateway")
            },
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
