"""Apache Kafka's jars: fetched once with Maven into `.cache/`, then used without the network."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from deploy.local.errors import Missing

_POM = Path(__file__).with_name("pom.xml")
_CACHE = Path(__file__).parents[3] / ".cache"


def fetch() -> Path:
    """The folder with the jars that pom.xml asks for; Missing when they cannot be had."""
    digest = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    jars = _CACHE / "kafka" / digest
    if not jars.exists():
        _copy_dependencies(jars)
    return jars


def java() -> str:
    """The Java program; Missing says what is missing."""
    return _tool("java", "Java 17")


def _copy_dependencies(jars: Path) -> None:
    """Into a folder beside, renamed when complete: an interrupted download is begun again."""
    unfinished = jars.with_name(f"{jars.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    maven = subprocess.run(
        [
            *(_tool("mvn", "Maven"), "-B", "-q", "--strict-checksums", "-f", str(_POM)),
            f"-Dmaven.repo.local={_CACHE / 'maven'}",
            *("dependency:copy-dependencies", f"-DoutputDirectory={unfinished}"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if maven.returncode:
        raise Missing(f"Maven could not fetch Apache Kafka:\n{maven.stdout}{maven.stderr}")
    unfinished.rename(jars)


def _tool(name: str, title: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{title} is needed for Apache Kafka, and there is no `{name}` here")
    return path
