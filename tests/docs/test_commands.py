"""What the README and the tour tell a stranger to type works, and prints what they say."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.docs.commands import Commands, missing_line
from tests.servers import REPOSITORY, Tree

SECONDS = 120
"""For one page; the story of the README takes some 25."""


@pytest.mark.parametrize("page", ["README.md", "docs/tour.md"])
def test_a_stranger_can_type_what_the_page_says(page: str, shared_tree: Tree, tmp_path: Path) -> None:
    # Otherwise the first thing a newcomer does fails, and nobody here would notice.
    commands = Commands.of(REPOSITORY / page)
    assert "curl" in commands.script
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _at_home_in(shared_tree, commands.script)],
        cwd=tmp_path,
        env=shared_tree.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    missing = missing_line(commands.told, done.stdout)
    assert missing is None, f"{missing!r} was not printed:\n{done.stdout}"


def test_the_readme_tells_the_whole_story(shared_tree: Tree) -> None:
    # It promises a letter as PDF, a single-call close and ongoing support: none of them may be left out.
    script = Commands.of(REPOSITORY / "README.md").script
    for part in ("no_answer", "letter.pdf", "single_call", "ongoing_support", "timeline", "statistics"):
        assert part in script


def test_a_promise_that_is_not_kept_is_found() -> None:
    assert missing_line(("one", "t…"), "one\nzero\ntwo\n") is None
    assert missing_line(("two", "one"), "one\ntwo\n") == "one"


def _at_home_in(tree: Tree, script: str) -> str:
    """The same commands, for a service that runs on another port with another data directory."""
    holdfast = shlex.join([*tree.holdfast, "token", "issue", "--data-dir", str(tree.data.path)])
    script = script.replace("http://127.0.0.1:8000", tree.base_url).replace("/tmp/", "")
    return script.replace(".venv/bin/holdfast token issue", holdfast)
