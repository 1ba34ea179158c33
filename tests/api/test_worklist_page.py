import re
from datetime import UTC, datetime, timedelta

import pytest

from api import worklist_page, worklist_page_rebooking
from api.typed_times import moments_read
from api.worklist_page_rebooking import ids_from_text, ids_to_text
from domain.vocabulary import NextActionKind
from tests.api.browser import Browser, form_of

XSS = "<script>alert('x')</script>"
REBOOK = "/worklist/rebook"


@pytest.fixture
def lapse(officer, services, temporal):
    """Refer somebody whom nobody rings in time."""

    async def made(**changes):
        referral = await officer.refer(**changes)
        call = services.referrals.view(referral["id"]).state.call
        await temporal.time_passes(referral["id"], to=call.lapses_at)
        object.__setattr__(services, "clock", lambda: datetime.now(UTC) + timedelta(minutes=5))
        return referral

    return made


def part(page, section: str) -> str:
    found = re.search(rf'<section id="{section}".*?</section>', page.text, re.DOTALL)
    return found.group(0) if found else ""


def ticked(page) -> list[str]:
    return form_of(page, REBOOK).fields.get("referral[]", [])


def banner(page) -> str:
    found = re.search(r'govuk-notification-banner__content">(.*?)</div>', page.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found.group(1)).split()) if found else ""


async def test_each_is_in_the_section_of_what_is_to_be_done_and_danger_stands_on_top(
    desk, issue, officer, coordinator, services, lapse
) -> None:
    names = ("Danger", "Lapsed", "Call", "Decide", "Hold", "Review", "Later")
    made = {
        name: await (lapse if name == "Lapsed" else officer.refer)(victim__given_name=name) for name in names
    }
    await coordinator.ring(made["Danger"], "immediate_danger")
    await coordinator.ring(made["Decide"], "answered")
    await coordinator.decide(made["Hold"], "hold")
    await coordinator.ring(made["Review"], "answered")
    await coordinator.decide(made["Review"], "ongoing_support", support={"first_contact_on": "2020-01-01"})
    early = (services.clock() + timedelta(days=1)).astimezone(services.zone).replace(hour=0, minute=30)
    later = early.replace(hour=12)
    await coordinator.decide(made["Later"], "change_due", due_at=later.isoformat())
    object.__setattr__(services, "clock", lambda: early)
    await desk.sign_in(issue())
    page = await desk.open("/worklist")
    sections = ("danger", "lapsed", "call", "decide", "holds", "reviews", "later")
    for name, section in zip(names, sections, strict=True):
        assert made[name]["reference"].replace("-", "-") in part(page, section), f"{name} is not in {section}"
        assert f'href="/referrals/{made[name]["id"]}"' in part(page, section)
    places = [page.text.index(f'<section id="{section}"') for section in sections]
    assert places == sorted(places)
    assert "Immediate danger" in part(page, "danger")
    assert "Escalated" in part(page, "danger")


async def test_a_row_says_why_until_when_in_which_language_and_that_it_was_promised_but_no_number(
    desk, officer, coordinator
) -> None:
    referral = await officer.refer(
        victim__preferred_name="Addie", victim__language="pl", victim__interpreter="Polish"
    )
    await coordinator.ring(referral, "no_answer")
    await coordinator.ring(referral, "callback_requested")
    page = await desk.open("/worklist")
    for words in (
        "Addie",
        "A call back was promised.",
        "Promised for",
        "Interpreter: Polish",
        "Language: pl",
    ):
        assert words in page.text
    assert "1 of 3 calls counted" in page.text
    assert "Call until" in page.text
    assert "7700" not in page.text
    assert "As of <time" in page.text


async def test_what_a_row_says_in_clear_is_what_its_sealed_state_says(
    officer, coordinator, services, lapse
) -> None:
    made = [await officer.refer() for _ in range(4)] + [await lapse()]
    await coordinator.ring(made[0], "immediate_danger")
    await coordinator.ring(made[1], "callback_requested")
    await coordinator.ring(made[2], "answered")
    await coordinator.ring(made[3], "answered")
    await coordinator.decide(made[3], "ongoing_support")
    for referral in made:
        view = services.referrals.view(referral["id"])
        action, call = view.next_action, view.state.call
        assert view.next_kind is action.kind
        assert view.due_at == action.due_at
        assert view.in_danger == any(hold.kind == "immediate_danger" for hold in view.holds)
        assert view.promised == (call is not None and call.promised)
        assert view.lapses == (call.lapses if call else 0)
    assert {services.referrals.view(one["id"]).next_kind for one in made} == {
        NextActionKind.CHECK_HOLD,
        NextActionKind.CALL,
        NextActionKind.DECIDE,
        NextActionKind.REVIEW,
    }


async def test_when_nobody_waits_it_says_so(desk) -> None:
    page = await desk.open("/worklist")
    assert page.status_code == 200
    assert "Nobody waits just now." in page.text


async def test_a_long_section_is_read_page_by_page(desk, officer, monkeypatch) -> None:
    monkeypatch.setattr(worklist_page, "AT_ONCE", 2)
    made = {(await officer.refer())["id"] for _ in range(5)}
    whole = await desk.open("/worklist")
    assert "Call now (5)" in whole.text
    assert len(re.findall(r'href="/referrals/', whole.text)) == 2
    seen, address = set(), "/worklist?section=call"
    while address:
        page = await desk.open(address)
        seen |= set(re.findall(r'href="/referrals/([\w-]+)"', page.text))
        found = re.search(r'href="([^"]+)" rel="next"', page.text)
        address = found.group(1).replace("&amp;", "&") if found else ""
    assert seen == made
    assert (await desk.open("/worklist?section=call&page=99")).status_code == 200
    assert (await desk.open("/worklist?section=nonsense")).status_code == 422


async def test_only_ordinary_lapses_are_ticked_promised_and_high_risk_ones_are_looked_at(
    desk, officer, coordinator, services, temporal, lapse
) -> None:
    ordinary = await lapse()
    high = await lapse(risk={"level": "high"})
    promised = await officer.refer()
    await coordinator.ring(promised, "callback_requested")
    call = services.referrals.view(promised["id"]).state.call
    await temporal.time_passes(promised["id"], to=call.lapses_at)
    later = services.clock() + timedelta(hours=1)
    object.__setattr__(services, "clock", lambda: later)
    page = await desk.open("/worklist")
    assert "3 calls whose time passed" in page.text
    assert ticked(page) == [ordinary["id"]]
    for referral in (high, promised):
        assert f'value="{referral["id"]}"' in part(page, "lapsed")


async def test_lapses_that_were_escalated_are_one_group_and_do_not_bury_the_danger(
    desk, officer, coordinator, services, temporal, lapse
) -> None:
    danger = await officer.refer()
    await coordinator.ring(danger, "immediate_danger")
    made = [await lapse() for _ in range(3)]
    for referral in made:
        call = services.referrals.view(referral["id"]).state.call
        await temporal.time_passes(referral["id"], to=call.lapses_at)
        assert services.referrals.view(referral["id"]).escalated_at
    page = await desk.open("/worklist")
    assert set(re.findall(r'href="/referrals/([\w-]+)"', part(page, "danger"))) == {danger["id"]}
    assert "3 calls whose time passed" in part(page, "lapsed")
    assert part(page, "lapsed").count("<strong>Escalated:</strong>") == 3


async def test_many_are_rebooked_with_one_press_and_each_timeline_has_the_reason(
    desk, coordinator, services, lapse
) -> None:
    made = [await lapse() for _ in range(3)]
    page = await desk.open("/worklist")
    assert sorted(ticked(page)) == sorted(one["id"] for one in made)
    then = (services.clock() + timedelta(days=1)).astimezone(services.zone).replace(hour=10, minute=15)
    typed = then.strftime("%Y-%m-%dT%H:%M")
    sent = await desk.send(page, REBOOK, due_at=typed, reason="Two of us were ill.")
    assert sent.status_code == 303
    after = await desk.open(sent.headers["location"])
    assert banner(after).startswith("3 calls were rebooked.")
    assert part(after, "lapsed") == ""
    for referral in made:
        due = datetime.fromisoformat((await coordinator.see(referral))["next_action"]["due_at"])
        assert due == then.replace(second=0, microsecond=0)
        lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
        assert [line["words"] for line in lines if line["what"] == "A new time was set."] == [
            "Two of us were ill."
        ]


async def test_nobody_is_rebooked_to_a_time_at_which_they_cannot_be_rung(
    desk, coordinator, services, lapse
) -> None:
    day = (services.clock() + timedelta(days=2)).astimezone(services.zone).replace(second=0, microsecond=0)
    window = {"days": [day.strftime("%a").lower()], "from": "18:00", "to": "20:00"}
    referral = await lapse(victim__call_windows=[window])
    typed = day.replace(hour=10, minute=0).strftime("%Y-%m-%dT%H:%M")
    page = await desk.open("/worklist")
    await desk.send(page, REBOOK, due_at=typed, reason="Later", **{"referral[]": [referral["id"]]})
    due = datetime.fromisoformat((await coordinator.see(referral))["next_action"]["due_at"])
    assert due == day.replace(hour=18, minute=0)


async def test_a_press_repeated_is_one_rebooking(desk, coordinator, lapse) -> None:
    referral = await lapse()
    page = await desk.open("/worklist")
    fields = form_of(page, REBOOK).fields | {"due_at": ["2030-01-02T10:00"], "reason": ["Ill"]}
    first, second = [await desk.post(REBOOK, fields) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    assert sum(line["what"] == "A new time was set." for line in lines) == 1


async def test_those_that_cannot_be_rebooked_are_named_with_the_reason(
    desk, coordinator, lapse, temporal, monkeypatch
) -> None:
    made = [await lapse() for _ in range(3)]
    page = await desk.open("/worklist")
    answering = temporal.send_command

    async def closes_first(target_id, command, *, within):
        """Somebody else is quicker, between our look and our decision."""
        if target_id == f"referral-{made[0]['id']}":
            monkeypatch.setattr(temporal, "send_command", answering)
            await temporal.closes(made[0]["id"])
        return await answering(target_id, command, within=within)

    monkeypatch.setattr(temporal, "send_command", closes_first)
    sent = await desk.send(page, REBOOK, due_at="2030-01-02T10:00", reason="Ill")
    said = banner(await desk.open(sent.headers["location"]))
    assert said.startswith("2 calls were rebooked.")
    assert f"{made[0]['reference']} : This is not possible while the referral is closed." in said


MOVED_ON = {
    "promised": [("ring", "callback_requested")],
    "spoken to": [("ring", "answered")],
    "rung in vain": [("ring", "no_answer")],
    "written to": [("decide", "write_now")],
    "held": [("decide", "hold")],
    "closed": [("decide", "return_to_referrer")],
}


@pytest.mark.parametrize("how", MOVED_ON)
async def test_who_has_moved_on_since_the_page_was_opened_is_left_alone_and_named(
    how, desk, coordinator, lapse
) -> None:
    moved, waits = await lapse(), await lapse()
    page = await desk.open("/worklist")
    assert sorted(ticked(page)) == sorted((moved["id"], waits["id"]))
    for what, word in MOVED_ON[how]:
        await getattr(coordinator, what)(moved, word)
    before = await coordinator.see(moved)
    sent = await desk.send(page, REBOOK, due_at="2030-01-02T10:00", reason="Ill")
    said = banner(await desk.open(sent.headers["location"]))
    assert said == f"1 call was rebooked. Not rebooked: it has changed since. {moved['reference']}"
    after = await coordinator.see(moved)
    assert (after["revision"], after["next_action"]) == (before["revision"], before["next_action"])


async def test_what_is_stored_and_not_applied_yet_counts_as_moved_on(
    desk, coordinator, temporal, services, lapse
) -> None:
    referral = await lapse()
    page = await desk.open("/worklist")
    temporal.away = True
    await coordinator.ring(referral, "callback_requested")
    temporal.away = False
    sent = await desk.send(page, REBOOK, due_at="2030-01-02T10:00", reason="Ill")
    assert "it has changed since" in banner(await desk.open(sent.headers["location"]))
    (pending,) = services.commands.pending(f"referral-{referral['id']}")
    assert pending.kind == "attempt"


async def a_lapsed_promise(officer, coordinator, services, temporal):
    referral = await officer.refer()
    await coordinator.ring(referral, "callback_requested")
    call = services.referrals.view(referral["id"]).state.call
    await temporal.time_passes(referral["id"], to=call.lapses_at)
    return referral


async def test_a_promised_call_is_rebooked_by_whoever_ticks_it_having_seen_that_it_was_promised(
    desk, officer, coordinator, services, temporal
) -> None:
    referral = await a_lapsed_promise(officer, coordinator, services, temporal)
    page = await desk.open("/worklist")
    assert ticked(page) == []
    typed = {"due_at": "2030-01-02T10:00", "reason": "They agreed.", "referral[]": [referral["id"]]}
    sent = await desk.send(page, REBOOK, **typed)
    assert banner(await desk.open(sent.headers["location"])) == "1 call was rebooked."


async def test_who_became_promised_while_an_error_was_mended_is_no_longer_ticked(
    desk, officer, coordinator, services, temporal, lapse
) -> None:
    referral = await lapse()
    page = await desk.open("/worklist")
    await coordinator.ring(referral, "callback_requested")
    call = services.referrals.view(referral["id"]).state.call
    await temporal.time_passes(referral["id"], to=call.lapses_at)
    again = await desk.send(page, REBOOK, due_at="2030-01-02T10:00", reason="")
    assert "Promised" in part(again, "lapsed")
    assert ticked(again) == []


async def test_the_same_form_with_another_time_is_no_error_page_and_leaves_what_it_rebooked(
    desk, coordinator, lapse
) -> None:
    made = [await lapse() for _ in range(2)]
    fields = form_of(await desk.open("/worklist"), REBOOK).fields
    typed = fields | {"reason": ["Ill"], "due_at": ["2030-01-02T10:00"], "referral[]": [made[0]["id"]]}
    await desk.post(REBOOK, typed)
    rebooked = await coordinator.see(made[0])
    again = typed | {"due_at": ["2031-01-02T10:00"], "referral[]": [one["id"] for one in made]}
    sent = await desk.post(REBOOK, again)
    assert sent.status_code == 303
    said = banner(await desk.open(sent.headers["location"]))
    assert said == f"1 call was rebooked. Not rebooked: it has changed since. {made[0]['reference']}"
    assert (await coordinator.see(made[0]))["next_action"] == rebooked["next_action"]


async def test_an_error_is_mended_on_the_page_it_was_made_on_with_every_tick(
    desk, coordinator, lapse, monkeypatch
) -> None:
    monkeypatch.setattr(worklist_page, "MOST", 2)
    for _ in range(6):
        await lapse()
    third = await desk.open("/worklist?section=lapsed&page=3")
    chosen = ticked(third)
    assert len(chosen) == 2
    again = await desk.send(third, REBOOK, due_at="2030-01-02T10:00", reason="")
    assert ticked(again) == chosen
    assert set(re.findall(r'href="/referrals/([\w-]+)"', part(again, "lapsed"))) == set(chosen)
    assert "no longer on this page" not in again.text


async def test_a_tick_that_is_no_longer_on_the_page_is_kept_and_counted(
    desk, coordinator, lapse, monkeypatch
) -> None:
    monkeypatch.setattr(worklist_page, "MOST", 2)
    made = [await lapse() for _ in range(4)]
    second = await desk.open("/worklist?section=lapsed&page=2")
    chosen = ticked(second)
    gone = next(one for one in made if one["id"] not in chosen)
    await coordinator.ring(gone, "answered")  # and the list moves up by one
    again = await desk.send(second, REBOOK, due_at="2030-01-02T10:00", reason="")
    assert sorted(ticked(again)) == sorted(chosen)
    assert "Also ticked, and no longer on this page: 1." in again.text
    sent = await desk.send(again, REBOOK, reason="Ill")
    assert banner(await desk.open(sent.headers["location"])) == "2 calls were rebooked."


async def test_more_ticks_than_one_press_takes_are_said_and_none_is_dropped_unseen(
    desk, lapse, monkeypatch
) -> None:
    monkeypatch.setattr(worklist_page, "MOST", 2)
    made = [await lapse() for _ in range(3)]
    page = await desk.open("/worklist")
    typed = {"due_at": "2030-01-02T10:00", "reason": "Ill", "referral[]": [one["id"] for one in made]}
    again = await desk.send(page, REBOOK, **typed)
    assert again.status_code == 422
    assert "The calls ticked are more than 2: rebook some of them first" in again.text


async def test_calls_of_this_evening_do_not_push_out_those_that_are_due_now(
    desk, issue, officer, coordinator, services, monkeypatch
) -> None:
    monkeypatch.setattr(worklist_page, "FARTHEST", 2)
    noon = (services.clock() + timedelta(days=1)).astimezone(services.zone).replace(hour=12, minute=0)
    due = [await officer.refer() for _ in range(2)]
    for _ in range(2):
        evening = await officer.refer()
        await coordinator.ring(evening, "callback_requested", callback_at=noon.replace(hour=20).isoformat())
    object.__setattr__(services, "clock", lambda: noon)
    await desk.sign_in(issue())
    page = await desk.open("/worklist")
    for referral in due:
        assert f'href="/referrals/{referral["id"]}"' in page.text
    assert "More people wait than anybody reads in one go" in page.text


async def test_until_when_is_said_of_a_call_and_never_of_a_hold(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    await coordinator.ring(referral, "callback_requested")
    await coordinator.ring(referral, "immediate_danger")
    danger = part(await desk.open("/worklist"), "danger")
    assert "Look again by" in danger
    assert "Call until" not in danger
    assert "Its time passed" not in danger


async def test_while_temporal_is_away_all_are_stored_and_only_the_first_ones_are_waited_for(
    desk, services, temporal, lapse, monkeypatch
) -> None:
    monkeypatch.setattr(worklist_page_rebooking, "AT_ONCE", 2)
    made = [await lapse() for _ in range(6)]
    page = await desk.open("/worklist")
    temporal.away = True
    asked = []
    answering = temporal.send_command

    async def counted(target_id, command, *, within):
        asked.append(target_id)
        return await answering(target_id, command, within=within)

    monkeypatch.setattr(temporal, "send_command", counted)
    sent = await desk.send(page, REBOOK, due_at="2030-01-02T10:00", reason="Ill")
    said = banner(await desk.open(sent.headers["location"]))
    assert said.startswith("0 calls were rebooked. 6 are stored and will follow")
    assert len(asked) <= 2
    assert all(services.commands.pending(f"referral-{one['id']}") for one in made)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"reason": ""}, "Enter a reason for rebooking"),
        ({"due_at": ""}, "Enter the new date and time"),
        ({"due_at": "tomorrow"}, "Enter the new date and time"),
        ({"due_at": "2001-01-01T10:00"}, "The new time has to lie in the future"),
        ({"referral[]": []}, "Tick at least one call"),
    ],
)
async def test_what_is_missing_is_asked_for_and_nothing_typed_or_ticked_is_lost(
    typed, says, desk, lapse
) -> None:
    made = [await lapse() for _ in range(2)]
    page = await desk.open("/worklist")
    choice = {"due_at": "2030-01-02T10:00", "reason": "My words", "referral[]": [made[0]["id"]]} | typed
    again = await desk.send(page, REBOOK, **choice)
    assert again.status_code == 422
    assert says in again.text
    assert "<title>Error: " in again.text
    assert ticked(again) == choice["referral[]"]
    assert not choice["reason"] or choice["reason"] in again.text
    (target,) = set(re.findall(r'error-summary__list.*?href="#([\w-]+)"', again.text, re.DOTALL))
    assert f'id="{target}"' in again.text


async def test_what_was_typed_is_kept_also_when_nobody_is_left_to_rebook(desk, coordinator, lapse) -> None:
    referral = await lapse()
    page = await desk.open("/worklist")
    await coordinator.ring(referral, "answered")
    again = await desk.send(page, REBOOK, due_at="", reason="My words")
    assert again.status_code == 422
    assert "My words" in again.text


async def test_nothing_personal_is_ever_markup(desk, officer, coordinator, lapse) -> None:
    person = {
        "victim__preferred_name": XSS,
        "victim__interpreter": XSS,
        "victim__language": XSS,
    }
    await officer.refer(**person)
    await lapse(**person)
    page = await desk.open("/worklist")
    assert XSS not in page.text
    assert "&lt;script&gt;" in page.text
    again = await desk.send(page, REBOOK, due_at="", reason=XSS)
    assert XSS not in again.text


async def test_police_may_not_see_it_and_who_has_not_signed_in_is_asked_to(app, issue) -> None:
    browser = Browser(app)
    assert (await browser.open("/worklist")).status_code == 401
    await browser.sign_in(issue("police"))
    assert (await browser.open("/worklist")).status_code == 403
    assert (await browser.post(REBOOK, {"reason": ["x"]})).status_code == 403


async def test_a_form_that_is_not_ours_rebooks_nobody(desk, coordinator, lapse) -> None:
    referral = await lapse()
    before = (await coordinator.see(referral))["revision"]
    fields = form_of(await desk.open("/worklist"), REBOOK).fields
    typed = fields | {"form_token": ["0" * 64], "due_at": ["2030-01-02T10:00"], "reason": ["Ill"]}
    assert (await desk.post(REBOOK, typed)).status_code == 403
    assert (await coordinator.see(referral))["revision"] == before


def test_ids_survive_an_address_and_what_is_not_ours_is_nothing() -> None:
    ids = ["5b1d6f3e-0000-4000-8000-000000000001", "5b1d6f3e-0000-4000-8000-000000000002"]
    assert ids_from_text(ids_to_text(ids)) == ids
    for nonsense in ("", "x", "AAAA", "<script>", "é"):
        assert ids_from_text(nonsense) == []


@pytest.mark.parametrize("wrong", ["soon", "2026-02-30T10:00", "2026-11-24", "9999-12-31T23:59"])
def test_a_time_that_is_on_no_clock_is_left_to_be_refused(wrong, services) -> None:
    assert moments_read({"due_at": wrong}, ("due_at",), services.zone)["due_at"] in {
        wrong,
        f"{wrong}:00+00:00",
    }
    read = moments_read({"due_at": "2026-07-01T10:00"}, ("due_at",), services.zone)
    assert read["due_at"] == "2026-07-01T10:00:00+01:00"
