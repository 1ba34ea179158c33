"""What stops us: a stop, an opt-out, a text that may not be from the victim, and a duress word."""

from dataclasses import replace

import pytest

from domain.events import (
    AttemptMade,
    MessageSettled,
    OptedIn,
    OptedOut,
    PlanChanged,
    Replied,
    Stopped,
    TextCame,
)
from domain.vocabulary import (
    Answer,
    AttemptOutcome,
    Channel,
    ContactChannel,
    MessageState,
    OptOutWay,
    Purpose,
    ReplyChannel,
    Role,
    Stage,
    StopCause,
    TextMeaning,
)
from tests.builders import (
    DAY,
    HOUR,
    Life,
    a_phone,
    a_policy,
    closed_as,
    contacting,
    held,
    message_policy,
    not_reached,
    sensitive_facts,
    some_facts,
    supporting,
    waiting,
    writing,
)

WITH_MESSAGES = a_policy(messages=message_policy())


def words(life: Life) -> str:
    return " ".join(f"{entry.what} {entry.why}" for effects in life.effects for entry in effects.entries)


def asked(life: Life) -> list[str]:
    return [errand.purpose for errand in life.state.errands]


# --- stop


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (StopCause.SOMEBODY_ELSE_ANSWERED, "third_party_answered"),
        (StopCause.CHILD_ANSWERED, "child_answered"),
        (StopCause.IMMEDIATE_DANGER, "immediate_danger"),
        (StopCause.VICTIM_IS_SUSPECT, "counter_allegation"),
        (StopCause.VICTIM_HAS_DIED, "victim_has_died"),
        (StopCause.OTHER, "stopped"),
    ],
)
def test_one_press_recalls_the_letter_and_holds_for_a_supervisor(cause, kind):
    life = writing()
    life.happens(Stopped(cause=cause))
    assert life.state.stage is Stage.HELD
    assert life.held_kinds == {kind}
    assert {hold.release_by_role for hold in life.state.holds} == {Role.MANAGER}
    assert life.state.writing.state is MessageState.RECALLED


@pytest.mark.parametrize("stage", [contacting, writing, waiting, held, supporting])
def test_a_stop_holds_from_every_live_stage(stage):
    life = stage()
    life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    assert life.state.stage is Stage.HELD
    assert life.next_kind == "check_hold"


def test_a_stop_of_a_closed_referral_is_recorded_and_reopens_nothing():
    life = closed_as("moved_away")
    life.happens(Stopped(cause=StopCause.VICTIM_HAS_DIED))
    assert life.state.stage is Stage.CLOSED
    assert "Everything was stopped." in words(life)


def test_the_referrer_is_asked_for_a_safe_channel_at_its_own_mailbox():
    life = contacting(sensitive_facts(referrer_can_be_asked=True))
    life.rings(AttemptOutcome.THIRD_PARTY_ANSWERED)
    (errand,) = life.state.errands
    assert (errand.purpose, errand.channel) == (Purpose.SAFE_CHANNEL_ASKED, Channel.EMAIL)
    assert life.state.question_open


def test_a_referrer_without_a_mailbox_has_to_be_rung_and_the_timeline_says_so():
    life = contacting(sensitive_facts(referrer_can_be_asked=False))
    life.rings(AttemptOutcome.THIRD_PARTY_ANSWERED)
    assert life.state.errands == ()
    assert "ring them" in words(life)
    assert life.state.question_open


@pytest.mark.parametrize("cause", [StopCause.VICTIM_HAS_DIED, StopCause.VICTIM_IS_SUSPECT])
def test_nobody_asks_for_a_channel_to_the_dead_or_to_a_suspect(cause):
    life = contacting(some_facts(referrer_can_be_asked=True))
    life.happens(Stopped(cause=cause))
    assert asked(life) == []


def test_the_referrer_is_asked_once_however_often_somebody_stops():
    life = contacting(sensitive_facts(referrer_can_be_asked=True))
    for _ in range(3):
        life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    assert asked(life) == [Purpose.SAFE_CHANNEL_ASKED]


def test_a_question_that_has_not_left_is_recalled_once_the_hold_is_lifted():
    life = contacting(sensitive_facts(referrer_can_be_asked=True))
    life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    key = life.state.errands[0].key
    life.decides("release")
    assert life.state.errands == ()
    assert life.last_word[key] is MessageState.RECALLED


def test_somebody_else_on_an_ordinary_referral_stops_nothing():
    life = contacting(some_facts(referrer_can_be_asked=True)).rings(AttemptOutcome.THIRD_PARTY_ANSWERED)
    assert life.state.stage is Stage.CONTACTING
    assert life.state.errands == ()


# --- a question to the referrer, on its way


def questioned() -> Life:
    life = Life(sensitive_facts(referrer_can_be_asked=True), policy=WITH_MESSAGES)
    life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    return life


def question_is(life: Life, state: MessageState, **details) -> Life:
    life.happens(MessageSettled(key=life.state.errands[0].key, state=state, **details))
    return life


def test_a_question_that_left_is_done_with():
    life = question_is(questioned(), MessageState.SENT)
    assert life.state.errands == ()
    assert life.state.stage is Stage.HELD


def test_a_question_whose_provider_is_away_is_asked_again_later():
    life = questioned()
    at = life.now + HOUR
    question_is(life, MessageState.RESERVED, retry_at=at, why="The provider is away.")
    assert life.state.errands[0].due_at == at
    assert life.state.errands[0].is_waiting


def test_a_question_of_unknown_fate_is_asked_once_more_by_its_rule_and_then_by_a_person():
    life = question_is(questioned(), MessageState.UNKNOWN)
    first = life.state.errands[0].key
    life.sleeps(2 * HOUR)
    question_is(life, MessageState.UNKNOWN, reconciled=True)
    (again,) = life.state.errands
    assert again.key != first
    question_is(life, MessageState.UNKNOWN).sleeps(2 * HOUR)
    question_is(life, MessageState.UNKNOWN, reconciled=True)
    assert life.state.errands == ()
    assert "ring them" in life.state.escalation


def test_a_question_the_provider_refuses_is_for_a_person():
    life = question_is(questioned(), MessageState.REJECTED, why="Refused.")
    assert "ring them" in life.state.escalation


# --- opting out


@pytest.mark.parametrize("channel", list(ContactChannel))
@pytest.mark.parametrize("stage", [contacting, writing])
def test_whoever_asks_us_to_stop_pauses_what_is_automatic_and_a_person_decides(stage, channel):
    life = stage()
    life.happens(OptedOut(channel=channel, way=OptOutWay.WEB))
    assert life.state.stage is Stage.CONTACTING
    assert life.next_kind == "decide"
    assert life.state.outcome is None
    assert life.state.decision is None
    assert life.state.writing is None or life.state.writing.state is MessageState.RECALLED


def test_a_stop_is_never_taken_as_declined():
    life = contacting()
    life.happens(OptedOut(channel=ContactChannel.TEXT, way=OptOutWay.TEXT))
    assert life.may_not_decide("declined").code == "not_possible_now"
    life.waits(60 * DAY)
    assert life.state.stage is Stage.CONTACTING


def test_a_channel_that_was_stopped_is_not_chosen_even_by_a_person():
    life = contacting()
    life.happens(OptedOut(channel=ContactChannel.LETTER, way=OptOutWay.LETTER_CODE))
    life.decides("write_now")
    assert life.state.writing.channel is not Channel.LETTER


def test_a_call_to_somebody_who_asked_us_not_to_ring_is_a_persons_decision():
    life = contacting()
    life.happens(OptedOut(channel=ContactChannel.PHONE, way=OptOutWay.PHONE))
    life.decides("attempt_again")
    assert life.next_kind == "decide"


def test_the_persons_own_word_opens_the_channel_again():
    life = contacting()
    life.happens(OptedOut(channel=ContactChannel.PHONE, way=OptOutWay.PHONE))
    life.happens(OptedIn(channel=ContactChannel.PHONE))
    life.decides("attempt_again")
    assert life.next_kind == "call"


def test_an_opt_out_during_support_asks_a_supervisor_and_ends_nothing():
    life = supporting()
    life.happens(OptedOut(channel=ContactChannel.TEXT, way=OptOutWay.TEXT))
    assert life.state.stage is Stage.SUPPORTING
    assert life.state.escalated_at is not None


def test_an_opt_out_of_a_closed_referral_is_kept_for_the_day_it_reopens():
    life = not_reached()
    life.happens(OptedOut(channel=ContactChannel.LETTER, way=OptOutWay.LETTER_CODE))
    assert life.state.stage is Stage.CLOSED
    life.decides("reopen").is_silent(3)
    assert life.proposals == {"write"}, "nothing goes out by machine until a person decides"
    life.decides("release").decides("write_now")
    assert life.state.writing.channel is not Channel.LETTER


# --- texts that are no replies


def texted(facts=None, *, meaning: TextMeaning = TextMeaning.WHO_ARE_YOU) -> Life:
    life = contacting(facts, policy=WITH_MESSAGES)
    life.happens(TextCame(meaning=meaning, phone_id="phone-1"))
    return life


def test_who_asks_who_we_are_is_answered_neutrally_on_the_same_number():
    life = texted(some_facts(phones=(a_phone(1), a_phone(2))))
    (errand,) = life.state.errands
    assert (errand.purpose, errand.channel, errand.address_id) == (
        Purpose.WHO_WE_ARE,
        Channel.TEXT,
        "phone-1",
    )
    assert life.next_kind == "call", "it is no reply"


def test_on_a_sensitive_referral_a_person_decides_whether_to_answer():
    life = texted(sensitive_facts())
    assert life.state.errands == ()
    assert life.state.escalated_at is not None


def test_nobody_answers_on_a_number_marked_unsafe():
    life = texted(some_facts(phones=(a_phone(1, safe=Answer.NO), a_phone(2))))
    assert life.state.errands == ()


def test_no_answer_leaves_at_night_and_one_hours_late_does_not_leave_at_all():
    life = contacting(policy=WITH_MESSAGES).sleeps(13 * HOUR)  # 22:00
    life.happens(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1"))
    due_at = life.state.errands[0].due_at
    assert due_at == life.now + 11 * HOUR
    life.now = due_at + 5 * HOUR
    for _ in range(2):
        if life.state.errands:
            question_is(life, MessageState.RESERVED, retry_at=life.now, why="Away.")
    assert life.state.errands == ()


def test_an_abusive_text_on_a_sensitive_referral_stops_everything_for_a_supervisor():
    life = texted(sensitive_facts(), meaning=TextMeaning.ABUSE)
    assert life.held_kinds == {"third_party_answered"}


def test_an_abusive_text_on_an_ordinary_referral_asks_a_person():
    assert texted(meaning=TextMeaning.ABUSE).next_kind == "decide"


# --- duress


def test_a_call_with_the_duress_word_looks_like_any_other_and_only_alerts():
    plain, duress = contacting(), contacting()
    plain.happens(AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=plain.now))
    duress.happens(AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=duress.now, duress=True))
    assert duress.state.alerted_at == duress.now
    assert replace(duress.state, alerted_at=None) == plain.state
    assert duress.effects == plain.effects, "not a line more in the timeline"


def test_a_reply_with_the_duress_word_only_alerts():
    life = contacting()
    life.happens(Replied(channel=ReplyChannel.TEXT, duress=True))
    assert life.next_kind == "call"
    assert "duress" not in words(life).lower()
    assert life.state.alerted_at is not None
    assert life.state.escalated_at is None


def quietly_alerted() -> Life:
    life = contacting()
    life.happens(Replied(channel=ReplyChannel.TEXT, duress=True))
    return life


@pytest.mark.parametrize("stage", [contacting, held, supporting, not_reached])
@pytest.mark.parametrize(
    "event",
    [
        OptedOut(channel=ContactChannel.TEXT, way=OptOutWay.TEXT, duress=True),
        TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1", duress=True),
        TextCame(meaning=TextMeaning.ABUSE, phone_id="phone-1", duress=True),
        Replied(channel=ReplyChannel.TEXT, duress=True),
    ],
)
def test_the_duress_word_alerts_from_wherever_it_comes_and_changes_nothing_else(stage, event):
    plain, duress = stage(), stage()
    plain.happens(replace(event, duress=False))
    duress.happens(event)
    assert duress.state.alerted_at == duress.now
    assert replace(duress.state, alerted_at=None) == plain.state
    assert duress.effects == plain.effects


def test_a_quiet_alert_stands_until_a_supervisor_decides_something():
    life = quietly_alerted()
    life.rings(AttemptOutcome.ANSWERED).decides("attempt_again", role=Role.COORDINATOR)
    life.decides("close", role=Role.COORDINATOR, outcome="moved_away")
    assert life.state.alerted_at is not None, "closed by a coordinator, it alerts still"
    life.decides("reopen", role=Role.MANAGER)
    assert life.state.alerted_at is None


# --- who asks again and again


def test_who_asks_fifty_times_who_we_are_is_answered_once_and_then_by_a_person():
    life = texted()
    for _ in range(50):
        life.happens(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1"))
    assert asked(life) == [Purpose.WHO_WE_ARE]
    assert life.state.escalated_at is None, "an answer is on its way"
    question_is(life, MessageState.SENT).sleeps(HOUR)
    life.happens(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1"))
    assert asked(life) == []
    assert "a person decides" in life.state.escalation


def test_another_number_is_answered_and_so_is_the_same_one_a_day_later():
    life = texted(some_facts(phones=(a_phone(1), a_phone(2))))
    life.happens(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-2"))
    assert len(asked(life)) == 2
    for _ in range(2):
        question_is(life, MessageState.SENT)
    life.sleeps(DAY).happens(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1"))
    assert len(asked(life)) == 1
    assert [phone for phone, _ in life.state.answered_who_at] == ["phone-1"], "what is a day old is forgotten"


# --- the contact plan


def test_a_plan_that_makes_the_only_number_unsafe_takes_the_call_off_the_worklist():
    life = contacting(sensitive_facts(address_safe=None, email_safe=None))
    facts = replace(life.state.facts, phones=(a_phone(1, safe=Answer.NO),))
    life.happens(PlanChanged(facts=facts))
    assert life.state.stage is Stage.HELD
    assert "The contact plan was changed." in words(life)


def test_a_plan_that_has_run_out_vouches_for_nothing_on_a_sensitive_referral():
    life = contacting(sensitive_facts())
    life.happens(PlanChanged(facts=replace(life.state.facts, plan_until=life.now + HOUR)))
    assert life.next_kind == "call"
    life.waits(2 * HOUR)
    assert life.held_kinds == {"confirm_safety"}
    assert {phone.safe for phone in life.state.facts.phones} == {Answer.UNKNOWN}


def test_a_plan_that_has_run_out_hinders_nobody_on_an_ordinary_referral():
    life = contacting()
    life.happens(PlanChanged(facts=replace(life.state.facts, plan_until=life.now + HOUR)))
    life.waits(2 * HOUR)
    assert life.next_kind == "call"
    assert "run out" in words(life)


def test_a_plan_changed_while_supporting_or_closed_is_recorded():
    for life in (supporting(), closed_as("moved_away")):
        stage = life.state.stage
        life.happens(PlanChanged(facts=life.state.facts))
        assert life.state.stage is stage
