"""Whole lives over HTTP, as a force, a coordinator and a manager see them."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest

from tests.journeys.people import (
    FORCE,
    OTHER_FORCE,
    Coordinator,
    Force,
    Json,
    Manager,
    People,
    a_report,
    assert_it_balances,
    eventually,
    moment,
    together,
)

AFTER_THE_CUT_OFF = 5.0
"""Seconds in which a letter of the rehearsal would have left, with some to spare."""
CARE = {"incident__kind": "assault", "suspects": [{"relationship": "ex_partner", "shares_address": "no"}]}
"""No flag anywhere; the relationship alone makes it sensitive."""


@pytest.fixture(scope="module", autouse=True)
def begun(people: People) -> dict[str, str]:
    """Lives whose waits pass while other tests run: what becomes of each is asked further down."""
    force, coordinator = people.force, people.coordinator
    told = ("told", "late", "held", "danger")
    begun = {name: force.refer() for name in told} | {
        "self": force.refer(
            source__kind="self", victim__emails=[{"address": "ada@example.org", "safe": "yes"}]
        ),
        "informed": force.refer(lane="information"),
    }
    for _ in range(3):
        for name in (*told, "self"):
            coordinator.ring(begun[name], "no_answer", note="It rang for a long time.")
    coordinator.decide(begun["held"], "hold", kind="family_asked", reason="Her sister asked us to wait.")
    coordinator.ring(begun["danger"], "immediate_danger")
    return begun


def letter_of(coordinator: Coordinator, message: Json) -> str:
    answer = coordinator.get(f"/messages/{message['id']}/letter.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    document = pypdfium2.PdfDocument(answer.content)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


def test_three_unanswered_calls_are_followed_by_one_letter_and_a_patient_end(
    force: Force, coordinator: Coordinator
) -> None:
    referral = force.refer(victim__given_name="Ngaire", victim__family_name="Tūhoe")
    first = coordinator.wait_for(referral, stage="contacting")
    assert first["next_action"]["number"] == "+447700900123"
    shown = coordinator.ring_in_vain(referral)
    assert (shown["stage"], shown["next_action"]["kind"], shown["attempts_counted"]) == ("writing", "send", 3)
    [message] = coordinator.messages(referral)
    assert (message["channel"], message["state"], message["sent_at"]) == ("letter", "held", None)

    coordinator.wait_for(referral, stage="writing", next="wait")
    [message] = coordinator.messages(referral)
    assert (message["state"], message["simulated"]) == ("sent", True)
    words = letter_of(coordinator, message)
    assert "Ngaire Tūhoe" in words
    assert first["reference"] in words
    told = {word for word in ("burglar", "crime", "police", "offence", "35/") if word in words.casefold()}
    assert not told

    closed = coordinator.wait_for(referral, stage="closed")
    assert (closed["outcome"], closed["reached"], closed["next_action"]) == ("not_reached", False, None)
    assert len(coordinator.messages(referral)) == 1


def test_the_timeline_reads_like_a_story(begun: dict[str, str], coordinator: Coordinator) -> None:
    referral = begun["told"]
    coordinator.wait_for(referral, stage="closed")
    lines = coordinator.timeline(referral)
    what = [line["what"] for line in lines]
    assert what[0] == "The referral was received."
    assert what[1] == "Triage ran."
    assert what.count("Call: no answer.") == 3
    letter = [place for place, said in enumerate(what) if "letter" in said]
    assert letter == sorted(letter)
    assert what[-1] == "Closed as not reached."
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert {line["by"] for line in lines if line["what"].startswith("Call:")} == {"Sam (coordinator)"}
    assert [line["words"] for line in lines if line["what"].startswith("Call:")] == [
        "It rang for a long time."
    ] * 3
    assert all(line["why"] for line in lines if line["what"].startswith(("Closed", "Call")))


def test_one_good_conversation_can_be_all_that_is_needed(force: Force, coordinator: Coordinator) -> None:
    referral = force.refer()
    spoken = coordinator.ring(referral, "answered")
    assert (spoken["reached"], spoken["counted"], spoken["next_action"]["kind"]) == (True, False, "decide")
    closed = coordinator.decide(referral, "single_call", reason="Advice on locks was enough.")
    assert (closed["stage"], closed["outcome"]) == ("closed", "single_call")
    later = coordinator.see(referral)
    looked_up = {"links", "known_opt_outs"}  # by who asks for it alone
    assert looked_up <= set(later)
    assert closed == {name: value for name, value in later.items() if name not in looked_up}
    assert not coordinator.messages(referral)


def test_ongoing_support_begins_asks_for_its_reviews_and_ends_when_a_person_says_so(
    force: Force, coordinator: Coordinator
) -> None:
    referral = force.refer()
    coordinator.ring(referral, "answered")
    begun = coordinator.decide(
        referral,
        "ongoing_support",
        support={"kind": "volunteer", "owner": "Team North", "first_contact_on": "2026-01-05"},
    )
    assert (begun["stage"], begun["next_action"]["kind"]) == ("supporting", "review")
    assert begun["support"]["kind"] == "volunteer"
    eventually(
        lambda: "A review was missed." in coordinator.story(referral) or None,
        or_else=lambda: coordinator.story(referral),
    )
    assert coordinator.see(referral)["stage"] == "supporting"
    review = coordinator.post(
        f"/referrals/{referral}/reviews", {"outcome": "engaged", "note": "Sleeps better."}
    )
    assert (review.status_code, review.json()["stage"]) == (200, "supporting"), review.text
    assert moment(review.json()["next_action"]["due_at"]) > datetime.now(UTC)
    assert "Support was reviewed: engaged." in coordinator.story(referral)
    closed = coordinator.decide(referral, "close", reason="All goals were met.")
    assert (closed["stage"], closed["outcome"]) == ("closed", "support_completed")
    eventually(
        lambda: "Ongoing support ended." in coordinator.story(referral) or None,
        or_else=lambda: coordinator.story(referral),
    )
    assert coordinator.post(f"/referrals/{referral}/reviews", {"outcome": "engaged"}).status_code == 409


@pytest.mark.parametrize(("by", "outcome"), [("victim", "declined"), ("guardian", "declined_by_guardian")])
def test_a_no_is_respected_and_told_apart(
    force: Force, coordinator: Coordinator, by: str, outcome: str
) -> None:
    referral = force.refer()
    coordinator.ring(referral, "answered")
    closed = coordinator.decide(referral, "declined", by=by, decline_reason="already_supported")
    assert closed["outcome"] == outcome


def test_the_information_lane_writes_once_and_never_rings(
    begun: dict[str, str], coordinator: Coordinator
) -> None:
    referral = begun["informed"]
    assert referral not in {item["referral"] for item in coordinator.pages("/worklist", limit=200)}
    closed = coordinator.wait_for(referral, stage="closed")
    assert (closed["outcome"], closed["attempts_counted"]) == ("informed", 0)
    [message] = coordinator.messages(referral)
    assert (message["purpose"], message["state"]) == ("information", "sent")
    assert "could not" not in letter_of(coordinator, message)


def test_promoted_from_the_information_lane_somebody_is_rung_instead(
    force: Force, coordinator: Coordinator
) -> None:
    referral = force.refer(lane="information")
    coordinator.wait_for(referral, stage="writing")
    shown = coordinator.decide(referral, "promote", reason="A neighbour asked us to ring.")
    assert (shown["stage"], shown["lane"], shown["next_action"]["kind"]) == ("contacting", "contact", "call")
    assert [message["state"] for message in coordinator.messages(referral)] == ["recalled"]


def test_who_asked_for_help_is_never_written_to_before_somebody_spoke_to_them(
    begun: dict[str, str], coordinator: Coordinator
) -> None:
    wait_past_the_cut_off(coordinator, begun["self"])
    held = coordinator.see(begun["self"])
    assert (held["stage"], held["hold"]["kind"], held["attempts_counted"]) == ("held", "proposal", 3)
    assert coordinator.messages(begun["self"]) == []


def wait_past_the_cut_off(coordinator: Coordinator, referral: str) -> None:
    """Until a letter made with the last turn of a referral would have left."""
    last = moment(coordinator.timeline(referral)[-1]["at"])
    time.sleep(max(0.0, AFTER_THE_CUT_OFF - (datetime.now(UTC) - last).total_seconds()))


def test_a_withdrawal_ends_what_has_not_begun_and_only_asks_about_the_rest(
    force: Force, coordinator: Coordinator
) -> None:
    untouched, spoken, careful = force.refer(), force.refer(), force.refer(**CARE)
    force.withdraw(untouched)
    assert coordinator.see(untouched)["outcome"] == "withdrawn"
    coordinator.ring(spoken, "answered")
    for referral in (spoken, careful):
        force.withdraw(referral)
        held = coordinator.see(referral)
        assert (held["stage"], held["hold"]["kind"]) == ("held", "withdrawal")


def test_closed_is_not_deaf(begun: dict[str, str], coordinator: Coordinator) -> None:
    referral = begun["late"]
    coordinator.wait_for(referral, stage="closed", outcome="not_reached")
    assert coordinator.try_to_ring(referral, "no_answer").status_code == 409
    back = coordinator.ring(referral, "answered", direction="inbound", note="She found the letter.")
    assert (back["stage"], back["outcome"], back["attempts_counted"]) == ("contacting", None, 0)
    assert (back["next_action"]["kind"], back["opening"], back["reached"]) == ("decide", 2, True)
    assert coordinator.decide(referral, "single_call")["outcome"] == "single_call"
    assert len(coordinator.messages(referral)) == 1


def test_a_closed_referral_is_reopened_by_hand_as_often_as_needed(
    force: Force, coordinator: Coordinator
) -> None:
    referral = force.refer()
    for opening in (2, 3):
        coordinator.ring(referral, "answered")
        coordinator.decide(referral, "declined")
        again = coordinator.decide(referral, "reopen", reason="Rang us after all.")
        assert (again["stage"], again["opening"], again["attempts_counted"]) == ("contacting", opening, 0)
        assert coordinator.try_to_decide(referral, "single_call").status_code == 409


def test_held_means_that_nothing_leaves_until_it_is_released(
    begun: dict[str, str], coordinator: Coordinator
) -> None:
    referral = begun["held"]
    wait_past_the_cut_off(coordinator, referral)
    held = coordinator.see(referral)
    assert (held["stage"], held["hold"]["kind"]) == ("held", "family_asked")
    assert [message["state"] for message in coordinator.messages(referral)] == ["held"]
    assert coordinator.decide(referral, "release")["stage"] == "writing"
    coordinator.wait_for(referral, stage="closed", outcome="not_reached")
    assert [message["state"] for message in coordinator.messages(referral)] == ["sent"]


def test_immediate_danger_is_one_press_and_only_a_supervisor_lifts_it(
    begun: dict[str, str], coordinator: Coordinator, manager: Manager
) -> None:
    referral = begun["danger"]
    held = coordinator.see(referral)
    assert (held["stage"], held["hold"]["kind"], held["hold"]["release_by_role"]) == (
        "held",
        "immediate_danger",
        "manager",
    )
    items = coordinator.pages("/worklist", limit=200)
    place = [item["referral"] for item in items].index(referral)
    # Others may be in danger, too; nobody else stands before them.
    assert {(item["in_danger"], item["escalated"]) for item in items[: place + 1]} == {(True, True)}
    ours = [item["referral"] for item in items if item["referral"] in begun.values()]
    assert ours[0] == referral
    assert coordinator.try_to_decide(referral, "release").status_code == 403
    wait_past_the_cut_off(coordinator, referral)
    assert [message["state"] for message in coordinator.messages(referral)] == ["recalled"]
    assert manager.decide(referral, "release", reason="She is safe at her sister's.")["stage"] == "contacting"


def test_violence_by_nobody_knows_whom_is_confirmed_to_be_safe_first(
    force: Force, coordinator: Coordinator
) -> None:
    referral = force.refer(incident__kind="assault", suspects=[])
    held = coordinator.wait_for(referral, stage="held")
    assert (held["next_action"]["kind"], held["hold"]["kind"]) == ("confirm_safety", "confirm_safety")
    assert coordinator.decide(referral, "confirm_safe", reason="The officer says: a stranger.")["stage"] == (
        "contacting"
    )


def test_what_is_not_possible_is_refused_in_plain_words(force: Force, coordinator: Coordinator) -> None:
    referral = force.refer()
    coordinator.wait_for(referral, stage="contacting")
    for decision, more, status in (
        ("single_call", {}, 409),
        ("ongoing_support", {}, 409),
        ("declined", {}, 409),
        ("release", {}, 409),
        ("promote", {}, 409),
        ("reopen", {}, 409),
        ("close", {}, 422),
        ("close", {"outcome": "single_call"}, 409),
        ("close", {"outcome": "support_completed"}, 409),
        ("close", {"outcome": "informed"}, 409),
        ("change_due", {}, 422),
        ("dance", {}, 422),
        ("release", {"outcome": "declined"}, 422),
    ):
        before = coordinator.see(referral)["revision"]
        refused = coordinator.try_to_decide(referral, decision, **more)
        assert refused.status_code == status, (decision, refused.text)
        problem = refused.json()
        assert refused.headers["content-type"] == "application/problem+json"
        assert problem["type"].startswith("urn:holdfast:problem:")
        assert problem["detail"]
        assert "dance" not in refused.text
        assert coordinator.see(referral)["revision"] == before
    words = coordinator.try_to_decide(referral, "single_call").json()["detail"]
    assert words == "Nobody has spoken to this person since the referral was opened."


def test_a_call_that_happened_is_never_refused_while_a_referral_lives(
    force: Force, coordinator: Coordinator
) -> None:
    referral = force.refer()
    counted = coordinator.ring(referral, "no_answer")
    early = datetime.now(UTC) - timedelta(days=1)
    for outcome, more in (
        ("engaged", {}),
        ("no_answer", {"made_at": early.isoformat()}),
        ("no_answer", {"direction": "inbound"}),
        ("third_party_answered", {}),
    ):
        shown = coordinator.ring(referral, outcome, **more)
        assert (shown["counted"], shown["attempts_counted"]) == (False, counted["attempts_counted"])
        assert shown["why_not_counted"]
    coordinator.decide(referral, "hold", kind="other")
    shown = coordinator.ring(referral, "no_answer")
    assert (shown["stage"], shown["counted"]) == ("held", False)


def test_the_police_see_where_a_referral_is_and_nothing_else(
    people: People, coordinator: Coordinator
) -> None:
    force, other = people.force, people.other_force
    referral = force.refer(notes="Afraid of the dark.")
    coordinator.ring(referral, "no_answer", note="Rang off the hook.")
    status = force.see(referral)
    assert set(status) == {
        *("id", "reference", "stage", "outcome", "attempts_counted", "reached", "sensitive", "next_action"),
        *("hold", "revision", "received_at", "closed_at"),
    }
    assert set(status["next_action"]) == {"kind", "due_at", "reason"}
    assert "Ada" not in force.get(f"/referrals/{referral}").text
    for path in (
        f"/referrals/{referral}/timeline",
        f"/messages?referral={referral}",
        "/worklist",
        "/statistics",
    ):
        assert force.get(path).status_code in {403, 404}, path
    assert force.post(f"/referrals/{referral}/contact-attempts", {"outcome": "answered"}).status_code in {
        403,
        404,
    }
    assert other.get(f"/referrals/{referral}").status_code == 404
    assert other.post(f"/referrals/{referral}/withdrawal").status_code == 404
    assert referral not in {one["id"] for one in other.pages("/referrals")}
    assert coordinator.get("/statistics").status_code == 403
    assert coordinator.see(referral)["victim"]["given_name"] == "Ada"


def test_the_same_report_twice_is_one_referral_and_another_under_its_number_is_refused(
    people: People,
) -> None:
    force, report = people.force, a_report()
    first = force.post("/referrals", report, key="report-1")
    again = force.post("/referrals", report)
    repeated = force.post("/referrals", report, key="report-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] == repeated.json()["id"]
    assert (repeated.status_code, repeated.content) == (201, first.content)
    other = report | {"notes": "Something else."}
    assert force.post("/referrals", other).status_code == 409
    assert force.post("/referrals", other, key="report-1").status_code == 422
    assert people.other_force.post("/referrals", report).status_code in {201, 409}
    assert FORCE != OTHER_FORCE


def test_the_funnel_balances_at_every_moment_of_thirty_lives(people: People) -> None:
    force, coordinator, manager = people.force, people.coordinator, people.manager
    began = datetime.now(UTC)
    lives = [
        unreached,
        single_call,
        supported,
        said_no,
        informed,
        held,
        undecided,
        withdrawn,
        recalled,
        outside,
    ]
    over, seen = threading.Event(), []

    def watch() -> None:
        while not over.is_set() and len(seen) < 2000:
            seen.append(manager.funnel(**{"from": began.isoformat()}))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        wanted = together(lambda live=live: live(force, coordinator) for live in lives * 3)
        for referral, ends in wanted:
            coordinator.wait_for(referral, **ends)
    finally:
        over.set()
        watcher.join()
    for funnel in seen:
        assert_it_balances(funnel)
    received = [funnel["received"] for funnel in seen]
    assert received == sorted(received)
    last = manager.funnel(**{"from": began.isoformat()})
    assert_it_balances(last)
    assert {name: last[name] for name in ("received", "information", "ongoing_support", "single_call")} == {
        "received": 30,
        "information": 3,
        "ongoing_support": 3,
        "single_call": 3,
    }
    assert (last["declined"], last["not_reached"], last["held"], last["undecided"]) == (3, 3, 3, 6)
    assert (last["diverted"], last["waiting"]) == ({"withdrawn": 3, "out_of_area": 3}, 0)
    assert last["letters_sent"] == 6


Life = tuple[str, dict[str, str]]


def unreached(force: Force, coordinator: Coordinator) -> Life:
    referral = force.refer()
    coordinator.ring_in_vain(referral)
    return referral, {"outcome": "not_reached"}


def single_call(force: Force, coordinator: Coordinator) -> Life:
    referral = undecided(force, coordinator)[0]
    coordinator.decide(referral, "single_call")
    return referral, {"outcome": "single_call"}


def supported(force: Force, coordinator: Coordinator) -> Life:
    referral = undecided(force, coordinator)[0]
    coordinator.decide(referral, "ongoing_support")
    return referral, {"stage": "supporting"}


def said_no(force: Force, coordinator: Coordinator) -> Life:
    referral = undecided(force, coordinator)[0]
    coordinator.decide(referral, "declined")
    return referral, {"outcome": "declined"}


def informed(force: Force, coordinator: Coordinator) -> Life:
    return force.refer(lane="information"), {"outcome": "informed"}


def held(force: Force, coordinator: Coordinator) -> Life:
    return force.refer(flags=["counter_allegation"]), {"stage": "held"}


def undecided(force: Force, coordinator: Coordinator) -> Life:
    referral = force.refer()
    coordinator.ring(referral, "answered")
    return referral, {"next": "decide"}


def withdrawn(force: Force, coordinator: Coordinator) -> Life:
    referral = force.refer()
    force.withdraw(referral)
    return referral, {"outcome": "withdrawn"}


def recalled(force: Force, coordinator: Coordinator) -> Life:
    referral = unreached(force, coordinator)[0]
    coordinator.ring(referral, "answered", direction="inbound")
    return referral, {"next": "decide"}


def outside(force: Force, coordinator: Coordinator) -> Life:
    return force.refer(victim__address__postcode="M1 1AA", incident__postcode="M1 1AA"), {
        "outcome": "out_of_area"
    }
