"""The board of repairs, and the page of one: what a coordinator reads and presses."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update

from api.repair_dispatch.ask_words import NEXT_STEPS
from api.repair_dispatch.plain_words import ASKS
from domain.repair_dispatch.kinds import RepairAsk
from store.tradesperson.row import TRADESPERSON
from tests.api.browser import form_of
from tests.api.repair_stand_in import a_tradesperson

OPEN = {"kinds": ["board_up"], "urgency": "open_property"}
MINUTE = timedelta(minutes=1)
XSS = '<script>alert("x")</script>'


def words(page) -> str:
    """What a page says, without its marks."""
    main = re.search(r"<main.*?</main>", page.text, re.DOTALL)
    assert main, page.text[:500]
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", main.group(0)).split()))


def section(page, name: str) -> str:
    found = re.search(rf'<section[^>]*id="{name}".*?</section>', page.text, re.DOTALL)
    return found.group(0) if found else ""


@pytest.fixture
def asks(officer, coordinator, repairs):
    """Ask for a repair, of somebody of one's own."""

    async def ask(*, free: int = 1, **said):
        for number in range(free):
            repairs.register(f"Kay Hill {number}", firm="Hill Glazing")
        referral = await officer.refer()
        answer = await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN | said)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return ask


@pytest.fixture
def told(coordinator):
    """Write down over the API what a tradesperson says."""

    async def tell(repair, answer, **more):
        said = {"offer": repair["offers"][0]["id"], "answer": answer, **more}
        taken = await coordinator.post(f"/repairs/{repair['id']}/answers", said)
        assert taken.status_code == 200, taken.text
        return taken.json()

    return tell


@pytest_asyncio.fixture
async def boss(app, issue):
    """A manager's browser."""
    from tests.api.browser import Browser

    browser = Browser(app)
    await browser.sign_in(issue("manager"))
    return browser


def later(services, by: timedelta) -> None:
    object.__setattr__(services, "clock", lambda: datetime.now(UTC) + by)


async def send(desk, page, action: str, **typed: str):
    """Fill in one of several forms that go to the same address."""
    form = form_of(page, action)
    own = {name: form.fields[name] for name in ("form_token", "form_once")}
    return await desk.post(action, own | {name: [value] for name, value in typed.items()})


# --- the board


async def test_the_board_says_how_much_of_the_promise_is_left(desk, asks, services):
    repair = await asks()
    page = await desk.open("/repairs")
    assert page.status_code == 200
    assert "On site by" in words(page)
    assert re.search(r"\d+ (seconds?|minutes?) left", words(page))
    assert repair["reference"].replace("-", "") in words(page).replace("-", "").replace(
        "\N{NON-BREAKING HYPHEN}", ""
    )
    assert "1 asked, answer by" in words(page)
    later(services, timedelta(hours=1))
    page = await desk.open("/repairs")
    assert re.search(r"\d+ minutes late", words(page))
    assert "hf-clock--late" in page.text


async def test_the_board_warns_before_a_promise_is_broken(desk, asks, services):
    repair = await asks()
    by = datetime.fromisoformat(repair["on_site"]["by"])
    object.__setattr__(services, "clock", lambda: by - services.profile.repairs.warn_before / 2)
    page = await desk.open("/repairs")
    assert "hf-clock--near" in page.text
    assert "Near 1" in words(page)


async def test_a_repair_that_asks_somebody_stands_above_those_that_run_by_themselves(desk, asks):
    runs = await asks()
    stuck = await asks(free=0)
    assert [ask["ask"] for ask in stuck["asks"]] == ["nobody_left"]
    page = await desk.open("/repairs")
    assert stuck["id"] in section(page, "asking")
    assert runs["id"] in section(page, "under-way")
    assert page.text.index('id="asking"') < page.text.index('id="under-way"')
    assert NEXT_STEPS[RepairAsk.NOBODY_LEFT] in words(page)


async def test_what_is_held_says_why_and_runs_no_clock(desk, asks):
    held = await asks(police_release="awaited")
    page = await desk.open("/repairs")
    assert held["id"] in section(page, "held")
    assert "The police have not examined the scene" in words(page)
    assert "The clock begins when somebody may be sent" in words(page)


async def test_a_repair_that_nobody_has_taken_up_yet_cannot_hide(desk, officer, coordinator, repairs):
    repairs.is_slow = True
    referral = await officer.refer()
    await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN)
    assert "Not begun yet" in words(await desk.open("/repairs"))


async def test_the_board_shows_no_address_no_name_of_the_person_and_nothing_of_what_happened(desk, asks):
    await asks(access="Ring twice", code_word="blue kettle", notes="She is afraid of him")
    page = await desk.open("/repairs")
    for secret in ("Example Street", "Ada", "Ring twice", "blue kettle", "afraid", "burglary"):
        assert secret not in page.text, secret


async def test_an_empty_board_says_so(desk):
    assert "No repair is under way just now." in words(await desk.open("/repairs"))


@pytest.mark.parametrize("address", ["/repairs", "/repairs/5b1d6f3e-0000-4000-8000-000000000001"])
async def test_only_staff_see_repairs(app, issue, address):
    from tests.api.browser import Browser

    nobody = Browser(app)
    assert (await nobody.open(address)).status_code == 401
    officer = Browser(app)
    await officer.sign_in(issue("police"))
    assert (await officer.open(address)).status_code == 403


def test_every_question_has_words_and_a_next_step():
    assert set(NEXT_STEPS) == set(RepairAsk) == set(ASKS)


# --- the page


async def test_the_page_says_what_who_and_until_when(desk, asks):
    repair = await asks(
        free=2,
        code_word="blue kettle",
        access="Ring twice",
        who_may_be_home="Her sister",
        estimate_pence=12_050,
    )
    page = words(await desk.open(f"/repairs/{repair['id']}"))
    for said in (
        "Board up a window or door",
        "Open property: anybody can walk in",
        "On site by",
        "Done by",
        "1 Example Street",
        "Ring twice",
        "blue kettle",
        "Her sister",
        "Kay Hill 0 (Hill Glazing)",
        "Kay Hill 1 (Hill Glazing)",
        "Answer by",
        "£120.50",
        "A tradesperson was asked.",
    ):
        assert said in page, said


async def test_an_acceptance_by_telephone_is_written_down(desk, asks, coordinator):
    repair = await asks()
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    offer = repair["offers"][0]["id"]
    eta = (datetime.now(UTC) + 10 * MINUTE).strftime("%Y-%m-%dT%H:%M")
    sent = await send(desk, page, f"{address}/answers", offer=offer, answer="accepted", eta_at=eta)
    assert sent.status_code == 303, sent.text
    page = await desk.open(sent.headers["location"])
    assert "Done. Answer of a tradesperson: they take it." in words(page)
    assert "Kay Hill 0 (Hill Glazing)" in words(page)
    assert "Expected" in words(page)
    assert (await coordinator.get(f"/repairs/{repair['id']}")).json()["stage"] == "accepted"


async def test_an_answer_that_says_too_much_is_shown_again_with_what_was_typed(desk, asks):
    repair = await asks()
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    offer = repair["offers"][0]["id"]
    again = await send(
        desk, page, f"{address}/answers", offer=offer, answer="declined", cost_pence="a lot", note=XSS
    )
    assert again.status_code == 422
    assert "<title>Error: " in again.text
    assert "Enter the cost as an amount" in words(again)
    assert html.escape(XSS, quote=False) in again.text.replace("&#34;", '"')
    assert XSS not in again.text


async def test_who_comes_second_is_told_so_and_nothing_is_lost(desk, asks, told):
    repair = await asks(free=2)
    await told(repair, "accepted")
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    again = await send(
        desk, page, f"{address}/answers", offer=repair["offers"][1]["id"], answer="accepted", note="She rang."
    )
    assert again.status_code == 409
    assert "She rang." in again.text
    assert "Somebody else has this job now." in words(again)


async def test_only_what_can_be_decided_is_offered(desk, boss, asks, told):
    repair = await asks()
    address = f"/repairs/{repair['id']}"
    page = words(await desk.open(address))
    assert "Ask this tradesperson next" in page
    assert "Give it to somebody else" not in page
    assert "Is the place secure?" not in page
    assert "Change how to get in" in page
    await told(repair, "accepted")
    await told(repair, "made_safe", cost_pence=9_000)
    page = words(await desk.open(address))
    assert "Correct what was spent" not in page, "for managers"
    assert "Correct what was spent" in words(await boss.open(address))
    assert "Give it to somebody else" in page
    assert "Ask this tradesperson next" not in page


async def test_a_hold_is_lifted_on_the_page_with_a_reason(desk, asks):
    repair = await asks(police_release="awaited")
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    assert "Lift it when the police say that the scene is released." in words(page)
    action = f"{address}/decisions"
    again = await send(desk, page, action, decision="lift", hold="police_release")
    assert again.status_code == 422
    assert "Enter a reason" in words(again)
    sent = await send(desk, page, action, decision="lift", hold="police_release", reason="They rang at ten.")
    page = words(await desk.open(sent.headers["location"]))
    assert "“They rang at ten.”" in page
    assert "Looking for somebody" in page


async def test_the_person_confirms_and_says_otherwise_a_day_later(desk, asks, told):
    repair = await asks()
    for answer in ("accepted", "arrived", "completed"):
        await told(repair, answer)
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    action = f"{address}/decisions"
    assert "Is the place secure?" in words(page)
    again = await send(desk, page, action, decision="confirm_secure")
    assert "Choose what they say" in words(again)
    sent = await send(desk, page, action, decision="confirm_secure", secure="yes")
    assert "Secure: the person confirmed it" in words(await desk.open(sent.headers["location"]))
    page = await desk.open(address)
    sent = await send(desk, page, action, decision="confirm_secure", secure="no", reason="The lock sticks.")
    page = await desk.open(sent.headers["location"])
    assert ASKS[RepairAsk.NOT_SECURE] in words(page)
    assert "Opened again 1 time" in words(page)


async def test_a_question_is_settled_by_one_press(desk, asks, coordinator):
    repair = await asks(free=0)
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    assert NEXT_STEPS[RepairAsk.NOBODY_LEFT] in words(page)
    sent = await send(desk, page, f"{address}/decisions", decision="settle_ask", ask="nobody_left")
    assert sent.status_code == 303, sent.text
    assert (await coordinator.get(f"/repairs/{repair['id']}")).json()["asks"] == []
    again = await send(desk, page, f"{address}/decisions", decision="settle_ask", ask="not_told")
    assert again.status_code == 409
    assert "There is a problem" in words(again)


async def test_a_coordinator_chooses_whom_to_ask_from_those_who_may_be_sent(desk, asks, repairs):
    repair = await asks(free=0)
    repairs.register("Lou Marsh", is_free=False)
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    chosen = re.search(r'<option value="([0-9a-f-]+)"[^>]*>Lou Marsh, CB1', page.text)
    assert chosen, page.text
    sent = await send(
        desk,
        page,
        f"{address}/decisions",
        decision="offer_to",
        trade_id=chosen.group(1),
        reason="She is near.",
    )
    assert "Lou Marsh" in words(await desk.open(sent.headers["location"]))


async def test_a_manager_corrects_what_was_spent(boss, asks, told):
    repair = await asks(estimate_pence=10_000)
    await told(repair, "accepted")
    await told(repair, "made_safe", cost_pence=10_000)
    address = f"/repairs/{repair['id']}"
    page = await boss.open(address)
    action = f"{address}/decisions"
    sent = await send(boss, page, action, decision="correct_spend", pence="-15.50", reason="Charged twice.")
    page = words(await boss.open(sent.headers["location"]))
    assert "-£15.50" in page
    assert "Together: £84.50" in page


@pytest.mark.parametrize("typed", ["1,20", "1e5", "1_000", "1e999999", "\u0661\u0662", "12,34", "9" * 5000])
async def test_an_amount_that_could_mean_two_things_is_asked_for_again_and_never_guessed(
    boss, asks, told, typed
):
    repair = await asks()
    await told(repair, "accepted")
    page = await boss.open(f"/repairs/{repair['id']}")
    action = f"/repairs/{repair['id']}/answers"
    said = {"offer": repair["offers"][0]["id"], "answer": "completed"}
    again = await send(boss, page, action, **said, cost_pence=typed)
    assert again.status_code == 422
    assert "Enter the cost as an amount, such as 120 or 120.50" in words(again)


async def test_how_to_get_in_is_changed_on_the_page(desk, asks, told, coordinator):
    repair = await asks(access="By the front door.")
    await told(repair, "accepted")
    address = f"/repairs/{repair['id']}"
    action = f"{address}/decisions"
    page = await desk.open(address)
    empty = await send(desk, page, action, decision="change_job", reason="She rang.")
    assert empty.status_code == 422
    assert "Enter what changes: one field at least" in words(empty)
    typed = {"access": "By the side gate.", "address.lines[0]": "9 New Road", "address.postcode": "CB1 9ZZ"}
    sent = await send(desk, page, action, decision="change_job", reason="She rang.", **typed)
    assert sent.status_code == 303, words(sent)
    job = (await coordinator.get(f"/repairs/{repair['id']}")).json()["job"]
    assert job["access"] == "By the side gate."
    assert job["address"] == {"lines": ["9 New Road"], "postcode": "CB1 9ZZ"}


async def test_a_page_that_was_open_while_the_job_changed_hands_takes_it_from_nobody(
    desk, asks, told, coordinator, repairs
):
    repair = await asks()
    first = repair["offers"][0]["id"]
    await told(repair, "accepted")
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    assert page.text.count(f'name="offer" value="{first}"') == 2, "to give it to somebody else, and to cancel"
    await told(repair, "declined", reason="busy")
    chosen = {"trade_id": repairs.register("Lou Marsh", is_free=False), "reason": "She is near."}
    decided = await coordinator.post(f"{address}/decisions", {"decision": "offer_to", **chosen})
    second = decided.json()["asked"][0]["offer"]
    await told(repair, "accepted", offer=second)
    refused = await send(
        desk, page, f"{address}/decisions", decision="reassign", offer=first, reason="Not heard of."
    )
    assert refused.status_code == 409
    assert "Lou Marsh" in words(refused)
    assert f'name="offer" value="{second}"' in refused.text, "whom they see as they look again"
    assert (await coordinator.get(address)).json()["confirmed"]["offer"] == second


async def test_nobody_who_is_in_no_register_is_chosen_on_the_page(desk, asks):
    repair = await asks(free=0)
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    nobody = "5b1d6f3e-0000-4000-8000-000000000001"
    typed = {"decision": "offer_to", "trade_id": nobody, "reason": "They live next door."}
    refused = await send(desk, page, f"{address}/decisions", **typed)
    assert refused.status_code == 422
    assert "is not in the register of tradespeople" in words(refused)


async def test_the_nearest_are_offered_first_however_many_there_are_far_away(desk, asks, repairs, services):
    for number in range(101):
        far = replace(a_tradesperson(f"Far {number}"), base="AB10", phone=f"+4477009{number:05}")
        services.tradespeople.add(far, by="Sam", now=datetime.now(UTC))
    repairs.register("Near Nell", is_free=False)
    repair = await asks(free=0)
    page = (await desk.open(f"/repairs/{repair['id']}")).text
    assert page.index("Near Nell") < page.index("Far 1")
    assert "km" in page[page.index("Near Nell") : page.index("Far 1")], "and why"


async def test_an_entry_of_the_register_that_cannot_be_read_stands_in_nobodys_way(desk, asks, services):
    repair = await asks()
    with services.engine.begin() as connection:
        connection.execute(update(TRADESPERSON).values(person_enc=b"spoilt"))
    for address in ("/repairs", f"/repairs/{repair['id']}", "/tradespeople"):
        page = await desk.open(address)
        assert page.status_code == 200, address
    assert "(This entry cannot be read)" in words(await desk.open(f"/repairs/{repair['id']}"))


async def test_words_that_tell_whoever_has_the_job_something_are_pointed_out(desk, asks):
    repair = await asks(access="The police have the key. Ask for Ada.")
    assert "Look again at how to get in" in words(await desk.open(f"/repairs/{repair['id']}"))


async def test_a_form_sent_twice_is_one_deed(desk, asks, coordinator):
    repair = await asks()
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    once = {"decision": "change_urgency", "urgency": "today", "reason": "It is boarded up by a neighbour."}
    first = await send(desk, page, f"{address}/decisions", **once)
    second = await send(desk, page, f"{address}/decisions", **once)
    assert first.headers["location"] == second.headers["location"]


async def test_a_form_of_another_browser_changes_nothing(desk, asks, coordinator):
    repair = await asks()
    action = f"/repairs/{repair['id']}/decisions"
    kept = await desk.post(action, {"decision": ["cancel"], "reason": ["x"], "form_token": ["wrong"]})
    assert kept.status_code == 403
    assert (await coordinator.get(f"/repairs/{repair['id']}")).json()["stage"] == "looking"


async def test_while_the_engine_is_away_a_decision_is_stored_and_said_so(desk, asks, temporal):
    repair = await asks()
    address = f"/repairs/{repair['id']}"
    page = await desk.open(address)
    temporal.away = True
    sent = await send(desk, page, f"{address}/decisions", decision="cancel", reason="They moved out.")
    page = words(await desk.open(sent.headers["location"]))
    assert "Stored. Decision about a repair: cancel the repair." in page


async def test_whatever_is_typed_is_shown_as_text(desk, officer, coordinator, repairs):
    repairs.register(f"Kay {XSS}", firm=XSS)
    referral = await officer.refer()
    typed = dict.fromkeys(("access", "pets", "who_may_be_home", "notes"), XSS)
    answer = await coordinator.post(
        f"/referrals/{referral['id']}/repairs", OPEN | typed | {"code_word": "<b>x</b>"}
    )
    for address in (f"/repairs/{answer.json()['id']}", "/repairs"):
        page = await desk.open(address)
        assert "<script>alert" not in page.text
        assert "<b>x</b>" not in page.text


async def test_a_repair_that_is_not_there_is_404(desk):
    assert (await desk.open("/repairs/5b1d6f3e-0000-4000-8000-000000000001")).status_code == 404
    assert (await desk.open("/repairs/nonsense")).status_code == 404


async def test_a_second_repair_at_the_same_address_is_pointed_out(desk, asks):
    first = await asks(estimate_pence=5_000)
    second = await asks()
    page = await desk.open(f"/repairs/{second['id']}")
    assert "Perhaps it is done, or paid, twice." in words(page)
    assert f'href="/repairs/{first["id"]}"' in page.text


# --- the numbers


async def test_managers_read_how_quick_repairs_are_by_urgency_kind_area_and_firm(boss, asks, told):
    repair = await asks()
    for answer in ("accepted", "arrived", "completed"):
        await told(repair, answer)
    await asks(free=0)
    page = words(await boss.open("/repairs/statistics"))
    assert "Asked for 2 1 live" in page or "Asked for 2 2 live" in page
    assert "On site as promised 100% 1 of 1" in page
    for said in (
        "By urgency",
        "Open property",
        "By kind",
        "Board up a window or door",
        "By area",
        "CB1",
        "Hill Glazing",
    ):
        assert said in page, said


async def test_the_numbers_are_for_managers_alone(desk):
    assert (await desk.open("/repairs/statistics")).status_code == 403
    assert "How quick we are" not in (await desk.open("/repairs")).text


async def test_a_time_that_cannot_be_meant_is_said_beside_its_field(boss):
    page = await boss.open("/repairs/statistics?from=2026-13-01")
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert "2026-13-01" in page.text


async def test_without_repairs_the_numbers_are_none(boss):
    page = words(await boss.open("/repairs/statistics?from=2020-01-01&to=2020-02-01"))
    assert "Asked for 0" in page
    assert "\N{EN DASH}" in page


# --- the worklist


async def test_a_repair_that_asks_somebody_stands_on_the_worklist_with_the_reason(desk, asks, coordinator):
    repair = await asks(free=0)
    page = await desk.open("/worklist")
    found = section(page, "repairs")
    assert f'href="/repairs/{repair["id"]}"' in found
    assert ASKS[RepairAsk.NOBODY_LEFT] in html.unescape(found)
    item = next(
        each
        for each in (await coordinator.get("/worklist")).json()["items"]
        if each["referral"] == repair["referral"]
    )
    [asking] = item["asking"]
    assert (asking["kind"], asking["id"], asking["asks"], asking["urgent"]) == (
        "repair",
        repair["id"],
        ["nobody_left"],
        True,
    )
    assert asking["reasons"] == [ASKS[RepairAsk.NOBODY_LEFT]]


async def test_a_repair_that_asks_nobody_is_not_there(desk, asks):
    await asks()
    assert section(await desk.open("/worklist"), "repairs") == ""


async def test_a_closed_referral_stands_there_while_its_repair_asks(desk, asks, coordinator):
    repair = await asks(free=0)
    referral = {"id": repair["referral"]}
    await coordinator.ring(referral, "answered")
    await coordinator.decide(referral, "single_call", reason="Advice was enough.")
    page = await desk.open("/worklist")
    assert repair["id"] in section(page, "repairs")
    item = next(
        each
        for each in (await coordinator.get("/worklist")).json()["items"]
        if each["referral"] == referral["id"]
    )
    assert item["stage"] == "closed"
    await coordinator.post(f"/repairs/{repair['id']}/decisions", {"decision": "cancel", "reason": "Moved."})
    items = (await coordinator.get("/worklist")).json()["items"]
    assert referral["id"] not in {each["referral"] for each in items}
