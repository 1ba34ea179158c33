"""Temporal stopped or frozen, the database gone: what was accepted waits, in order, and nothing is lost."""

import os
import signal
import threading
import time
from collections.abc import Callable

import httpx2
import pytest

from tests.journeys.hurting import frozen, no_turn_is_written, rows, turn_of, wait_until_written
from tests.journeys.people import Coordinator, People, a_report, eventually, together
from tests.servers import Tree

AT_MOST = 3.0
"""Seconds in which a referral is accepted, whatever Temporal does."""


@pytest.fixture(scope="module")
def hurt(make_tree: Callable[..., Tree], slower_rehearsal: Callable[..., object]) -> Tree:
    return make_tree(profile=slower_rehearsal(cut_off_after="PT12S", minimum_gap="PT1S")).start()


@pytest.fixture(scope="module")
def there(hurt: Tree, people_at: Callable[[Tree], People]) -> People:
    return people_at(hurt)


def test_a_referral_is_accepted_while_temporal_is_frozen_and_starts_by_itself_later(
    hurt: Tree, there: People
) -> None:
    with frozen(hurt, "temporal"):
        began = time.monotonic()
        answer = there.force.post("/referrals", a_report(), key="while-frozen")
        took = time.monotonic() - began
        assert (answer.status_code, took < AT_MOST) == (202, True), (took, answer.text)
        referral = answer.json()["id"]
        assert answer.headers["location"] == f"/api/v1/referrals/{referral}"
        status = there.force.see(referral)
        assert (status["stage"], status["next_action"]["kind"]) == ("received", "wait")
        readiness = httpx2.get(f"{hurt.base_url}/readyz", timeout=5)
        assert (readiness.status_code, readiness.json()["temporal"]) == (200, False)
    there.coordinator.wait_for(referral, stage="contacting", next="call")


def test_ten_at_once_are_each_accepted_in_time_while_temporal_is_away(hurt: Tree, there: People) -> None:
    def timed() -> tuple[int, float, str]:
        began = time.monotonic()
        answer = there.force.post("/referrals", a_report())
        return answer.status_code, time.monotonic() - began, answer.json()["id"]

    with frozen(hurt, "temporal"):
        accepted = together([timed] * 10, at_once=10)
        assert {status for status, _, _ in accepted} == {202}
        assert max(took for _, took, _ in accepted) < AT_MOST
    for _, _, referral in accepted:
        there.coordinator.wait_for(referral, stage="contacting")


def test_commands_given_while_temporal_is_frozen_are_applied_in_the_order_made(
    hurt: Tree, there: People
) -> None:
    coordinator = there.coordinator
    referral = there.force.refer()
    coordinator.wait_for(referral, stage="contacting")
    orders: tuple[tuple[str, dict[str, object]], ...] = (
        ("contact-attempts", {"outcome": "no_answer"}),
        ("contact-attempts", {"outcome": "answered"}),
        ("decisions", {"decision": "single_call", "reason": "Advice was enough."}),
        ("decisions", {"decision": "promote"}),
    )
    answers: list[httpx2.Response] = []

    def give(place: int) -> httpx2.Response:
        time.sleep(0.4 * place)
        path, body = orders[place]
        return coordinator.post(f"/referrals/{referral}/{path}", body, key=f"order-{place}")

    with frozen(hurt, "temporal"):
        answers = together([lambda place=place: give(place) for place in range(len(orders))])
        assert [answer.status_code for answer in answers] == [202] * len(orders)
        for answer in answers:
            assert answer.headers["location"] == f"/api/v1/commands/{answer.json()['id']}"
            assert coordinator.command(answer.json()["id"])["state"] == "pending"
        assert give(0).json() == answers[0].json()
    coordinator.wait_for(referral, stage="closed", outcome="single_call", attempts_counted=1)

    def settled() -> list[str] | None:
        states = [coordinator.command(answer.json()["id"])["state"] for answer in answers]
        return None if "pending" in states else states

    assert eventually(settled) == ["applied", "applied", "applied", "refused"]
    refused = coordinator.command(answers[-1].json()["id"])
    assert refused["why"] == "This is not possible while the referral is closed."
    calls = [line["what"] for line in coordinator.timeline(referral) if line["what"].startswith("Call")]
    assert calls == ["Call: no answer.", "Call: the person answered."]


def test_a_referral_and_its_commands_survive_a_temporal_that_is_killed(hurt: Tree, there: People) -> None:
    coordinator = there.coordinator
    known = there.force.refer()
    coordinator.wait_for(known, stage="contacting")
    killed = hurt.kill("temporal")
    new = there.force.post("/referrals", a_report())
    called = coordinator.try_to_ring(known, "answered")
    assert new.status_code in {201, 202}
    assert called.status_code in {201, 202}
    hurt.wait_for_another("temporal", killed)
    coordinator.wait_for(known, stage="contacting", next="decide")
    coordinator.wait_for(new.json()["id"], stage="contacting", next="call")


def test_without_its_database_the_service_says_so_and_heals_by_itself(hurt: Tree, there: People) -> None:
    coordinator = there.coordinator
    known = there.force.refer()
    coordinator.ring_in_vain(known)
    report = a_report()
    with frozen(hurt, "up"):  # nobody starts it again for a while
        killed = hurt.kill("postgres")
        began = time.monotonic()
        answer = there.force.post("/referrals", report, key="without-database")
        assert (answer.status_code, time.monotonic() - began < 10) == (503, True), answer.text
        assert answer.headers["retry-after"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert httpx2.get(f"{hurt.base_url}/readyz", timeout=10).status_code == 503
        assert httpx2.get(f"{hurt.base_url}/healthz", timeout=10).status_code == 200
    hurt.wait_for_another("postgres", killed)
    answer = there.force.post_surely("/referrals", report, key="without-database")
    assert answer.status_code in {201, 202}
    coordinator.wait_for(answer.json()["id"], stage="contacting", next="call")
    coordinator.wait_for(known, seconds=40, stage="closed", outcome="not_reached")
    assert [message["state"] for message in coordinator.messages(known)] == ["sent"]


def test_a_turn_in_the_tables_that_temporal_never_heard_of_is_neither_lost_nor_in_the_way(
    hurt: Tree, there: People
) -> None:
    """A turn is written, then everything dies before the workflow could report it to Temporal.

    What the tables said after that moment has been seen and answered; the workflow knows nothing of it.
    """
    force, coordinator = there.force, there.coordinator
    rung_back, supported, counted, corrected, closed = (force.refer() for _ in range(5))
    coordinator.ring(supported, "answered")
    coordinator.ring(closed, "answered")
    coordinator.ring(counted, "no_answer")
    coordinator.wait_for(corrected, stage="contacting")
    coordinator.ring_in_vain(rung_back)
    unsafe = {"victim": {"phones": [{"number": "+447700900123", "safe": "no"}]}}
    plan = {"kind": "phone", "first_contact_on": "2026-01-05"}
    told = (
        (rung_back, "contact-attempts", {"outcome": "answered", "direction": "inbound"}),
        (supported, "decisions", {"decision": "ongoing_support", "support": plan}),
        (counted, "contact-attempts", {"outcome": "no_answer"}),
        (corrected, "corrections", unsafe),
        (closed, "decisions", {"decision": "single_call"}),
    )
    turns = {referral: turn_of(hurt, referral) for referral, _, _ in told}
    senders = [threading.Thread(target=_say, args=(coordinator, *one)) for one in told]
    with no_turn_is_written(hurt):
        for sender in senders:
            sender.start()
        wanted = "SELECT count(*) FROM command WHERE state = 'pending'"
        eventually(lambda: rows(hurt, wanted)[0][0] == len(told), or_else="not all were stored")
        time.sleep(0.7)  # until every workflow stands before the tables
        for name in ("api", "temporal"):
            os.kill(hurt.pids[name], signal.SIGSTOP)
    for referral, turn in turns.items():
        wait_until_written(hurt, referral, turn)
    hurt.kill_everything()
    for sender in senders:
        sender.join(30)
    hurt.restart()

    assert coordinator.see(rung_back)["reached"]
    # Each goes on from there: later commands are applied, and what was said once stands there once.
    later = {
        rung_back: coordinator.try_to_decide(rung_back, "single_call"),
        counted: coordinator.try_to_ring(counted, "no_answer"),
        closed: coordinator.try_to_decide(closed, "reopen"),
    }
    for referral, answer in later.items():
        assert answer.status_code in {200, 201, 202}, (answer.text, coordinator.story(referral))
    coordinator.wait_for(rung_back, stage="closed", outcome="single_call", reached=True)
    assert [message["state"] for message in coordinator.messages(rung_back)] == ["recalled"]
    coordinator.wait_for(counted, attempts_counted=3)
    assert coordinator.story(counted).count("Call: no answer.") == 3
    coordinator.wait_for(counted, stage="closed", outcome="not_reached", seconds=40)
    coordinator.wait_for(corrected, stage="closed", outcome="not_reached", seconds=40)
    coordinator.wait_for(closed, stage="contacting", opening=2)
    assert coordinator.see(supported)["stage"] == "supporting"
    eventually(
        lambda: "A review was missed." in coordinator.story(supported) or None,
        or_else=lambda: "the support never began:\n" + coordinator.story(supported),
    )
    assert rows(hurt, "SELECT count(*) FROM command WHERE state = 'pending'") == [(0,)]


def _say(coordinator: Coordinator, referral: str, path: str, body: dict[str, object]) -> None:
    try:
        coordinator.post(f"/referrals/{referral}/{path}", body)
    except httpx2.TransportError:
        return
