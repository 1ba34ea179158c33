"""The two files of `places/`, and the script that derives them."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.servers import REPOSITORY
from wiring.places import Places, load_places

POSTCODES = """\
"CT1 1AA",10,615000,157000,"E92000001","","","","",""
"CT1 2BB",10,615200,157100,"E92000001","","","","",""
"CT11AA",90,0,0,"E92000001","","","","",""
"SW1A2AA",10,530050,179950,"E92000001","","","","",""
"""
NEW_ZEALAND = [
    {"code": "8011", "countryCode": "NZ", "latitude": -43.53541, "longitude": 172.63754},
    {"code": "0110", "countryCode": "NZ", "latitude": -35.73647822, "longitude": 174.32806168},
    {"code": "8011", "countryCode": "NZ", "latitude": -1.0, "longitude": 1.0},
]


@pytest.fixture(scope="module")
def places() -> Places:
    return load_places()


def test_great_britain_and_new_zealand_are_known(places: Places) -> None:
    assert len(places) >= 2_863 + 900


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ("LS1", "M1", 57.6),
        ("CT1", "CT2", 1.9),
        ("CT1", "CT1", 0),
        ("8011", "6011", 305.4),
        ("1010", "0110", 130),
    ],
)
def test_known_distances(places: Places, a: str, b: str, km: float) -> None:
    assert places.distance_km(a, b) == pytest.approx(km, rel=0.03, abs=0.2)


@pytest.mark.parametrize("elsewhere", ["BT1", "IM1", "JE2", "ZZ9", "0000", ""])
def test_what_is_not_in_the_files_is_unknown_and_not_near(places: Places, elsewhere: str) -> None:
    assert not places.is_known(elsewhere)
    assert places.distance_km("CT1", elsewhere) is None
    assert places.within(elsewhere, 1_000) == frozenset()


def test_what_lies_within_reach_is_what_distances_say(places: Places) -> None:
    near = places.within("CT1", 40)
    assert {"CT1", "CT2", "CT20"} <= near
    assert not near & {"M1", "8011"}
    assert all((km := places.distance_km("CT1", area)) is not None and km <= 40 for area in near)


def test_an_area_is_known_as_postcodes_name_it(places: Places) -> None:
    area = places.area_of("ct1 2ab")
    assert area is not None
    assert places.is_known(area)


def derived(country: str, source: Path, target: Path) -> str:
    command = [sys.executable, "places/derive.py", country, str(source), str(target)]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return target.read_text()


@pytest.fixture
def code_point_open(tmp_path: Path) -> Path:
    source = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("Data/CSV/ct.csv", POSTCODES)
        archive.writestr("Doc/Code-Point_Open_Column_Headers.csv", "PC,PQ,EA,NO\n")
    return source


def test_the_middle_of_an_outward_code_is_derived_from_its_postcodes(
    code_point_open: Path, tmp_path: Path
) -> None:
    # A postcode whose place Ordnance Survey does not know would pull the middle towards the Scilly Isles.
    assert derived("gb", code_point_open, tmp_path / "gb.csv") == (
        "outward_code,easting,northing\nCT1,615100,157050\nSW1A,530050,179950\n"
    )


def test_a_source_may_lie_in_an_archive(code_point_open: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(code_point_open, "somewhere/codepo_gb.zip")
    assert derived("gb", wheel, tmp_path / "a.csv") == derived("gb", code_point_open, tmp_path / "b.csv")


def test_a_postcode_is_one_place(tmp_path: Path) -> None:
    source = tmp_path / "postcodes.json"
    source.write_text(json.dumps(NEW_ZEALAND))
    assert derived("nz", source, tmp_path / "nz.csv") == (
        "postcode,latitude,longitude\n0110,-35.7365,174.3281\n8011,-43.5354,172.6375\n"
    )


def test_every_file_of_data_has_its_licence() -> None:
    licence = (REPOSITORY / "places/LICENCE.md").read_text()
    for file in (REPOSITORY / "places").glob("*.csv"):
        assert f"## {file.name}" in licence
    assert "Contains OS data © Crown copyright and database right" in licence
    assert "Open Database License" in licence
