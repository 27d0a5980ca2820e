"""Where an installed wheel keeps its files, without importing it."""

import importlib.util
from pathlib import Path

from deploy.local.errors import Missing


def folder(package: str) -> Path:
    """The package's folder; Missing when it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Missing(f"{package} is not installed: run `make setup`")
    return Path(spec.origin).parent
