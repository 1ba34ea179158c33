import html
import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from api.correspondence import place_of
from api.message_entry import entry_of
from api.post_room_page_shown import choices_of
from domain.events import MessageSettled
from domain.vocabulary import Channel, MessageState, Purpose, Recipient
from store.message import MessageStore, MessageView
from tests.api.browser import Browser
from tests.builders import NOW
from tests.store.lives import WRITTEN, KeptLife, Office, another_person

LONDON = ZoneInfo("Europe/London")
ATTACK = "<script>alert(1)</script>"
NO_POST = {"victim__address": {"lines": ["1"], "safe": "no"}}
ONLY_TEXTS = {"victim__address": None, "victim__emails": []}


@pytest.fixture
def office(services) -> Office:
    return Office(services.engine, services.keyring)


@pytest.fixture
def issue(services):
    def issue(role: str) -> str:
        return services.tokens.issue(
            role=role, name="Sam", organisation="Example Constabulary", now=services.clock()
        )

    return issue


@pytest_asyncio.fixture
async def coordinator(app, issue) -> Browser:
    browser = Browser(app)
    await browser.sign_in(issue("coordinator"))
    return browser


def writing(office: Office, number: int = 1, **changes) -> KeptLife:
    return office.begins(another_person(number, **changes)).is_silent()


def left(
    office: Office, state: str, number: int = 1, why: str = "The provider said so.", **changes
) -> KeptLife:
    """A message was handed over, and its provider answered."""
    life = writing(office, number, **changes).reaches_cut_off()
    life.begins_to_leave()
    office.messages.settle(life.key, MessageState(state), why=why, provider_id="p-1", now=life.now)
    return life


def address_of(office: Office, life: KeptLife) -> str:
    return f"/post-room/{office.messages.of_referral(life.id)[0].id}"


def words(page) -> str:
    """What a person reads, without marks and with single spaces."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def a_message(**changes) -> MessageView:
    message = MessageView(
        id="6a5bbf7c-0a5e-4d4a-9d6e-2f7f4c3f0c11",
        key="k",
        referral_id="r",
        reference="K7PM-4T2Q",
        channel=Channel.LETTER,
        purpose=Purpose.CONTACT_UNANSWERED,
        state=MessageState.HELD,
        why="Waits for the cut-off.",
        made_at=NOW,
        leaves_at=None,
        sending_at=None,
        settled_at=None,
        provider_id="",
        simulated=False,
        report=None,
        reported_at=None,
        queued_at=None,
        batch_id=None,
        waits_for_provider=False,
        recipient=Recipient.VICTIM,
    )
    return replace(message, **changes)


def shown(**changes):
    return entry_of(a_message(**changes), zone=LONDON, now=NOW, simulated=())


async def test_every_state_is_said_in_words(coordinator, office) -> None:
    # A tag alone tells nobody whether a letter is gone.
    writing(office, 1)
    writing(office, 2).reaches_cut_off()
    writing(office, 3).reaches_cut_off().begins_to_leave()
    for number, state in enumerate(("sent", "rejected", "unknown"), 4):
        left(office, state, number)
    writing(office, 7).rings("answered")
    writing(office, 8).decides("hold")
    said = words(await coordinator.open("/post-room"))
    for sentence in (
        "Held It leaves at its cut-off. It can be recalled until Mon 23 Nov",
        "Held It does not leave until a person lifts the hold of its referral.",
        "Reserved The cut-off has passed: it leaves at any moment, unless something stops it first.",
        "Sending It was handed over and may have left",
        "Sent It left.",
        "Rejected The provider did not take it: it did not leave.",
        "Unknown It may have left: nobody knows.",
        "Recalled It was taken back before it left, and does not leave.",
    ):
        assert sentence in said, sentence
    assert "All 8 Held 2 Reserved 1 Sending 1 Sent 1 Rejected 1 Unknown 1 Recalled 1" in said


async def test_a_message_that_waits_says_until_when_it_can_be_recalled(coordinator, office) -> None:
    writing(office)
    said = words(await coordinator.open("/post-room"))
    assert re.search(r"It can be recalled until Mon 23 Nov( 2026)?, 17:30 \.", said)


async def test_a_message_names_its_referral_and_why_but_not_the_person(coordinator, office) -> None:
    life = writing(office)
    page = await coordinator.open("/post-room")
    assert f'href="/referrals/{life.id}">{life.view.reference}</a>' in page.text
    assert "Why: Waits for the cut-off." in words(page)
    assert "Given1" not in page.text
    assert "Example Street" not in page.text


async def test_a_state_is_chosen_in_the_address(coordinator, office) -> None:
    waits, unknown = writing(office, 1), left(office, "unknown", 2)
    page = await coordinator.open("/post-room?state=unknown")
    assert unknown.view.reference in page.text
    assert waits.view.reference not in page.text
    assert "Post room: unknown" in words(page)
    assert 'href="/post-room?state=unknown" aria-current="true"' in page.text


async def test_pages_go_on_where_the_one_before_ended_within_a_state(coordinator, office) -> None:
    waiting = [writing(office, number) for number in range(5)]
    left(office, "sent", 9)
    address, seen = "/post-room?state=held&limit=2", []
    while address:
        page = await coordinator.open(address)
        seen += re.findall(r'href="/post-room/([0-9a-f-]{36})">', page.text)
        older = re.search(r'href="([^"]+)" rel="next"', page.text)
        address = html.unescape(older.group(1)) if older else ""
        assert ("Newest messages" in page.text) is (len(seen) > 2)
    views = [office.messages.of_referral(life.id)[0] for life in waiting]
    assert seen == [view.id for view in sorted(views, key=place_of, reverse=True)]


async def test_an_empty_post_room_says_so(coordinator) -> None:
    page = await coordinator.open("/post-room")
    assert page.status_code == 200
    assert "There is nothing here." in words(page)


@pytest.mark.parametrize("query", ["state=lost", "cursor=x", "limit=0", "limit=many", "cursor=MjAyNnx4"])
async def test_an_address_nobody_made_is_refused_with_a_page(coordinator, query) -> None:
    page = await coordinator.open(f"/post-room?{query}")
    assert page.status_code == 422
    assert "<h1" in page.text


@pytest.mark.parametrize(
    ("changes", "title", "said"),
    [
        ({}, "Letter: nobody answered our calls", "If you would rather we did not write to you again"),
        (NO_POST, "E-mail: nobody answered our calls", "To: person1@example.org"),
        (ONLY_TEXTS, "Text: nobody answered our calls", "To: +447700900001"),
    ],
    ids=["letter", "email", "text"],
)
async def test_what_has_not_left_is_shown_as_it_would_leave_now(
    coordinator, office, changes, title, said
) -> None:
    life = writing(office, victim__given_name="Ada", **changes)
    page = await coordinator.open(address_of(office, life))
    assert page.status_code == 200
    assert title in words(page)
    assert "The words as they would leave now" in words(page)
    assert said in words(page)
    assert "Ada" in words(page)
    assert ("letter.pdf" in page.text) is (changes == {})


async def test_what_left_is_shown_as_it_left(coordinator, office) -> None:
    life = left(office, "sent")
    life.is_corrected({"victim": {"given_name": "Another"}})
    said = words(await coordinator.open(address_of(office, life)))
    assert "The words as they left" in said
    assert f"{WRITTEN.subject} {WRITTEN.text}" in said


async def test_what_cannot_be_written_says_why_instead_of_failing(coordinator, office) -> None:
    life = writing(office, victim__preferred_name="DO NOT CALL, husband violent")
    page = await coordinator.open(address_of(office, life))
    assert page.status_code == 200
    assert "It cannot be written as things are" in words(page)
    assert "letter.pdf" not in page.text
    pdf = await coordinator.open(address_of(office, life) + "/letter.pdf")
    assert pdf.status_code == 409
    assert "<h1" in pdf.text


async def test_a_letter_opens_as_a_pdf(coordinator, office) -> None:
    waiting, gone = writing(office, 1), left(office, "sent", 2)
    draft = await coordinator.open(address_of(office, waiting) + "/letter.pdf")
    assert (draft.status_code, draft.headers["content-type"]) == (200, "application/pdf")
    assert draft.content.startswith(b"%PDF-")
    assert (await coordinator.open(address_of(office, gone) + "/letter.pdf")).content == WRITTEN.pdf


async def test_what_is_not_there_is_a_page_that_says_so(coordinator, office) -> None:
    text = address_of(office, writing(office, **ONLY_TEXTS))
    nobodys = "/post-room/6a5bbf7c-0a5e-4d4a-9d6e-2f7f4c3f0c11"
    for address in ("/post-room/x", nobodys, nobodys + "/letter.pdf", text + "/letter.pdf"):
        page = await coordinator.open(address)
        assert page.status_code == 404, address
        assert "<h1" in page.text


@pytest.mark.parametrize("path", ["", "/letter.pdf", "list"])
async def test_only_staff_come_in(app, office, issue, path) -> None:
    address = "/post-room" if path == "list" else address_of(office, writing(office)) + path
    browser = Browser(app)
    asked = await browser.open(address)
    assert asked.status_code == 401
    assert 'name="token"' in asked.text
    await browser.sign_in(issue("police"))
    refused = await browser.open(address)
    assert refused.status_code == 403
    assert "Post room" not in refused.text
    assert b"%PDF" not in refused.content
    manager = Browser(app)
    await manager.sign_in(issue("manager"))
    assert (await manager.open(address)).status_code == 200


async def test_nothing_that_others_wrote_becomes_part_of_the_page(coordinator, office) -> None:
    answered = left(office, "rejected", 1, why=ATTACK)
    for address in ("/post-room", address_of(office, answered)):
        page = await coordinator.open(address)
        assert ATTACK not in page.text
        assert html.escape(ATTACK) in page.text
    mine = replace(WRITTEN, text=ATTACK, subject=ATTACK)
    life = writing(office, 2).reaches_cut_off()
    office.messages.begin(life.key, mine, life.now)
    page = await coordinator.open(address_of(office, life))
    assert ATTACK not in page.text
    assert page.text.count(html.escape(ATTACK)) == 2


@pytest.mark.parametrize("field", ["victim__given_name", "victim__preferred_name"])
async def test_a_name_is_never_part_of_the_page_but_as_text(coordinator, office, field) -> None:
    life = writing(office, **NO_POST, **{field: "<b>Ada</b>"})
    page = await coordinator.open(address_of(office, life))
    assert page.status_code == 200
    assert "<b>" not in page.text


async def test_whatever_is_simulated_says_that_nothing_leaves(coordinator, office, services) -> None:
    writing(office, 1)
    life = writing(office, 2).reaches_cut_off()
    life.begins_to_leave()
    simulated = MessageStore(services.engine, services.keyring, simulated={Channel.LETTER})
    simulated.settle(life.key, MessageState.SENT, why="", provider_id="", now=life.now)
    said = words(await coordinator.open("/post-room"))
    assert "Would be simulated: nothing leaves." in said
    assert "It would have left. Simulated: nothing left." in said
    assert "It left." not in said


@pytest.mark.parametrize(
    ("state", "was", "now", "said"),
    [
        ("held", False, True, "Would be simulated: nothing leaves."),
        ("held", False, False, ""),
        ("sending", False, True, "Would be simulated: nothing leaves."),
        ("sent", True, False, "Simulated: nothing left."),
        ("sent", False, True, ""),
        ("unknown", True, True, "Simulated: nothing left."),
        ("recalled", False, True, ""),
    ],
)
def test_what_was_simulated_stays_so_whatever_is_simulated_today(state, was, now, said) -> None:
    # A provider may have been configured since, or taken away.
    ways = {Channel.LETTER} if now else {Channel.TEXT}
    message = a_message(state=MessageState(state), simulated=was)
    assert entry_of(message, zone=LONDON, now=NOW, simulated=ways).simulated == said


def test_every_channel_purpose_and_state_has_words() -> None:
    for channel in Channel:
        for purpose in Purpose:
            for state in MessageState:
                entry = shown(channel=channel, purpose=purpose, state=state)
                assert all((entry.title, entry.state, entry.meaning))
    assert [choice.text for choice in choices_of(dict.fromkeys(MessageState, 0), None)][1:] == [
        state.capitalize() for state in MessageState
    ]


def test_times_are_said_where_the_service_is_and_with_the_year_when_it_is_another() -> None:
    summer = NOW.replace(month=7, day=1)
    entry = shown(made_at=summer, sending_at=NOW - timedelta(days=365))
    assert [(step.what, step.at.text) for step in entry.steps] == [
        ("Made", "Wed 1 Jul, 10:00"),
        ("Handed over", "Sun 23 Nov 2025, 09:00"),
    ]
    assert entry.steps[0].at.machine == "2026-07-01T10:00:00+01:00"


def test_many_messages_are_counted_readably() -> None:
    counts = dict.fromkeys(MessageState, 0) | {MessageState.SENT: 27_221}
    chosen = choices_of(counts, MessageState.SENT)
    assert (chosen[0].count, chosen[4].count) == ("27,221", "27,221")
    assert [choice.text for choice in chosen if choice.is_chosen] == ["Sent"]


async def test_what_waits_for_its_provider_says_since_when_it_is_away_and_when_it_is_tried_again(
    coordinator, office
) -> None:
    # Otherwise somebody believes that it is forgotten, and writes a second time.
    life = writing(office).reaches_cut_off()
    paced = MessageStore(office.engine, office.keyring, per_minute={Channel.LETTER: 60})
    paced.provider_answered(Channel.LETTER, taken=False, retry_after=timedelta(hours=2), now=life.now)
    begun = paced.begin(life.key, WRITTEN, life.now)
    life.happens(
        MessageSettled(key=life.key, state=MessageState.RESERVED, why=begun.why, retry_at=begun.retry_at)
    )
    for address in ("/post-room", address_of(office, life)):
        said = words(await coordinator.open(address))
        assert re.search(
            r"Waiting: the provider has been away since Mon 23 Nov( 2026)?, 17:30 , "
            r"next try Mon 23 Nov( 2026)?, 19:30 \.",
            said,
        ), said
        assert "Why: Its provider is away. It leaves by itself when the provider is back" in said
        assert "It leaves at its cut-off." not in said


def test_a_message_that_waits_for_its_turn_says_when_that_is() -> None:
    entry = shown(waits_for_provider=True, leaves_at=NOW + timedelta(minutes=2))
    assert entry.waits is not None
    assert (entry.waits.away_since, entry.waits.next_try.text) == (None, "Mon 23 Nov, 09:02")
    assert entry.recall_until is None
