"""The page behind a tradesperson's link, from the offer to the thanks."""

import logging
import re
from datetime import date, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from api.services import Services
from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import OfferState, RepairKind, RepairStage, TradeAnswer, Urgency
from store.command_row import COMMAND
from store.repair_dispatch.row import REPAIR_OFFER
from store.repair_dispatch.token import offer_token
from store.tradesperson.row import TRADESPERSON
from tests.api.browser import form_of
from tests.api.trade_lives import Firm, Trade
from tests.store.lives import a_document

MINUTE = timedelta(minutes=1)
STREET = "1 Example Street"
WORD = "Bluebell"


@pytest.fixture
def firm(app: FastAPI, services: Services) -> Firm:
    return Firm(app, services)


def commands(services: Services) -> int:
    with services.engine.connect() as connection:
        return connection.scalar(select(func.count()).where(COMMAND.c.target_id.startswith("repair-")))


def in_words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def test_an_offer_tells_what_where_and_by_when_and_nothing_of_the_door(firm: Firm) -> None:
    [trade] = firm.asks()
    page = await trade.looks()
    assert page.status_code == 200
    words = in_words(page.text)
    for told in (
        "Can you do this job?",
        "Board up a window or door",
        "CB1",
        "Now: it cannot be closed",
        "09:15",
    ):
        assert told in words
    for kept in (STREET, "CB1 2AB", WORD, "side gate"):
        assert kept not in words


async def test_looking_changes_nothing(firm: Firm, services: Services) -> None:
    # Programs open links by themselves, to show a preview.
    [trade] = firm.asks()
    for _ in range(3):
        await trade.looks()
    assert commands(services) == 0
    assert firm.repair.state.stage is RepairStage.LOOKING


async def test_whoever_accepts_sees_the_door_the_way_in_and_the_word(firm: Firm) -> None:
    [trade] = firm.asks()
    page = await trade.sends("accepted", eta="15")
    words = in_words(page.text)
    assert "The job is yours" in words
    for told in (STREET, "CB1 2AB", "The side gate sticks.", f"Say this word at the door: {WORD}"):
        assert told in words
    assert "Her sister" not in words
    assert "very frightened" not in words
    assert firm.repair.state.eta_at == firm.repair.now + 15 * MINUTE


async def test_the_first_to_accept_has_it_and_the_other_is_told_kindly(firm: Firm) -> None:
    one, other = firm.asks(2)
    await one.sends("accepted", eta="10")
    late = await other.sends("accepted", eta="10")
    words = in_words(late.text)
    assert "Somebody else has this job" in words
    assert "Thank you for answering" in words
    assert STREET not in words
    assert firm.repair.state.confirmed == one.offer_id


async def test_a_late_yes_is_welcome_while_nobody_has_it(firm: Firm) -> None:
    [trade] = firm.asks()
    firm.wait(6 * MINUTE)
    assert "You may still take it" in (await trade.looks()).text
    assert "The job is yours" in (await trade.sends("accepted", eta="10")).text


async def test_a_late_yes_is_too_late_once_somebody_has_it(firm: Firm) -> None:
    [slow] = firm.asks()
    firm.wait(6 * MINUTE)
    [quick] = firm.offers_to(1)
    await quick.sends("accepted", eta="10")
    assert "Somebody else has this job" in (await slow.looks()).text
    assert STREET not in (await slow.sends("accepted", eta="10")).text
    assert firm.repair.state.confirmed == quick.offer_id


async def test_a_form_that_is_sent_again_is_the_same_deed_and_leads_to_the_same_page(
    firm: Firm, services: Services
) -> None:
    [trade] = firm.asks()
    sent = [await trade.posts("accepted", eta="15", at="", on="") for _ in range(3)]
    assert {answer.status_code for answer in sent} == {303}
    assert len({answer.headers["location"] for answer in sent}) == 1
    assert commands(services) == 1


async def test_another_answer_from_the_same_page_is_another_deed(firm: Firm, services: Services) -> None:
    # Somebody goes back and presses the other button: it must not be swallowed.
    [trade] = firm.asks()
    await trade.sends("accepted", eta="15")
    page = await trade.sends("declined", reason="busy")
    assert "Please do not go" in page.text
    assert commands(services) == 2


async def test_every_form_of_a_page_carries_what_makes_it_one_deed(firm: Firm) -> None:
    [trade] = firm.asks()
    form = form_of(await trade.looks(), trade.link)
    assert form.fields["answer"] == ["accepted"]
    again = form_of(await trade.looks(), trade.link)
    assert form.fields["form_once"] != again.fields["form_once"]


async def test_while_the_engine_is_away_nobody_is_told_to_set_off(firm: Firm) -> None:
    [trade] = firm.asks()
    firm.away = True
    for page in (await trade.sends("accepted", eta="10"), await trade.looks()):
        words = in_words(page.text)
        assert "We have your answer" in words
        assert "do not set off before this page says" in words
        assert STREET not in words
    firm.comes_back()
    assert "The job is yours" in (await trade.looks()).text


async def test_what_was_said_while_the_engine_is_away_is_not_asked_for_again(firm: Firm) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    firm.away = True
    words = in_words((await trade.sends("arrived", once="2")).text)
    assert "You told us that you are there. We have it, but have not taken it in yet." in words
    assert STREET in words


async def test_a_job_from_the_yes_to_the_bill(firm: Firm) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="20")
    on_the_way = await trade.sends("on_the_way", once="2", at="09:40")
    assert "Mon 23 Nov, 09:40" in on_the_way.text
    assert "You told us that you are there." in (await trade.sends("arrived", once="3")).text
    assert firm.repair.state.stage is RepairStage.ARRIVED
    await trade.sends("made_safe", once="4")
    done = await trade.sends("completed", once="5", cost="£1,120.50", invoice="INV-1042")
    assert "Thank you" in done.text
    assert STREET not in done.text
    state = firm.repair.state
    assert (state.stage, state.committed_pence) == (RepairStage.FINISHED, 112_050)
    assert firm.depot.ledger is not None


@pytest.mark.parametrize(
    ("answer", "typed", "stage"),
    [
        ("access_failed", {"cost": "35"}, RepairStage.ASKED),
        ("refused_on_site", {}, RepairStage.ASKED),
        ("second_visit", {"cost": "40"}, RepairStage.LOOKING),
    ],
)
async def test_what_goes_otherwise_is_in_reach_too(
    firm: Firm, answer: str, typed: dict[str, str], stage: RepairStage
) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    await trade.sends("arrived", once="2")
    page = await trade.sends(answer, once="3", **typed)
    assert page.status_code == 200
    assert STREET not in page.text
    assert firm.repair.state.stage is stage


async def test_whoever_cannot_come_after_all_gives_it_back(firm: Firm) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    page = await trade.sends("declined", once="2", reason="busy")
    assert "Please do not go" in page.text
    assert firm.repair.state.confirmed is None


async def test_whoever_lost_the_job_is_told_not_to_go_and_sees_the_door_no_more(firm: Firm) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    firm.repair.decides("reassign", reason="They are stuck.")
    words = in_words((await trade.looks()).text)
    assert "Please do not go there" in words
    for kept in (STREET, WORD, "side gate"):
        assert kept not in words


async def test_a_link_that_was_taken_back_takes_nothing(firm: Firm, services: Services) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    firm.repair.decides("reassign", reason="They are stuck.")
    before, stored = firm.repair.state, commands(services)
    assert "Please do not go" in (await trade.sends("accepted", once="2", eta="10")).text
    assert "Please do not go" in (await trade.sends("declined", once="3", reason="busy")).text
    assert (firm.repair.state, commands(services)) == (before, stored)


async def test_somebody_who_lost_the_job_and_stands_at_the_door_is_heard_by_a_person(firm: Firm) -> None:
    # A page that was open too long: that nobody knew of them would be worse than a needless call.
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    firm.repair.decides("reassign", reason="They are stuck.")
    page = await trade.sends("arrived", once="2")
    assert "Please do not go" in page.text
    assert firm.repair.state.confirmed is None
    assert firm.repair.state.arrived_at is None
    assert "reported_without_job" in {asked.kind for asked in firm.repair.state.asks}


async def test_when_it_is_cancelled_nobody_is_to_go(firm: Firm) -> None:
    has_it, asked = firm.asks(2)
    await has_it.sends("accepted", eta="10")
    firm.repair.decides("cancel", reason="She went to her sister.")
    assert "Please do not go there" in (await has_it.looks()).text
    assert "Somebody else has this job" in (await asked.looks()).text


async def test_an_offer_nobody_needs_any_more_says_so(firm: Firm) -> None:
    [trade] = firm.asks()
    firm.repair.decides("cancel", reason="She went to her sister.")
    words = in_words((await trade.looks()).text)
    assert "no longer needed" in words
    assert "her sister" not in words


@pytest.mark.parametrize("token", ["A" * 24, "x", "../etc", "é" * 24, "A" * 400])
async def test_a_link_that_opens_nothing_tells_whom_to_ring(firm: Firm, app: FastAPI, token: str) -> None:
    [trade] = firm.asks()
    for answer in (
        await trade.client.get(f"/trades/{token}"),
        await trade.browser.post(f"/trades/{token}", {"answer": ["arrived"], "form_once": ["1"]}),
    ):
        assert answer.status_code == 404
        assert "0808" in answer.text


async def test_unknown_and_run_out_are_told_apart_by_nobody(firm: Firm) -> None:
    [trade] = firm.asks()
    unknown = await trade.client.get("/trades/" + "A" * 24)
    firm.repair.now += timedelta(days=4)
    run_out = await trade.looks()
    assert (run_out.status_code, run_out.text) == (unknown.status_code, unknown.text)
    refused = await trade.posts("accepted", eta="10")
    assert (refused.status_code, refused.text) == (404, unknown.text)
    assert firm.repair.state.confirmed is None


async def test_whoever_has_a_job_a_week_ahead_finds_the_door_on_the_day(firm: Firm) -> None:
    [trade] = firm.asks(request=RepairRequest(kinds=(RepairKind.LOCKS,), urgency=Urgency.PLANNED))
    await trade.sends("accepted", at="09:00", eta="at", on="2026-11-30")
    firm.repair.now += timedelta(days=7)
    assert STREET in in_words((await trade.looks()).text)
    assert "Thank you" in (await trade.sends("completed", once="2", cost="85")).text
    firm.repair.now += timedelta(hours=23)
    assert "Send or correct the cost" in (await trade.looks()).text
    firm.repair.now += timedelta(hours=2)
    assert (await trade.looks()).status_code == 404


async def test_whoever_lost_a_job_finds_nothing_once_the_link_has_run_out(firm: Firm) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    firm.repair.decides("reassign", reason="They are stuck.")
    assert "Please do not go" in (await trade.looks()).text
    firm.repair.now += timedelta(days=4)
    assert (await trade.looks()).status_code == 404


@pytest.mark.parametrize(
    "change", [{"active": False}, {"insurance_until": date(2026, 11, 22)}], ids=["left us", "insurance"]
)
async def test_whoever_may_not_be_sent_any_more_is_asked_kindly_to_ring(
    firm: Firm, services: Services, change: dict[str, object]
) -> None:
    # The address of a frightened person must not go to somebody who was struck off since they were asked.
    [trade] = firm.asks()
    with services.engine.begin() as connection:
        connection.execute(update(TRADESPERSON).values(change))
    words = in_words((await trade.looks()).text)
    assert "Please ring us" in words
    assert "Accept" not in words
    page = await trade.sends("accepted", eta="10")
    assert STREET not in page.text
    assert firm.repair.state.confirmed is None


async def test_whoever_was_second_may_have_it_once_the_first_has_given_it_back(firm: Firm) -> None:
    one, other = firm.asks(2)
    await one.sends("accepted", eta="10")
    assert "Somebody else has this job" in (await other.looks()).text
    await one.sends("declined", once="2", reason="busy")
    assert "This job is still free" in (await other.looks()).text
    assert "The job is yours" in (await other.sends("accepted", eta="10")).text


async def test_whoever_lost_a_job_cannot_read_the_new_word_at_the_door(firm: Firm) -> None:
    # They know the old one, and might come back with it.
    [trade] = firm.asks()
    assert WORD in (await trade.sends("accepted", eta="10")).text
    firm.repair.decides("reassign", reason="They are stuck.")
    word = firm.repair.view.job.code_word
    assert word != WORD
    page = await trade.looks()
    assert WORD not in page.text
    assert word not in page.text
    [next_one] = firm.offers_to(1)
    assert word in (await next_one.sends("accepted", eta="10")).text
    assert word not in (await trade.looks()).text


async def test_a_place_that_is_only_kept_opens_nothing(firm: Firm, services: Services) -> None:
    [trade] = firm.asks()
    with services.engine.begin() as connection:
        connection.execute(update(REPAIR_OFFER).values(state=OfferState.RESERVED))
    assert (await trade.looks()).status_code == 404


async def test_a_link_has_at_least_128_bits_and_only_its_hash_is_kept(firm: Firm, services: Services) -> None:
    [trade] = firm.asks()
    token = trade.link.removeprefix("/trades/")
    assert len(token) * 6 >= 128
    assert offer_token(services.keyring, trade.offer_id) == token
    with services.engine.connect() as connection:
        [row] = connection.execute(select(REPAIR_OFFER)).all()
    assert token not in str(row)


@pytest.mark.parametrize(
    ("answer", "typed", "field", "told"),
    [
        ("accepted", {}, "accepted-eta", "Choose when you will be there"),
        ("accepted", {"eta": "at", "at": "99:99"}, "accepted-at", "Enter a time such as 14:30"),
        ("accepted", {"eta": "at", "at": "24:00"}, "accepted-at", "Enter a time such as 14:30"),
        ("accepted", {"eta": "at", "at": "noon"}, "accepted-at", "Enter a time such as 14:30"),
        ("accepted", {"eta": "10", "at": "11:00"}, "accepted-at", "Clear this time"),
        ("accepted", {"eta": "at", "at": "08:00", "on": "2026-11-22"}, "accepted-on", "has passed"),
        ("accepted", {"eta": "at", "at": "08:00", "on": "2027-11-22"}, "accepted-on", "two weeks"),
        ("declined", {}, "declined-reason", "Choose why"),
        ("declined", {"reason": "because"}, "declined-reason", "Choose why"),
    ],
)
async def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    firm: Firm, services: Services, answer: str, typed: dict[str, str], field: str, told: str
) -> None:
    [trade] = firm.asks(request=RepairRequest(kinds=(RepairKind.WINDOW,), urgency=Urgency.PLANNED))
    page = await trade.posts(answer, **typed)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert f'href="#{field}"' in page.text
    assert f'id="{field}"' in page.text
    assert told in page.text
    if "at" in typed:
        assert f'value="{typed["at"]}"' in page.text
    assert commands(services) == 0


@pytest.mark.parametrize(
    ("typed", "pence"),
    [("0", 0), ("120", 12_000), ("120.50", 12_050), ("£ 1,200.05", 120_005), ("0.07", 7), ("19.99", 1_999)],
)
async def test_pounds_become_pence_exactly(firm: Firm, typed: str, pence: int) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    await trade.sends("completed", once="2", cost=typed)
    assert firm.repair.state.committed_pence == pence


@pytest.mark.parametrize("typed", ["", "free", "-5", "12.5", "1,20", "1e3", "99999999", "12.345", "١٢"])
async def test_what_is_no_amount_is_not_guessed(firm: Firm, typed: str) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    page = await trade.posts("completed", once="2", cost=typed)
    assert page.status_code == 422
    assert firm.repair.state.stage is RepairStage.ACCEPTED


async def test_the_reference_of_an_invoice_is_no_place_for_a_story(firm: Firm) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    page = await trade.posts("completed", once="2", cost="10", invoice="He hit her, I saw it!")
    assert page.status_code == 422
    assert "Enter only the number or reference" in page.text


async def test_the_cost_can_be_said_after_the_work(firm: Firm) -> None:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    await trade.sends("completed", once="2", cost="10")
    assert "Send or correct the cost" in (await trade.looks()).text
    await trade.sends("completed", once="3", cost="99.99")
    assert firm.repair.state.committed_pence == 9_999


async def test_a_page_is_small_and_needs_nothing_from_elsewhere(firm: Firm) -> None:
    [trade] = firm.asks(request=RepairRequest(kinds=tuple(RepairKind), urgency=Urgency.PLANNED))
    offered = await trade.looks()
    confirmed = await trade.sends("accepted", eta="10")
    for page in (offered, confirmed):
        assert len(page.content) < 12_000
        assert "<script" not in page.text
        assert "<img" not in page.text
        assert "http" not in page.text
    style = await trade.client.get("/assets/trades.css")
    assert len(style.content) < 3_500


async def test_a_page_is_kept_by_nobody_and_found_by_nobody(firm: Firm) -> None:
    [trade] = firm.asks()
    for page in (await trade.looks(), await trade.client.get("/trades/" + "A" * 24)):
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert "set-cookie" not in page.headers
        title = re.search(r"<title>(.*?)</title>", page.text).group(1)
        assert title.endswith(" The Hub")
        assert not re.search("victim|crime|repair|police", title, re.IGNORECASE)


async def test_a_form_of_another_site_is_refused(firm: Firm, services: Services) -> None:
    [trade] = firm.asks()
    fields = {"answer": ["declined"], "form_once": ["1"], "reason": ["busy"]}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
        answer = await trade.browser.post(trade.link, fields, **headers)
        assert answer.status_code == 403
    assert commands(services) == 0


@pytest.mark.parametrize(
    "fields", [{}, {"answer": ["dance"]}, {"answer": ["arrived"], "form_once": ["x" * 100]}]
)
async def test_what_is_no_form_of_ours_is_refused(firm: Firm, fields: dict[str, list[str]]) -> None:
    [trade] = firm.asks()
    answer = await trade.browser.post(trade.link, fields)
    assert answer.status_code == 400


async def test_a_link_that_is_pressed_without_end_is_slowed_down(firm: Firm) -> None:
    [trade] = firm.asks()
    answers = [(await trade.posts("declined", once=str(n))).status_code for n in range(62)]
    assert answers[:60] == [422] * 60
    assert answers[-1] == 429
    assert (await trade.looks()).status_code == 200


async def test_guessing_is_slowed_down_and_locks_nobody_out_who_has_a_link(firm: Firm) -> None:
    [trade] = firm.asks()
    answers = [(await trade.client.get(f"/trades/{'A' * 20}{n:04}")).status_code for n in range(40)]
    assert (answers[0], answers[-1]) == (404, 429)
    assert (await trade.looks()).status_code == 200


async def test_one_link_tells_nothing_of_what_another_did(firm: Firm) -> None:
    one, other = firm.asks(2)
    sent = await one.posts("declined", reason="busy")
    command = sent.headers["location"].partition("?")[2]
    page = await other.client.get(f"{other.link}?{command}")
    assert "You told us" not in page.text


def secrets_of_a_referral() -> dict:
    """A referral in which every word that could tell is one that nothing else says."""
    return a_document(
        incident__kind="sexual_offence",
        victim__given_name="Zephyrine",
        victim__family_name="Quillfeather",
        victim__preferred_name="Zeffy",
        victim__phones=[{"number": "+447700900777", "safe": "yes"}],
        victim__emails=[{"address": "zeffy@secret.example", "safe": "yes"}],
        suspects=[{"relationship": "ex_partner", "shares_address": "yes", "name": "Mordecai Vantongeren"}],
        notes="Strangled on the stairs in front of the twins.",
    )


TELLING = [
    "zephyrine",
    "quillfeather",
    "zeffy",
    "900777",
    "secret.example",
    "mordecai",
    "vantongeren",
    "strangled",
    "stairs",
    "twins",
    "ex_partner",
    "ex-partner",
    "sexual",
    "offence",
    "victim",
    "police",
    "crime",
    "suspect",
    "assault",
    "frightened",
    "sister",
]


async def test_no_state_of_the_page_tells_a_name_the_crime_or_the_story(firm: Firm) -> None:
    seen: dict[str, str] = {}

    async def look(trade: Trade, state: str) -> None:
        seen[state] = (await trade.looks()).text

    life = firm.depot.office.begins(secrets_of_a_referral())
    one, other = firm.asks(2, life=life)
    await look(one, "offered")
    firm.away = True
    seen["waiting"] = (await one.sends("accepted", eta="10")).text
    firm.comes_back()
    await look(one, "confirmed")
    await look(other, "taken")
    for number, answer in enumerate((TradeAnswer.ON_THE_WAY, TradeAnswer.ARRIVED, TradeAnswer.MADE_SAFE)):
        seen[answer] = (await one.sends(answer, once=f"s{number}", at="09:30")).text
    seen["mistake"] = (await one.posts("completed", once="m")).text
    seen["done"] = (await one.sends("completed", once="c", cost="10")).text
    firm.repair.decides("confirm_secure", secure=False)
    [third, fourth] = firm.offers_to(2)
    seen["declined"] = (await third.sends("declined", reason="knows_party")).text
    await fourth.sends("accepted", eta="10")
    firm.repair.decides("cancel", reason="The ex-partner, Mordecai, is back.")
    await look(fourth, "cancelled")
    await look(third, "not needed")
    seen["gone"] = (await one.client.get("/trades/" + "A" * 24)).text
    assert len(seen) == 13
    for state, html in seen.items():
        told = [word for word in TELLING if word in html.casefold()]
        assert told == [], f"{state} tells {told}"


@pytest.mark.parametrize(
    ("at", "on", "when"),
    [
        ("14:30", "", "2026-11-23T14:30+00:00"),
        ("1430", "", "2026-11-23T14:30+00:00"),
        ("9.05", "", "2026-11-23T09:05+00:00"),
        ("08:00", "", "2026-11-24T08:00+00:00"),
        ("08:00", "2026-11-27", "2026-11-27T08:00+00:00"),
    ],
)
async def test_a_time_of_day_is_the_next_one_unless_a_day_is_chosen(
    firm: Firm, at: str, on: str, when: str
) -> None:
    [trade] = firm.asks(request=RepairRequest(kinds=(RepairKind.WINDOW,), urgency=Urgency.PLANNED))
    await trade.sends("accepted", eta="at", at=at, on=on)
    assert firm.repair.state.eta_at == datetime.fromisoformat(when)


async def test_while_the_database_is_away_the_answer_is_offered_again_as_the_same_deed(
    firm: Firm, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("away"))

    [trade] = firm.asks()
    with monkeypatch.context() as outage:
        outage.setattr(services.offer_pages, "open", away)
        page = await trade.posts("accepted", eta="15")
    assert page.status_code == 503
    again = await trade.browser.send(page, trade.link)
    assert again.status_code == 303
    assert (await trade.posts("accepted", eta="15")).headers["location"] == again.headers["location"]
    assert commands(services) == 1
    assert firm.repair.state.confirmed == trade.offer_id


async def test_nothing_of_a_link_or_a_door_is_in_the_logs(
    firm: Firm, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    [trade] = firm.asks()
    await trade.sends("accepted", eta="15")
    await trade.posts("completed", once="2", cost="nothing much")
    await trade.sends_photo(b"no picture")
    said = caplog.text + "".join(capfd.readouterr())
    kept_out = (trade.link.removeprefix("/trades/"), STREET, WORD, "nothing much")
    # The test's own browser says where it went.
    lines = [line for line in said.splitlines() if "HTTP Request:" not in line]
    assert [word for word in kept_out if any(word in line for line in lines)] == []
