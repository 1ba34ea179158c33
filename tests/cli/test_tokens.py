"""Tokens are issued while the service runs and while it does not."""

import signal
from collections.abc import Callable
from pathlib import Path

from cli.processes import working_in
from tests.servers import Tree


def test_a_token_can_be_issued_before_the_first_start(make_tree: Callable[..., Tree]) -> None:
    early = make_tree()
    token = early.issue_token("police", "early bird", "Example Constabulary")
    assert len(token) >= 32
    assert token not in early.run("token", "list")
    assert "early bird" in early.run("token", "list")
    assert not list(working_in(early.data.cluster))
    early.start()
    assert "early bird" in early.run("token", "list")
    assert early.stop() == 0


def test_a_token_is_issued_and_revoked_while_the_service_runs(shared_tree: Tree) -> None:
    token = shared_tree.issue_token(name="to be revoked")
    line = next(line for line in shared_tree.run("token", "list").splitlines() if "to be revoked" in line)
    assert token not in line
    shared_tree.run("token", "revoke", line.split("\t")[0])
    line = next(line for line in shared_tree.run("token", "list").splitlines() if "to be revoked" in line)
    assert "revoked" in line.split("\t")[-1]
    assert shared_tree.answers()


def test_a_token_can_be_issued_after_everything_was_killed(make_tree: Callable[..., Tree]) -> None:
    killed = make_tree().start()
    before = killed.record
    killed.kill_everything()
    killed.issue_token()
    assert before.socket_directory
    assert not Path(before.socket_directory).exists()
    assert killed.start().stop(signal.SIGINT) == 0
