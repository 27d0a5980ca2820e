"""A database that was restored from a backup, while its topic went on."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.embedded.postgres import Postgres
from libs.common.contracts.calls import LearnerBody
from libs.common.contracts.profile import HeldSkill, Learner
from libs.common.contracts.topics import LEARNER
from libs.common.database import make_engine
from libs.common.migrations import migrate
from libs.common.publishing import Restored, restore
from services.profile.app import LEARNERS, MIGRATIONS, take_back_learners
from services.profile.settings import RestoreSettings
from services.profile.store.learners import LearnerStore
from services.profile.store.restoring import write_back
from services.profile.usecases.learners import Learners
from tests.support.waiting import until
from tests.unit.profile.factories import consent
from tests.unit.profile.test_process import Kafka, kafka, process
from tests.unit.profile.topic_reader import read_topic

__all__ = ["kafka"]

AFTER = LearnerBody(skills=[HeldSkill(id="s", level=0.5)])

A_BADGE_OF_EACH = text(
    "INSERT INTO badge (learner_key, id, media_type, document, match, verified_at, check_at) "
    "SELECT learner_key, 'b', 'm', '', '{}', now(), now() FROM backup"
)


class Known(NamedTuple):
    """What a learner's id leads to, without revision and moment."""

    learner_key: str
    skills: list[HeldSkill]
    personalization: bool
    erased: bool


async def known(engine: AsyncEngine, *ids: str) -> dict[str, Known | None]:
    found = {id: await LearnerStore(engine).find("p", id) for id in ids}
    return {
        id: each and Known(each.learner_key, each.skills, each.consent.personalization, each.erased)
        for id, each in found.items()
    }


async def newest(kafka: Kafka) -> dict[str, Learner]:
    """What a follower of the topic has: of each key the first with the highest revision."""
    found: dict[str, Learner] = {}
    for record in await read_topic(kafka.bootstrap, LEARNER):
        if record.key not in found or found[record.key].revision < record.value.revision:
            found[record.key] = record.value
    return found


async def published(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        differing = "SELECT count(*) FROM learner WHERE revision <> published_revision"
        return not (await connection.execute(text(differing))).scalar_one()


async def test_a_restored_database_takes_back_what_its_topic_knows(
    postgres: Postgres, kafka: Kafka
) -> None:
    """Changes, erasures, withdrawals and newcomers since the backup are there again, published above what stood there."""
    url = await postgres.create_database("restored")
    await migrate(url, MIGRATIONS)
    engine = make_engine(url)
    learners = Learners(LearnerStore(engine))
    ids = ("same", "changed", "withdrawn", "gone", "anew", "new")
    async with process(kafka, url):
        for id in ids[:-1]:
            await learners.put("p", id, LearnerBody(), None)
        await until(lambda: published(engine), bool)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE backup AS SELECT * FROM learner"))
        await learners.put("p", "changed", AFTER, None)
        await learners.put("p", "withdrawn", consent(False), None)
        await learners.erase("p", "gone", None)
        await learners.erase("p", "anew", None)
        await learners.put("p", "anew", AFTER, None)
        await learners.put("p", "new", AFTER, None)
        await until(lambda: published(engine), bool)
    lost, stood = await known(engine, *ids), await newest(kafka)

    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE learner CASCADE"))
        await connection.execute(text("INSERT INTO learner SELECT * FROM backup"))
        await connection.execute(A_BADGE_OF_EACH)
    assert await known(engine, *ids) != lost
    settings = RestoreSettings(kafka_bootstrap=kafka.bootstrap, postgres_url=url)
    await take_back_learners(settings)

    assert await known(engine, *ids) == lost
    async with engine.connect() as connection:
        badges = await connection.execute(text("SELECT learner_key FROM badge"))
        assert set(badges.scalars()) == {
            each.learner_key for id in ("same", "changed", "withdrawn") if (each := lost[id])
        }
    async with process(kafka, url):
        await until(lambda: published(engine), bool)
    now = await newest(kafka)
    assert {key: value.erased for key, value in now.items()} == {
        key: value.erased for key, value in stood.items()
    }
    assert all(now[key].revision > stood[key].revision for key in stood)
    await engine.dispose()


async def test_an_empty_database_takes_all_back_once(postgres: Postgres, kafka: Kafka) -> None:
    """Done twice, it takes and raises nothing more: an interrupted one can be begun again."""
    url = await postgres.create_database("again")
    await migrate(url, MIGRATIONS)
    engine = make_engine(url)
    connection = {"bootstrap_servers": kafka.bootstrap}
    stood = await newest(kafka)
    assert stood
    first = await restore(engine, connection, [(LEARNERS, write_back)])
    assert first == Restored(len(stood), len(stood))
    assert await restore(engine, connection, [(LEARNERS, write_back)]) == Restored(0, 0)
    await engine.dispose()
