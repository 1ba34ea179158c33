"""When somebody is on the way: who is told, how, and what is done when no text may say it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.dispatch_events import VisitExpected
from domain.events import MessageSettled, OptedOut, Stopped
from domain.referral_state import doubtful_now, leaving_now
from domain.vocabulary import (
    Answer,
    Channel,
    ContactChannel,
    MessageState,
    OptOutWay,
    Purpose,
    StopCause,
    UnknownRule,
)
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    Life,
    a_phone,
    a_policy,
    bereaved_facts,
    child_facts,
    contacting,
    message_policy,
    reached,
    self_referred_facts,
    sensitive_facts,
    some_facts,
)

TEXTS = a_policy(messages=message_policy())
SOON = 15 * MINUTE


def expects(life: Life, after: timedelta = SOON, *, repair_id: str = "repair-1") -> Life:
    life.happens(VisitExpected(repair_id=repair_id, expected_at=life.now + after))
    return life


def announcements(life: Life):
    return [errand for errand in life.state.errands if errand.purpose is Purpose.VISIT_EXPECTED]


def a_person_rings(life: Life) -> bool:
    return "tell them by telephone" in life.state.escalation and not announcements(life)


def settled(life: Life, state: MessageState, **details) -> Life:
    life.happens(MessageSettled(key=announcements(life)[0].key, state=state, why="so it was", **details))
    return life


@pytest.mark.parametrize("facts", [some_facts(), sensitive_facts(), child_facts()])
def test_who_asked_to_be_told_gets_a_text_on_a_number_known_to_be_safe(facts):
    life = expects(reached(facts, policy=TEXTS))
    (text,) = announcements(life)
    assert (text.channel, text.address_id, text.about) == (Channel.TEXT, "phone-1", "repair-1")
    assert leaving_now(life.state, life.now) == text.key
    assert life.state.escalated_at is None


def test_a_number_of_which_nobody_knows_whether_it_is_safe_gets_no_text_even_on_an_ordinary_referral():
    unknown = a_phone(safe=Answer.UNKNOWN)
    assert a_person_rings(expects(reached(some_facts(phones=(unknown,)), policy=TEXTS)))
    # Of two numbers the one is taken that is known to be safe, not the one that comes first.
    life = expects(reached(some_facts(phones=(unknown, a_phone(2))), policy=TEXTS))
    assert [text.address_id for text in announcements(life)] == ["phone-2"]


def test_a_plan_that_has_run_out_vouches_for_no_text():
    life = reached(some_facts(), policy=TEXTS)
    ended = replace(life.state.facts, plan_until=life.now - MINUTE)
    life.state = replace(life.state, facts=ended)
    assert a_person_rings(expects(life))


@pytest.mark.parametrize(
    "facts",
    [
        some_facts(phones=(a_phone(takes_texts=False),)),
        bereaved_facts(),
        sensitive_facts(phones=(a_phone(safe=Answer.UNKNOWN), a_phone(2, takes_texts=False))),
    ],
)
def test_where_no_text_is_safe_a_person_is_asked_to_ring(facts):
    life = Life(facts, policy=TEXTS)
    life.state = replace(life.state, reached=True)
    assert a_person_rings(expects(life))


def test_who_was_never_spoken_to_gets_no_text():
    assert a_person_rings(expects(contacting(policy=TEXTS)))
    assert a_person_rings(expects(contacting(self_referred_facts(), policy=TEXTS)))


@pytest.mark.parametrize("channel", [ContactChannel.TEXT, ContactChannel.EMAIL])
def test_who_asked_us_to_stop_anything_is_rung(channel):
    life = reached(policy=TEXTS)
    life.happens(OptedOut(channel=channel, way=OptOutWay.TEXT))
    assert a_person_rings(expects(life))


def test_nothing_is_said_while_everything_is_stopped_and_what_waits_is_taken_back():
    life = expects(reached(policy=TEXTS))
    (text,) = announcements(life)
    life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    assert announcements(life) == []
    assert life.last_word[text.key] is MessageState.RECALLED
    expects(life)
    assert announcements(life) == []


def test_at_night_a_person_rings_because_a_text_might_wake_somebody_else():
    life = reached(policy=TEXTS).sleeps(14 * HOUR)
    assert a_person_rings(expects(life))
    # Nor does it wait for the morning, when somebody has long been there.
    assert next((m for e in life.effects for m in e.messages if m.channel is Channel.TEXT), None) is None


def test_a_newer_time_takes_the_place_of_one_that_has_not_left():
    life = expects(reached(policy=TEXTS))
    (older,) = announcements(life)
    expects(life, HOUR)
    (newer,) = announcements(life)
    assert newer.key != older.key
    assert newer.until == life.now + HOUR
    assert life.last_word[older.key] is MessageState.RECALLED


def test_two_repairs_are_announced_each_for_itself():
    life = expects(expects(reached(policy=TEXTS)), repair_id="repair-2")
    assert [text.about for text in announcements(life)] == ["repair-1", "repair-2"]


def test_a_time_that_has_passed_is_not_announced():
    life = expects(reached(policy=TEXTS), -MINUTE)
    assert announcements(life) == []
    assert life.state.escalated_at is None


def test_a_text_that_could_not_leave_in_time_does_not_leave_at_all():
    life = expects(reached(policy=TEXTS))
    settled(life, MessageState.RESERVED, retry_at=life.now + MINUTE)
    assert len(announcements(life)) == 1
    key = announcements(life)[0].key
    life.sleeps(SOON)
    settled(life, MessageState.RESERVED, retry_at=life.now + MINUTE)
    assert life.last_word[key] is MessageState.RECALLED
    assert a_person_rings(life)


@pytest.mark.parametrize(
    ("state", "details"),
    [
        (MessageState.HELD, {}),
        (MessageState.HELD, {"asks_person": True}),
        (MessageState.REJECTED, {}),
        (MessageState.UNKNOWN, {}),
    ],
)
def test_whatever_keeps_the_text_from_leaving_somebody_is_asked_to_ring(state, details):
    # A message of unknown fate is not waited for: by then whoever is expected has been.
    life = settled(expects(reached(policy=TEXTS)), state, **details)
    assert a_person_rings(life)
    assert doubtful_now(life.state, life.now + DAY) is None


def test_a_service_may_rather_send_it_twice_than_ring():
    rules = dict.fromkeys(Purpose, UnknownRule.RESEND)
    life = expects(reached(policy=a_policy(messages=message_policy(unknown_rules=rules))))
    settled(life, MessageState.UNKNOWN)
    (again,) = announcements(life)
    assert (again.resent, again.about, again.until) == (True, "repair-1", life.now + SOON)
    assert a_person_rings(settled(life, MessageState.UNKNOWN))
    sensitive = a_policy(messages=message_policy(unknown_rules=rules))
    life = expects(reached(sensitive_facts(), policy=sensitive))
    assert a_person_rings(settled(life, MessageState.UNKNOWN)), "never twice unasked on a sensitive referral"


def test_a_text_that_left_asks_nobody():
    life = settled(expects(reached(policy=TEXTS)), MessageState.SENT)
    assert announcements(life) == []
    assert life.state.escalated_at is None


def test_a_closed_referral_still_tells_and_stays_closed():
    life = expects(reached(policy=TEXTS).decides("single_call"))
    assert len(announcements(life)) == 1
    assert life.state.stage == "closed"
    settled(life, MessageState.HELD)
    assert life.state.stage == "closed"
    assert any("told by telephone" in entry.what for entry in life.effects[-1].entries)
