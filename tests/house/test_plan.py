"""The plan of the house, where import-linter and ruff cannot see it: docs/house.md."""

import ast
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from activities.correspondence import CorrespondenceActivities
from activities.ongoing_support import SupportActivities
from activities.practical_help import PracticalHelpActivities
from activities.referral import ReferralActivities
from activities.repair_dispatch import RepairDispatchActivities

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = (
    "activities",
    "api",
    "cli",
    "domain",
    "providers",
    "simulator",
    "store",
    "templates",
    "wiring",
    "workflows",
)
LONGEST = 300
"""Lines.  From some 250 on, ask whether two rooms live in a file; beyond this, they do."""
OUTGROWN = {
    "domain/vocabulary.py",  # closed lists: they belong together
    "domain/moves.py",
    "domain/referral_state.py",
}
"""Known to be longer.  Take a name out when its file has been divided."""
STEPS = (
    ReferralActivities,
    CorrespondenceActivities,
    SupportActivities,
    RepairDispatchActivities,
    PracticalHelpActivities,
)
"""Who takes steps for workflows."""
PLACES = re.compile(r"docs/(?P<page>[\w/.-]+\.md)(?:#(?P<anchor>[\w-]+))?")


def modules(*rooms: str) -> list[Path]:
    return sorted(
        path
        for room in rooms or ROOMS
        for path in (HOUSE / room).rglob("*.py")
        if "migrations/versions" not in path.as_posix()
    )


EVERYTHING = [*modules(), HOUSE / "worker.py"]


def name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them, and the anchors it sets itself."""
    text = page.read_text()
    headings = re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a (?:id|name)="([\w-]+)"', text))


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_of_the_plan_is_there_and_says_what_it_is_for(room: str) -> None:
    assert (HOUSE / room / "__init__.py").exists()
    if room != "workflows":
        assert ast.get_docstring(ast.parse((HOUSE / room / "__init__.py").read_text()))


def test_every_room_is_packed() -> None:
    """A room that is missing from the wheel is missing in production only."""
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    packed = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert {*ROOMS, "places", "profiles", "worker.py"} <= packed


def test_what_the_sandbox_runs_for_every_workflow_is_empty() -> None:
    assert (HOUSE / "workflows/__init__.py").read_text() == ""


def test_no_workflow_looks_past_the_sandbox() -> None:
    assert [name(path) for path in modules("workflows") if "unsafe" in path.read_text()] == []


def test_a_workflow_waits_only_for_what_can_be_replayed() -> None:
    """`asyncio.wait` and `as_completed` go through sets, whose order differs from process to process."""
    used = {
        node.attr
        for path in modules("workflows")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "asyncio"
    }
    in_order = {"create_task", "gather", "Task"}
    assert used <= {"Lock", "TimeoutError"} | in_order


def test_every_step_has_a_name_of_its_own() -> None:
    """Temporal knows steps by name only; two of the same name are one."""
    steps = [
        step.__temporal_activity_definition.name
        for owner in STEPS
        for step in vars(owner).values()
        if hasattr(step, "__temporal_activity_definition")
    ]
    assert len(steps) >= 6
    assert [step for step, times in Counter(steps).items() if times > 1] == []


def test_nothing_at_the_top_is_named_after_the_standard_library() -> None:
    """It would be found first, or never."""
    assert sys.stdlib_module_names.isdisjoint({*ROOMS, "worker"})


def test_every_page_a_docstring_names_is_there() -> None:
    broken = [
        f"{name(path)}: {found[0]}"
        for path in EVERYTHING
        for found in PLACES.finditer(path.read_text())
        if not is_there(HOUSE / "docs" / found["page"], found["anchor"])
    ]
    assert broken == []


def is_there(page: Path, anchor: str | None) -> bool:
    return page.exists() and (anchor is None or anchor in anchors(page))


def test_no_file_has_grown_to_two_rooms() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in EVERYTHING}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {
        path: lengths[path] for path in OUTGROWN if lengths[path] > LONGEST
    }


def test_the_words_everything_and_nothing_fits_under_are_not_used() -> None:
    banned = {"utils", "helpers", "common", "manager", "data", "shared"}
    assert [name(path) for path in modules() if path.stem in banned] == []


def test_tests_are_no_packages() -> None:
    """pytest imports them by path (`--import-mode=importlib`)."""
    assert list((HOUSE / "tests").rglob("__init__.py")) == []
