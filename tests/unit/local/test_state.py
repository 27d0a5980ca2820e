import contextlib
from pathlib import Path

import pytest

from deploy.local.errors import InUse, Unusable
from deploy.local.state import ENVIRONMENTS, Partner, open_state


def test_a_second_supervisor_is_refused(tmp_path: Path) -> None:
    """While one holds the state folder another gets an error that names the folder."""
    state = open_state(tmp_path / "state")
    with state, pytest.raises(InUse, match="state"), open_state(tmp_path / "state"):
        pass
    with open_state(tmp_path / "state"):
        pass


def test_secrets_are_drawn_once_and_for_the_owner_only(tmp_path: Path) -> None:
    """A later start finds the same secrets, in a file that nobody else can read."""
    with open_state(tmp_path) as state:
        first = state.secrets()
    with open_state(tmp_path) as state:
        assert state.secrets() == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(set(first.__struct_fields__)) == 3
    assert min(len(getattr(first, name)) for name in first.__struct_fields__) >= 16


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """A Struct survives the file unchanged, a second write included; an unknown name is None."""
    partner = Partner("local", "pk_1", "sk_1", ["http://127.0.0.1:1"])
    with open_state(tmp_path) as state:
        assert state.read("partner.json", Partner) is None
        state.write("partner.json", Partner("old", "", "", []))
        state.write("partner.json", partner)
        assert state.read("partner.json", Partner) == partner


def test_a_stack_file_does_not_outlive_its_stack(tmp_path: Path) -> None:
    """stack.json of a killed supervisor is gone as soon as another starts, and after a clean stop."""
    (tmp_path / "stack.json").write_text("{}")
    with open_state(tmp_path) as state:
        assert not state.stack_file.exists()
        state.stack_file.write_text("{}")
    assert not state.stack_file.exists()
    with contextlib.suppress(KeyboardInterrupt), open_state(tmp_path) as state:
        state.stack_file.write_text("{}")
        raise KeyboardInterrupt
    assert not state.stack_file.exists()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path, place: str) -> None:
    """One line that says which, not a traceback."""
    (tmp_path / "file").write_text("here")
    with pytest.raises(Unusable, match=place), open_state(tmp_path / place):
        pass


@pytest.mark.parametrize("content", [b"{", b'{"postgres_password": 1}', b'"\xff"'])
def test_secrets_that_cannot_be_read_are_named(tmp_path: Path, content: bytes) -> None:
    """They are never drawn again over data that were made with them."""
    (tmp_path / "secrets.json").write_bytes(content)
    with pytest.raises(Unusable, match=r"secrets\.json"), open_state(tmp_path) as state:
        state.secrets()
    assert (tmp_path / "secrets.json").read_bytes() == content


def test_environments_do_not_outlive_their_stack(tmp_path: Path) -> None:
    """They name ports that another program may have by then."""
    with open_state(tmp_path):
        (tmp_path / ENVIRONMENTS).write_text("{}")
    assert not (tmp_path / ENVIRONMENTS).exists()
