"""The three journeys by name: what must never happen again.  Source: issue of the main job, line 16."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.journeys.hurting import frozen
from tests.journeys.people import Coordinator, Force, Json, People, a_report, moment, throughout
from tests.servers import Tree

CUT_OFF = 12
"""Seconds between making a letter and its leaving, in the journey that is struck before it."""
AFTER_THE_CUT_OFF = 5.0
"""Seconds in which a letter of the rehearsal would have left, with some to spare."""


def test_two_people_of_one_burglary_and_one_phone_that_became_unsafe(
    force: Force, coordinator: Coordinator
) -> None:
    one, other = a_report(), a_report()
    other["source"] = {**one["source"], "person_reference": "2"}
    other["victim"] = {
        **one["victim"],
        "given_name": "Ben",
        "phones": [{"number": "+447700900124", "safe": "yes"}],
    }
    ada, ben = (force.post("/referrals", report).json()["id"] for report in (one, other))
    assert ada != ben
    for referral in (ada, ben):
        coordinator.wait_for(referral, stage="contacting", next="call")
        coordinator.ring(referral, "no_answer")
    untouched, line = coordinator.see(ben), coordinator.timeline(ben)

    force.correct(ada, {"victim": {"phones": [{"number": "+447700900123", "safe": "no"}]}})
    corrected = coordinator.see(ada)
    assert (corrected["stage"], corrected["next_action"]["kind"]) == ("writing", "send")
    assert corrected["next_action"]["number"] is None
    assert "+447700900123" not in {
        item["number"] for item in coordinator.pages("/worklist", limit=200) if item["referral"] == ada
    }

    assert coordinator.see(ben) == untouched
    assert coordinator.timeline(ben) == line
    assert untouched["next_action"]["number"] == "+447700900124"
    for _ in range(2):
        coordinator.ring(ben, "no_answer")
    for referral in (ada, ben):
        coordinator.wait_for(referral, stage="closed", outcome="not_reached")
        assert [message["state"] for message in coordinator.messages(referral)] == ["sent"]


def an_assault_by_an_ex_partner() -> Json:
    """Without a flag; every channel marked safe: only the relationship says what it is."""
    return a_report(
        incident__kind="assault",
        suspects=[{"relationship": "ex_partner", "shares_address": "no", "whereabouts": "at_large"}],
        victim__emails=[{"address": "ada@example.org", "safe": "yes"}],
    )


def test_an_ex_partner_answers_and_not_one_message_leaves_in_any_lane(
    people: People, coordinator: Coordinator
) -> None:
    force, manager = people.force, people.manager
    report = an_assault_by_an_ex_partner()
    queued, ringing = (
        force.post("/referrals", report | {"source": {**report["source"], "person_reference": n}}).json()[
            "id"
        ]
        for n in "12"
    )
    informing = force.post("/referrals", an_assault_by_an_ex_partner() | {"lane": "information"}).json()["id"]
    for referral in (queued, ringing):
        assert coordinator.wait_for(referral, stage="contacting")["sensitive"]
    coordinator.wait_for(informing, stage="held")
    # A coordinator had a letter made for one of them; it waits for its cut-off.
    coordinator.decide(queued, "write_now", reason="She asked for it in writing.")
    assert [message["state"] for message in coordinator.messages(queued)] == ["held"]

    everybody = (queued, ringing, informing)
    for referral in everybody:
        shown = coordinator.ring(referral, "third_party_answered", note="A man picked up.")
        assert (shown["stage"], shown["hold"]["kind"]) == ("held", "third_party_answered")
        assert (shown["counted"], shown["reached"]) == (False, False)

    def nothing_is_on_its_way() -> None:
        for referral in everybody:
            assert {m["state"] for m in coordinator.messages(referral)} <= {"recalled"}
            assert coordinator.see(referral)["stage"] == "held"

    nothing_is_on_its_way()
    for referral in everybody:
        for decision in ("write_now", "attempt_again", "skip_letter", "single_call"):
            assert coordinator.try_to_decide(referral, decision, reason="Try it anyway.").status_code == 409
        assert coordinator.try_to_decide(referral, "release").status_code == 403
        for _ in range(3):
            assert not coordinator.ring(referral, "no_answer")["counted"]
    force.correct(
        queued,
        {"victim": {"address": {"safe": "yes"}, "emails": [{"address": "a2@example.org", "safe": "yes"}]}},
    )
    assert coordinator.try_to_decide(informing, "promote").status_code in {200, 409}
    throughout(AFTER_THE_CUT_OFF, nothing_is_on_its_way)

    # Also when a manager lifts that hold, a machine still writes nothing by itself.
    for referral in everybody:
        with contextlib.suppress(AssertionError):
            manager.decide(referral, "release", kind="third_party_answered", reason="Met in person.")
    left = {"sending", "sent", "unknown"}
    throughout(
        AFTER_THE_CUT_OFF,
        lambda: [
            pytest.fail("a message left")
            for r in everybody
            for m in coordinator.messages(r)
            if m["state"] in left
        ],
    )


@pytest.fixture
def slow_post(make_tree: Callable[..., Tree], slower_rehearsal: Callable[..., Path]) -> Iterator[Tree]:
    own = make_tree(profile=slower_rehearsal(cut_off_after=f"PT{CUT_OFF}S", minimum_gap="PT1S")).start()
    yield own
    own.discard()


def test_a_call_back_between_the_third_call_and_a_crash_recalls_the_letter(
    slow_post: Tree, people_at: Callable[[Tree], People]
) -> None:
    people = people_at(slow_post)
    force, coordinator = people.force, people.coordinator
    referrals = [force.refer() for _ in range(4)]
    for referral in referrals:
        shown = coordinator.ring_in_vain(referral)
        assert (shown["stage"], shown["next_action"]["kind"]) == ("writing", "send")
    cut_offs = [moment(coordinator.see(referral)["next_action"]["due_at"]) for referral in referrals]
    nobody_rang_back = referrals.pop()

    with frozen(slow_post, "temporal", "worker"):
        with ThreadPoolExecutor(4) as pool:
            said = list(
                pool.map(lambda one: coordinator.try_to_ring(*one), zip(referrals, BACK, strict=True))
            )
        commands = [answer.json()["id"] for answer in said]
        assert [answer.status_code for answer in said] == [202] * 3
        assert {coordinator.command(command)["state"] for command in commands} == {"pending"}
        assert datetime.now(UTC) < min(cut_offs), "the machine is too slow for this journey"
        slow_post.kill_everything()
    time.sleep(max(0.0, (max(cut_offs) - datetime.now(UTC)).total_seconds() + 0.5))
    slow_post.restart()

    def no_letter_leaves() -> None:
        for referral in referrals:
            [message] = coordinator.messages(referral)
            assert message["state"] in {"held", "reserved", "recalled"}, message
            assert message["handed_over_at"] is None

    throughout(10.0, no_letter_leaves)
    for referral, command, outcome in zip(referrals, commands, BACK, strict=True):
        assert coordinator.command(command)["state"] == "applied"
        wanted = "decide" if outcome == "answered" else "call"
        shown = coordinator.wait_for(referral, stage="contacting", next=wanted, reached=True)
        assert shown["attempts_counted"] == 3
        assert [message["state"] for message in coordinator.messages(referral)] == ["recalled"]
        assert coordinator.story(referral).count("Call: the person") == 1
    # Where nobody rang back, the timer came all the same.
    coordinator.wait_for(nobody_rang_back, stage="closed", outcome="not_reached")
    assert [message["state"] for message in coordinator.messages(nobody_rang_back)] == ["sent"]


BACK = ("answered", "callback_requested", "hung_up")
"""What the three who were written to say before the letter leaves."""
