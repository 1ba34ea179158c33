import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete

from api.tradesperson.sheet import HEADER, MOST_BYTES, MOST_ROWS, SheetNotRead, read_sheet, write_sheet
from api.tradesperson.sheets import imported
from domain.repair_dispatch.kinds import Skill, TradeChannel
from domain.tradesperson import Paper, Tradesperson
from domain.tradesperson_import import RowChange
from store.tradesperson.row import TRADESPERSON, RegisterEntry
from tests.servers import REPOSITORY
from tests.tradespeople import a_tradesperson, registers

HERE = SimpleNamespace(region="GB")
"""All that reading a sheet asks of the services."""
IN_NEW_ZEALAND = SimpleNamespace(region="NZ")
EXAMPLE = REPOSITORY / "docs/examples/tradespeople.csv"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
REGISTER = "/tradespeople"
SHEET = {"content-type": "text/csv"}


def entry(who: Tradesperson, revision: int = 1) -> RegisterEntry:
    return RegisterEntry(who=who, revision=revision, made_at=NOW, changed_at=NOW, changed_by="Kim")


def sheet(*people: Tradesperson, **cells: str) -> bytes:
    """An export in which some cells of the first row were changed."""
    records = list(
        csv.DictReader(io.StringIO(write_sheet([entry(who) for who in people]).decode("utf-8-sig")))
    )
    records[0] |= cells
    page = io.StringIO(newline="")
    writer = csv.DictWriter(page, HEADER)
    writer.writeheader()
    writer.writerows(records)
    return page.getvalue().encode()


def faults_of(content: bytes, services=HERE) -> dict[tuple[int, str], str]:
    with pytest.raises(SheetNotRead) as caught:
        read_sheet(services, content)
    return {(fault.line, fault.column): fault.reason for fault in caught.value.faults}


@settings(deadline=None)
@given(registers())
def test_what_was_exported_is_imported_as_the_same_register(register: list[Tradesperson]) -> None:
    rows = read_sheet(HERE, write_sheet([entry(who, revision=4) for who in register]))
    assert [row.who for row in rows] == register
    assert {row.revision for row in rows} == {4}


@settings(deadline=None)
@given(registers())
def test_no_cell_of_an_export_is_one_that_a_spreadsheet_runs(register: list[Tradesperson]) -> None:
    # A name such as =HYPERLINK(…) would else be run on the machine of whoever opens the register.
    page = write_sheet([entry(who) for who in register]).decode("utf-8-sig")
    begins = {cell[:1] for record in csv.reader(io.StringIO(page, newline="")) for cell in record}
    assert begins.isdisjoint({*"=+-@\t\r", "\N{FULLWIDTH EQUALS SIGN}"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(registers())
def test_a_register_that_was_exported_stands_again_in_an_empty_house(services, register) -> None:
    def brought_in(content: bytes) -> bytes:
        with services.engine.begin() as connection:
            connection.execute(delete(TRADESPERSON))
        imported(services, content, by="Kim", preview=False)
        return write_sheet(services.tradespeople.everybody())

    once = brought_in(write_sheet([entry(who) for who in register]))
    assert brought_in(once) == once
    again = imported(services, once, by="Kim", preview=False)
    assert again.count(RowChange.SAME) == len(register)


def test_a_mark_that_is_not_ours_stays() -> None:
    [row] = read_sheet(HERE, sheet(a_tradesperson(), name="'Tis Locks", phone="'+447700900801"))
    assert (row.who.name, row.who.phone) == ("'Tis Locks", "+447700900801")


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ({"vetting_until": "1/6/2027"}, {"papers": "2027-06-01"}),
        ({"phone": "7700900801"}, {"phone": "+447700900801"}),
        ({"phone": "447700900801"}, {"phone": "+447700900801"}),
        ({"base": "110"}, {"base": "0110"}),
        ({"areas": "110, ct1;8011"}, {"areas": ("0110", "CT1", "8011")}),
        ({"skills": "Key safes; board-up"}, {"skills": (Skill.BOARD_UP, Skill.KEY_SAFES)}),
        ({"active": "FALSE"}, {"active": False}),
        ({"channel": "Text"}, {"channel": TradeChannel.TEXT}),
        (
            {"capacity": "", "languages": ""},
            {"capacity": 1, "languages": ("en",)},
        ),
    ],
)
def test_what_spreadsheets_and_people_make_of_cells_is_understood(cells, kept) -> None:
    [row] = read_sheet(HERE, sheet(a_tradesperson(), **cells))
    for name, value in kept.items():
        found = getattr(row.who, name)
        assert (dict(found)[Paper.VETTING].isoformat() if name == "papers" else found) == value


def test_a_number_without_its_country_is_of_the_service_s() -> None:
    [row] = read_sheet(IN_NEW_ZEALAND, sheet(a_tradesperson(), phone="021 123 4567"))
    assert row.who.phone == "+64211234567"


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("id", "7"),
        ("revision", "two"),
        ("name", ""),
        ("phone", "12"),
        ("email", "nobody"),
        ("channel", "fax"),
        ("firm_id", "firm-01"),
        ("skills", "plumbing"),
        ("skills", ""),
        ("base", "Kent"),
        ("areas", "CT1 Kent"),
        ("most_km", "25.5"),
        ("most_km", "9999"),
        ("hours", "by arrangement"),
        ("on_call", "mon 09:00-09:00"),
        ("vetting_until", "31-12-27"),
        ("insurance_until", "30/02/2027"),
        ("capacity", "51"),
        ("languages", "Polish!"),
        ("active", "perhaps"),
        ("active", ""),
    ],
)
def test_a_fault_is_told_with_its_row_and_column_and_without_the_cell(column: str, cell: str) -> None:
    faults = faults_of(sheet(a_tradesperson(1), a_tradesperson(2), **{column: cell}))
    assert set(faults) == {(2, column)}
    if cell:
        assert cell not in faults[2, column].replace("firm-01 ", "")


def test_every_fault_of_every_row_is_told_at_once() -> None:
    content = sheet(a_tradesperson(1), a_tradesperson(2), base="Kent", phone="12", hours="?", revision="x")
    content = content.replace(b"CT1", b"nowhere")
    assert set(faults_of(content)) == {(2, "base"), (2, "phone"), (2, "hours"), (2, "revision"), (3, "base")}


def test_rows_that_are_blank_count_as_a_spreadsheet_counts_them() -> None:
    header, row = sheet(a_tradesperson(1)).decode().splitlines()
    content = "\n".join([header, "," * header.count(","), row.replace("CT1", "Kent")])
    assert set(faults_of(content.encode())) == {(3, "base")}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "lacks the column name"),
        (b"name,firm\nSam,Locks\n", "lacks the column phone"),
        (b"\xff\xfe", "is not UTF-8"),
        (",".join([*HEADER, "rating"]).encode(), "columns we do not know"),
        (",".join([*HEADER, "name"]).encode(), "a column twice"),
        (",".join(HEADER).encode(), "no entries"),
        (",".join(HEADER).encode() + b'\n"Sam', "is not CSV"),
        (",".join(HEADER).encode() + b"\nSam,1\n", "more or fewer cells"),
        (
            ",".join(HEADER).encode() + b"\n" + b"," * 19 + b"x\n" * 10_001,
            "more than 10000 rows|more or fewer",
        ),
    ],
)
def test_what_is_no_sheet_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(SheetNotRead) as caught:
        read_sheet(HERE, content)
    assert re.search(reason, caught.value.faults[0].reason)


def test_the_columns_may_stand_in_any_order_and_be_called_as_people_write() -> None:
    records = list(csv.reader(io.StringIO(EXAMPLE.read_text())))
    turned = [list(reversed(record)) for record in records]
    turned[0] = [name.replace("_", " ").title() for name in turned[0]]
    page = io.StringIO(newline="")
    csv.writer(page).writerows(turned)
    assert read_sheet(HERE, page.getvalue().encode()) == read_sheet(HERE, EXAMPLE.read_bytes())


def test_the_example_holds_a_dozen_firms_half_of_them_asked_through_the_api() -> None:
    people = [row.who for row in read_sheet(HERE, EXAMPLE.read_bytes())]
    assert [who.phone for who in people] == [f"+4477009008{number:02}" for number in range(1, 13)]
    by_api = {who.firm_id for who in people if who.channel is TradeChannel.API}
    assert by_api == {f"firm-{number:02}" for number in (1, 3, 4, 6, 7, 8)}
    assert {skill for who in people for skill in who.skills} == set(Skill)
    assert all(who.may_be_sent(NOW.date()) for who in people)


async def sent(person, content: bytes, *, preview: bool = False, key: str | None = None):
    address = f"{REGISTER}/import" + ("?preview=true" if preview else "")
    return await person.post(address, headers=SHEET, content=content, key=key)


async def test_the_example_is_imported_and_exported_and_imported_again(manager) -> None:
    first = await sent(manager, EXAMPLE.read_bytes())
    assert (first.status_code, first.json()["added"]) == (200, 12), first.text
    exported = await manager.get(f"{REGISTER}/export.csv")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    assert exported.headers["content-disposition"].startswith('attachment; filename="tradespeople-')
    assert exported.headers["cache-control"] == "no-store"
    again = (await sent(manager, exported.content)).json()
    assert (again["added"], again["changed"], again["same"], again["rows"]) == (0, 0, 12, [])
    plain = (await sent(manager, EXAMPLE.read_bytes())).json()
    assert plain["same"] == 12, "known by their numbers"


async def test_a_preview_says_what_an_import_then_does(manager) -> None:
    await sent(manager, EXAMPLE.read_bytes())
    changed = EXAMPLE.read_bytes().replace(b"CT16,,35", b"CT16,,30")
    told = (await sent(manager, changed, preview=True)).json()
    assert (told["preview"], told["changed"], told["same"]) == (True, 1, 11)
    assert [(row["line"], row["change"], row["columns"]) for row in told["rows"]] == [
        (5, "changed", ["most_km"])
    ]
    assert (await sent(manager, EXAMPLE.read_bytes(), preview=True)).json()["same"] == 12, (
        "nothing was written"
    )
    done = (await sent(manager, changed)).json()
    assert done == told | {"preview": False}


async def test_nothing_is_imported_while_one_row_has_a_fault(manager) -> None:
    content = EXAMPLE.read_bytes().replace(b"DA1,DA1", b"Kent,DA1").replace(b"07700 900812", b"07700 900811")
    answer = await sent(manager, content)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:holdfast:problem:validation")
    assert [error["path"] for error in answer.json()["errors"]] == ["lines[11].base"]
    twice = EXAMPLE.read_bytes().replace(b"07700 900812", b"07700 900811")
    answer = await sent(manager, twice)
    assert [error["path"] for error in answer.json()["errors"]] == ["lines[13].phone"]
    assert "9008" not in answer.text, "never what a cell holds"
    assert (await manager.get(REGISTER)).json()["items"] == []


async def test_the_same_key_imports_a_sheet_once(manager) -> None:
    first = await sent(manager, EXAMPLE.read_bytes(), key="k")
    again = await sent(manager, EXAMPLE.read_bytes(), key="k")
    assert again.json() == first.json()
    assert (await sent(manager, EXAMPLE.read_bytes(), preview=True, key="k")).status_code == 422


async def test_what_is_no_sheet_is_not_taken(manager) -> None:
    assert (await manager.post(f"{REGISTER}/import", {"name": "Sam"})).status_code == 415
    large = await sent(manager, b"x" * (MOST_BYTES + 1))
    assert large.status_code == 413


def test_a_whole_register_that_was_taken_out_can_be_brought_in_again() -> None:
    people = [replace(a_tradesperson(1), phone=f"+4477009{number:05}") for number in range(10_001)]
    content = write_sheet([entry(who) for who in people])
    assert len(read_sheet(HERE, content)) == len(people)
    assert len(content) / len(people) * MOST_ROWS < MOST_BYTES, "and as many as there may be"


@pytest.mark.parametrize(("between", "said"), [(b";", "semicolons"), (b"\t", "tabs"), (b"|", "bars")])
def test_what_stands_between_the_cells_is_named_if_it_is_no_comma(between: bytes, said: str) -> None:
    with pytest.raises(SheetNotRead) as refused:
        read_sheet(HERE, EXAMPLE.read_bytes().replace(b",", between))
    [fault] = refused.value.faults
    assert fault.reason == f"has its cells separated by {said}: save it with commas between them"


def test_a_cell_that_is_too_long_is_called_that() -> None:
    with pytest.raises(SheetNotRead) as refused:
        read_sheet(HERE, EXAMPLE.read_bytes() + b'\n"' + b"x" * 140_000)
    assert "has a cell of more than 131072 characters" in refused.value.faults[0].reason


async def test_a_register_of_thousands_is_imported_in_one_go(manager, services) -> None:
    people = [
        replace(a_tradesperson(1), id="", phone=f"+4477009{number:05}", email="") for number in range(2_000)
    ]
    answer = await sent(manager, write_sheet([entry(who) for who in people]))
    assert answer.json()["added"] == 2_000, answer.text
    assert len(services.tradespeople.everybody()) == 2_000
