"""Every page, in every state it can be in, for every eye and every hand."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from playwright.async_api import Page, expect

from api.app import create_app
from tests.browser import checks, pictures
from tests.browser.conftest import OpenWindow
from tests.browser.hands import Pointer
from tests.journeys.people import People

NO_PAGES = {
    "/exit": "leads elsewhere",
    "/post-room/{message_id}/letter.pdf": "a letter as it is printed: tests/templates/test_letter.py",
}
"""Routes for people that show nothing."""


NAMES = ("Ada", "Ben", "Cleo", "Dilip", "Esi", "Finn", "Gwen", "Ines", "Jomo")


@dataclass(frozen=True)
class Lives:
    """Referrals that stand where the pages have something to say."""

    due: str
    lettered: str
    reached: str
    supporting: str
    unconfirmed: str
    in_danger: str
    closed: str
    message: str


@pytest.fixture(scope="module")
def lives(people: People) -> Lives:
    coordinator = people.coordinator
    due, lettered, reached, supporting, in_danger, closed, *waiting = (
        refer(people, name, number) for number, name in enumerate(NAMES)
    )
    unconfirmed = refer(people, "Hemi", len(NAMES), incident__kind="assault", suspects=[])
    for referral in waiting:  # until their time has passed
        soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        coordinator.decide(referral, "change_due", due_at=soon, reason="She is at work until then.")
    coordinator.ring_in_vain(lettered)
    for answered in (reached, supporting):
        coordinator.ring(answered, "answered", note="She would like to think about it.")
    coordinator.decide(supporting, "ongoing_support", reason="Would like visits.")
    coordinator.ring(in_danger, "immediate_danger")
    coordinator.decide(closed, "close", outcome="duplicate", reason="Referred twice.")
    [message] = coordinator.messages(lettered)
    return Lives(due, lettered, reached, supporting, unconfirmed, in_danger, closed, message["id"])


def refer(people: People, name: str, number: int, **changes: Any) -> str:
    """Refer somebody who shares neither name nor number with anybody."""
    return people.force.refer(
        victim__given_name=name,
        victim__phones=[{"number": f"+4477009002{number:02}", "safe": "yes"}],
        victim__address={
            "lines": [f"{number + 1} Example Street", "Cambridge"],
            "postcode": "CB1 2AB",
            "safe": "yes",
        },
        **changes,
    )


@dataclass(frozen=True)
class State:
    """One state of one page, and how to get there."""

    route: str
    name: str
    who: str | None
    reach: Callable[[Page, Lives], Awaitable[None]]

    def __str__(self) -> str:
        return f"{self.route} {self.name}"


STATES: list[State] = []


def state(route: str, name: str, *, who: str | None = None) -> Callable[..., None]:
    """Add a state of a page, as seen by somebody who has signed in as `who`."""
    return lambda reach: STATES.append(State(route, name, who, reach))


# First what changes while time passes.
@state("/referrals/{referral_id}", "due, and nobody has rung yet", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.due}")
    await expect(page.get_by_role("heading", name="May I ring now?").first).to_be_visible()
    await pictures.take(page, "referral")


@state("/worklist", "with people who wait", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/worklist")
    await expect(page.get_by_role("link", name="Ada").first).to_be_visible()
    await pictures.take(page, "worklist")


@state("/", "open")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/")
    await pictures.take(page, "front-page")


@state("/get-support", "fresh")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/get-support")


@state("/get-support", "about somebody else")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/get-support")
    await page.get_by_role("group", name="Who is this about?").get_by_role("radio").nth(1).check()
    await expect(page.get_by_label("Your own name")).to_be_visible()


@state("/get-support", "with mistakes")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/get-support")
    hands = Pointer(page)
    await hands.write("Telephone number", "12")
    await hands.unfold("E-mail")
    await hands.write("E-mail address", "nobody")
    await hands.press("Send")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/get-support", "taken in")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/get-support")
    hands = Pointer(page)
    await hands.choose("Me", of="Who is this about?")
    await hands.write("What may we call you?", "Ngaire")
    await hands.write("Telephone number", "07700 900123")
    await hands.choose("Yes", of="Is it safe to ring this number?")
    await hands.press("Send")
    await expect(page.get_by_text("Thank you. We have it")).to_be_visible()


@state("/police", "fresh", who="officer")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/police")
    await expect(page.get_by_role("heading", name="Refer a victim")).to_be_visible()
    await pictures.take(page, "police")


@state("/police", "with mistakes", who="officer")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/police")
    hands = Pointer(page)
    await hands.write("Number", "12", of="Telephone 1")
    await hands.press("Refer")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/police", "with a referral that was taken in", who="officer")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/police?referred={lives.due}")
    await expect(page.get_by_text("Our reference is")).to_be_visible()


@state("/police", "with a referral that was here already", who="officer")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/police?referred={lives.due}&already=yes")
    await expect(page.get_by_text("was here already")).to_be_visible()


@state("/police", "for one who may not see it", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/police")
    await expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()


@state("/police", "for nobody who has signed in")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/police")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@state("/referrals/{referral_id}", "a letter is on its way", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.lettered}")
    await expect(page.get_by_role("heading", name="Messages").first).to_be_visible()


@state("/referrals/{referral_id}", "spoken to", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.reached}")
    await expect(page.get_by_role("heading", name="Decide").first).to_be_visible()


@state("/referrals/{referral_id}", "supported", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.supporting}")
    await expect(page.get_by_role("heading", name="Review the support").first).to_be_visible()


@state("/referrals/{referral_id}", "held until safety is confirmed", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.unconfirmed}")
    await expect(page.get_by_role("heading", name="Hold").first).to_be_visible()


@state("/referrals/{referral_id}", "immediate danger", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.in_danger}")
    await expect(page.get_by_role("heading", name="Immediate danger: ring 999 now").first).to_be_visible()


@state("/referrals/{referral_id}", "closed", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.closed}")
    await expect(page.get_by_role("heading", name="The person rang us").first).to_be_visible()


@state("/referrals/{referral_id}", "with everything unfolded", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.reached}")
    for folded in await page.locator("summary").all():
        await folded.click()


@state("/referrals/{referral_id}", "with a mistake", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.due}")
    await Pointer(page).press("Record the call")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/referrals/{referral_id}", "after a call that counted", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.due}")
    await Pointer(page).press("No answer")
    await expect(page.get_by_text("Recorded, and counted.")).to_be_visible()


@state("/referrals/{referral_id}", "none of ours", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/referrals/5b1d6f3e-0000-4000-8000-000000000001")
    await expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()


@state("/sign-in", "fresh")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/sign-in")
    await pictures.take(page, "sign-in")


@state("/sign-in", "because the session has ended while somebody typed", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.due}")
    await Pointer(page).choose("Answered and hung up", of="What happened on the call?")
    await page.context.clear_cookies()
    await Pointer(page).press("Record the call")
    await expect(page.get_by_text("Your session has ended")).to_be_visible()


@state("/get-support", "because the page was open for too long")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/get-support")
    await Pointer(page).write("What may we call you?", "Ngaire")
    await page.evaluate("document.querySelector('main [name=form_token]').value = '0'.repeat(64)")
    await Pointer(page).press("Send")
    await expect(page.get_by_role("heading", name="Send it once more")).to_be_visible()


@state("/get-support", "sent by a browser that has forgotten us")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/get-support")
    await Pointer(page).write("What may we call you?", "Ngaire")
    await page.context.clear_cookies()
    await Pointer(page).press("Send")
    await expect(page.get_by_role("alert")).to_contain_text("Nothing has been sent")


@state("/sign-in", "with a mistake")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/sign-in")
    await Pointer(page).press("Sign in")
    await page.get_by_text("There is a problem").wait_for()


@state("/sign-in", "already signed in", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/sign-in")


@state("/no-such-page", "for nobody we know")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/no-such-page")


@state("/post-room", "with messages", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room")
    await expect(page.get_by_role("heading", name="Letter: nobody answered our calls").first).to_be_visible()
    await pictures.take(page, "post-room")


@state("/post-room", "with nothing in it", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room?state=unknown")
    await expect(page.get_by_text("There is nothing here")).to_be_visible()


@state("/post-room/{message_id}", "a letter", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/post-room/{lives.message}")
    await expect(page.get_by_role("link", name="Open the letter")).to_be_visible()


@state("/statistics", "with numbers", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/statistics")
    await expect(page.get_by_role("table", name="What became of them")).to_be_visible()
    await pictures.take(page, "statistics")


@state("/statistics", "of a time with nobody", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/statistics?from=2020-01-01&to=2020-02-01")
    await expect(page.get_by_role("table", name="What became of them")).to_be_visible()


@state("/statistics", "with a mistake", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/statistics?from=yesterday&to=2020-02-01")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/statistics", "for one who may not see it", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/statistics")
    await expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()


@state("/worklist", "one section alone", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/worklist?section=decide")
    await expect(page.get_by_role("link", name="Whole worklist")).to_be_visible()


@state("/worklist", "with calls whose time passed", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await show_lapsed(page)


@state("/worklist", "with a rebooking that has mistakes", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await show_lapsed(page)
    await Pointer(page).press("Rebook those ticked")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/worklist", "after a rebooking", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await show_lapsed(page)
    hands = Pointer(page)
    later = datetime.now(UTC) + timedelta(days=1)
    await hands.write("New date and time", later.strftime("%Y-%m-%dT%H:%M"))
    await hands.write("Reason", "Rebooked together, two of us were ill.")
    await hands.press("Rebook those ticked")
    await expect(page.get_by_text(re.compile("calls? (was|were) rebooked"))).to_be_visible()


@pytest.mark.parametrize("state", STATES, ids=str)
async def test_a_page_serves_every_eye_and_every_hand(
    state: State, open_window: OpenWindow, lives: Lives
) -> None:
    window = await open_window(state.who)
    await state.reach(window.page, lives)
    await checks.assert_good(window)


def test_no_page_is_left_out() -> None:
    # A page nobody has looked at is a page that shuts somebody out.
    pages = {
        route.path
        for route in create_app().routes
        if isinstance(route, APIRoute) and "GET" in route.methods and not route.include_in_schema
    }
    assert pages - set(NO_PAGES) - {state.route for state in STATES} == set()


async def show_lapsed(page: Page) -> None:
    """Wait for calls whose time has passed."""
    for _ in range(60):
        await page.goto("/worklist")
        if await page.get_by_role("button", name="Rebook those ticked").count():
            return
        await asyncio.sleep(0.5)
    raise AssertionError("no call has lapsed")
