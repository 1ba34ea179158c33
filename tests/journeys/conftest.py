"""Everybody at the one running service that journeys share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.people import Coordinator, Force, Manager, People
from tests.servers import REHEARSAL, REPOSITORY, Tree


@pytest.fixture(scope="session")
def people_at() -> Iterator[Callable[[Tree], People]]:
    """Give everybody a token at a tree; their connections end with the session."""
    known: list[People] = []

    def at(tree: Tree) -> People:
        known.append(People.of(tree))
        return known[-1]

    yield at
    for people in known:
        people.leave()


@pytest.fixture(scope="session")
def people(shared_tree: Tree, people_at: Callable[[Tree], People]) -> People:
    return people_at(shared_tree)


@pytest.fixture
def force(people: People) -> Force:
    return people.force


@pytest.fixture
def coordinator(people: People) -> Coordinator:
    return people.coordinator


@pytest.fixture
def manager(people: People) -> Manager:
    return people.manager


@pytest.fixture(scope="session")
def slower_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A rehearsal with other durations, such as `cut_off_after="PT12S"`, under a name of its own."""

    def make(**durations: str) -> Path:
        text = (REPOSITORY / REHEARSAL).read_text()
        for name, duration in durations.items():
            lines = text.splitlines()
            places = [n for n, line in enumerate(lines) if line.startswith(f"{name} = ")]
            assert len(places) == 1, name
            lines[places[0]] = f'{name} = "{duration}"'
            text = "\n".join(lines) + "\n"
        profile = tmp_path_factory.mktemp("profile") / "rehearsal.toml"
        profile.write_text(text)
        return profile

    return make
