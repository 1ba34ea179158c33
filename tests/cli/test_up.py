"""The supervised tree, as a stranger runs it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from cli.processes import is_running, wait_until
from tests.servers import REPOSITORY, Tree

ALL = ("postgres", "temporal", "worker", "api")


def tokens_of(tree: Tree) -> str:
    return tree.run("token", "list")


def test_the_second_start_takes_seconds_and_finds_what_the_first_left(tree: Tree) -> None:
    tree.issue_token(name="from before")
    assert tree.stop() == 0
    began = time.monotonic()
    tree.restart()
    assert time.monotonic() - began < 15
    assert "from before" in tokens_of(tree)


def test_it_prints_the_addresses_and_how_to_issue_a_token_but_never_a_token_or_a_password(
    shared_tree: Tree,
) -> None:
    output = shared_tree.output()
    assert shared_tree.base_url in output
    assert "token issue" in output
    password = (shared_tree.record.database_url or "").split(":")[2].split("@")[0]
    assert password not in output + shared_tree.errors()


def test_no_secret_can_be_read_in_the_list_of_processes(shared_tree: Tree) -> None:
    password = (shared_tree.record.database_url or "").split(":")[2].split("@")[0]
    secrets = [
        password,
        shared_tree.data.keys_or_new(),
        shared_tree.data.superuser_password.read_text().strip(),
    ]
    listed = "".join(
        Path(f"/proc/{process.pid}/cmdline").read_text(errors="replace") for process in shared_tree.running()
    )
    assert not [secret for secret in secrets if secret in listed]


def test_what_only_the_owner_may_read_is_readable_by_the_owner_alone(shared_tree: Tree) -> None:
    data = shared_tree.data
    secret = [data.record, data.keys, data.superuser_password, *data.logs.glob("*"), *data.temporal.glob("*")]
    assert [path for path in secret if path.stat().st_mode & 0o077] == []


def test_every_server_but_the_api_listens_on_this_machine_only(shared_tree: Tree) -> None:
    listening = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout
    ours = [
        line.split()[3]
        for line in listening.splitlines()
        if any(f"pid={process.pid}," in line for process in shared_tree.running())
    ]
    assert ours
    assert [address for address in ours if not address.startswith("127.0.0.1:")] == []


def test_a_second_up_on_the_same_data_is_refused_in_one_line(
    shared_tree: Tree, make_tree: Callable[..., Tree]
) -> None:
    second = make_tree(shared_tree.data.path)
    second.begin()
    assert second.wait() == 1
    assert one_line(second).endswith("is in use by another `holdfast up`")
    assert shared_tree.answers()
    second.data = type(second.data)(second.data.path / "nobody")  # what runs there is not the second's


def test_a_taken_port_is_refused_in_one_line_and_leaves_nothing_behind(
    make_tree: Callable[..., Tree],
) -> None:
    refused = make_tree()
    with socket.create_server(("127.0.0.1", refused.port)):
        refused.begin()
        assert refused.wait() == 1
    assert "port" in one_line(refused)
    assert not refused.data.path.exists()


@pytest.mark.parametrize("missing", [True, False])
def test_a_missing_or_broken_profile_is_refused_in_one_line_before_anything_is_made(
    make_tree: Callable[..., Tree], tmp_path: Path, missing: bool
) -> None:
    profile = tmp_path / "broken.toml"
    if not missing:
        profile.write_text("[service\n")
    refused = make_tree(profile=profile)
    refused.begin()
    assert refused.wait() == 1
    assert "profile" in one_line(refused) or "line" in one_line(refused)
    assert not refused.data.path.exists()


def test_a_data_directory_that_cannot_be_written_is_refused_in_one_line(
    make_tree: Callable[..., Tree],
) -> None:
    refused = make_tree(Path("/proc/holdfast"))  # root may write nearly everywhere else
    refused.begin()
    assert refused.wait() == 1
    assert "is not writable" in one_line(refused)


@pytest.mark.parametrize("what", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_within_fifteen_seconds_however_often_it_is_sent(
    make_tree: Callable[..., Tree], what: signal.Signals
) -> None:
    stopped = make_tree().start()
    began = time.monotonic()
    shutting = stopped.record.socket_directory
    for _ in range(5):
        stopped.kill("up", what) if stopped.process.poll() is None and stopped.data.record.exists() else None
        time.sleep(0.02)
    assert stopped.wait(15) == 0
    assert time.monotonic() - began < 15
    assert stopped.running() == set()
    assert shutting
    assert not Path(shutting).exists()


def test_frozen_children_do_not_keep_it_from_stopping_within_fifteen_seconds(tree: Tree) -> None:
    for name in ALL:
        tree.kill(name, signal.SIGSTOP)
    began = time.monotonic()
    assert tree.stop() == 0
    assert time.monotonic() - began < 15
    assert tree.running() == set()


def test_a_signal_while_it_starts_stops_what_has_been_started(make_tree: Callable[..., Tree]) -> None:
    interrupted = make_tree()
    interrupted.begin()
    assert wait_until(interrupted.data.record.exists, seconds=20)
    assert interrupted.stop() == 0
    assert interrupted.running() == set()


def test_a_child_that_is_killed_is_started_again(tree: Tree) -> None:
    for name in ALL:
        tree.wait_for_another(name, tree.kill(name))
    assert {"SIGKILL"} <= set(tree.errors().replace(";", " ").split())


def test_when_the_supervisor_alone_is_killed_its_children_die_too_and_the_next_up_carries_on(
    tree: Tree,
) -> None:
    tree.issue_token(name="survivor")
    tree.kill("up")
    assert wait_until(lambda: not tree.running(), seconds=10), tree.running()
    tree.restart()
    assert "survivor" in tokens_of(tree)


def test_when_everything_is_killed_the_next_up_carries_on(tree: Tree) -> None:
    tree.issue_token(name="survivor")
    tree.kill_everything()
    tree.restart()
    assert "survivor" in tokens_of(tree)


def test_a_child_that_outlived_its_supervisor_is_ended_by_the_next_up(tree: Tree) -> None:
    """The kernel ends them; this is for the day it does not."""
    orphan = subprocess.Popen(["/bin/sleep", "600"])
    try:
        tree.kill_everything()
        record = tree.record
        from dataclasses import replace

        from cli.processes import identify

        left = identify(orphan.pid)
        assert left is not None
        tree.data.write_record(replace(record, children={**record.children, "worker": left}))
        tree.restart()
        assert not is_running(left)
    finally:
        orphan.kill()
        orphan.wait()


def test_a_stranger_who_was_given_the_pid_of_a_dead_child_is_left_alone(tree: Tree) -> None:
    stranger = subprocess.Popen(["/bin/sleep", "600"])
    try:
        tree.kill_everything()
        record = tree.record
        from dataclasses import replace

        from cli.processes import ProcessIdentity

        reused = ProcessIdentity(stranger.pid, record.children["worker"].started)
        tree.data.write_record(replace(record, children={**record.children, "worker": reused}))
        (tree.data.cluster / "postmaster.pid").write_text(f"{stranger.pid}\n/elsewhere\n1\n5432\n/tmp\n\n\n")
        tree.restart()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_call_made_while_the_api_is_started_again_waits_for_it(tree: Tree) -> None:
    old = tree.kill("api")
    assert tree.answers(within=20)
    tree.wait_for_another("api", old)


def test_it_runs_on_a_path_that_is_too_long_for_a_socket(
    make_tree: Callable[..., Tree], tmp_path: Path
) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name-" * 4] * 3)
    long = make_tree(deep / "var with spaces").start()
    long.issue_token()
    assert long.stop() == 0


def test_a_path_that_is_too_long_for_any_database_is_refused_in_one_line(
    make_tree: Callable[..., Tree], tmp_path: Path
) -> None:
    refused = make_tree(tmp_path.joinpath(*["a-folder-with-a-long-name-" * 4] * 6))
    refused.begin()
    assert refused.wait() == 1
    assert "too long" in one_line(refused)
    assert not refused.data.path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that others may not enter")
def test_root_runs_it_below_a_private_folder_without_changing_its_mode(
    make_tree: Callable[..., Tree], tmp_path: Path
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    hidden = make_tree(private / "deeper" / "var").start()
    url = hidden.record.database_url
    assert url
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        assert connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone() == (False,)
    assert hidden.data.cluster.stat().st_uid != 0
    assert hidden.stop() == 0
    assert private.stat().st_mode & 0o777 == 0o700
    assert private.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run as an ordinary user")
def test_an_ordinary_user_runs_it_too(make_tree: Callable[..., Tree]) -> None:
    nobody = 65534
    python = _python_for_everybody()
    home = Path("/tmp") / f"holdfast-test-{os.getpid()}"
    home.mkdir(mode=0o755)
    os.chown(home, nobody, nobody)
    try:
        become = ("setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", "--inh-caps=-all")
        plain = make_tree(
            home / "var",
            holdfast=(*become, python, "-P", "-m", "cli"),
            environment={
                "PYTHONPATH": os.pathsep.join(
                    [
                        *os.environ.get("PYTHONPATH", "").split(),
                        str(REPOSITORY),
                        sysconfig.get_path("purelib"),
                    ]
                ),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "HOME": str(home),
            },
        ).start()
        plain.issue_token()
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in plain.pids.values()} == {nobody}
        assert plain.stop() == 0
        plain.issue_token()
    finally:
        shutil.rmtree(home)


def _python_for_everybody() -> str:
    """An interpreter of our version that other users may run; a root's own often lies below /root."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (Path(sys.executable), Path("/usr/bin") / name, Path("/usr/local/bin") / name):
        resolved = python.resolve()
        if resolved.exists() and all(folder.stat().st_mode & 0o001 for folder in resolved.parents):
            return str(python)
    pytest.skip(f"no {name} here that an ordinary user may run")


def one_line(tree: Tree) -> str:
    lines = tree.errors().splitlines()
    assert len(lines) == 1, lines
    return lines[0]
