"""How far it is from one place to another, as the crow flies, by nothing finer than the outward code.

A place is known by its *area*: the outward code of a United Kingdom postcode ("CT1"), or a New Zealand postcode
("8011").  No street and no house is ever looked up.  Source: docs/places.md.
"""

import re
from dataclasses import dataclass
from math import asin, cos, hypot, radians, sin, sqrt
from typing import Protocol

EARTH_KM = 6371.0088
"""Mean radius of the earth, in kilometres (IUGG)."""
_METRES = 1000
_WHOLE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)[0-9][A-Z]{2}")
"""A whole United Kingdom postcode without its space: the outward code, then a digit and two letters."""
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_NEW_ZEALAND = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPlace:
    """A place in Great Britain, in metres of the National Grid."""

    easting: int
    northing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobePlace:
    """A place in degrees of WGS 84; south and west are negative."""

    latitude: float
    longitude: float


Place = GridPlace | GlobePlace
"""The middle of an area."""


class Distances(Protocol):
    """What the offer desk asks about places."""

    def area_of(self, postcode: str | None) -> str | None:
        """The area of a postcode, whether or not its place is known; `None` for what is no postcode."""

    def is_known(self, area: str) -> bool:
        """Whether distances to this area can be told; where not, a person is asked."""

    def distance_km(self, area_a: str, area_b: str) -> float | None:
        """From the middle of one area to that of another, in kilometres; `None`: not known."""

    def within(self, area: str, km: float) -> frozenset[str]:
        """Every area whose middle lies at most so far away, itself included; empty where its place is not known."""


def outward_code(postcode: str | None) -> str | None:
    """The first half of a United Kingdom postcode; `None` for what is not one."""
    found = _WHOLE.fullmatch(re.sub(r"\s", "", postcode or "").upper())
    return found.group(1) if found else None


def area_of(postcode: str | None) -> str | None:
    """The area of a postcode, or of an outward code alone; `None` for what is neither.

    An outward code alone is taken as it stands: with a space in it ("CT1 1") it is a postcode somebody did not end.
    """
    written = (postcode or "").strip().upper()
    if _OUTWARD.fullmatch(written) or _NEW_ZEALAND.fullmatch(written):
        return written
    return outward_code(written)


def distance_km(a: Place | None, b: Place | None) -> float | None:
    """How far it is between two places, in kilometres; `None` when one is unknown or they share no map."""
    match a, b:
        case GridPlace(), GridPlace():
            return hypot(a.easting - b.easting, a.northing - b.northing) / _METRES
        case GlobePlace(), GlobePlace():
            return _over_the_globe(a, b)
        case _:
            return None


def _over_the_globe(a: GlobePlace, b: GlobePlace) -> float:
    """The haversine formula: a chord's half, squared, then the arc over it."""
    south, north = radians(a.latitude), radians(b.latitude)
    up, across = sin((north - south) / 2), sin(radians(b.longitude - a.longitude) / 2)
    return 2 * EARTH_KM * asin(min(1.0, sqrt(up * up + cos(south) * cos(north) * across * across)))
