"""Whole journeys in a browser, each as the person who walks it: with a mouse, with a keyboard alone, without scripts."""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Error, Locator, Page, Route, expect

from tests.browser import checks, focus, pictures
from tests.browser.conftest import OpenWindow, sign_in
from tests.browser.elsewhere import Elsewhere
from tests.browser.hands import Hands, Keyboard, Pointer
from tests.browser.window import DESK, PHONE, WITHOUT_SCRIPTS
from tests.journeys.people import FORCE, GAP, Coordinator, People


@dataclass(frozen=True)
class Manner:
    """How somebody uses a page."""

    name: str
    hands: type[Hands]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_scripts(self) -> bool:
        return self.options.get("java_script_enabled", True)

    @property
    def is_first(self) -> bool:
        """Whether this is the manner of which pictures are taken."""
        return self is MANNERS[0]

    def __str__(self) -> str:
        return self.name


MANNERS = (
    Manner("by hand", Pointer),
    Manner("with a keyboard alone", Keyboard),
    Manner("without scripts", Pointer, WITHOUT_SCRIPTS),
)
SECRET = "He must not know that I was here"
in_every_manner = pytest.mark.parametrize("manner", MANNERS, ids=str)


@in_every_manner
async def test_a_victim_on_a_phone_asks_for_support_and_is_sent_nothing(
    manner: Manner, open_window: OpenWindow, coordinator: Coordinator
) -> None:
    window = await open_window(**{**PHONE, **manner.options})
    page, hands = window.page, manner.hands(window.page)
    await page.goto("/")
    await hands.press("Ask us to contact you")
    await expect(page.get_by_role("heading", name="Ask us to contact you")).to_be_visible()
    if manner.is_first:
        await pictures.take(page, "get-support", whole=False)
    await hands.choose("Me", of="Who is this about?")
    await hands.write("What may we call you?", "Ngaire")
    await hands.write("Telephone number", "12")
    await hands.choose("Yes", of="Is it safe to ring this number?")
    await hands.press("Send")

    await expect(page).to_have_title(re.compile("^Error: "))
    await expect(page.get_by_label("What may we call you?")).to_have_value("Ngaire")
    number = page.get_by_label("Telephone number")
    await expect(number).to_have_value("12")
    if manner.has_scripts:
        assert "There is a problem" in await focus.words_under(page)
    await hands.follow("Enter a telephone number")
    await expect(number).to_be_focused()
    await hands.write("Telephone number", "07700 900123")
    await hands.press("Send")

    await expect(page.get_by_role("heading", name="Thank you. We have it")).to_be_visible()
    await checks.assert_fits(page, 375)
    if manner.is_first:
        await pictures.take(page, "get-support-sent")
    reference = await page.get_by_text("Your reference").get_by_role("strong").inner_text()
    [referral] = [r for r in coordinator.pages("/referrals") if r["reference"] == reference.strip()]
    assert coordinator.wait_for(referral["id"], stage="contacting")["next_action"]["kind"] == "call"
    assert coordinator.messages(referral["id"]) == []


async def test_a_form_sent_twice_is_one_referral(open_window: OpenWindow, coordinator: Coordinator) -> None:
    window = await open_window(**WITHOUT_SCRIPTS)  # with them a second press soon after does nothing
    page, hands = window.page, Pointer(window.page)
    await page.goto("/get-support")
    await hands.choose("Me", of="Who is this about?")
    await hands.write("What may we call you?", "Twice")
    await hands.write("Telephone number", "07700 900124")
    await hands.choose("Yes", of="Is it safe to ring this number?")
    await press_twice(page, "Send")
    await expect(page.get_by_role("heading", name="Thank you. We have it")).to_be_visible()
    named = [r for r in coordinator.pages("/referrals") if r["victim"].get("preferred_name") == "Twice"]
    assert len(named) == 1


@in_every_manner
async def test_an_officer_refers_somebody_on_one_page_and_sees_where_it_is(
    manner: Manner, open_window: OpenWindow, people: People
) -> None:
    window = await open_window(**manner.options)
    page, hands = window.page, manner.hands(window.page)
    await page.goto("/police")
    await hands.write("Token", people.force.token)
    await hands.press("Sign in")

    await expect(page).to_have_url(re.compile("/police$"))
    await hands.pick("What happened", "Burglary")
    await hands.write("Crime or incident reference", f"35/{manner.name}/26")
    await hands.write("Given name", "Aroha")
    await hands.write("Number", "07700 900125", of="Telephone 1")
    await hands.pick("Safe to ring?", "Yes", of="Telephone 1")
    await hands.choose("They agreed", of="Does the person agree to be referred?")
    await hands.press("Refer")

    told = page.get_by_role("alert")
    await expect(told).to_contain_text("Referred. Our reference is")
    row = page.get_by_role("row").filter(has_text=f"35/{manner.name}/26")
    await expect(row).to_have_count(1)
    [referral] = [
        r
        for r in people.coordinator.pages("/referrals")
        if r["source"].get("reference") == f"35/{manner.name}/26"
    ]
    assert referral["reference"] in (await row.inner_text()).replace("\N{NO-BREAK SPACE}", " ")
    assert referral["source"]["organisation"] == FORCE
    assert "Aroha" not in await window.text()


@in_every_manner
async def test_three_calls_that_nobody_answers_are_followed_by_a_letter_in_the_post_room(
    manner: Manner, open_window: OpenWindow, people: People
) -> None:
    referral = people.force.refer(victim__given_name="Mere")
    seen = people.coordinator.wait_for(referral, stage="contacting")
    window = await open_window("coordinator", **manner.options)
    page, hands = window.page, manner.hands(window.page)
    await page.goto("/worklist")
    await hands.follow(as_printed(seen["reference"]))
    await assert_safety_stands_before_the_number(page)

    for call in range(3):
        await asyncio.sleep(GAP if call else 0)
        await hands.press("No answer")
        await expect(page.get_by_text("Recorded, and counted.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Letter: nobody answered our calls")).to_be_visible()

    await hands.work(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Post room"))
    entry = page.get_by_role("listitem").filter(has_text=as_printed(seen["reference"]))
    letter = entry.get_by_role("link", name="Letter (PDF)")
    printed = await window.context.request.get(await letter.get_attribute("href"))
    assert (printed.status, printed.headers["content-type"]) == (200, "application/pdf")
    assert (await printed.body()).startswith(b"%PDF-")
    await hands.work(entry.get_by_role("link", name="Letter: nobody answered our calls"))
    await expect(page.get_by_role("main")).to_contain_text("Mere")


@in_every_manner
async def test_a_call_that_was_answered_may_be_all_the_support_somebody_needs(
    manner: Manner, open_window: OpenWindow, people: People
) -> None:
    referral = people.force.refer()
    window = await open_window("coordinator", **manner.options)
    page, hands = window.page, manner.hands(window.page)
    await page.goto(f"/referrals/{referral}")
    await hands.choose("Answered and spoke with us", of="What happened on the call?")
    await hands.write("Note (optional)", "She wanted to know about new locks.")
    await hands.press("Record the call")
    await expect(page.get_by_role("alert")).to_contain_text("Answered and spoke with us", ignore_case=True)
    await expect(page.get_by_text("She wanted to know about new locks.")).to_be_visible()

    await hands.unfold("Supported in a single call")
    await hands.write("Reason (optional)", "Advice was enough.")
    await hands.press("Supported in a single call")
    await expect(page.get_by_role("alert")).to_contain_text("Done.")
    closed = people.coordinator.see(referral)
    assert (closed["stage"], closed["outcome"]) == ("closed", "single_call")


@in_every_manner
async def test_ongoing_support_begins_and_is_reviewed(
    manner: Manner, open_window: OpenWindow, people: People
) -> None:
    referral = people.force.refer()
    people.coordinator.ring(referral, "answered")
    window = await open_window("coordinator", **manner.options)
    page, hands = window.page, manner.hands(window.page)
    await page.goto(f"/referrals/{referral}")
    await hands.unfold("Begin ongoing support")
    await hands.choose("By a volunteer", of="How? (optional)")
    await hands.press("Begin ongoing support")
    await expect(page.get_by_role("alert")).to_contain_text("Done.")
    assert people.coordinator.see(referral)["stage"] == "supporting"

    await hands.choose("The person took part", of="Did the person take part since the last review?")
    await hands.press("Record the review")
    await expect(page.get_by_role("alert")).to_contain_text("Done.")


@in_every_manner
async def test_immediate_danger_is_one_press_and_nothing_is_sent(
    manner: Manner, open_window: OpenWindow, people: People
) -> None:
    referral = people.force.refer()
    window = await open_window("coordinator", **manner.options)
    page, hands = window.page, manner.hands(window.page)
    await page.goto(f"/referrals/{referral}")
    await hands.press("Immediate danger")
    script = page.get_by_role("region", name="Immediate danger: ring 999 now")
    await expect(script).to_contain_text("1 Example Street")
    assert await is_first_of(page, script, page.get_by_role("heading", level=1))
    held = people.coordinator.see(referral)
    assert (held["stage"], held["hold"]["kind"]) == ("held", "immediate_danger")
    assert people.coordinator.messages(referral) == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["on a phone", "at a desk"])
async def test_immediate_danger_stays_in_reach_wherever_one_reads(
    size: Mapping[str, Any], open_window: OpenWindow, people: People
) -> None:
    window = await open_window("coordinator", **size)
    await window.page.goto(f"/referrals/{people.force.refer()}")
    for heading in await window.page.get_by_role("heading", level=2).all():
        await heading.scroll_into_view_if_needed()
        await expect(window.page.get_by_role("button", name="Immediate danger")).to_be_in_viewport()


@in_every_manner
async def test_what_was_typed_is_not_lost_when_the_session_ends_meanwhile(
    manner: Manner, open_window: OpenWindow, people: People
) -> None:
    referral = people.force.refer()
    window = await open_window("coordinator", **manner.options)
    page, hands = window.page, manner.hands(window.page)
    await page.goto(f"/referrals/{referral}")
    await hands.choose("Answered but could not talk", of="What happened on the call?")
    await hands.write("Note (optional)", "Ring after six, and not on Fridays.")
    await window.context.clear_cookies()
    await hands.press("Record the call")

    await expect(page.get_by_text("Your session has ended")).to_be_visible()
    await hands.write("Token", people.coordinator.token)
    await hands.press("Sign in")
    await expect(page.get_by_role("heading", name="Send it once more")).to_be_visible()
    await hands.press("Send")
    await expect(page.get_by_text("Ring after six, and not on Fridays.")).to_be_visible()
    assert any("Ring after six" in line["words"] for line in people.coordinator.timeline(referral))


async def test_a_button_pressed_twice_is_one_call(open_window: OpenWindow, people: People) -> None:
    referral = people.force.refer()
    window = await open_window("coordinator", **WITHOUT_SCRIPTS)
    page = window.page
    await page.goto(f"/referrals/{referral}")
    await press_twice(page, "No answer")
    await expect(page.get_by_text("Recorded, and counted.")).to_be_visible()
    calls = [line for line in people.coordinator.timeline(referral) if line["what"].startswith("Call:")]
    assert len(calls) == 1, people.coordinator.story(referral)


@in_every_manner
async def test_a_manager_reads_the_same_numbers_as_a_table_and_as_a_chart(
    manner: Manner, open_window: OpenWindow, people: People
) -> None:
    people.force.refer()
    window = await open_window("manager", **manner.options)
    page, hands = window.page, manner.hands(window.page)
    await page.goto("/worklist")
    await hands.follow("Statistics")
    tomorrow = datetime.now(ZoneInfo("Europe/London")).date() + timedelta(days=1)
    await hands.write("Received before", tomorrow.isoformat())
    await hands.press("Count")
    funnel = people.manager.funnel()
    table = page.get_by_role("table", name="What became of them")
    for place, number in {"Received": funnel["received"], "Contacted": funnel["contacted"]}.items():
        row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=place, exact=True))
        await expect(row).to_contain_text(str(number))
        await expect(page.get_by_role("img")).to_contain_text(f"{place}: {number}")


@in_every_manner
async def test_leaving_ends_the_session_and_tells_nobody_where_one_was(
    manner: Manner, open_window: OpenWindow, weather: Elsewhere
) -> None:
    window = await open_window(**{**PHONE, **manner.options})
    page, hands = window.page, manner.hands(window.page)
    await write_half_a_form(page, hands)
    assert await window.cookies()
    weather.heard.clear()
    await hands.press("Exit this page")
    await page.wait_for_url(f"https://{weather.name}/**")
    assert await window.cookies() == {}
    assert [set(heard) & {"referer", "cookie", "origin"} for heard in weather.heard] == [set()]
    await go_back(page)
    assert SECRET not in await everything_on(page)


@pytest.mark.parametrize("sent", [True, False], ids=["after a mistake", "while typing"])
async def test_shift_three_times_leaves(sent: bool, open_window: OpenWindow, weather: Elsewhere) -> None:
    window = await open_window()
    page = window.page
    await write_half_a_form(page, Pointer(page), sent=sent)
    await page.wait_for_load_state()
    for _ in range(3):
        await page.keyboard.press("Shift")
    await page.wait_for_url(f"https://{weather.name}/**")
    assert await window.cookies() == {}
    await go_back(page)
    assert SECRET not in await everything_on(page)
    await page.reload()
    assert SECRET not in await everything_on(page)


async def test_nothing_is_seen_with_back_once_one_has_signed_out(
    open_window: OpenWindow, people: People
) -> None:
    window = await open_window()
    await sign_in(window.page, people.coordinator.token)
    await window.page.goto("/post-room")
    await expect(window.page.get_by_role("heading", level=1)).to_have_text("Post room")
    await Pointer(window.page).press("Sign out")
    await window.page.wait_for_url("**/sign-in")
    await go_back(window.page)
    await expect(window.page.get_by_role("heading", level=1)).to_have_text("Sign in")


async def test_the_first_halt_of_the_keyboard_leads_past_the_navigation(open_window: OpenWindow) -> None:
    window = await open_window("manager")
    page = window.page
    await page.goto("/statistics")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    main = page.get_by_role("main")
    assert await main.evaluate("(main) => main.contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/", "/get-support", "/sign-in"])
async def test_the_focus_is_seen_in_the_colours_that_somebody_forces(
    path: str, open_window: OpenWindow
) -> None:
    window = await open_window(forced_colors="active", reduced_motion="reduce")
    await window.page.goto(path)
    await checks.assert_keyboard_walks(window.page)


async def test_the_bars_of_the_chart_are_seen_in_the_colours_that_somebody_forces(
    open_window: OpenWindow, people: People
) -> None:
    people.force.refer()
    window = await open_window("manager", forced_colors="active")
    await window.page.goto("/statistics")
    bar = window.page.get_by_role("img").locator("rect").first
    fill, ground = await bar.evaluate(
        "(bar) => [getComputedStyle(bar).fill, getComputedStyle(document.body).backgroundColor]"
    )
    assert fill != ground


async def press_twice(page: Page, name: str) -> None:
    """Press a button again because the answer to the first press does not come, though all was done."""
    done = asyncio.Event()

    async def lose_the_first_answer(route: Route) -> None:
        if done.is_set() or route.request.method != "POST":
            await route.continue_()
        else:
            await route.fetch(max_redirects=0)
            done.set()

    await page.route("**/*", lose_the_first_answer)
    button = page.get_by_role("button", name=name)
    await button.scroll_into_view_if_needed()
    box = await button.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.click(*middle)
    await asyncio.wait_for(done.wait(), 10)
    await page.mouse.click(*middle)


def as_printed(reference: str) -> re.Pattern[str]:
    """A reference as pages print it: unbroken."""
    return re.compile(re.escape(reference).replace(r"\ ", r"\s"))


async def assert_safety_stands_before_the_number(page: Page) -> None:
    """Nobody rings before having read whether it is safe.  Source: mission.md, rule 1."""
    number = page.get_by_role("link", name=re.compile(r"07700.900123|\+44.7700.900123"))
    await expect(number).to_have_count(1)
    for first in ("May I ring now?", "Before you ring"):
        heading = page.get_by_role("heading", name=first)
        assert await is_first_of(page, heading, number), f"the number stands before: {first}"


async def is_first_of(page: Page, one: Locator, other: Locator) -> bool:
    """Whether one thing stands above the other, to the eye and to whoever listens."""
    in_order = await one.evaluate(
        "(one, other) => !!(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING)",
        await other.element_handle(),
    )
    above, below = await one.bounding_box(), await other.bounding_box()
    return in_order and above["y"] < below["y"]


async def write_half_a_form(page: Page, hands: Hands, *, sent: bool = True) -> None:
    """Ask for support; if it is sent, then with a mistake, so that the answer shows what was typed."""
    await page.goto("/get-support")
    await hands.write("Is there anything else we should know?", SECRET)
    if sent:
        await hands.press("Send")
        await expect(page).to_have_title(re.compile("^Error: "))
    await expect(page.get_by_label("Is there anything else we should know?")).to_have_value(SECRET)


async def everything_on(page: Page) -> str:
    """What the page says, and what its fields hold."""
    return await page.evaluate(
        """() => document.body.innerText
          + [...document.querySelectorAll("input, textarea")].map((field) => field.value).join(" ")"""
    )


async def go_back(page: Page) -> None:
    """Press Back, and wait for what it leads to.  Playwright's own does not know pages that the browser has kept."""
    left = page.url
    with contextlib.suppress(Error):  # the page may be gone before it can answer
        await page.evaluate("() => history.back()")
    for _ in range(100):
        await asyncio.sleep(0.1)
        if page.url != left:
            break
    else:
        raise AssertionError("Back leads nowhere")
    await asyncio.sleep(0.3)
