"""Small programs in place of services."""

import sys
from pathlib import Path

from deploy.local.child import Program


def python(folder: Path, name: str, code: str) -> Program:
    """A program that runs Python code; what it writes goes to NAME.log."""
    return Program(name=name, command=(sys.executable, "-c", code), log=folder / f"{name}.log")


def sleeper(folder: Path, name: str) -> Program:
    """A program that does nothing until it is ended."""
    return python(folder, name, "import time; time.sleep(600)")
