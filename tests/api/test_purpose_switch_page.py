import html
import re

import pytest
import pytest_asyncio

from domain.vocabulary import Purpose
from tests.api.browser import Browser, form_of
from tests.store.lives import Office, another_person

SWITCHES = "/post-room/switches"
CALLS = f"{SWITCHES}/{Purpose.CONTACT_UNANSWERED}"
ATTACK = "<script>alert(1)</script>"


@pytest_asyncio.fixture
async def manager(app, issue) -> Browser:
    browser = Browser(app)
    await browser.sign_in(issue("manager"))
    return browser


def words(page) -> str:
    """What a person reads, without marks and with single spaces."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


async def switch_off(manager: Browser, reason: str = "The number in it is wrong.", action: str = CALLS):
    return await manager.send(await manager.open(SWITCHES), action, reason=reason)


async def test_there_is_one_switch_for_each_purpose(manager) -> None:
    page = await manager.open(SWITCHES)
    assert page.status_code == 200
    for purpose in Purpose:
        assert form_of(page, f"{SWITCHES}/{purpose}").fields["on"] == ["no"]


async def test_one_press_switches_a_purpose_off_and_another_on_again(manager, services) -> None:
    sent = await switch_off(manager)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{SWITCHES}?turned=contact_unanswered")
    page = await manager.open(sent.headers["location"])
    said = words(page)
    assert "Nobody answered our calls: nothing more leaves." in said
    assert re.search(r"Off Nothing of this kind has left since \w{3} \d+ \w{3}( \d{4})?, \d\d:\d\d", said)
    assert "Sam switched it off." in said
    assert "Why: The number in it is wrong." in said
    assert [switch.purpose for switch in services.switches.all() if not switch.is_on] == [
        Purpose.CONTACT_UNANSWERED
    ]
    back = await manager.send(page, CALLS)
    assert "messages leave again" in words(await manager.open(back.headers["location"]))
    assert all(switch.is_on for switch in services.switches.all())


async def test_every_page_of_the_post_room_says_what_does_not_leave(manager, desk, services) -> None:
    office = Office(services.engine, services.keyring)
    life = office.begins(another_person(1)).is_silent()
    message = f"/post-room/{office.messages.of_referral(life.id)[0].id}"
    for address in ("/post-room", message):
        assert "Nothing of this kind leaves" not in words(await desk.open(address))
    await switch_off(manager)
    for address in ("/post-room", message):
        said = words(await desk.open(address))
        assert re.search(
            r"Nothing of this kind has left since [^:]+:\d\d : nobody answered our calls", said
        ), said
        assert "Sam switched it off." in said


async def test_switching_off_needs_a_reason_and_nothing_typed_is_lost(manager, services) -> None:
    page = await switch_off(manager, reason="  ")
    assert page.status_code == 422
    assert "Error: Switches" in page.text
    assert "Enter why nothing of this kind may leave" in words(page)
    assert 'href="#reason-contact-unanswered"' in page.text
    assert 'id="reason-contact-unanswered"' in page.text
    long = "x" * 5_000
    page = await switch_off(manager, reason=long)
    assert page.status_code == 422
    assert long in page.text
    assert all(switch.is_on for switch in services.switches.all())


async def test_a_coordinator_sees_the_switches_and_cannot_turn_them(desk, manager, services) -> None:
    page = await desk.open(SWITCHES)
    assert "A manager can turn the switches." in words(page)
    assert CALLS not in page.text
    form = form_of(await manager.open(SWITCHES), CALLS)
    assert (await desk.post(CALLS, form.fields | {"reason": ["No."]})).status_code == 403
    assert all(switch.is_on for switch in services.switches.all())


async def test_nobody_else_sees_them(app, issue) -> None:
    browser = Browser(app)
    assert (await browser.open(SWITCHES)).status_code == 401
    await browser.sign_in(issue("police"))
    assert (await browser.open(SWITCHES)).status_code == 403


async def test_a_form_without_our_token_turns_nothing(manager, services) -> None:
    form = form_of(await manager.open(SWITCHES), CALLS)
    fields = form.fields | {"form_token": ["wrong"], "reason": ["No."]}
    assert (await manager.post(CALLS, fields)).status_code == 403
    other = await manager.post(CALLS, form.fields | {"reason": ["No."]}, origin="https://evil.example")
    assert other.status_code == 403
    assert all(switch.is_on for switch in services.switches.all())


@pytest.mark.parametrize("address", ["/post-room", SWITCHES])
async def test_a_reason_never_becomes_part_of_a_page_but_as_text(manager, address) -> None:
    await switch_off(manager, reason=ATTACK)
    page = await manager.open(address)
    assert ATTACK not in page.text
    assert html.escape(ATTACK) in page.text


async def test_a_purpose_nobody_knows_has_no_switch(manager) -> None:
    form = form_of(await manager.open(SWITCHES), CALLS)
    assert (await manager.post(f"{SWITCHES}/everything", form.fields)).status_code == 422
