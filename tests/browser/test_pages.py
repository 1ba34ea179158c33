"""Every page, in every state it can be in, for every eye and every hand."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from fastapi.routing import APIRoute
from playwright.async_api import Page, expect

from api.app import FEATURES
from tests.browser import checks, flats, pictures, piles, registered
from tests.browser.conftest import OpenWindow
from tests.browser.doorsteps import Doorsteps
from tests.browser.hands import Pointer
from tests.journeys.people import People
from tests.servers import NOTIFY_TOKEN, Tree

NO_PAGES = {
    "/exit": "leads elsewhere",
    "/tradespeople/export.csv": "the register as a sheet",
    "/repairs/{repair_id}/photos/{photo_id}": "a photograph",
    "/post-room/{message_id}/letter.pdf": "a letter as it is printed: tests/templates/test_letter.py",
    "/post-room/batches/{batch_id}/letters.pdf": "letters as they are printed",
    "/wording/{purpose}/letter.pdf": "a letter as it is printed",
    "/wording/{purpose}/email.html": "an e-mail as its reader's own programme shows it",
}
"""Routes for people that show nothing."""


NAMES = ("Ada", "Ben", "Cleo", "Dilip", "Esi", "Finn", "Gwen", "Ines", "Jomo")


A_PLAN = {
    "if_someone_else_answers": "Say that it is about a parcel.",
    "on_ring_back": "A library that is closed.",
    "interpreter_needed": {"language": "Polish", "gender": "woman"},
    "relay": "Text relay, 18001 first",
    "text_windows": [{"from": "10:00", "to": "12:00"}],
    "caller_display": "neutral",
    "until": "2030-12-31",
}
AGREED = {"safe_word": "bluebell", "duress_word": "marigold"}
"""No force's to send: a coordinator agrees on them with the person."""


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
    planned: str
    stopped: str
    message: str
    batch: str
    database_url: str
    doorsteps: Doorsteps


@pytest.fixture(scope="module")
def lives(people: People, shared_tree: Tree) -> Lives:
    coordinator = people.coordinator
    due, lettered, reached, supporting, in_danger, closed, *waiting = (
        refer(people, name, number) for number, name in enumerate(NAMES)
    )
    unconfirmed = refer(people, "Hemi", len(NAMES), incident__kind="assault", suspects=[])
    planned = refer(
        people,
        "Kiri",
        len(NAMES) + 1,
        victim__contact_plan=A_PLAN,
        victim__call_windows=[{"days": ["mon", "tue"], "from": "09:00", "to": "17:00"}],
    )
    agreed = coordinator.http.patch(f"/referrals/{planned}/contact-plan", json={"contact_plan": AGREED})
    assert agreed.status_code == 200, agreed.text
    stopped = refer(people, "Lev", len(NAMES) + 2, incident__kind="stalking")
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
    url = shared_tree.record.database_url
    return Lives(
        due,
        lettered,
        reached,
        supporting,
        unconfirmed,
        in_danger,
        closed,
        planned,
        stopped,
        message["id"],
        piles.print_batch(url, message["id"]),
        url,
        Doorsteps(people, shared_tree),
    )


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


@state("/referrals/{referral_id}", "with a contact plan", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.planned}")
    await expect(page.get_by_text("Say that it is about a parcel.")).to_be_visible()


@state("/referrals/{referral_id}", "about to stop everything", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.planned}")
    await Pointer(page).unfold("Stop everything, and say why")
    await expect(page.get_by_role("button", name="The person has died")).to_be_visible()


@state("/referrals/{referral_id}", "stopped, and asked to stop texts", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.stopped}")
    hands = Pointer(page)
    if not await page.get_by_role("heading", name="Everything is stopped").count():
        await hands.unfold("Stop everything, and say why")
        await hands.press("The person is now a suspect")
        await hands.unfold("Record that they asked us to stop")
        await hands.choose("Texts", of="What did they ask us to stop?")
        await hands.press("Stop it")
    await expect(page.get_by_role("heading", name="Everything is stopped")).to_be_visible()
    await expect(page.get_by_text("That is no “no” to our help.")).to_be_visible()


@state("/referrals/{referral_id}/contact-plan", "as it stands", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.planned}/contact-plan")
    await expect(page.get_by_role("table", name="What may be used")).to_be_visible()
    await pictures.take(page, "contact-plan")


@state("/referrals/{referral_id}/contact-plan", "with everything unfolded", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.planned}/contact-plan")
    for folded in reversed(await page.locator("details:not([open]) > summary").all()):
        await folded.click()


@state("/referrals/{referral_id}/contact-plan", "with a mistake", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.planned}/contact-plan")
    hands = Pointer(page)
    await hands.write("Safe word", "marigold")
    await hands.press("Save the plan")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/referrals/{referral_id}/contact-plan", "after a change", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.planned}/contact-plan")
    hands = Pointer(page)
    await hands.write("Name to use", "Ki")
    await hands.press("Save the plan")
    await expect(page.get_by_text("Done. Change of the contact plan.")).to_be_visible()


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


@state("/post-room/switches", "all on", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room/switches")
    await expect(page.get_by_role("button", name="Switch off: information about the service")).to_be_visible()
    await pictures.take(page, "switches")


@state("/post-room/switches", "for one who may not turn them", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room/switches")
    await expect(page.get_by_text("A manager can turn the switches.")).to_be_visible()


@state("/post-room/switches", "with a mistake", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room/switches")
    await page.get_by_role("button", name="Switch off: an answer to “who is this?”").click()
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/post-room/{message_id}", "a letter", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/post-room/{lives.message}")
    await expect(page.get_by_role("link", name="Open the letter")).to_be_visible()


@state("/post-room/returned-mail", "fresh", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room/returned-mail")
    await pictures.take(page, "returned-mail")


@state("/post-room/returned-mail", "with a mistake", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room/returned-mail")
    await Pointer(page).press("Record that it came back")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/post-room/batches", "with a batch that waits", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/post-room/batches")
    await expect(page.get_by_text("Printed, to be posted").first).to_be_visible()


@state("/post-room/batches/{batch_id}", "to be posted", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/post-room/batches/{lives.batch}")
    await expect(page.get_by_role("button", name="The batch is posted")).to_be_visible()
    await page.get_by_text("Checksums").click()


@state("/post-room/batches/{batch_id}", "with a letter that was stopped", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    with piles.stopped_letter(lives.database_url, lives.batch, lives.message):
        await page.goto(f"/post-room/batches/{lives.batch}")
        await expect(page.get_by_role("heading", name="Pull this letter out").first).to_be_visible()
        await pictures.take(page, "print-batch")
        await Pointer(page).press("The batch is posted")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/wording", "in three languages", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/wording")
    await pictures.take(page, "wordings")


@state("/wording/{purpose}/{channel}", "a text that takes parts", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/wording/contact_unanswered/text?language=mi")
    await expect(page.get_by_text("UCS-2")).to_be_visible()
    await pictures.take(page, "wording")


@state("/wording/{purpose}/{channel}", "a letter that nobody has checked", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/wording/contact_unanswered/letter?language=cy&large=yes")
    await expect(page.get_by_role("button", name="Mark this translation as checked")).to_be_visible()


@state("/wording/{purpose}/{channel}", "an e-mail", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/wording/safe_channel_asked/email?language=en")
    await expect(page.get_by_role("link", name="Open the e-mail as it is read")).to_be_visible()


@state("/wording/check", "fresh", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/wording/check")


@state("/wording/check", "with words that tell something", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/wording/check")
    hands = Pointer(page)
    await hands.write("Words", "Kia ora {{ preferred_name }}, ko te pirihimana tēnei. {{ name }}")
    await hands.press("Check")
    await expect(page.get_by_text("These words may never be in a text")).to_be_visible()


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


@state("/stop", "fresh")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/stop")
    await expect(page.get_by_role("heading", name="Stop messages")).to_be_visible()
    await pictures.take(page, "stop")


@state("/stop", "with mistakes")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/stop")
    await Pointer(page).press("Stop")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/stop", "stopped")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/stop?from=letter")
    hands = Pointer(page)
    await hands.write("Reference", "XXXX-XXXX")
    await page.get_by_label("Texts").check()
    await hands.press("Stop")
    await expect(page.get_by_text("If we know this reference")).to_be_visible()


@state("/unsubscribe/{token}", "fresh")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/unsubscribe/" + "A" * 24)
    await expect(page.get_by_role("button", name="Stop e-mails")).to_be_visible()


@state("/unsubscribe/{token}", "pressed")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/unsubscribe/" + "A" * 24)
    await Pointer(page).press("Stop e-mails")
    await expect(page.get_by_text("no more e-mails about this")).to_be_visible()


@state("/trades/{token}", "offered")
async def _(page: Page, lives: Lives) -> None:
    link, _ = await asyncio.to_thread(lives.doorsteps.links)
    await page.goto(link)
    await expect(page.get_by_role("button", name="Accept this job")).to_be_visible()
    await page.get_by_text("No, I cannot do it").click()
    await pictures.take(page, "trades-offered")


@state("/trades/{token}", "with a mistake")
async def _(page: Page, lives: Lives) -> None:
    link, _ = await asyncio.to_thread(lives.doorsteps.links)
    await page.goto(link)
    await Pointer(page).press("Accept this job")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


async def accept(page: Page, lives: Lives) -> str:
    """Accept a job, and give the link of the other who was asked."""
    link, other = await asyncio.to_thread(lives.doorsteps.links)
    await page.goto(link)
    hands = Pointer(page)
    await hands.choose("In 10 minutes", of="When can you be there?")
    await hands.press("Accept this job")
    await expect(page.get_by_role("heading", name="The job is yours")).to_be_visible()
    return other


@state("/trades/{token}", "confirmed, with everything unfolded")
async def _(page: Page, lives: Lives) -> None:
    await accept(page, lives)
    await expect(page.get_by_text("Say this word at the door")).to_contain_text("copper lantern")
    await pictures.take(page, "trades-confirmed")
    for folded in await page.locator("summary").all():
        await folded.click()


@state("/trades/{token}", "with a photo that cannot be taken")
async def _(page: Page, lives: Lives) -> None:
    await accept(page, lives)
    hands = Pointer(page)
    await hands.press("I am on the way")
    await expect(page.get_by_text("There is a problem")).to_be_visible()
    await hands.unfold("Send a photo of the work")
    await hands.press("Send the photo")
    await expect(page.get_by_role("alert")).to_contain_text("Choose a photo")


@state("/trades/{token}", "taken by somebody else")
async def _(page: Page, lives: Lives) -> None:
    other = await accept(page, lives)
    await page.goto(other)
    await expect(page.get_by_role("heading", name="Somebody else has this job")).to_be_visible()


@state("/trades/{token}", "done")
async def _(page: Page, lives: Lives) -> None:
    await accept(page, lives)
    hands = Pointer(page)
    await hands.unfold("It is finished")
    await hands.write("Cost in pounds", "120.50")
    await hands.press("It is finished")
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    for folded in await page.locator("summary").all():
        await folded.click()


@state("/trades/{token}", "at an address that is none")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/trades/" + "A" * 24 + "/more")
    await expect(page.get_by_text("never the person at the address")).to_be_visible()


@state("/trades/{token}", "none of ours")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/trades/" + "A" * 24)
    await expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()


@state("/referrals/{referral_id}", "asking for a repair, with a mistake", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.reached}")
    hands = Pointer(page)
    await hands.unfold("Ask for a repair")
    await hands.unfold("More: who is at home, money, telling the person, notes")
    await hands.choose("Change locks", of="What is to be done?")
    await hands.write("Estimate in pounds (optional)", "a lot")
    await hands.press("Ask for this repair")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/referrals/{referral_id}", "after a repair was asked for", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(f"/referrals/{lives.supporting}")
    hands = Pointer(page)
    await hands.unfold("Ask for a repair")
    await hands.choose("Board up a window or door", of="What is to be done?")
    await hands.choose("Open property: anybody can walk in", of="How urgent is it?")
    await hands.press("Ask for this repair")
    await expect(page.get_by_text("Tell the person the word at the door")).to_be_visible()


@state("/repairs", "with some that ask somebody", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    doorsteps = lives.doorsteps
    await asyncio.to_thread(doorsteps.repair, police_release="awaited", urgency="today")
    await asyncio.to_thread(doorsteps.repair, "accepted", "access_failed")
    await asyncio.to_thread(doorsteps.repair, "accepted", "arrived", "completed")
    await asyncio.to_thread(doorsteps.repair, "accepted")
    await page.goto("/repairs")
    await expect(page.get_by_role("heading", name="A person is asked")).to_be_visible()
    await pictures.take(page, "repairs")


@state("/repairs/{repair_id}", "under way, with everything unfolded", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(await asyncio.to_thread(lives.doorsteps.repair, "accepted"))
    await expect(page.get_by_role("heading", name="Who has it")).to_be_visible()
    await pictures.take(page, "repair")
    for folded in await page.locator("summary").all():
        await folded.click()


@state("/repairs/{repair_id}", "held, with a mistake", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(await asyncio.to_thread(lives.doorsteps.repair, police_release="awaited"))
    hands = Pointer(page)
    await hands.unfold("Lift a hold")
    await hands.press("Lift a hold")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/repairs/{repair_id}", "done, and confirmed", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(await asyncio.to_thread(lives.doorsteps.repair, "accepted", "arrived", "completed"))
    hands = Pointer(page)
    await hands.choose("Yes, the place is secure", of="Is the place secure?")
    await hands.press("Write it down")
    await expect(page.get_by_text("What became of it")).to_be_visible()


@state("/repairs/statistics", "with numbers", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await asyncio.to_thread(lives.doorsteps.repair, "accepted", "arrived")
    await page.goto("/repairs/statistics")
    await expect(page.get_by_role("table", name="By urgency")).to_be_visible()


@state("/repairs/statistics", "with a mistake", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/repairs/statistics?from=soon")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


async def texts_come(page: Page) -> None:
    """Two that need a person: from a number that several have, and from one that nobody has."""
    for number, (sender, words) in enumerate(
        {"447700900123": "Please ring me after six.", "447700900199": "Is that about the letter?"}.items()
    ):
        said = {
            "id": f"00000000-0000-4000-8000-00000000000{number}",
            "source_number": sender,
            "destination_number": "447700900000",
            "message": words,
            "date_received": datetime.now(UTC).isoformat(),
        }
        token = {"Authorization": f"Bearer {NOTIFY_TOKEN}"}
        answer = await page.request.post("/webhooks/notify", data=said, headers=token)
        assert answer.status == HTTPStatus.NO_CONTENT


@state("/texts", "with texts that need a person", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await texts_come(page)
    await page.goto("/texts")
    await expect(page.get_by_text("Is that about the letter?")).to_be_visible()
    await pictures.take(page, "texts")


@state("/texts", "with a mistake", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await texts_come(page)
    await page.goto("/texts")
    await page.get_by_label("Reference of its referral").first.fill("XXXX-XXXX")
    await page.get_by_role("button", name="Give it to this referral").first.click()
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/texts", "dealt with", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/texts")
    for _ in range(await page.get_by_role("button", name="Dealt with").count()):
        await page.get_by_role("button", name="Dealt with").first.click()
        await expect(page.get_by_text("The text is dealt with.")).to_be_visible()


@state("/tradespeople", "with papers that have ended or will", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await asyncio.to_thread(registered.put_in, lives.doorsteps.people)
    await page.goto("/tradespeople")
    await expect(page.get_by_role("link", name="Kerra, Kerra and Company")).to_be_visible()
    await pictures.take(page, "tradespeople")


@state("/tradespeople", "with a place nobody knows", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/tradespeople?area=Kent&skill=locks")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/tradespeople", "with somebody who was looked for", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await asyncio.to_thread(registered.put_in, lives.doorsteps.people)
    await page.goto("/tradespeople")
    hands = Pointer(page)
    await hands.unfold("Find somebody")
    await hands.write("Name, firm, number or e-mail address", "jory")
    await hands.press("Find")
    await expect(page.get_by_role("table", name="Found")).to_be_visible()


@state("/tradespeople/new", "with mistakes", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto("/tradespeople/new")
    await Pointer(page).press("Add them")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@state("/tradespeople/{entry_id}", "to be changed", who="manager")
async def _(page: Page, lives: Lives) -> None:
    entry = await asyncio.to_thread(registered.put_in, lives.doorsteps.people)
    await page.goto(f"/tradespeople/{entry}")
    await Pointer(page).press("Save")
    await expect(page.get_by_text("The entry is saved.")).to_be_visible()


@state("/tradespeople/{entry_id}", "to be read", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    entry = await asyncio.to_thread(registered.put_in, lives.doorsteps.people)
    await page.goto(f"/tradespeople/{entry}")
    await expect(page.get_by_text("A manager can change the entry.")).to_be_visible()


async def check_sheet(page: Page, content: bytes) -> None:
    """Choose a sheet and let it be checked."""
    await page.goto("/tradespeople/import")
    chosen = {"name": "tradespeople.csv", "mimeType": "text/csv", "buffer": content}
    await page.get_by_label("Sheet", exact=True).set_input_files(chosen)
    await Pointer(page).press("Check the sheet")


@state("/tradespeople/import", "with a sheet that was checked", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await check_sheet(page, registered.sheet(base="TR18"))
    await expect(page.get_by_role("button", name="Import it")).to_be_visible()
    await page.get_by_text("Which columns a sheet has").click()
    await pictures.take(page, "tradespeople-import")


@state("/tradespeople/import", "with a sheet that has faults", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await check_sheet(page, registered.sheet(base="Land's End"))
    await expect(page.get_by_role("table", name="What is to be mended")).to_be_visible()


@state("/practical-help", "with a visitor to be looked for", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    address = await asyncio.to_thread(flats.alarmed, lives.doorsteps.people)
    await page.goto("/practical-help")
    await expect(page.get_by_role("heading", name="They may be in danger").first).to_be_visible()
    await pictures.take(page, "practical-helps")
    await page.goto("/worklist")
    await expect(page.get_by_role("link", name="Practical help: whom to ring")).to_be_visible()
    await page.goto("/practical-help")
    await asyncio.to_thread(flats.settled, lives.doorsteps.people, address)


@state("/practical-help/{help_id}", "under way, with everything unfolded", who="manager")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(await asyncio.to_thread(flats.under_way, lives.doorsteps.people))
    await expect(page.get_by_text("Checks in by")).to_be_visible()
    await pictures.take(page, "practical-help")
    for folded in await page.locator("summary").all():
        await folded.click()


@state("/practical-help/{help_id}", "with an alarm", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    address = await asyncio.to_thread(flats.alarmed, lives.doorsteps.people)
    await page.goto(address)
    await expect(page.get_by_role("heading", name="They may be in danger")).to_be_visible()
    await asyncio.to_thread(flats.settled, lives.doorsteps.people, address)


@state("/practical-help/{help_id}", "with a mistake", who="coordinator")
async def _(page: Page, lives: Lives) -> None:
    await page.goto(await asyncio.to_thread(flats.stripped, lives.doorsteps.people))
    hands = Pointer(page)
    await hands.unfold("Plan a visit")
    await hands.press("Plan a visit")
    await expect(page.get_by_text("There is a problem")).to_be_visible()


@pytest.mark.parametrize("state", STATES, ids=str)
async def test_a_page_serves_every_eye_and_every_hand(
    state: State, open_window: OpenWindow, lives: Lives
) -> None:
    window = await open_window(state.who)
    await state.reach(window.page, lives)
    await checks.assert_good(window)


async def test_a_switch_that_is_off_is_seen_in_the_post_room_by_every_eye(
    open_window: OpenWindow, lives: Lives
) -> None:
    window = await open_window("manager")
    page = window.page
    await page.goto("/post-room/switches")
    switch = page.get_by_role("region", name="An answer to “who is this?”")
    await switch.get_by_label("Reason").fill("The wording is looked at again.")
    await switch.get_by_role("button").click()
    try:
        await expect(switch.get_by_text("Nothing of this kind has left since")).to_be_visible()
        await checks.assert_good(window)
        await page.goto("/post-room")
        await expect(page.get_by_text("Nothing of this kind has left since")).to_be_visible()
        await checks.assert_good(window)
    finally:
        await page.goto("/post-room/switches")
        await switch.get_by_role("button", name=re.compile("Switch on")).click()
    await expect(page.get_by_text("messages leave again")).to_be_visible()


def test_no_page_is_left_out() -> None:
    # A page nobody has looked at is a page that shuts somebody out.
    pages = {
        route.path
        for feature in FEATURES
        for route in feature.router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
        if not (route.include_in_schema and feature.router.include_in_schema)
    }
    assert "/worklist" in pages
    assert pages - set(NO_PAGES) - {state.route for state in STATES} == set()


async def show_lapsed(page: Page) -> None:
    """Wait for calls whose time has passed."""
    for _ in range(60):
        await page.goto("/worklist")
        if await page.get_by_role("button", name="Rebook those ticked").count():
            return
        await asyncio.sleep(0.5)
    raise AssertionError("no call has lapsed")
