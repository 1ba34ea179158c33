"""A stop outlives a closing: only a supervisor lifts it."""

import pytest

from domain.events import AttemptMade, Stopped, TextCame
from domain.vocabulary import (
    AttemptOutcome,
    Direction,
    Flag,
    Outcome,
    Role,
    Stage,
    StopCause,
    TextMeaning,
)
from tests.builders import (
    HOUR,
    Life,
    a_policy,
    closed_as,
    contacting,
    message_policy,
    not_reached,
    sensitive_facts,
    some_facts,
)

DANGER = (StopCause.IMMEDIATE_DANGER,)
SUSPECT = {"flags": (Flag.COUNTER_ALLEGATION,)}
MANAGERS_HOLDS = {
    AttemptOutcome.IMMEDIATE_DANGER: StopCause.IMMEDIATE_DANGER,
    AttemptOutcome.VICTIM_HAS_DIED: StopCause.VICTIM_HAS_DIED,
    AttemptOutcome.THIRD_PARTY_ANSWERED: StopCause.SOMEBODY_ELSE_ANSWERED,
    AttemptOutcome.CHILD_ANSWERED: StopCause.CHILD_ANSWERED,
}


def in_danger() -> Life:
    """Reached, so that every ending is open."""
    return contacting(sensitive_facts()).rings(AttemptOutcome.IMMEDIATE_DANGER)


@pytest.mark.parametrize(("outcome", "cause"), MANAGERS_HOLDS.items())
def test_closing_and_reopening_is_no_way_round_a_supervisor(outcome, cause):
    life = contacting(sensitive_facts()).rings(outcome)
    kinds = life.held_kinds
    life.decides("close", role=Role.COORDINATOR, outcome="disengaged")
    assert life.state.stopped_for == (cause,)
    life.decides("reopen", role=Role.COORDINATOR)
    assert (life.state.stage, life.state.call) == (Stage.HELD, None)
    assert life.held_kinds == kinds
    assert life.may_not_decide("release", role=Role.COORDINATOR).code == "role_not_allowed"
    life.decides("release", role=Role.MANAGER)
    assert life.state.stopped_for == ()
    assert life.next_kind == "call"


@pytest.mark.parametrize("ending", ["single_call", "declined", "return_to_referrer"])
def test_no_ending_by_a_coordinator_lifts_a_stop(ending):
    life = in_danger().decides(ending, role=Role.COORDINATOR)
    assert life.state.stage is Stage.CLOSED
    assert life.state.stopped_for == DANGER
    life.replies()
    assert "immediate_danger" in life.held_kinds


def test_support_that_begins_under_a_stop_is_shown_to_a_supervisor_who_lifts_it():
    life = in_danger().decides("ongoing_support", role=Role.COORDINATOR)
    assert life.state.stage is Stage.SUPPORTING
    assert life.state.stopped_for == DANGER
    assert life.state.escalated_at is not None
    life.decides("hold", role=Role.MANAGER).decides("release", role=Role.MANAGER)
    assert life.state.stopped_for == ()
    assert life.state.stage is Stage.SUPPORTING


@pytest.mark.parametrize("ending", ["single_call", "declined", "ongoing_support", "return_to_referrer"])
def test_a_supervisor_who_ends_it_lifts_the_stop(ending):
    life = in_danger().decides(ending, role=Role.MANAGER)
    assert life.state.stopped_for == ()


def test_releasing_one_of_two_leaves_the_other_standing():
    life = in_danger().rings(AttemptOutcome.THIRD_PARTY_ANSWERED)
    life.decides("release", role=Role.MANAGER, hold_kind="immediate_danger")
    assert life.state.stopped_for == (StopCause.SOMEBODY_ELSE_ANSWERED,)


def test_a_stop_of_a_closed_referral_holds_whoever_opens_it_again():
    for reopens in (
        lambda life: life.replies(),
        lambda life: life.decides("reopen", role=Role.COORDINATOR),
        lambda life: life.happens(
            AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=life.now, direction=Direction.INBOUND)
        ),
    ):
        life = closed_as("moved_away", some_facts())
        life.happens(Stopped(cause=StopCause.IMMEDIATE_DANGER))
        reopens(life)
        assert life.state.stage is Stage.HELD
        assert "immediate_danger" in life.held_kinds


@pytest.mark.parametrize(("stopped", "answers"), [(False, 1), (True, 0)])
def test_no_machine_answers_who_asks_while_a_closed_referral_is_stopped(stopped, answers):
    life = contacting(some_facts(), policy=a_policy(messages=message_policy()))
    life.decides("close", outcome="moved_away")
    if stopped:
        life.happens(Stopped(cause=StopCause.IMMEDIATE_DANGER))
    life.happens(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1"))
    assert len(life.state.errands) == answers


def test_a_victim_who_is_a_suspect_once_more_is_held_once_more():
    life = contacting(some_facts())
    life.is_corrected(**SUSPECT).decides("release", role=Role.MANAGER)
    assert life.state.stopped_for == ()
    life.is_corrected(flags=())
    assert life.state.stage is Stage.CONTACTING
    life.is_corrected(**SUSPECT)
    assert life.held_kinds == {"counter_allegation"}
    assert life.state.stopped_for == (StopCause.VICTIM_IS_SUSPECT,)


def test_what_was_released_is_not_asked_again_while_the_fact_stands():
    life = contacting(some_facts())
    life.is_corrected(**SUSPECT).decides("release", role=Role.MANAGER)
    life.is_corrected(flags=(Flag.COUNTER_ALLEGATION, Flag.REPEAT))
    assert life.state.stage is Stage.CONTACTING


@pytest.mark.parametrize("how", ["reply", "call"])
def test_what_was_learnt_while_it_was_closed_holds_when_it_reopens(how):
    life = closed_as("moved_away", some_facts()).is_corrected(**SUSPECT)
    assert life.state.stopped_for == (StopCause.VICTIM_IS_SUSPECT,)
    if how == "reply":
        life.replies()
    else:
        life.happens(
            AttemptMade(
                outcome=AttemptOutcome.CALLBACK_REQUESTED,
                made_at=life.now,
                direction=Direction.INBOUND,
            )
        )
    assert life.held_kinds == {"counter_allegation"}


def test_a_late_reply_to_an_ordinary_referral_is_promised_a_call_as_before():
    life = not_reached().sleeps(HOUR)
    assert life.state.outcome is Outcome.NOT_REACHED
    life.replies()
    assert life.state.stage is Stage.CONTACTING
    assert life.state.call.promised
