"""`python -m services.profile import-badges`, as it is run."""

import asyncio
import json
import os
import sys
from pathlib import Path

from libs.common.contracts.calls import LearnerBody
from libs.common.contracts.topics import CREDENTIAL
from libs.common.kafka.provision import provision
from services.profile.usecases.badges import Badges
from services.profile.usecases.learners import Learners
from tests.factories.badges import Issuer
from tests.unit.profile.factories import new_id


async def test_a_folder_of_badges_is_taken_in(
    tmp_path: Path, kafka_bootstrap: str, database_url: str, learners: Learners, badges: Badges
) -> None:
    """Each file has its line, the good one is held, and the exit code says that one was not."""
    await provision(kafka_bootstrap, topics=[CREDENTIAL])
    learner_id, issuer = new_id(), Issuer()
    await learners.put("p", learner_id, LearnerBody(), None)
    signed = issuer.sign(issuer.badge())
    (tmp_path / "good.json").write_text(json.dumps(signed))
    (tmp_path / "tampered.jsonld").write_text(json.dumps({**signed, "name": "Surgery"}))
    (tmp_path / "notes.txt").write_text("no badge")
    command = (
        *(sys.executable, "-m", "services.profile", "import-badges", str(tmp_path)),
        *("--partner", "p", "--learner", learner_id),
    )
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "STACKWISE_POSTGRES_URL": database_url,
            "STACKWISE_KAFKA_BOOTSTRAP": kafka_bootstrap,
            "STACKWISE_KAFKA_IDEMPOTENCE": "false",
            "STACKWISE_BADGE_WORKERS": "1",
        },
    )
    out, errors = await process.communicate()
    assert process.returncode == 1, errors.decode()
    assert b"1 of 2 badges verified" in errors
    good, tampered = (json.loads(line) for line in out.decode().splitlines())
    assert (good["file"], good["status"]) == ("good.json", "verified")
    assert (tampered["file"], tampered["status"]) == ("tampered.jsonld", "invalid")
    assert tampered["failed"][0].startswith("proof: ")
    (held,) = await badges.held("p", learner_id)
    assert held.credential_id == good["held_as"]
