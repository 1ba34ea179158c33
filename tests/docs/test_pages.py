"""The documents are fresh, hang together, and name nothing that is not there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from domain.vocabulary import Channel
from tests.browser import pictures
from tests.servers import REPOSITORY
from wiring.outfit import Outfit
from wiring.profile import load_profile
from wiring.settings import Settings

PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
SCREENSHOTS = REPOSITORY / "docs" / "screenshots"
"""Made by tests/browser/ and kept out of the history: not there before the first `make test`."""
ROOMS = {path.name for path in REPOSITORY.iterdir() if path.is_dir()} - {"var"}
GENERATE = [sys.executable, "docs/generate.py"]

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_CODE = re.compile(r"`([^`\s]+)`")


def name_of(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def test_the_reference_pages_say_what_the_code_does() -> None:
    # Otherwise somebody runs a service by rules that have changed.
    done = subprocess.run([*GENERATE, "--check"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stale_page_is_named(tmp_path: Path) -> None:
    # Otherwise `make check` fails and nobody knows why.
    copy = tmp_path / "docs"
    copy.mkdir()
    for script in (REPOSITORY / "docs").glob("*.py"):
        (copy / script.name).write_text(script.read_text())
    script = str(copy / "generate.py")
    stale = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert stale.returncode == 1
    assert "docs/reference/lifecycle.md is stale: run `make docs`" in stale.stderr.splitlines()
    subprocess.run([sys.executable, script], check=True)
    subprocess.run([sys.executable, script, "--check"], check=True)


def test_the_environment_page_is_right_about_what_is_live() -> None:
    # It says that repairs alone have no live provider: a service must not believe that its letters leave, if not.
    everything = {
        "sendgrid_api_key": "k",
        "twilio_account_sid": "a",
        "twilio_auth_token": "t",
        "twilio_from": "+447700900000",
        "notify_api_key": f"n-{UUID(int=1)}-{UUID(int=2)}",
        "trades_api_url": "https://trades.example",
        "trades_api_key": "k",
    }
    profile = load_profile(REPOSITORY / "profiles" / "cambridgeshire.toml")
    outfit = Outfit(settings=Settings(**everything), profile=profile, keyring=None, engine=None, writer=None)
    live = {channel for channel, way in outfit.providers().items() if not way.simulated}
    assert live == set(Channel)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    assert [link for link in _LINK.findall(text) if not _leads_somewhere(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_exists(page: Path) -> None:
    # A tour past rooms that have been moved is worse than none.
    assert [named for named in _named_files(page) if not (REPOSITORY / named).exists()] == []


def test_every_picture_the_tests_take_is_shown() -> None:
    text = (REPOSITORY / "docs" / "pages.md").read_text(encoding="utf-8")
    assert {
        Path(link).stem for link in _LINK.findall(text) if link.startswith("screenshots/")
    } == pictures.NAMES


def test_every_document_is_on_the_map() -> None:
    pages = {page for page in PAGES if page.parent == REPOSITORY / "docs"} - {
        REPOSITORY / "docs" / "README.md"
    }
    of_map = set(_LINK.findall((REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")))
    assert {page.name for page in pages} <= of_map
    decisions = set((REPOSITORY / "docs" / "decisions").glob("0*.md"))
    listed = set(_LINK.findall((REPOSITORY / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")))
    assert {page.name for page in decisions} == listed


@pytest.mark.parametrize("page", sorted((REPOSITORY / "docs" / "decisions").glob("0*.md")), ids=name_of)
def test_a_decision_has_its_four_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "The check",
    ]
    assert text.startswith(f"# {int(page.name[:4])}. ")


def _leads_somewhere(page: Path, link: str) -> bool:
    if link.startswith(("https://", "http://", "mailto:")):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if target.parent == SCREENSHOTS:
        return target.suffix == ".png" and target.stem in pictures.NAMES
    return target.exists() and (not anchor or anchor in set(_anchors(target)))


def _anchors(page: Path) -> Iterator[str]:
    """The headings of a page as GitHub links to them."""
    for heading in _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _named_files(page: Path) -> Iterator[str]:
    for word in _CODE.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        room, _, rest = word.partition("/")
        if room in ROOMS and rest and re.fullmatch(r"[\w./-]+", word):
            yield word
