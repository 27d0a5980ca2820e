"""Every operation of the API's document on the running system: its example, and what schemathesis makes of it."""

import asyncio
import os
import re
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from rich.console import Console
from rich.table import Table

from services.gateway.examples import FILE, Example, examples
from tests.support.examples import Api, replay, seed
from tests.support.flow import Flow
from tests.support.fuzzing import LEARNER, OWN
from tests.support.partner import path

# Enough for a machine that does much else; it ends by itself, in a minute.
SECONDS = 400
_FAILED = re.compile(r"^_+ ([A-Z]+ /\S*|Stateful tests) _+$", re.M)
CONFIG = """
max-stream-events = 1
[auth.openapi.secret]
bearer = "{secret}"
[auth.openapi.admin]
bearer = "{admin}"
[generation]
allow-x00 = false
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "429"]
negative_data_rejection.expected-statuses = ["4xx"]
# Its lines are answered one by one, with 200 for all, so that a wrong one is no 4xx.
[[operations]]
include-name = "POST /v1/interactions"
checks.negative_data_rejection.expected-statuses = ["200", "4xx"]
"""


async def _api(flow: Flow) -> Api:
    document = (await flow.admin.get("/schema/openapi.json")).json()
    return Api(document, flow.admin, flow.partner.http)


async def test_every_example_works(flow: Flow) -> None:
    """As it stands in the document; what comes back fits the document as well."""
    api = await _api(flow)
    await seed(api)
    answers = await replay(api, msgspec.json.decode(FILE.read_bytes(), type=dict[str, Example]))
    components = (await flow.admin.get("/schema/openapi.json")).json()["components"]
    for name, answer in answers.items():
        assert answer.is_success, f"{name}: {answer.status_code} {answer.text}"
        _, _, described = api.operations[name]
        (content,) = described["responses"][str(answer.status_code)]["content"].values()
        schema = {**content["schema"], "components": components}
        Draft202012Validator(schema).validate(answer.json())
    assert answers.keys() == examples().keys() - {"get_stream"}


@pytest.mark.any_broker
async def test_schemathesis_finds_nothing(flow: Flow, tmp_path: Path) -> None:
    """With valid keys and ids that exist: whatever the document allows is taken, whatever it forbids is refused, no
    answer is other than it says, none is 5xx, and every operation reaches a 2xx."""
    api = await _api(flow)
    await seed(api)
    await flow.partner.put_learner(LEARNER)
    code, said, log = await _schemathesis(flow, tmp_path)
    counted = Counter(tuple(line.split()) for line in log.read_text("utf-8").splitlines())
    _print(counted)
    await flow.admin.delete(path("credentials", OWN["credential_id"]))
    assert code in (0, 1), said
    assert not _FAILED.findall(said), said
    reached = {name for name, status in counted if status.startswith("2")}
    # Revoking needs the prefix of a key that is new each time: its example reaches a 2xx.
    assert reached >= api.operations.keys() - {"revoke_key"}
    assert not [each for each in counted if each[1].startswith("5")]


async def _schemathesis(flow: Flow, folder: Path) -> tuple[int | None, str, Path]:
    """Its exit code, what it said, and a line for each answer."""
    config, log = folder / "schemathesis.toml", folder / "answers"
    secret = flow.partner.http.headers["authorization"].removeprefix("Bearer ")
    config.write_text(CONFIG.format(secret=secret, admin=flow.stack.admin_key), "utf-8")
    config.chmod(0o600)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
        *(f"{flow.stack.gateway_url}/schema/openapi.json", "--checks", "all", "--seed", "1"),
        *("--phases", "examples,coverage"),  # The same cases in every run.
        *("--max-time", str(SECONDS), "--continue-on-failure", "--no-color"),
        *("--request-timeout", "10", "--workers", "1", "--generation-database", "none"),
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(Path.cwd()),
            "SCHEMATHESIS_HOOKS": "tests.support.fuzzing",
            "STACKWISE_FUZZ_LOG": str(log),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode(), log


def _print(counted: "Counter[tuple[str, ...]]") -> None:
    """How often each operation was asked, by status."""
    table = Table("operation", "answers")
    for operation in sorted({name for name, _ in counted}):
        of_status = sorted((s, n) for (name, s), n in counted.items() if name == operation)
        table.add_row(operation, ", ".join(f"{status}: {n}" for status, n in of_status))
    Console().print(table)
