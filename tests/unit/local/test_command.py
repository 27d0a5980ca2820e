"""The command lines of the local stack: what is wrong is said before anything starts."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from deploy.local.state import ENVIRONMENTS, Environments, StateFolder

READ = "import json, os; print(json.dumps(dict(os.environ)))"


def local(*words: str) -> subprocess.CompletedProcess[str]:
    """`python -m deploy.local WORDS`, in a terminal whose own Stackwise settings must not get through."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *words],
        env={"PATH": "/usr/bin:/bin", "STACKWISE_POSTGRES_URL": "another", "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_gets_the_environment_of_its_service(tmp_path: Path) -> None:
    """Its variables and no other service's; options after the service are the command's own."""
    of = {"profile": {"STACKWISE_POSTGRES_URL": "p"}, "catalog": {"STACKWISE_POSTGRES_URL": "c"}}
    StateFolder(tmp_path).write(ENVIRONMENTS, Environments(of))
    assert (tmp_path / ENVIRONMENTS).stat().st_mode & 0o777 == 0o600
    ran = local("run", "--state", str(tmp_path), "profile", sys.executable, "-c", READ)
    assert ran.returncode == 0, ran.stderr
    variables = json.loads(ran.stdout)
    assert (variables["STACKWISE_POSTGRES_URL"], variables["HOME"]) == ("p", "/nowhere")


def test_without_a_running_stack_a_command_is_not_run(tmp_path: Path) -> None:
    """The folder is named."""
    ran = local("run", "--state", str(tmp_path), "profile", "true")
    assert (ran.returncode, ran.stderr) == (1, f"error: no stack is running on {tmp_path}\n")


def test_a_port_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    """Before anything has started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = local("up", "--state", str(tmp_path / "s"), "--gateway-port", port)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"error: port {port} cannot be listened on")
    assert not (tmp_path / "s").exists()
    ran = local("up", "--state", str(tmp_path / "s"), "--gateway-port", "70000")
    assert ran.returncode == 2
    assert "--gateway-port" in ran.stderr
