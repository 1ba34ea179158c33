import html
import re
from datetime import timedelta

import pytest
import pytest_asyncio

from api.tradesperson.fields_out import today
from domain.repair_dispatch.kinds import TradeChannel
from domain.tradesperson import Paper
from tests.api.browser import Browser, form_of
from tests.servers import REPOSITORY
from tests.tradespeople import VALID, a_tradesperson

LIST = "/tradespeople"
NEW = f"{LIST}/new"
IMPORT = f"{LIST}/import"
ATTACK = "<script>alert(1)</script>"
EXAMPLE = (REPOSITORY / "docs/examples/tradespeople.csv").read_bytes()
SAM = {
    "name": "Sam Example",
    "firm": "Example Locks",
    "phone": "07700 900801",
    "email": "sam@example.org",
    "channel": "api",
    "firm_id": "firm-01",
    "skills[]": ["locks", "doors"],
    "base": "CT1",
    "areas": "CT1 CT2",
    "most_km": "25",
    "hours": "mon-fri 08:00-18:00",
    "on_call": "sat 09:00-13:00",
    "vetting_until": "2030-12-31",
    "insurance_until": "2030-12-31",
    "safeguarding_until": "2030-12-31",
    "capacity": "2",
    "languages": "en pl",
    "active": "yes",
}


@pytest_asyncio.fixture
async def manager(app, issue) -> Browser:
    browser = Browser(app)
    await browser.sign_in(issue("manager"))
    return browser


@pytest.fixture
def register(services):
    return services.tradespeople


@pytest.fixture
def add(register, services):
    def added(number: int = 1, **changes):
        return register.add(a_tradesperson(number, **changes), by="Kim", now=services.clock()).who

    return added


def words(page) -> str:
    """What a person reads, without marks and with single spaces."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def papers(**days):
    return tuple((paper, days[paper]) for paper in Paper if paper in days)


async def fill_in(browser: Browser, address: str = NEW, **typed):
    return await browser.send(await browser.open(address), address, **(SAM | typed))


async def upload(browser: Browser, content: bytes, **fields: str):
    form = form_of(await browser.open(IMPORT), IMPORT)
    hidden = {name: values[0] for name, values in form.fields.items() if name.startswith("form_")}
    files = {"sheet": ("tradespeople.csv", content, "text/csv")}
    return await browser.client.post(IMPORT, data=hidden | fields, files=files)


async def confirm(browser: Browser, page, **fields: str):
    form = form_of(page, IMPORT)
    data = {name: values[0] for name, values in form.fields.items()} | fields
    return await browser.client.post(IMPORT, data=data, files={"sheet": ("", b"")})


async def test_a_manager_adds_somebody_and_reads_them_again(manager, register) -> None:
    sent = await fill_in(manager)
    [entry] = register.everybody()
    assert (sent.status_code, sent.headers["location"]) == (303, f"{LIST}/{entry.who.id}?saved=true")
    assert (entry.who.phone, entry.who.channel, entry.changed_by) == (
        "+447700900801",
        TradeChannel.API,
        "Sam",
    )
    page = await manager.open(sent.headers["location"])
    assert "The entry is saved." in words(page)
    assert "Vetting: until 31 December 2030 Valid" in words(page)
    assert form_of(page, f"{LIST}/{entry.who.id}").fields | {"form_token": [], "form_once": []} == {
        name: [value] if isinstance(value, str) else value for name, value in SAM.items()
    } | {
        "phone": ["+447700900801"],
        "skills[]": ["locks", "doors"],
        "own.revision": ["1"],
        "form_token": [],
        "form_once": [],
    }


async def test_one_form_sent_twice_adds_somebody_once(manager, register) -> None:
    form = form_of(await manager.open(NEW), NEW).fields | {
        name: [value] if isinstance(value, str) else value for name, value in SAM.items()
    }
    first, again = await manager.post(NEW, form), await manager.post(NEW, form)
    assert first.headers["location"] == again.headers["location"]
    assert len(register.everybody()) == 1
    assert (await manager.post(NEW, form | {"capacity": ["9"]})).status_code == 409


async def test_what_is_wrong_is_said_with_how_to_mend_it_and_nothing_typed_is_lost(manager, register) -> None:
    page = await fill_in(
        manager, name=" ", phone="12", firm_id="", base="Kent", hours="nine to five", **{"skills[]": []}
    )
    assert page.status_code == 422
    assert "Error: Add a tradesperson" in page.text
    said = words(page)
    for asked in (
        "Enter the name of who comes to the door",
        "Telephone number is not a telephone number that could be rung",
        "Enter what the API calls them, such as firm-01, or choose to ask by text",
        "Choose at least one thing they can do",
        "Base is not an outward code such as CT1",
        "Enter days and times, such as mon-fri 08:00-18:00",
    ):
        assert asked in said, asked
    for field in ("name", "phone", "firm-id", "skills", "base", "hours"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}"' in page.text
    typed = form_of(page, NEW).fields
    assert (typed["hours"], typed["base"], typed["areas"]) == (["nine to five"], ["Kent"], ["CT1 CT2"])
    assert register.everybody() == []


async def test_somebody_who_is_there_already_is_not_added(manager, add, register) -> None:
    add(1)
    page = await fill_in(manager)
    assert page.status_code == 409
    assert "Telephone number belongs to somebody else in the register" in words(page)
    assert len(register.everybody()) == 1


async def test_a_change_of_what_somebody_else_changed_meanwhile_is_shown_again(
    manager, add, register
) -> None:
    who = add(1)
    address = f"{LIST}/{who.id}"
    page = await manager.open(address)
    assert (await manager.send(page, address, capacity="5")).status_code == 303
    late = await manager.send(page, address, capacity="7")
    assert late.status_code == 412
    assert "changed while you had it open" in words(late)
    assert register.get(who.id).who.capacity == 5
    assert form_of(late, address).fields["capacity"] == ["7"]
    assert (await manager.send(late, address)).status_code == 303, "sending it again says that it holds"
    assert register.get(who.id).who.capacity == 7


async def test_a_form_of_a_change_sent_twice_is_one_change(manager, add, register) -> None:
    who = add(1)
    page = await manager.open(f"{LIST}/{who.id}")
    for _ in range(2):
        assert (await manager.send(page, f"{LIST}/{who.id}", capacity="5")).status_code == 303
    assert register.get(who.id).revision == 2


async def test_the_list_warns_of_what_has_expired_and_of_what_will(desk, add, services) -> None:
    day = today(services)
    add(1, name="Ann", papers=papers(vetting=day - timedelta(days=1), insurance=VALID))
    add(2, name="Ben", papers=papers(vetting=VALID, insurance=day + timedelta(days=20), safeguarding=VALID))
    add(3, name="Cleo")
    add(4, name="Dilip", papers=(), active=False)
    said = words(await desk.open(LIST))
    assert "May not be sent: a paper has expired or was never seen (1)" in said
    assert re.search(r"Ann, Example Locks : vetting expired on \d+ \w+ \d{4}; safeguarding never seen", said)
    assert "A paper expires soon: ask for a new one (1)" in said
    assert re.search(r"Ben, Example Locks : insurance until \d+ \w+ \d{4}", said)
    assert "Not active" in said
    assert "0 of 2" in said
    assert "Not asked in 90 days" in said


async def test_many_warnings_do_not_bury_the_register(desk, add) -> None:
    for number in range(1, 24):
        add(number, papers=())
    page = await desk.open(LIST)
    assert "All 23 of them" in words(page)
    assert 'href="/tradespeople?papers=expired&amp;active=true"' in page.text


async def test_the_list_is_narrowed_and_divided(desk, add) -> None:
    for number in range(1, 54):
        add(number, base="CT1" if number < 53 else "ME4")
    first = words(await desk.open(LIST))
    assert first.count("Sam Example") == 50
    assert "More" in first
    assert words(await desk.open(f"{LIST}?area=me4")).count("Sam Example") == 1
    assert words(await desk.open(f"{LIST}?skill=alarms")).count("Sam Example") == 0
    wrong = await desk.open(f"{LIST}?area=Kent")
    assert wrong.status_code == 422
    assert "Enter an outward code such as CT1" in words(wrong)


async def test_somebody_is_found_by_their_name_which_is_in_no_address(desk, add) -> None:
    add(1, name="Ann")
    add(2, name="Ben")
    page = await desk.send(await desk.open(LIST), f"{LIST}/find", sought="ann")
    assert page.status_code == 200
    assert "Ann" in words(page)
    assert "Ben" not in words(page)
    empty = await desk.send(page, f"{LIST}/find", sought=" ")
    assert empty.status_code == 422
    assert "Enter part of a name" in words(empty)


async def test_a_coordinator_reads_everything_and_changes_nothing(desk, manager, add) -> None:
    who = add(1, email="sam@example.org")
    listed = await desk.open(LIST)
    assert "A manager can change the register." in words(listed)
    assert IMPORT not in listed.text
    page = await desk.open(f"{LIST}/{who.id}")
    assert "sam@example.org" in words(page)
    assert "mon-fri 08:00-18:00" in words(page)
    assert f'action="{LIST}/{who.id}"' not in page.text
    form = form_of(await manager.open(f"{LIST}/{who.id}"), f"{LIST}/{who.id}")
    assert (await desk.post(f"{LIST}/{who.id}", form.fields)).status_code == 403
    for address in (NEW, IMPORT, f"{LIST}/export.csv"):
        assert (await desk.open(address)).status_code == 403
    assert (await desk.post(NEW, form.fields)).status_code == 403


async def test_nobody_else_sees_the_register(app, issue, add) -> None:
    who = add(1)
    browser = Browser(app)
    for address in (LIST, NEW, IMPORT, f"{LIST}/{who.id}", f"{LIST}/export.csv"):
        page = await browser.open(address)
        assert page.status_code == 401
        assert "Sam Example" not in page.text
    await browser.sign_in(issue("police"))
    assert (await browser.open(LIST)).status_code == 403
    assert (await browser.open(f"{LIST}/nobody")).status_code == 403


async def test_nobody_has_an_id_that_is_none(desk) -> None:
    assert (await desk.open(f"{LIST}/nobody")).status_code == 404


async def test_a_form_without_our_token_changes_nothing(manager, add, register) -> None:
    who = add(1)
    address = f"{LIST}/{who.id}"
    form = form_of(await manager.open(address), address).fields | {"capacity": ["9"]}
    assert (await manager.post(address, form | {"form_token": ["wrong"]})).status_code == 403
    assert (await manager.post(address, form, origin="https://evil.example")).status_code == 403
    assert (await upload(manager, EXAMPLE, form_token="wrong")).status_code == 403
    assert [entry.who for entry in register.everybody()] == [who]


@pytest.mark.parametrize("field", ["name", "firm", "email"])
async def test_what_was_typed_never_becomes_part_of_a_page_but_as_text(manager, add, field) -> None:
    said = f"{ATTACK}@x.org" if field == "email" else ATTACK
    who = add(1, **{field: said}, papers=())
    for address in (LIST, f"{LIST}/{who.id}"):
        page = await manager.open(address)
        assert page.status_code == 200
        assert ATTACK not in page.text
    assert html.escape(ATTACK, quote=True) in page.text
    refused = await fill_in(manager, hours=ATTACK)
    assert ATTACK not in refused.text


async def test_a_sheet_is_checked_before_it_is_imported(manager, register) -> None:
    checked = await upload(manager, EXAMPLE)
    assert checked.status_code == 200
    assert "12 added, 0 changed, 0 stay as they are. Nothing is written yet." in words(checked)
    assert "Sam Thanington, Thanington Glass and Board Added" in words(checked)
    assert register.everybody() == []
    done = await confirm(manager, checked)
    assert (done.status_code, done.headers["location"]) == (303, f"{LIST}?added=12&changed=0&same=0")
    assert "12 added, 0 changed, 0 as they were." in words(await manager.open(done.headers["location"]))
    assert len(register.everybody()) == 12
    again = await confirm(manager, checked)
    assert again.headers["location"] == done.headers["location"], "one form is one deed"


async def test_an_export_is_imported_as_it_is(manager, register, add) -> None:
    add(1, name="=1+1", firm='a "quoted", name')
    exported = await manager.open(f"{LIST}/export.csv")
    assert exported.headers["content-type"].startswith("text/csv")
    checked = await upload(manager, exported.content)
    assert "0 added, 0 changed, 1 stay as they are" in words(checked)
    assert (await confirm(manager, checked)).headers["location"] == f"{LIST}?added=0&changed=0&same=1"


async def test_a_preview_says_what_differs(manager, add) -> None:
    add(1)
    sheet = (await manager.open(f"{LIST}/export.csv")).content
    checked = await upload(manager, sheet.replace(b'"CT1"', b'"CT2"').replace(b"2030-12-31", b"2031-12-31"))
    assert "Changed Base; Vetting, insurance or safeguarding" in words(checked)


async def test_the_faults_of_a_sheet_are_told_by_line_and_column(manager, register) -> None:
    page = await upload(manager, EXAMPLE.replace(b",CT5,", b",Kent,").replace(b"07700 900812", b"12"))
    assert page.status_code == 422
    assert "Error: Import tradespeople" in page.text
    said = words(page)
    assert "Line 3: Base is not an outward code such as CT1" in said
    assert "13 Telephone number is not a telephone number" in said
    assert 'name="checked"' not in page.text, "there is nothing to confirm"
    assert register.everybody() == []


@pytest.mark.parametrize(
    ("content", "status", "asked"),
    [
        (b"", 422, "Choose a sheet"),
        (b"\xff\xfe\x00", 422, "is not UTF-8: save it as CSV UTF-8"),
        (b"x" * (9 * 1024 * 1024), 413, "larger than 8 MB"),
        (EXAMPLE.replace(b",", b";"), 422, "has its cells separated by semicolons"),
        (EXAMPLE + b'\n"' + b"x" * 200_000, 422, "has a cell of more than 131072 characters"),
    ],
)
async def test_what_is_no_sheet_is_refused_with_how_to_mend_it(manager, content, status, asked) -> None:
    page = await upload(manager, content)
    assert page.status_code == status
    assert asked in words(page)


async def test_a_form_that_is_no_upload_is_refused(manager) -> None:
    form = form_of(await manager.open(IMPORT), IMPORT)
    assert (await manager.post(IMPORT, form.fields)).status_code == 415


async def test_whose_session_has_ended_signs_in_and_chooses_the_sheet_again(manager, register) -> None:
    form = form_of(await manager.open(IMPORT), IMPORT)
    manager.client.cookies.clear()
    data = {name: values[0] for name, values in form.fields.items()}
    page = await manager.client.post(IMPORT, data=data, files={"sheet": ("a.csv", EXAMPLE)})
    assert page.status_code == 401
    assert "Sign in" in page.text
    assert register.everybody() == []
