"""The whole system on this machine, as `python -m deploy.local up` and the tests run it."""

import asyncio
from collections.abc import Mapping

from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from deploy.local import services
from deploy.local.demo_partner import ensure_demo
from deploy.local.errors import Stalled
from deploy.local.fleet import Fleet
from deploy.local.keeper import Process, Say
from deploy.local.keys import ensure_keys
from deploy.local.parts import PARTS
from deploy.local.proxy import Proxy
from deploy.local.readiness import lag, until_ready
from deploy.local.services import SERVICES, STORING, Surroundings
from deploy.local.state import Environments, Keys, Partner, StackFile
from deploy.local.together import together

_READY_SECONDS = 100.0
_APPLY_SECONDS = 20.0
_SAVE_SECONDS = 60.0


class Stack:
    """A running stack: where its parts are, and each process, to do with what a chaos test likes.

    processes: postgres, redis, broker (unless it runs elsewhere), catalog, profile, recommender (its api),
    trainer, gateway, worker-1 and so on, by name. proxy: before the broker, where asked for.
    """

    keys: Keys

    def __init__(self, around: Surroundings, fleet: Fleet, proxy: Proxy | None, say: Say) -> None:
        self.state = around.state
        self.kafka = around.kafka
        self.redis_url = around.redis_url
        self.databases = around.databases
        self.lookup_pepper = around.secrets.lookup_pepper
        self.gateway_url = around.url("gateway")
        self.catalog_url = around.url("catalog")
        self.profile_url = around.url("profile")
        self.recommender_url = around.url("recommender")
        self.proxy = proxy
        self.processes: Mapping[str, Process] = fleet.processes
        self._around = around
        self._fleet = fleet
        self._say = say

    @property
    def admin_key(self) -> str:
        return self.keys.admin_key

    @property
    def partner(self) -> Partner:
        return self.keys.partner

    @property
    def workers(self) -> list[Process]:
        """The workers, the first one first."""
        return [process for name, process in self.processes.items() if name.startswith("worker-")]

    def url(self, name: str) -> str:
        """The base URL of a process."""
        return self._around.url(name)

    async def start_worker(self) -> Process:
        """Starts one more worker, with an identity of its own."""
        name = f"worker-{len(self.workers) + 1}"
        return await self._fleet.start(services.worker(self._around, name))

    async def start_beside(self, name: str, another: str, **more: str) -> str:
        """Starts the process `name` once more as `another`, with `more` variables; its URL once it is ready."""
        program = services.beside(self._around, self.processes[name].program, another, **more)
        await self._fleet.start(program)
        url = self._around.url(another)
        await until_ready({another: url}, say=self._say, timeout=_READY_SECONDS)
        return url

    async def command(self, service: str, *words: str) -> str:
        """What `python -m services.SERVICE WORDS` writes; CommandFailed when it fails."""
        return await services.output(self._around, service, *words)

    async def gateway_command(self, *words: str) -> str:
        """What a command of the gateway writes, `partners …` for one."""
        return await self.command("gateway", *words)

    async def until_ready(self, timeout: float = _READY_SECONDS) -> None:
        """Waits until every process that is to run is ready; Unstarted with their reasons when time is up."""
        running = [name for name, process in self.processes.items() if not process.down]
        urls = {name: self._around.url(name) for name in running if name not in PARTS}
        await until_ready(urls, say=self._say, timeout=timeout)

    async def until_applied(self, patience: float = 60) -> None:
        """Waits until the workers have applied every record; Stalled after so long without progress."""
        async with lag(self.kafka, self.redis_url) as behind:
            await behind.until_none(patience=patience)

    async def failure(self) -> None:
        """Waits until a process cannot be kept running and raises why."""
        await self._fleet.failure()

    async def start(self) -> None:
        """Starts the services on parts that run; ready when it returns."""
        self._say("migrating the databases")
        await together(*(self.command(service, "migrate") for service in STORING))
        self._say("starting the services")
        port = self._around.ports["gateway"]
        origins = [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]
        await together(
            self._fleet.start_all(services.programs(self._around)),
            self.start_worker(),
            self._ensure_keys(origins),
        )
        await self.until_ready()
        await ensure_demo(self.state, self.gateway_url, self.admin_key, origins)

    async def _ensure_keys(self, origins: list[str]) -> None:
        self.keys = await ensure_keys(self.state, self.gateway_command, origins)

    async def stop(self) -> None:
        """What accepts stops first, what applies reaches the log's end and saves, then the rest."""
        await self._fleet.stop("gateway", "profile", "catalog")
        if any(worker.pid is not None for worker in self.workers):
            await self._apply_the_rest()
        applying = [worker.name for worker in self.workers]
        await self._fleet.stop(*applying, "trainer", grace=_SAVE_SECONDS)
        await self._fleet.stop("recommender")

    async def _apply_the_rest(self) -> None:
        try:
            async with asyncio.timeout(_APPLY_SECONDS):
                await self.until_applied()
        except (TimeoutError, Stalled, KafkaError, RedisError, OSError) as error:
            self._say(f"stopping before every record was applied ({type(error).__name__})")

    def environments(self) -> Environments:
        """What a command of each service needs to be told."""
        return Environments({name: services.settings(self._around, name) for name in SERVICES})

    def file(self) -> StackFile:
        """What `stack.json` says."""
        return StackFile(
            gateway_url=self.gateway_url,
            catalog_url=self.catalog_url,
            profile_url=self.profile_url,
            recommender_url=self.recommender_url,
            kafka=self.kafka,
            redis_url=self.redis_url,
            postgres_url=self.databases["postgres"],
            admin_key=self.admin_key,
            partner=self.partner,
        )
