"""Who may use a data directory, and what it keeps."""

import json
import threading
import time
from pathlib import Path

import pytest

from cli.data_directory import UP, DataDirectory, InUse, RunRecord, write_private
from cli.failures import CommandFailed
from cli.processes import ProcessIdentity


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path / "var")


def test_a_new_directory_is_private(data: DataDirectory) -> None:
    with data.held(UP):
        data.keys_or_new()
    assert data.path.stat().st_mode & 0o777 == 0o700


def test_an_existing_directory_keeps_its_mode(data: DataDirectory) -> None:
    data.path.mkdir(mode=0o755)
    data.path.chmod(0o755)
    with data.held(UP):
        pass
    assert data.path.stat().st_mode & 0o777 == 0o755


def test_a_start_that_comes_to_nothing_leaves_nothing_behind(data: DataDirectory) -> None:
    with data.held(UP):
        pass
    assert not data.path.exists()


def test_a_directory_in_use_by_an_up_is_refused_at_once(data: DataDirectory) -> None:
    other = DataDirectory(data.path)
    with data.held(UP), pytest.raises(InUse, match="another `holdfast up`"), other.held(UP):
        pass


def test_a_short_command_is_waited_for(data: DataDirectory) -> None:
    """Somebody issues a token a moment before the service is started."""
    holding = threading.Event()

    def hold_briefly() -> None:
        with DataDirectory(data.path).held("token"):
            data.keys_or_new()
            holding.set()
            time.sleep(0.3)

    briefly = threading.Thread(target=hold_briefly)
    briefly.start()
    holding.wait(5)
    with data.held(UP):
        assert data.holder() == UP
    briefly.join()
    assert data.holder() is None


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "var"
    file.write_text("")
    with pytest.raises(CommandFailed, match="is not a directory"), DataDirectory(file).held(UP):
        pass


def test_keys_are_made_once_and_readable_by_the_owner_alone(data: DataDirectory) -> None:
    with data.held(UP):
        first = data.keys_or_new()
        assert data.keys_or_new() == first
    assert data.keys.stat().st_mode & 0o777 == 0o600


def test_new_keys_are_never_made_for_old_data(data: DataDirectory) -> None:
    """They could read nothing, and every row written with them would hide that the old ones are gone."""
    with data.held(UP):
        data.cluster.mkdir()
        with pytest.raises(CommandFailed, match="restore it or set HOLDFAST_KEYS"):
            data.keys_or_new()


def test_several_keys_are_kept_newest_first(data: DataDirectory) -> None:
    with data.held(UP):
        write_private(data.keys, "new\nold\n")
        assert data.keys_or_new() == "new,old"


def test_a_record_is_read_back_as_it_was_written(data: DataDirectory) -> None:
    record = RunRecord(
        supervisor=ProcessIdentity(1, "a"),
        api="http://x",
        children={"api": ProcessIdentity(2, "b")},
        ready=True,
    )
    with data.held(UP):
        data.write_record(record)
        assert data.read_record() == record
        assert data.record.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"supervisor": 1, "children": {}})])
def test_a_record_that_makes_no_sense_counts_as_none(data: DataDirectory, text: str) -> None:
    with data.held(UP):
        data.record.write_text(text)
        assert data.read_record() is None
