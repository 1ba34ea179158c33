import itertools
from dataclasses import replace
from datetime import time

import pytest

from domain.channels import callable_phones
from domain.hold_kinds import KINDS
from domain.policy import OpeningHours, Period
from domain.ringing import MayRing, known_numbers, may_ring_now
from domain.vocabulary import Access, Answer, ContactChannel, Role, Stage, Weekday
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Life,
    a_phone,
    a_policy,
    a_referral,
    information_facts,
    sensitive_facts,
    some_facts,
)

OFFICE = OpeningHours(
    time_zone="Europe/London",
    periods=(Period(days=tuple(Weekday)[:5], opens=time(9), closes=time(17)),),
)
EVENINGS = Period(days=(Weekday.MON,), opens=time(16), closes=time(20))


def test_nothing_speaks_against_ringing_a_safe_number_while_we_are_open() -> None:
    ringing = may_ring_now(Life().state, NOW)
    assert (ringing.may, ringing.reasons, ringing.opens_at) == (MayRing.YES, (), None)


def test_nobody_is_rung_before_triage() -> None:
    assert may_ring_now(a_referral(), NOW).may is MayRing.NO


def test_nobody_is_rung_once_the_referral_is_closed() -> None:
    life = Life().decides("close", outcome="moved_away")
    assert life.state.stage is Stage.CLOSED
    assert may_ring_now(life.state, life.now).may is MayRing.NO


def test_nobody_is_rung_while_we_are_closed_and_it_is_said_when_we_open() -> None:
    life = Life(policy=a_policy(hours=OFFICE))
    late = NOW.replace(hour=18)
    ringing = may_ring_now(life.state, late)
    assert (ringing.may, ringing.reasons) == (MayRing.NO, ("We are closed now.",))
    assert ringing.opens_at == (NOW + DAY).replace(hour=9)


def test_the_times_a_person_gave_are_never_bent() -> None:
    life = Life(some_facts(windows=(EVENINGS,)), policy=a_policy(hours=OFFICE))
    ringing = may_ring_now(life.state, NOW)
    assert ringing.may is MayRing.NO
    assert "outside the times this person gave" in ringing.reasons[0]
    assert ringing.opens_at == NOW.replace(hour=16)
    assert may_ring_now(life.state, NOW.replace(hour=16)).may is MayRing.YES


def test_a_call_promised_for_an_unusual_time_is_asked_about_and_not_simply_forbidden() -> None:
    life = Life(policy=a_policy(hours=OFFICE))
    life.rings("callback_requested", callback_at=NOW.replace(hour=19))
    assert may_ring_now(life.state, NOW.replace(hour=18)).may is MayRing.NO
    assert may_ring_now(life.state, NOW.replace(hour=19)).may is MayRing.ASK_FIRST


def test_nobody_rings_before_a_promised_call_however_open_we_are() -> None:
    life = Life().rings("callback_requested", callback_at=NOW + 6 * HOUR)
    for early in (NOW, NOW + HOUR, NOW + 6 * HOUR - MINUTE):
        ringing = may_ring_now(life.state, early)
        assert ringing.may is MayRing.NO
        assert ringing.reasons == ("A call was promised for Mon 23 Nov, 15:00: nobody rings before.",)
        assert ringing.opens_at == NOW + 6 * HOUR
    assert may_ring_now(life.state, NOW + 6 * HOUR).may is MayRing.YES


def test_a_promise_without_a_time_that_was_named_is_waited_for_too() -> None:
    life = Life().rings("cannot_talk_now")
    assert may_ring_now(life.state, NOW + MINUTE).may is MayRing.NO
    assert may_ring_now(life.state, life.due_at).may is MayRing.YES


def test_a_promise_is_waited_for_also_while_held() -> None:
    life = Life().decides("hold").rings("callback_requested", callback_at=NOW + 6 * HOUR)
    assert may_ring_now(life.state, NOW).may is MayRing.NO
    assert may_ring_now(life.state, NOW + 6 * HOUR).may is MayRing.ASK_FIRST


def test_a_promise_for_when_we_are_closed_names_its_own_time_and_not_when_we_open() -> None:
    life = Life(policy=a_policy(hours=OFFICE))
    life.rings("callback_requested", callback_at=NOW.replace(hour=19))
    ringing = may_ring_now(life.state, NOW.replace(hour=18))
    assert ringing.opens_at == NOW.replace(hour=19)
    assert ringing.reasons[0].startswith("A call was promised for Mon 23 Nov, 19:00")


def test_a_coordinator_who_wants_another_call_may_ring_at_once() -> None:
    life = Life().rings("callback_requested", callback_at=NOW + 6 * HOUR)
    life.sleeps(HOUR).decides("attempt_again")
    assert may_ring_now(life.state, life.now).may is MayRing.YES


def test_before_the_next_call_is_due_somebody_is_asked_and_it_is_said_that_it_will_not_count() -> None:
    life = Life().is_silent()
    ringing = may_ring_now(life.state, NOW + HOUR)
    assert ringing.may is MayRing.ASK_FIRST
    assert ringing.reasons == ("The next call is due Mon 23 Nov, 13:00, and one made now will not count.",)
    assert may_ring_now(life.state, NOW + 4 * HOUR).may is MayRing.YES


def test_a_call_rebooked_for_later_would_count_but_somebody_is_asked_first() -> None:
    life = Life().decides("change_due", due_at=NOW + DAY)
    ringing = may_ring_now(life.state, NOW + HOUR)
    assert (ringing.may, ringing.reasons) == (
        MayRing.ASK_FIRST,
        ("The next call is due Tue 24 Nov, 09:00.",),
    )


def test_while_closed_before_the_next_call_it_is_said_when_that_can_be_made() -> None:
    life = Life(policy=a_policy(hours=OFFICE)).decides("change_due", due_at=NOW + 2 * DAY)
    ringing = may_ring_now(life.state, NOW.replace(hour=18))
    assert (ringing.may, ringing.opens_at) == (MayRing.NO, NOW + 2 * DAY)


def test_who_is_only_to_be_told_that_we_exist_is_not_rung_before_somebody_decides_to() -> None:
    life = Life(information_facts())
    ringing = may_ring_now(life.state, life.now)
    assert ringing.may is MayRing.ASK_FIRST
    assert "only to be told that we exist" in ringing.reasons[0]
    life.decides("promote")
    assert may_ring_now(life.state, life.now).may is MayRing.YES


@pytest.mark.parametrize("kind", KINDS)
def test_while_held_somebody_is_asked_first_and_it_is_said_if_only_a_manager_may_lift_it(kind) -> None:
    life = Life().decides("hold", hold_kind=kind)
    ringing = may_ring_now(life.state, life.now)
    assert ringing.may is MayRing.ASK_FIRST
    assert KINDS[kind].reason in ringing.reasons[0]
    only_manager = KINDS[kind].release_by_role is Role.MANAGER
    assert ("Only a manager" in ringing.reasons[0]) == only_manager


def test_every_hold_is_named_the_gravest_first_and_a_plain_no_before_them() -> None:
    life = Life(policy=a_policy(hours=OFFICE)).decides("hold", hold_kind="language_barrier")
    life.rings("immediate_danger")
    ringing = may_ring_now(life.state, NOW.replace(hour=20))
    assert ringing.may is MayRing.NO
    assert ringing.reasons[0] == "We are closed now."
    assert "danger" in ringing.reasons[1]
    assert "interpreter" in ringing.reasons[2]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"phones": ()}, "No number is known."),
        ({"phones": (a_phone(safe=Answer.NO),)}, "None of the numbers may be rung."),
        ({"access": (Access.NO_PHONE,)}, "This person cannot use the telephone."),
    ],
)
def test_without_a_number_that_may_be_rung_the_answer_is_no(changes, why) -> None:
    life = Life(some_facts(**changes))
    ringing = may_ring_now(life.state, life.now)
    assert (ringing.may, ringing.reasons[0]) == (MayRing.NO, why)


def test_a_number_is_shown_as_one_to_ring_if_and_only_if_the_gate_opens_it() -> None:
    answers = itertools.product(Answer, (True, False), (True, False))
    phones = tuple(
        a_phone(number, safe=safe, of_guardian=of_guardian)
        for number, (safe, of_guardian, _) in enumerate(answers)
    )
    closed = tuple(phone.id for number, phone in enumerate(phones) if number % 3 == 0)
    for sensitive, suspected, access in itertools.product(
        (True, False), (True, False), ((), (Access.NO_PHONE,))
    ):
        facts = some_facts(phones=phones, guardian_is_suspect=suspected, access=access)
        state = replace(a_referral(facts), sensitive=sensitive, closed_phones=closed)
        known = known_numbers(state, NOW)
        opened = callable_phones(facts, sensitive=sensitive, closed=closed)
        assert {number.phone for number in known if not number.why_not} == set(opened)
        assert {number.phone for number in known} == set(phones)
        assert not any("keeps it closed" in number.why_not for number in known), "a reason has no words"


def test_an_unsafe_number_says_so_whatever_else_speaks_against_it() -> None:
    state = replace(
        a_referral(sensitive_facts(phones=(a_phone(safe=Answer.NO),))), closed_phones=("phone-1",)
    )
    (number,) = known_numbers(state, NOW)
    assert "unsafe" in number.why_not


def test_who_asked_us_not_to_ring_is_asked_about_first() -> None:
    state = replace(Life().state, opted_out=(ContactChannel.PHONE,))
    ringing = may_ring_now(state, NOW)
    assert (ringing.may, ringing.reasons) == (MayRing.ASK_FIRST, ("We were asked not to ring any more.",))


def test_asking_us_to_stop_texts_says_nothing_against_a_call() -> None:
    state = replace(Life().state, opted_out=(ContactChannel.TEXT,))
    assert may_ring_now(state, NOW).may is MayRing.YES


def test_nobody_is_rung_while_a_stop_stands_and_every_other_reason_is_said_too() -> None:
    state = replace(Life(information_facts()).state, opted_out=(ContactChannel.PHONE,))
    ringing = may_ring_now(state, NOW, stopped=True)
    assert ringing.may is MayRing.NO
    assert ringing.reasons[0] == "Everything was stopped."
    assert len(ringing.reasons) == len(set(ringing.reasons)) == 3, "a reason is hidden behind another"


def test_a_plan_that_has_run_out_vouches_for_no_number_on_a_sensitive_referral() -> None:
    """Otherwise what was safe in spring would be rung in autumn, when he is back in the house."""
    facts = sensitive_facts(phones=(a_phone(safe=Answer.YES),), plan_until=NOW + DAY)
    state = Life(facts).state
    assert may_ring_now(state, NOW).may is MayRing.YES
    later = may_ring_now(state, NOW + DAY)
    assert (later.may, later.reasons[0]) == (MayRing.NO, "None of the numbers may be rung.")
    (number,) = known_numbers(state, NOW + DAY)
    assert "Nobody has said that it is safe" in number.why_not


def test_a_warning_outlives_the_plan_it_stood_in() -> None:
    facts = some_facts(phones=(a_phone(safe=Answer.NO),), plan_until=NOW + DAY)
    (number,) = known_numbers(Life(facts).state, NOW + DAY)
    assert "unsafe" in number.why_not


def test_the_number_to_ring_next_comes_first() -> None:
    life = Life(some_facts(phones=(a_phone(1), a_phone(2))))
    life.rings("unobtainable").sleeps(HOUR)
    assert life.state.phone_id == "phone-2"
    assert [number.phone.id for number in known_numbers(life.state, life.now)] == ["phone-2", "phone-1"]
