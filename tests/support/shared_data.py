"""The real data beside the repository, which tests use where it is and which is never copied into it."""

from pathlib import Path

import pytest

FOLDER = (Path(__file__).parents[2] / ".." / "shared" / "data").resolve()


def shared(name: str) -> Path:
    """A folder or file of it; skips the test, and says so, where it is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"needs {name} in ../shared/data")
    return path
