"""docker-compose.yml as `docker compose` reads it, for whoever has no Docker: enough of it for our own file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from tests.servers import REPOSITORY

FILE = REPOSITORY / "docker-compose.yml"
EXAMPLE = REPOSITORY / ".env.example"

_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\})")


class NotSet(Exception):
    """A variable that compose refuses to start without."""


@dataclass(frozen=True)
class Compose:
    """The services, with the values of the variables that `.env` would give."""

    tree: dict[str, Any]
    variables: Mapping[str, str]

    @classmethod
    def of(cls, **variables: str) -> "Compose":
        return cls(YAML(typ="safe", pure=True).load(FILE), variables)

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        return dict(self.tree["services"])

    def environment(self, service: str) -> dict[str, str]:
        """What the process is given: a name without a value only if the variable is set."""
        told = self.services[service].get("environment", {})
        given = {name: self.variables.get(name) if value is None else value for name, value in told.items()}
        return {name: self.filled(str(value)) for name, value in given.items() if value is not None}

    def command(self, service: str) -> list[str]:
        """What is run, the entry point first if compose names one."""
        told = self.services[service]
        return [self.filled(part) for part in (*told.get("entrypoint", ()), *told.get("command", ()))]

    def health_check(self, service: str) -> list[str]:
        return [self.filled(part) for part in self.services[service]["healthcheck"]["test"]]

    def filled(self, text: str) -> str:
        """Put the variables' values in their places.

        Raises:
            NotSet: One of them has to be set.
        """
        return _VARIABLE.sub(self._value, text)

    def fill_in(self) -> None:
        """Put every value in its place, as compose does before it does anything.

        Raises:
            NotSet: One of them has to be set.
        """
        for text in _texts(self.tree):
            self.filled(text)

    def named(self) -> set[str]:
        """Every variable that compose looks for, in whichever way."""
        found = {match["name"] for text in _texts(self.tree) for match in _VARIABLE.finditer(text)} - {None}
        return found | {
            name
            for service in self.services.values()
            for name, value in service.get("environment", {}).items()
            if value is None
        }

    def _value(self, match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        value = self.variables.get(match["name"], "")
        if match["how"] == "?" and not value:
            raise NotSet(match["name"])
        return value or (match["rest"] if match["how"] == "-" else "")


def seconds(duration: str) -> float:
    """How long `1m` or `15s` is."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    parts = re.findall(r"(\d+)(ms|s|m|h)", duration)
    assert "".join(number + unit for number, unit in parts) == duration, duration
    return sum(int(number) * units[unit] for number, unit in parts)


def offered() -> dict[str, str | None]:
    """The variables of `.env.example`: what is to be filled in with what it holds, a choice with None."""
    lines = EXAMPLE.read_text().splitlines()
    found = [re.fullmatch(r"(# )?([A-Z][A-Z0-9_]*)=(.*)", line) for line in lines]
    return {match[2]: None if match[1] else match[3] for match in found if match}


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for inner in part.values():
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)
