import re
from datetime import datetime, timedelta

import pytest

from domain.referral import open_decisions
from domain.vocabulary import DecisionKind, Role, Stage
from tests.api.browser import Browser, form_of
from tests.api.people import a_referral

XSS = "<script>alert('x')</script>"


def decision_forms(page) -> set[str]:
    return set(re.findall(r'name="decision" value="(\w+)"', page.text))


def at(referral, what: str = "") -> str:
    return f"/referrals/{referral['id']}" + (f"/{what}" if what else "")


def banner(page) -> str:
    found = re.search(r'govuk-notification-banner__content">(.*?)</div>', page.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found.group(1)).split()) if found else ""


@pytest.fixture
async def chief(app, issue) -> Browser:
    browser = Browser(app)
    await browser.sign_in(issue("manager"))
    return browser


async def send(browser: Browser, referral, what: str, **typed):
    """Send one of the forms of a referral's page, and follow to what became of it."""
    page = await browser.open(at(referral))
    fields = {"form_token": form_of(page, at(referral, "replies")).fields["form_token"]}
    once = re.findall(r'name="form_once" value="([^"]+)"', page.text)[-1]
    sent = await browser.post(
        at(referral, what), {**fields, "form_once": [once], **{n: [v] for n, v in typed.items()}}
    )
    return await browser.open(sent.headers["location"]) if sent.status_code == 303 else sent


# What stands where.


async def test_what_the_referrer_said_about_danger_stands_before_the_number(desk, officer) -> None:
    referral = await officer.refer(
        victim__phones=[{"number": "+447700900123", "safe": "yes", "voicemail": "named"}],
        suspects=[{"relationship": "partner", "shares_address": "yes", "whereabouts": "at_large"}],
        children_present="yes",
        notes="He reads her phone. Never ring after four.",
    )
    page = (await desk.open(at(referral))).text
    number = page.index("900123")
    for said in (
        "lives at the address",
        "Children present",
        "Never ring after four",
        "suspect lives with this",
    ):
        assert 0 < page.index(said) < number, said
    # Nothing that names the service is left on a machine that others may hear.
    assert "may name the service" not in page
    assert "A neutral message only" in page


async def test_whether_one_may_ring_and_everything_that_keeps_safe_stands_before_the_number(
    desk, officer
) -> None:
    referral = await officer.refer(
        victim__preferred_name="Addie",
        victim__interpreter="Polish",
        victim__access=["large_print"],
        victim__phones=[
            {
                "number": "+447700900123",
                "safe": "yes",
                "voicemail": "none",
                "who_may_answer": "My sister",
                "withhold_number": "yes",
            }
        ],
    )
    page = (await desk.open(at(referral))).text
    number = page.index("tel:+447700900123")
    for words in (
        "May I ring now? Yes",
        "Immediate danger",
        "Someone else answered",
        "My sister",
        "Leave no message",
        "Hide it",
        "Addie (Ada Example)",
        "Polish",
        "Large print",
    ):
        assert page.index(words) < number, f"{words} is read too late"
    for words in ("Record the call", "Decide", "What happened", "What the referrer said"):
        assert page.index(f">{words}") > number
    assert "+44\N{NO-BREAK SPACE}7700\N{NO-BREAK SPACE}900123" not in page[:number]


async def test_a_number_marked_unsafe_is_never_one_to_ring(desk, officer) -> None:
    phones = [{"number": "+447700900123", "safe": "yes"}, {"number": "+447700900199", "safe": "no"}]
    referral = await officer.refer(victim__phones=phones)
    page = (await desk.open(at(referral))).text
    assert "tel:+447700900199" not in page
    assert 'value="+447700900199"' not in page
    assert "It is marked unsafe" in page


async def test_a_number_nobody_called_safe_is_not_rung_on_a_sensitive_referral(desk, officer) -> None:
    phones = [{"number": "+447700900123", "safe": "yes"}, {"number": "+447700900199", "safe": "unknown"}]
    referral = await officer.refer(victim__phones=phones, incident__kind="stalking")
    page = (await desk.open(at(referral))).text
    assert "tel:+447700900123" in page
    assert "tel:+447700900199" not in page


async def test_while_held_no_number_is_a_link_and_the_reason_and_who_may_lift_it_are_said(
    desk, officer, coordinator
) -> None:
    referral = await officer.refer(incident__kind="stalking")
    await coordinator.ring(referral, "third_party_answered")
    page = await desk.open(at(referral))
    assert "May I ring now? No" in page.text
    assert "Everything was stopped." in page.text
    assert "tel:+447700900123" not in page.text
    assert "Only a manager may lift" in page.text
    assert "release" not in decision_forms(page)


async def test_outside_the_times_a_person_gave_the_answer_is_no_and_says_when(
    desk, officer, services
) -> None:
    tomorrow = (services.clock() + timedelta(days=1)).astimezone(services.zone)
    window = {"days": [tomorrow.strftime("%a").lower()], "from": "10:00", "to": "11:00"}
    referral = await officer.refer(victim__call_windows=[window])
    page = (await desk.open(at(referral))).text
    assert "May I ring now? No" in page
    assert "The next time is" in page
    assert "tel:+447700900123" not in page


async def test_before_a_promised_call_no_number_is_a_link_and_the_page_says_for_when_it_was_promised(
    desk, officer, coordinator, services
) -> None:
    referral = await officer.refer()
    promised = (services.clock() + timedelta(days=2)).astimezone(services.zone).replace(hour=12, minute=5)
    await coordinator.ring(referral, "callback_requested", callback_at=promised.isoformat())
    page = (await desk.open(at(referral))).text
    assert "May I ring now? No" in page
    assert f"{promised:%a} {promised.day} {promised:%b}" in page
    assert "A call was promised for" in page
    assert "nobody rings before" in page
    assert "tel:+447700900123" not in page


async def test_who_is_only_to_be_informed_is_not_rung_without_asking(desk, officer) -> None:
    referral = await officer.refer(lane="information")
    page = (await desk.open(at(referral))).text
    assert "May I ring now? Ask first" in page
    assert "only to be told that we exist" in page
    assert "tel:+447700900123" not in page


async def test_danger_shows_the_address_and_whom_to_ring_above_everything(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    await coordinator.ring(referral, "immediate_danger")
    page = (await desk.open(at(referral))).text
    assert "ring 999 now" in page
    danger = page[page.index("hf-danger") : page.index("<h1")]
    assert "1 Example Street, Cambridge, CB1 2AB" in danger
    assert "A supervisor is alerted" in danger


async def test_who_shares_a_number_is_linked_and_so_are_messages_with_their_letter(
    desk, officer, coordinator
) -> None:
    first, second = await officer.refer(), await officer.refer()
    await coordinator.decide(first, "write_now")
    message = (await coordinator.get(f"/messages?referral={first['id']}")).json()["items"][0]
    page = (await desk.open(at(first))).text
    assert f'href="/referrals/{second["id"]}"' in page
    assert f'href="/post-room/{message["id"]}/letter.pdf"' in page


# Which forms there are.


STORIES = {
    "contacting": [],
    "reached": [("ring", "answered")],
    "writing": [("decide", "write_now")],
    "held by coordinator": [("decide", "hold")],
    "held by manager": [("ring", "immediate_danger")],
    "supporting": [("ring", "answered"), ("decide", "ongoing_support")],
    "held from supporting": [
        ("ring", "answered"),
        ("decide", "ongoing_support"),
        ("ring", "language_barrier"),
    ],
    "closed": [("decide", "return_to_referrer")],
}


@pytest.mark.parametrize("role", ["coordinator", "manager"])
@pytest.mark.parametrize("story", STORIES)
async def test_just_the_decisions_that_are_open_have_forms(
    story, role, desk, chief, officer, coordinator, services
) -> None:
    referral = await officer.refer()
    for verb, what in STORIES[story]:
        assert (await getattr(coordinator, verb)(referral, what)).status_code in {200, 201}
    page = await (desk if role == "coordinator" else chief).open(at(referral))
    state = services.referrals.view(referral["id"]).state
    assert decision_forms(page) == set(open_decisions(state, role=Role(role), now=services.clock()))


async def test_only_the_endings_that_are_possible_can_be_chosen(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    await coordinator.ring(referral, "answered")
    page = (await desk.open(at(referral))).text
    offered = set(re.findall(r'id="close-outcome[^"]*" name="outcome" type="radio" value="(\w+)"', page))
    for outcome in offered:
        other = await officer.refer()
        await coordinator.ring(other, "answered")
        assert (await coordinator.decide(other, "close", outcome=outcome)).status_code == 200, outcome
    assert offered.isdisjoint({"not_reached", "support_completed", "informed", "declined", "single_call"})


async def test_the_button_for_danger_stands_on_every_page_and_that_for_somebody_else_on_live_ones(
    desk, officer, coordinator
) -> None:
    live, closed = await officer.refer(), await officer.refer()
    await coordinator.decide(closed, "return_to_referrer")
    danger, somebody_else = [
        f'<input type="hidden" name="outcome" value="{outcome}">'
        for outcome in ("immediate_danger", "third_party_answered")
    ]
    pages = {"live": (await desk.open(at(live))).text, "closed": (await desk.open(at(closed))).text}
    assert all(danger in page for page in pages.values())
    assert somebody_else in pages["live"]
    assert somebody_else not in pages["closed"]


@pytest.mark.parametrize("is_closed", [False, True])
async def test_danger_is_one_press_whatever_the_referral_is(is_closed, desk, officer, coordinator) -> None:
    referral = await officer.refer()
    if is_closed:
        await coordinator.decide(referral, "return_to_referrer")
    page = await desk.open(at(referral))
    fields = form_of(page, at(referral, "contact-attempts")).fields
    assert fields["outcome"] == ["immediate_danger"], "the first button of the page"
    done = await desk.open((await desk.post(at(referral, "contact-attempts"), fields)).headers["location"])
    assert "ring 999 now" in done.text
    assert "A supervisor is alerted" in done.text
    assert (await coordinator.see(referral))["stage"] == "held"


async def test_a_closed_referral_takes_a_call_from_the_person_and_no_other(
    desk, officer, coordinator
) -> None:
    referral = await officer.refer()
    await coordinator.decide(referral, "return_to_referrer")
    page = (await desk.open(at(referral))).text
    assert 'name="outcome" type="radio" value="answered"' in page
    assert 'value="no_answer"' not in page
    assert 'value="outbound"' not in page
    done = await send(desk, referral, "contact-attempts", outcome="answered", direction="inbound")
    assert "Recorded" in banner(done)
    assert (await coordinator.see(referral))["stage"] == "contacting"


# What becomes of what is sent.


async def test_a_call_is_recorded_counted_and_it_is_said_what_comes_next(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, "contact-attempts", outcome="no_answer", note="Rang twice.")
    assert "Recorded, and counted" in banner(page)
    assert "Next: call. Nobody has answered yet." in banner(page)
    assert "Rang twice." in page.text
    assert (await coordinator.see(referral))["attempts_counted"] == 1


async def test_a_call_that_does_not_count_is_recorded_and_the_reason_said(desk, officer) -> None:
    page = await send(desk, await officer.refer(), "contact-attempts", outcome="engaged")
    assert "It does not count: only a call that nobody answered counts." in banner(page)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [("immediate_danger", "immediate_danger"), ("third_party_answered", "third_party_answered")],
)
async def test_one_press_with_nothing_filled_in_is_enough(outcome, kind, desk, officer, coordinator) -> None:
    referral = await officer.refer(incident__kind="stalking")
    page = (await desk.open(at(referral))).text
    action = at(referral, "contact-attempts")
    forms = re.findall(rf'<form method="post" action="{action}"[^>]*>(.*?)</form>', page, re.DOTALL)
    (form,) = [
        form for form in forms if f'name="outcome" value="{outcome}"' in form and 'type="radio"' not in form
    ]
    fields = {name: [value] for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    assert set(fields) == {"form_token", "form_once", "outcome"}
    assert (await desk.post(action, fields)).status_code == 303
    assert (await coordinator.see(referral))["hold"]["kind"] == kind


async def test_a_call_back_is_promised_for_the_time_on_the_services_clock(
    desk, officer, coordinator, services
) -> None:
    referral = await officer.refer()
    there = (services.clock() + timedelta(days=2)).astimezone(services.zone).replace(hour=18, minute=30)
    typed = there.strftime("%Y-%m-%dT%H:%M")
    await send(desk, referral, "contact-attempts", outcome="callback_requested", callback_at=typed)
    due = datetime.fromisoformat((await coordinator.see(referral))["next_action"]["due_at"])
    assert due == there.replace(second=0, microsecond=0)


async def test_a_press_repeated_is_one_call(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    action = at(referral, "contact-attempts")
    fields = form_of(await desk.open(at(referral)), action).fields | {"outcome": ["no_answer"]}
    first, second = [await desk.post(action, fields) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    assert sum("Call:" in line["what"] for line in lines) == 1


async def test_the_same_form_with_other_words_is_asked_about_and_nothing_typed_is_lost(desk, officer) -> None:
    referral = await officer.refer()
    action = at(referral, "contact-attempts")
    fields = form_of(await desk.open(at(referral)), action).fields | {"outcome": ["no_answer"]}
    await desk.post(action, fields)
    page = await desk.post(action, fields | {"outcome": ["engaged"], "note": ["Tried again"]})
    assert page.status_code == 409
    assert "sent before" in page.text
    assert "Tried again" in page.text


async def test_a_decision_is_carried_out_and_said(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    await coordinator.ring(referral, "answered")
    support = {"support.kind": "nurse", "support.owner": "North", "support.first_contact_on": "2030-01-02"}
    page = await send(
        desk, referral, "decisions", decision="ongoing_support", reason="Would like it", **support
    )
    assert "Done. Decision: begin ongoing support." in banner(page)
    shown = (await coordinator.see(referral))["support"]
    assert (shown["kind"], shown["owner"], shown["first_contact_on"]) == ("nurse", "North", "2030-01-02")


async def test_a_refused_decision_says_why_and_keeps_what_was_typed(desk, officer) -> None:
    page = await send(
        desk, await officer.refer(), "decisions", decision="single_call", reason="She said thanks"
    )
    assert page.status_code == 409
    assert "Nobody has spoken to this person" in page.text
    assert "She said thanks" in page.text
    assert "<title>Error: " in page.text
    (target,) = re.findall(r'href="#(single-call-[\w-]+)"', page.text)
    assert f'id="{target}"' in page.text


@pytest.mark.parametrize("kind", DecisionKind)
async def test_every_decision_taken_too_late_is_shown_again_with_its_words(
    kind, desk, officer, coordinator
) -> None:
    referral = await officer.refer()
    if kind is not DecisionKind.REOPEN:
        await coordinator.decide(referral, "return_to_referrer")
    more = {"outcome": "moved_away"} if kind is DecisionKind.CLOSE else {}
    more |= {"due_at": "2030-01-02T10:00"} if kind is DecisionKind.CHANGE_DUE else {}
    page = await send(desk, referral, "decisions", decision=kind, reason="My words", **more)
    assert page.status_code == 409
    assert "My words" in page.text
    assert kind in decision_forms(page)
    errors = re.findall(r'error-summary__list.*?href="#([\w-]+)"', page.text, re.DOTALL)
    assert errors
    assert all(f'id="{target}"' in page.text for target in errors)


@pytest.mark.parametrize(
    ("what", "typed", "says"),
    [
        ("contact-attempts", {}, "Choose what happened on the call"),
        ("contact-attempts", {"outcome": "nonsense"}, "Choose what happened on the call"),
        (
            "contact-attempts",
            {"outcome": "answered", "callback_at": "soon"},
            "Enter the date and time to ring back",
        ),
        ("contact-attempts", {"outcome": "answered", "made_at": "2999-01-01T10:00"}, "The time of the call"),
        (
            "contact-attempts",
            {"outcome": "answered", "number": "nobody"},
            "The number is not a telephone number",
        ),
        ("contact-attempts", {"outcome": "answered", "note": "x" * 4001}, "The note is longer than 4000"),
        ("decisions", {"decision": "attempt_again"}, "Enter a reason"),
        ("decisions", {"decision": "change_due", "reason": "Later"}, "Enter the new date and time"),
        (
            "decisions",
            {"decision": "change_due", "reason": "L", "due_at": "2001-01-01T10:00"},
            "has to lie in the future",
        ),
        ("decisions", {"decision": "close", "reason": "Gone"}, "Choose how it ends"),
        ("decisions", {"decision": "hold", "kind": "Not A Word!"}, "Choose why it is held"),
        ("replies", {}, "Choose how the reply came"),
        ("replies", {"channel": "text", "received_at": "yesterday"}, "Enter the date and time when it came"),
    ],
)
async def test_what_is_missing_or_wrong_is_asked_for_in_words(
    what, typed, says, desk, officer, coordinator
) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, what, **typed)
    assert page.status_code == 422
    assert says in page.text
    errors = re.findall(r'error-summary__list.*?href="#([\w-]+)"', page.text, re.DOTALL)
    assert all(f'id="{target}"' in page.text for target in errors)
    assert (await coordinator.see(referral))["revision"] == referral["revision"]


async def test_a_decision_nobody_knows_is_refused_without_a_page_of_ours(desk, officer) -> None:
    page = await send(desk, await officer.refer(), "decisions", decision="delete_everything")
    assert page.status_code == 422
    assert "delete_everything" not in page.text


async def test_a_reply_promises_a_call(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, "replies", channel="letter_code", note="Please ring")
    assert "Done. Reply: with the code of a letter." in banner(page)
    assert "Please ring" in page.text
    assert "Promised" in page.text


async def test_while_temporal_is_away_it_is_stored_and_nobody_rings_unawares(desk, officer, temporal) -> None:
    referral = await officer.refer()
    temporal.away = True
    page = await send(desk, referral, "contact-attempts", outcome="immediate_danger")
    assert "Stored." in banner(page)
    assert "ring 999 now" in page.text, "danger is believed at once"
    assert "a supervisor is not alerted yet" in page.text
    assert "May I ring now? No" in page.text, "the stop stands before anything has applied it"
    again = await desk.open(at(referral))
    assert "Stored, and applied as soon as" in again.text
    assert "Call: immediate danger" in again.text


async def test_a_review_is_stored_for_the_support_and_refused_where_there_is_none(
    desk, officer, coordinator, temporal
) -> None:
    referral = await officer.refer()
    refused = await send(desk, referral, "reviews", outcome="engaged", note="Went well")
    assert refused.status_code == 409
    assert "Went well" in refused.text
    await coordinator.ring(referral, "answered")
    await coordinator.decide(referral, "ongoing_support")
    temporal.away = True
    page = await send(desk, referral, "reviews", outcome="engaged", note="Went well")
    assert "Stored. Review of ongoing support." in banner(page)


async def test_a_banner_tells_only_of_this_referrals_commands(desk, officer, coordinator) -> None:
    one, other = await officer.refer(), await officer.refer()
    page = await send(desk, one, "contact-attempts", outcome="no_answer")
    command = page.url.params["command"]
    assert banner(await desk.open(f"{at(other)}?command={command}")) == ""
    assert (await desk.open(f"{at(one)}?command=nonsense")).status_code == 200


async def test_a_manager_lifts_what_only_a_manager_may(chief, officer, coordinator) -> None:
    referral = await officer.refer()
    await coordinator.ring(referral, "victim_has_died")
    page = await send(
        chief, referral, "decisions", decision="release", kind="victim_has_died", reason="A mistake"
    )
    assert "Done. Decision: lift a hold." in banner(page)
    assert (await coordinator.see(referral))["stage"] == Stage.CONTACTING


# Who may see it.


async def test_nothing_personal_is_ever_markup(desk, officer, coordinator) -> None:
    referral = await officer.refer(
        source__officer=XSS,
        victim__given_name=XSS,
        victim__family_name=XSS,
        victim__preferred_name=XSS,
        victim__interpreter=XSS,
        victim__language=XSS[:60],
        victim__phones=[{"number": "+447700900123", "safe": "yes", "who_may_answer": XSS}],
        victim__address={"lines": [XSS], "postcode": XSS[:60], "safe": "yes", "who_lives_there": XSS},
        victim__guardian={"given_name": XSS, "relationship": XSS[:60], "is_suspect": "no"},
        suspects=[{"relationship": "stranger", "name": XSS}],
        risk={"level": "standard", "tool": XSS},
        notes=XSS,
    )
    await coordinator.ring(referral, "answered", note=XSS)
    await coordinator.ring(referral, "immediate_danger", note=XSS)
    refused = await send(desk, referral, "decisions", decision="reopen", reason=XSS)
    for page in (await desk.open(at(referral)), refused):
        assert XSS not in page.text
        assert "&lt;script&gt;alert" in page.text


async def test_police_may_not_open_it_nor_send_anything(app, issue, officer) -> None:
    browser = Browser(app)
    await browser.sign_in(issue("police"))
    referral = await officer.refer()
    assert (await browser.open(at(referral))).status_code == 403
    for what in ("contact-attempts", "decisions", "replies", "reviews"):
        assert (await browser.post(at(referral, what), {"outcome": ["answered"]})).status_code == 403


async def test_who_has_not_signed_in_is_asked_to_and_keeps_what_was_typed(app, officer) -> None:
    browser = Browser(app)
    referral = await officer.refer()
    assert (await browser.open(at(referral))).status_code == 401
    asked = await browser.post(at(referral, "contact-attempts"), {"outcome": ["answered"], "note": ["Words"]})
    assert asked.status_code == 401
    assert "Words" in asked.text


async def test_a_form_that_is_not_ours_changes_nothing(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    typed = {"outcome": ["answered"], "form_token": ["0" * 64], "form_once": ["1"]}
    page = await desk.post(at(referral, "contact-attempts"), typed)
    assert page.status_code == 403
    assert (await coordinator.see(referral))["revision"] == referral["revision"]


@pytest.mark.parametrize("unknown", ["00000000-0000-4000-8000-000000000000", "nonsense"])
async def test_a_referral_there_is_not_is_not_found(desk, officer, unknown) -> None:
    assert (await desk.open(f"/referrals/{unknown}")).status_code == 404
    referral = await officer.refer()
    token = form_of(await desk.open(at(referral)), at(referral, "replies")).fields
    for what, typed in (
        ("contact-attempts", {"outcome": ["answered"]}),
        ("decisions", {"decision": ["hold"]}),
        ("replies", {"channel": ["text"]}),
        ("reviews", {"outcome": ["engaged"]}),
    ):
        assert (await desk.post(f"/referrals/{unknown}/{what}", token | typed)).status_code == 404


async def test_a_referral_nobody_has_triaged_is_shown_without_decisions(
    desk, officer, coordinator, temporal
) -> None:
    temporal.away = True
    answer = await officer.post("/referrals", a_referral())
    page = await desk.open(at(answer.json()))
    assert page.status_code == 200
    assert "Triage has not run yet" in page.text
    assert decision_forms(page) == set()


async def test_a_contact_plan_that_has_run_out_is_said_before_the_number_and_asks_again(
    desk, officer, services
) -> None:
    until = (services.clock() + timedelta(minutes=1)).isoformat()
    referral = await officer.refer(
        incident__kind="stalking", consent__status="given", victim__contact_plan={"until": until}
    )
    assert "May I ring now? Yes" in (await desk.open(at(referral))).text
    later = services.clock() + timedelta(minutes=2)
    object.__setattr__(services, "clock", lambda: later)
    page = await desk.open(at(referral))
    assert "May I ring now? No" in page.text
    assert "It has run out" in page.text
    assert "tel:+447700900123" not in page.text
