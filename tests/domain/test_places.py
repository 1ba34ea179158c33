from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.places import GlobePlace, GridPlace, area_of, distance_km, outward_code

LEEDS, MANCHESTER = GridPlace(easting=429642, northing=433575), GridPlace(easting=384421, northing=397888)
CHRISTCHURCH, WELLINGTON = (
    GlobePlace(latitude=-43.5354, longitude=172.6375),
    GlobePlace(latitude=-41.2883, longitude=174.7775),
)
CHATHAM_ISLANDS = GlobePlace(latitude=-43.9536, longitude=-176.5561)


def test_leeds_is_fifty_eight_kilometres_from_manchester() -> None:
    assert distance_km(LEEDS, MANCHESTER) == pytest.approx(57.6, abs=0.05)


def test_christchurch_is_three_hundred_kilometres_from_wellington() -> None:
    assert distance_km(CHRISTCHURCH, WELLINGTON) == pytest.approx(305, abs=1)


def test_the_date_line_does_not_put_the_earth_between_two_islands() -> None:
    # The longitudes differ by 349 degrees, the places by eleven.
    assert distance_km(CHRISTCHURCH, CHATHAM_ISLANDS) == pytest.approx(867, abs=3)


@pytest.mark.parametrize(
    ("a", "b"), [(None, LEEDS), (LEEDS, None), (None, None), (LEEDS, WELLINGTON), (WELLINGTON, LEEDS)]
)
def test_an_unknown_distance_is_never_a_number(a: GridPlace | None, b: GridPlace | None) -> None:
    # A zero would send somebody across the country.
    assert distance_km(a, b) is None


@pytest.mark.parametrize(
    ("written", "area"),
    [
        ("CT1 1AA", "CT1"),
        (" ct11aa ", "CT1"),
        ("SW1A 2AA", "SW1A"),
        ("CT1", "CT1"),
        ("CT11", "CT11"),
        ("8011", "8011"),
        ("BT1 1AA", "BT1"),
        ("CT1 1", None),
        ("Canterbury", None),
        ("801", None),
        ("", None),
        (None, None),
    ],
)
def test_the_area_of_a_postcode_is_all_that_is_looked_up(written: str | None, area: str | None) -> None:
    assert area_of(written) == area


def test_half_a_postcode_is_no_whole_one() -> None:
    assert outward_code("CT1") is None


GRID = st.builds(GridPlace, easting=st.integers(0, 700_000), northing=st.integers(0, 1_300_000))
GLOBE = st.builds(
    GlobePlace,
    latitude=st.floats(-90, 90, allow_nan=False),
    longitude=st.floats(-180, 180, allow_nan=False),
)


@given(st.one_of(st.tuples(GRID, GRID, GRID), st.tuples(GLOBE, GLOBE, GLOBE)))
def test_distances_are_distances(three: tuple[GridPlace, GridPlace, GridPlace]) -> None:
    a, b, c = three
    there, back, on, whole = distance_km(a, b), distance_km(b, a), distance_km(b, c), distance_km(a, c)
    assert there is not None
    assert back is not None
    assert on is not None
    assert whole is not None
    assert distance_km(a, a) == 0
    assert there >= 0
    assert isclose(there, back, abs_tol=1e-6)
    assert whole <= there + on + 1e-3
