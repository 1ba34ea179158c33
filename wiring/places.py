"""Where the areas lie: the two files of `places/`, read once.  Nothing is looked up outside.

Source: docs/places.md.
"""

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from domain import places
from domain.places import GlobePlace, GridPlace, Place
from wiring.settings import ROOT

FOLDER = ROOT / "places"
"""Where the files lie, in a checkout as in an installed wheel."""


class Places:
    """Implements `domain.places.Distances` over areas whose places are known."""

    def __init__(self, known: Mapping[str, Place]) -> None:
        self._known = known
        self._near: dict[tuple[str, float], frozenset[str]] = {}

    def __len__(self) -> int:
        """How many areas are known."""
        return len(self._known)

    def place(self, area: str) -> Place | None:
        """Where an area lies; `None`: not known."""
        return self._known.get(area)

    def area_of(self, postcode: str | None) -> str | None:
        """The area of a postcode; `None` for what is no postcode."""
        return places.area_of(postcode)

    def is_known(self, area: str) -> bool:
        """Whether distances to this area can be told."""
        return area in self._known

    def distance_km(self, area_a: str, area_b: str) -> float | None:
        """From middle to middle, as the crow flies, in kilometres; `None`: not known."""
        return places.distance_km(self._known.get(area_a), self._known.get(area_b))

    def within(self, area: str, km: float) -> frozenset[str]:
        """Every area at most so far away, itself included; remembered, as areas do not move."""
        near = self._near.get((area, km))
        if near is None:
            near = frozenset(other for other in self._known if self._is_within(km, area, other))
            self._near[area, km] = near
        return near

    def _is_within(self, km: float, area: str, other: str) -> bool:
        away = self.distance_km(area, other)
        return away is not None and away <= km


@lru_cache(maxsize=2)
def load_places(folder: Path = FOLDER) -> Places:
    """Read the files, once in a process."""
    return Places({**_great_britain(folder), **_new_zealand(folder)})


def _great_britain(folder: Path) -> dict[str, Place]:
    with (folder / "gb_outward_codes.csv").open(encoding="ascii", newline="") as file:
        return {
            row["outward_code"]: GridPlace(easting=int(row["easting"]), northing=int(row["northing"]))
            for row in csv.DictReader(file)
        }


def _new_zealand(folder: Path) -> dict[str, Place]:
    with (folder / "nz_postcodes.csv").open(encoding="ascii", newline="") as file:
        return {
            row["postcode"]: GlobePlace(latitude=float(row["latitude"]), longitude=float(row["longitude"]))
            for row in csv.DictReader(file)
        }
