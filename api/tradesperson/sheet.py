"""The register as a sheet (CSV, RFC 4180): written so that no spreadsheet runs what is in it, and read back as it was.

Source: docs/tradespeople.md#columns; OWASP, CSV Injection.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from api.services import Services
from api.tradesperson.cells import COLUMNS, Cells, CellsNotRead, cells_of, read_cells
from domain.tradesperson_import import RowFault, SheetRow
from store.columns import is_uuid
from store.tradesperson.row import RegisterEntry

CSV = "text/csv; charset=utf-8"
MOST_BYTES = 8 * 1024 * 1024
"""Of one sheet: twenty thousand entries, with room."""
MOST_ROWS = 20_000
"""Many times what one service works with, so that a whole register that was taken out can be brought in again."""
HEADER = ("id", "revision", *COLUMNS)
"""The first line.  A sheet may leave out the first two; the others it has to have, in any order."""

_CELL_TOO_LONG = "field larger than field limit"
_SEPARATED_BY = {";": "semicolons", "\t": "tabs", "|": "bars"}
_SEPARATORS = re.compile(r"[;\t|]")
"""What some spreadsheets put between cells, by the language of their user."""
_MARK = "'"
_FORMULA = re.compile(
    r"'*[=+\-@\t\r\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}"
    r"\N{FULLWIDTH COMMERCIAL AT}]"
)
"""How a cell begins that a spreadsheet might run, or that looks as if we had marked it."""


class SheetNotRead(Exception):
    """What is wrong with a sheet, row by row."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__("a sheet cannot be read")
        self.faults = tuple(faults)


def write_sheet(entries: Sequence[RegisterEntry]) -> bytes:
    """Write a sheet; it begins with a byte order mark, without which spreadsheets spoil accents and macrons."""
    page = io.StringIO(newline="")
    writer = csv.DictWriter(page, HEADER, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for entry in entries:
        own = {"id": entry.who.id, "revision": str(entry.revision)}
        writer.writerow({name: _guarded(cell) for name, cell in (own | cells_of(entry.who)).items()})
    return page.getvalue().encode("utf-8-sig")


def read_sheet(services: Services, content: bytes) -> list[SheetRow]:
    """Read a sheet.

    Raises:
        SheetNotRead: A row has a fault; every row is looked at.
    """
    rows: list[SheetRow] = []
    faults: list[RowFault] = []
    for line, cells in _records(content):
        try:
            rows.append(_row(services, line, cells))
        except CellsNotRead as error:
            faults += [
                RowFault(line=line, column=column, reason=reason) for column, reason in error.faults.items()
            ]
    if faults:
        raise SheetNotRead(faults)
    if not rows:
        raise _whole_sheet("has no entries")
    return rows


def _row(services: Services, line: int, cells: Cells) -> SheetRow:
    own, faults = _own(cells)
    try:
        who = read_cells(services, cells, entry_id=own["id"])
    except CellsNotRead as error:
        raise CellsNotRead(faults | dict(error.faults)) from None
    if faults:
        raise CellsNotRead(faults)
    return SheetRow(line=line, who=who, revision=int(own["revision"]) if own["revision"] else None)


def _own(cells: Cells) -> tuple[dict[str, str], dict[str, str]]:
    """What a row says of its entry in our register."""
    entry_id, revision = (cells.get(name, "").strip() for name in ("id", "revision"))
    faults: dict[str, str] = {}
    if entry_id and not is_uuid(entry_id):
        faults["id"] = "is not one of ours: leave it empty for somebody new"
    elif entry_id:
        entry_id = str(UUID(entry_id))
    if revision and not (revision.isascii() and revision.isdigit() and len(revision) < len("1000000000")):
        faults["revision"] = "has to be a whole number, or empty"
    return {"id": entry_id, "revision": revision}, faults


def _records(content: bytes) -> Iterator[tuple[int, Cells]]:
    """The rows that hold something, each with its line as a spreadsheet counts."""
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    try:
        header = _header(next(reader, []))
        for line, record in enumerate(reader, start=2):
            if not any(cell.strip() for cell in record):
                continue
            if line > MOST_ROWS + 1:
                raise _whole_sheet(f"has more than {MOST_ROWS} rows")
            if len(record) != len(header):
                raise SheetNotRead(
                    [RowFault(line=line, column="", reason="has more or fewer cells than the first line")]
                )
            yield line, dict(zip(header, map(_plain, record), strict=True))
    except csv.Error as error:
        raise SheetNotRead([RowFault(line=reader.line_num, column="", reason=_why(error))]) from None


def _why(error: csv.Error) -> str:
    """The library has one error for everything; its words are not repeated, they may hold what was in the sheet."""
    if _CELL_TOO_LONG in str(error):
        return f"has a cell of more than {csv.field_size_limit()} characters: look for a quotation mark that never ends"
    return "is not CSV: look at its quotation marks"


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _whole_sheet("is not UTF-8: save it as CSV UTF-8") from None


def _header(record: Sequence[str]) -> list[str]:
    names = [re.sub(r"[\s_-]+", "_", _plain(cell).strip().lower()) for cell in record]
    if len(names) == 1 and (between := _SEPARATORS.search(record[0])):
        said = _SEPARATED_BY[between.group()]
        raise _whole_sheet(f"has its cells separated by {said}: save it with commas between them")
    missing = [name for name in COLUMNS if name not in names]
    unknown = sum(name not in HEADER for name in names)
    if missing:
        raise _whole_sheet(f"lacks the column {', '.join(missing)}")
    if unknown:
        raise _whole_sheet(f"has columns we do not know; we know {', '.join(HEADER)}")
    if len(set(names)) < len(names):
        raise _whole_sheet("has a column twice")
    return names


def _whole_sheet(reason: str) -> SheetNotRead:
    return SheetNotRead([RowFault(line=1, column="", reason=reason)])


def _guarded(cell: str) -> str:
    return _MARK + cell if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    """Take our mark away again, and nobody else's: 'Tis Locks is a name."""
    return cell[1:] if cell.startswith(_MARK) and _FORMULA.match(cell) else cell
