"""What is tracked speaks of the project alone: of no machine it was made on, and of no registry it came from."""

import re
import subprocess

import pytest

from tests.servers import REPOSITORY

# Put together from parts, so that this file does not hold what it looks for.
_REGISTRIES = [
    ("files", "python" + "hosted", "org"),
    ("py" + "pi", "org"),
    ("registry", "npm" + "js", "org"),
    ("registry", "yarnpkg", "com"),
    ("proxy", "golang", "org"),
    ("crates", "io"),
    ("rubygems", "org"),
]
_REGISTRY = re.compile(
    "|".join(re.escape(".".join(parts)) for parts in _REGISTRIES) + "|--(?:extra-)?index" + "-url[ =]"
)
_MACHINE = re.compile(
    r"(?<![\w.:/~$}-])/(?:" + "|".join(["ho" + "me", "ro" + "ot", "wo" + "rk", "Us" + "ers"]) + r")/[\w.-]+"
)
_WINDOWS = re.compile(r"\b[A-Za-z]:\\\\?Us" + "ers")


def _tracked() -> list[str]:
    """Every tracked text file, or one that is about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    return [name for name in listed.stdout.decode().split("\0") if name and (REPOSITORY / name).is_file()]


def _hits(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for name in _tracked():
        content = (REPOSITORY / name).read_bytes()
        if b"\0" in content:
            continue
        lines = content.decode(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{name}:{at}: {line.strip()[:120]}" for at, line in enumerate(lines, 1) if pattern.search(line)
        ]
    return found


def test_no_tracked_file_names_a_folder_of_a_machine() -> None:
    # Whoever clones this has other folders: such a path works for one person only, and tells of them.
    assert _hits(_MACHINE) + _hits(_WINDOWS) == []


def test_no_tracked_file_names_a_package_registry() -> None:
    # Where packages come from is the business of whoever installs; the locks hold hashes, not addresses.
    assert _hits(_REGISTRY) == []


def test_the_patterns_find_what_they_are_for() -> None:
    assert _MACHINE.search("see /ho" + "me/ada/holdfast")
    assert _MACHINE.search('open("/wo' + 'rk/main/x")')
    assert not _MACHINE.search("https://example.org/home/page")
    assert not _MACHINE.search("GET /api/v1/work/1")
    assert _REGISTRY.search("https://py" + "pi.org/simple")
