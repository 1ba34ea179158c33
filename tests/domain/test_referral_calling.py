"""Received and contacting: triage, what a call means, what counts, what the limit and a lapse lead to."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from domain.policy import Period
from domain.vocabulary import (
    Access,
    Answer,
    AttemptOutcome,
    Channel,
    ConsentStatus,
    Direction,
    Flag,
    IncidentKind,
    Lane,
    RiskLevel,
    Weekday,
)
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PROTECTED,
    SILENCE,
    SPOKEN,
    THE_GAP,
    UNREACHABLE,
    UNWRITABLE,
    Life,
    a_phone,
    a_policy,
    child_facts,
    contacting,
    held,
    information_facts,
    self_referred_facts,
    sensitive_facts,
    some_facts,
    supporting,
    waiting,
    writing,
)

MONDAY_EVENING = Period(days=(Weekday.MON,), opens=time(18), closes=time(20))
PROMISES = ("cannot_talk_now", "callback_requested", "hung_up")
PROTECTED_KINDS = pytest.mark.parametrize("facts", PROTECTED.values(), ids=PROTECTED)


# --- received | triage


def test_before_triage_a_referral_waits():
    life = Life(triaged=False)
    assert (life.state.stage, life.next_kind) == ("received", "wait")


def test_an_ordinary_referral_is_rung_first():
    life = Life()
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    assert life.due_at == NOW


def test_the_information_lane_writes_and_never_rings():
    life = Life(information_facts())
    assert (life.state.stage, life.next_kind, life.state.lane) == ("writing", "send", "information")
    assert life.letters_made == [Channel.LETTER]


def test_an_information_referral_is_in_its_lane_from_the_first_moment():
    assert Life(information_facts(), triaged=False).state.lane == Lane.INFORMATION


@PROTECTED_KINDS
def test_a_protected_person_never_takes_the_information_lane_by_machine(facts):
    life = Life(facts(lane=Lane.INFORMATION))
    assert life.state.stage == "held"
    assert life.state.lane == Lane.CONTACT
    assert life.letters_made == []


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"outward_code": "M1"}, "out_of_area"),
        ({"incident": IncidentKind.ANTISOCIAL_BEHAVIOUR}, "excluded"),
        ({"consent": ConsentStatus.REFUSED}, "returned_to_referrer"),
        (UNREACHABLE, "returned_to_referrer"),
        ({**UNREACHABLE, "lane": Lane.INFORMATION}, "returned_to_referrer"),
    ],
    ids=["out of area", "excluded", "refused", "no usable channel", "nothing to inform by"],
)
def test_triage_alone_closes_what_the_service_cannot_take(changes, outcome):
    life = Life(some_facts(**changes))
    assert (life.state.stage, life.state.outcome) == ("closed", outcome)


@PROTECTED_KINDS
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"outward_code": "M1"}, "out_of_area"),
        ({"consent": ConsentStatus.REFUSED}, "returned_to_referrer"),
        (UNREACHABLE, "returned_to_referrer"),
    ],
    ids=["out of area", "refused", "no usable channel"],
)
def test_triage_holds_a_protected_referral_and_proposes_the_ending(facts, changes, outcome):
    life = Life(facts(**changes))
    assert life.state.stage == "held"
    assert outcome in life.proposals


def test_a_referral_back_to_the_referrer_asks_them_a_question():
    assert Life(some_facts(**UNREACHABLE)).state.question_open


def test_without_a_callable_number_the_first_step_is_to_write():
    life = Life(some_facts(phones=()))
    assert (life.state.stage, life.next_kind) == ("writing", "send")


def test_who_cannot_use_a_telephone_is_written_to():
    assert Life(some_facts(access=(Access.NO_PHONE,))).state.stage == "writing"


def test_without_a_callable_number_a_protected_person_is_not_written_to_by_a_machine():
    life = Life(sensitive_facts(phones=()))
    assert (life.state.stage, life.proposals, life.letters_made) == ("held", {"write"}, [])


@pytest.mark.parametrize(
    "facts",
    [self_referred_facts(phones=()), self_referred_facts(lane=Lane.INFORMATION)],
    ids=["no phone", "information"],
)
def test_nothing_leaves_for_a_self_referral_nobody_has_spoken_to(facts):
    life = Life(facts)
    assert (life.state.stage, life.proposals, life.letters_made) == ("held", {"write"}, [])


def test_violence_by_somebody_unknown_asks_for_safety_first():
    life = Life(some_facts(incident=IncidentKind.ASSAULT, suspects=()))
    assert (life.state.stage, life.next_kind) == ("held", "confirm_safety")


def test_confirm_safe_leads_to_the_first_call():
    life = Life(some_facts(incident=IncidentKind.ASSAULT, suspects=())).decides("confirm_safe")
    assert (life.state.stage, life.next_kind) == ("contacting", "call")


def test_confirm_safe_is_refused_where_nobody_asked_for_it():
    held().may_not_decide("confirm_safe")
    contacting().may_not_decide("confirm_safe")


def test_confirm_safe_lifts_only_the_question_of_safety():
    facts = some_facts(incident=IncidentKind.ASSAULT, suspects=(), flags=(Flag.COUNTER_ALLEGATION,))
    life = Life(facts).decides("confirm_safe")
    assert (life.state.stage, life.held_kinds) == ("held", {"counter_allegation"})


# --- contacting | silence


@pytest.mark.parametrize("outcome", SILENCE)
def test_silence_is_counted_and_the_next_call_is_due(outcome):
    life = contacting().rings(outcome)
    assert life.effects[-1].counted is True
    assert (life.state.attempts_counted, life.state.stage, life.next_kind) == (1, "contacting", "call")
    assert life.due_at == NOW + THE_GAP


@pytest.mark.parametrize("outcome", [o for o in AttemptOutcome if o not in SILENCE])
def test_only_silence_counts(outcome):
    life = contacting().rings(outcome)
    assert life.effects[-1].counted is False
    assert life.effects[-1].why_not_counted
    assert life.state.attempts_counted == 0


@pytest.mark.parametrize(
    ("early", "counted"),
    [
        (timedelta(0), True),
        (timedelta(seconds=2), True),
        (timedelta(seconds=3), False),
        (THE_GAP, False),
        (-HOUR, True),
    ],
    ids=["on time", "two seconds early", "three seconds early", "at once", "late"],
)
def test_the_second_attempt_counts_only_after_the_minimum_gap_less_two_seconds(early, counted):
    life = contacting().rings("no_answer").sleeps(THE_GAP - early).rings("no_answer")
    assert life.effects[-1].counted is counted
    assert life.state.attempts_counted == 1 + counted


def test_the_gap_is_measured_from_the_last_counted_attempt_not_from_an_uncounted_one():
    life = contacting().rings("no_answer").sleeps(3 * HOUR).rings("no_answer").sleeps(HOUR).rings("no_answer")
    assert life.state.attempts_counted == 2


def test_an_uncounted_attempt_leaves_the_next_call_due():
    life = contacting().rings("no_answer").sleeps(HOUR).rings("no_answer")
    assert (life.next_kind, life.due_at) == ("call", NOW + THE_GAP)


def test_an_incoming_call_never_counts():
    life = contacting().rings("no_answer", direction=Direction.INBOUND)
    assert life.effects[-1].counted is False


def test_silence_outside_the_victims_windows_does_not_count():
    life = contacting(some_facts(windows=(MONDAY_EVENING,)))
    assert life.due_at == NOW.replace(hour=18)
    assert life.rings("no_answer").effects[-1].counted is False
    assert life.sleeps(9 * HOUR).rings("no_answer").effects[-1].counted is True


def test_silence_outside_the_opening_hours_does_not_count():
    weekdays = Period(days=tuple(Weekday)[:5], opens=time(8), closes=time(20))
    policy = a_policy(hours=replace(a_policy().hours, periods=(weekdays,)))
    life = contacting(policy=policy)
    assert life.rings("no_answer", made_at=NOW.replace(hour=20)).effects[-1].counted is False
    assert life.rings("no_answer", made_at=NOW.replace(hour=19, minute=59)).effects[-1].counted is True


@pytest.mark.parametrize("life", [writing, waiting, held, supporting], ids=lambda life: life.__name__)
@pytest.mark.parametrize("outcome", SILENCE)
def test_silence_elsewhere_is_recorded_but_never_counted_and_changes_nothing(life, outcome):
    life = life()
    before = life.state
    life.rings(outcome)
    after = life.state
    assert life.effects[-1].counted is False
    assert (after.stage, after.attempts_counted, after.writing, after.holds) == (
        before.stage,
        before.attempts_counted,
        before.writing,
        before.holds,
    )


def test_the_third_unanswered_attempt_is_followed_by_a_letter():
    life = contacting().is_silent(3)
    assert (life.state.stage, life.next_kind, life.state.attempts_counted) == ("writing", "send", 3)
    assert life.due_at == NOW.replace(hour=17, minute=30)
    assert life.letters_made == [Channel.LETTER]


@pytest.mark.parametrize(
    ("changes", "channel"),
    [
        ({"address_safe": Answer.NO}, Channel.EMAIL),
        ({"address_safe": None}, Channel.EMAIL),
        ({"address_safe": Answer.NO, "email_safe": Answer.NO}, Channel.TEXT),
    ],
    ids=["post unsafe", "no address", "only the telephone"],
)
def test_at_the_limit_the_gate_chooses_the_channel(changes, channel):
    assert contacting(some_facts(**changes)).is_silent(3).letters_made == [channel]


def test_bereaved_people_get_no_text():
    life = contacting(PROTECTED["bereaved"](**UNWRITABLE)).is_silent(3)
    assert (life.state.stage, life.letters_made) == ("held", [])


@PROTECTED_KINDS
def test_at_the_limit_a_protected_person_is_held_with_a_proposal_to_write(facts):
    life = contacting(facts()).is_silent(3)
    assert (life.state.stage, life.proposals, life.letters_made) == ("held", {"write"}, [])


def test_at_the_limit_without_a_safe_channel_a_sensitive_bereaved_person_is_held_proposing_unsafe_to_contact():
    facts = PROTECTED["bereaved"](**UNWRITABLE, incident=IncidentKind.STALKING, flags=(Flag.BEREAVED,))
    life = contacting(facts).is_silent(3)
    assert (life.state.stage, life.proposals) == ("held", {"unsafe_to_contact"})


def test_at_the_limit_without_a_safe_channel_a_bereaved_person_is_held_proposing_not_reached():
    life = contacting(PROTECTED["bereaved"](**UNWRITABLE)).is_silent(3)
    assert (life.state.stage, life.proposals) == ("held", {"not_reached"})


def test_at_the_limit_a_self_referral_is_held_with_a_proposal_to_write():
    life = contacting(self_referred_facts()).is_silent(3)
    assert (life.state.stage, life.proposals, life.letters_made) == ("held", {"write"}, [])


def test_at_the_limit_somebody_who_was_reached_is_left_to_a_person():
    life = contacting().rings("callback_requested").is_silent(3)
    assert (life.state.stage, life.next_kind, life.letters_made) == ("contacting", "decide", [])


def test_at_the_limit_somebody_who_replied_is_left_to_a_person():
    life = contacting().replies().is_silent(3)
    assert (life.state.stage, life.next_kind, life.letters_made) == ("contacting", "decide", [])


# --- spoken to


def test_an_answer_asks_a_person_to_decide():
    life = contacting().rings("answered")
    assert (life.state.stage, life.next_kind, life.state.reached) == ("contacting", "decide", True)


def test_an_answer_recalls_an_unposted_letter():
    life = writing().rings("answered")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")
    assert set(life.last_word.values()) == {"recalled"}


def test_an_answer_after_posting_asks_a_person_to_decide_and_nothing_is_closed_later():
    life = waiting().rings("answered").waits(60 * DAY)
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_a_call_back_between_last_silence_and_cut_off_stops_the_letter():
    life = writing().waits(28 * MINUTE).rings("answered", direction=Direction.INBOUND).waits(5 * DAY)
    assert set(life.last_word.values()) == {"recalled"}


@pytest.mark.parametrize("outcome", PROMISES)
def test_who_could_not_talk_is_promised_a_call_at_the_time_they_named(outcome):
    at = NOW + 26 * HOUR
    life = contacting().rings(outcome, callback_at=at)
    assert (life.state.stage, life.next_kind, life.due_at) == ("contacting", "call", at)
    assert life.state.reached
    assert life.state.call.promised


@pytest.mark.parametrize("outcome", PROMISES)
def test_who_could_not_talk_is_promised_a_call_by_the_profile(outcome):
    assert contacting().rings(outcome).due_at == NOW + 2 * HOUR


@pytest.mark.parametrize("outcome", PROMISES)
def test_who_could_not_talk_gets_no_letter(outcome):
    life = writing().rings(outcome)
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    assert set(life.last_word.values()) == {"recalled"}


def test_an_answer_in_ongoing_support_changes_no_stage():
    assert supporting().rings("answered").state.stage == "supporting"


@pytest.mark.parametrize("outcome", SPOKEN)
@pytest.mark.parametrize("life", [contacting, writing, waiting, held], ids=lambda life: life.__name__)
def test_every_kind_of_speaking_marks_the_person_as_reached(life, outcome):
    state = life().rings(outcome).state
    assert state.reached
    assert state.reached_since_opening


@pytest.mark.parametrize("outcome", [o for o in AttemptOutcome if o not in SPOKEN])
@pytest.mark.parametrize("life", [contacting, writing, held, supporting], ids=lambda life: life.__name__)
def test_nothing_else_marks_a_person_as_reached(life, outcome):
    life = life()
    before = life.state.reached
    assert life.rings(outcome).state.reached is before


@pytest.mark.parametrize("outcome", AttemptOutcome)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    "life", [contacting, writing, waiting, held, supporting], ids=lambda life: life.__name__
)
def test_a_call_that_happened_is_recorded_in_every_live_stage(life, direction, outcome):
    life = life()
    revision = life.state.revision
    effects = life.rings(outcome, direction=direction).effects[-1]
    assert effects.entries
    assert life.state.revision == revision + 1


# --- engaged, unobtainable, wrong number


@pytest.mark.parametrize("outcome", ["engaged", "unobtainable"])
def test_a_call_that_did_not_get_through_is_tried_again_sooner(outcome):
    life = contacting().rings("no_answer").sleeps(THE_GAP).rings(outcome)
    assert life.state.attempts_counted == 1
    assert life.due_at == life.now + 30 * MINUTE


def test_an_engaged_number_is_never_closed():
    life = contacting().rings("engaged").rings("engaged").rings("engaged")
    assert life.state.closed_phones == ()
    assert life.next_kind == "call"


def test_the_second_time_a_number_is_unobtainable_it_is_closed():
    life = contacting(some_facts(phones=(a_phone(1), a_phone(2))))
    life.rings("unobtainable", phone_id="phone-1").rings("unobtainable", phone_id="phone-1")
    assert life.state.closed_phones == ("phone-1",)
    assert life.state.phone_id == "phone-2"


def test_two_numbers_unobtainable_once_each_are_both_still_open():
    life = contacting(some_facts(phones=(a_phone(1), a_phone(2))))
    life.rings("unobtainable", phone_id="phone-1").rings("unobtainable", phone_id="phone-2")
    assert life.state.closed_phones == ()
    assert life.next_kind == "call"


def test_a_wrong_number_is_closed_at_once_and_the_next_one_is_rung():
    life = contacting(some_facts(phones=(a_phone(1), a_phone(2)))).rings("wrong_number")
    assert life.state.closed_phones == ("phone-1",)
    assert (life.next_kind, life.state.phone_id) == ("call", "phone-2")


@pytest.mark.parametrize(
    "twice", [["wrong_number"], ["unobtainable", "unobtainable"]], ids=["wrong", "unobtainable"]
)
def test_without_a_number_left_it_is_written_to(twice):
    life = contacting()
    for outcome in twice:
        life.rings(outcome)
    assert (life.state.stage, life.letters_made) == ("writing", [Channel.LETTER])


def test_without_number_or_channel_it_goes_back_to_the_referrer():
    life = contacting(some_facts(**UNWRITABLE)).rings("wrong_number")
    assert (life.state.outcome, life.state.question_open) == ("returned_to_referrer", True)


@PROTECTED_KINDS
def test_without_number_or_channel_a_protected_referral_is_held(facts):
    life = contacting(facts(**UNWRITABLE)).rings("wrong_number")
    assert (life.state.stage, life.proposals) == ("held", {"returned_to_referrer"})


def test_without_a_number_somebody_who_was_reached_is_left_to_a_person():
    life = contacting().rings("callback_requested").rings("wrong_number")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_without_a_number_a_reopened_referral_is_left_to_a_person():
    life = contacting().decides("close", outcome="moved_away").decides("reopen").rings("wrong_number")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


@pytest.mark.parametrize("life", [writing, waiting, held, supporting], ids=lambda life: life.__name__)
def test_a_wrong_number_is_closed_in_every_live_stage_and_the_stage_stays(life):
    life = life()
    stage = life.state.stage
    life.rings("wrong_number", phone_id="phone-1")
    assert (life.state.closed_phones, life.state.stage) == (("phone-1",), stage)


@pytest.mark.parametrize("life", [writing, held, supporting], ids=lambda life: life.__name__)
def test_a_second_unobtainable_closes_the_number_in_every_live_stage(life):
    life = life()
    life.rings("unobtainable", phone_id="phone-1").rings("unobtainable", phone_id="phone-1")
    assert life.state.closed_phones == ("phone-1",)


def test_a_number_closed_while_held_is_not_rung_after_the_release():
    life = held().rings("wrong_number", phone_id="phone-1").decides("release")
    assert life.state.stage == "writing"


# --- somebody else answers


@pytest.mark.parametrize("outcome", ["third_party_answered", "child_answered"])
@pytest.mark.parametrize("life", [contacting, held, supporting], ids=lambda life: life.__name__)
def test_somebody_else_on_a_sensitive_referral_stops_everything(life, outcome):
    life = life(sensitive_facts()).rings(outcome)
    assert life.state.stage == "held"
    assert outcome in life.held_kinds
    assert life.effects[-1].counted is False


@pytest.mark.parametrize("outcome", ["third_party_answered", "child_answered"])
def test_somebody_else_on_a_sensitive_referral_recalls_what_is_queued(outcome):
    life = contacting(sensitive_facts()).decides("write_now").rings(outcome).waits(60 * DAY)
    assert life.state.stage == "held"
    assert set(life.last_word.values()) == {"recalled"}


def test_after_somebody_else_answered_a_release_writes_nothing_without_a_new_write_now():
    life = contacting(sensitive_facts()).decides("write_now").rings("third_party_answered").decides("release")
    assert set(life.last_word.values()) == {"recalled"}


@pytest.mark.parametrize("outcome", ["third_party_answered", "child_answered"])
def test_somebody_else_elsewhere_is_not_counted_and_the_next_call_is_due(outcome):
    life = contacting().rings(outcome)
    assert (life.state.stage, life.next_kind, life.state.attempts_counted) == ("contacting", "call", 0)
    assert life.due_at > life.now


@pytest.mark.parametrize("life", [writing, waiting, supporting], ids=lambda life: life.__name__)
def test_somebody_else_on_an_ordinary_referral_changes_no_stage(life):
    life = life()
    stage = life.state.stage
    assert life.rings("third_party_answered").state.stage == stage


# --- language barrier, death, danger


@pytest.mark.parametrize("outcome", ["language_barrier", "victim_has_died", "immediate_danger"])
@pytest.mark.parametrize(
    "life", [contacting, writing, waiting, held, supporting], ids=lambda life: life.__name__
)
def test_grave_news_holds_with_its_own_kind_in_every_live_stage(life, outcome):
    life = life().rings(outcome)
    assert life.state.stage == "held"
    assert outcome in life.held_kinds
    assert life.state.writing is None or life.state.writing.state != "reserved"


@pytest.mark.parametrize(
    ("outcome", "role"),
    [("language_barrier", "coordinator"), ("victim_has_died", "manager"), ("immediate_danger", "manager")],
)
def test_a_supervisor_lifts_what_only_a_supervisor_may(outcome, role):
    (hold,) = contacting().rings(outcome).state.holds
    assert hold.release_by_role == role


def test_immediate_danger_alerts_a_supervisor_at_once():
    life = contacting().rings("immediate_danger")
    assert life.state.escalated_at == life.now


@pytest.mark.parametrize("outcome", ["language_barrier", "victim_has_died", "immediate_danger"])
def test_nothing_leaves_after_grave_news(outcome):
    life = writing().rings(outcome).waits(60 * DAY)
    assert not {"reserved", "sent"} & set(life.last_word.values())


def test_a_letter_kept_back_by_a_language_barrier_is_not_left_in_limbo_after_the_release():
    life = writing().rings("language_barrier").decides("release")
    assert life.state.stage == "contacting"
    assert set(life.last_word.values()) == {"recalled"}


# --- replies


@pytest.mark.parametrize("life", [contacting, writing, waiting], ids=lambda life: life.__name__)
def test_a_reply_is_promised_a_call(life):
    life = life().replies()
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    assert life.state.call.promised


def test_a_reply_recalls_an_unposted_letter():
    assert set(writing().replies().last_word.values()) == {"recalled"}


def test_a_reply_to_information_moves_to_the_contact_lane():
    life = Life(information_facts()).posts().replies()
    assert (life.state.stage, life.state.lane, life.next_kind) == ("contacting", "contact", "call")


def test_a_reply_does_not_count_as_having_been_spoken_to():
    life = contacting().replies()
    assert not life.state.reached
    life.may_not_decide("single_call")


@pytest.mark.parametrize("life", [held, supporting], ids=lambda life: life.__name__)
def test_a_reply_leaves_held_and_supporting_where_they_are(life):
    life = life()
    stage = life.state.stage
    assert life.replies().state.stage == stage


def test_a_reply_while_held_recalls_the_letter_and_bars_a_new_one():
    life = writing().decides("hold").replies().decides("release").waits(60 * DAY)
    assert life.state.stage == "contacting"
    assert set(life.last_word.values()) == {"recalled"}


def test_a_reply_without_any_number_asks_a_person():
    life = Life(some_facts(phones=())).replies()
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


# --- a due call lapses


def test_the_first_lapse_is_rebooked_with_higher_priority():
    life = contacting(policy=a_policy()).waits(4 * HOUR)
    assert (life.state.stage, life.next_kind, life.state.call.lapses) == ("contacting", "call", 1)
    assert life.state.escalated_at is None
    assert life.state.attempts_counted == 0


def test_the_second_lapse_escalates():
    life = contacting().waits(9 * HOUR)
    assert life.state.escalated_at is not None
    assert (life.state.stage, life.next_kind, life.state.attempts_counted) == ("contacting", "call", 0)


def test_a_promised_call_that_lapses_escalates_at_once():
    life = contacting().rings("callback_requested").waits(7 * HOUR)
    assert life.state.escalated_at is not None
    assert life.state.call.promised


def test_a_high_risk_call_that_lapses_escalates_at_once():
    life = contacting(some_facts(risk=RiskLevel.HIGH)).rings("engaged").waits(5 * HOUR)
    assert life.state.escalated_at is not None


def test_a_broken_first_call_clock_escalates_at_once():
    life = contacting(some_facts(risk=RiskLevel.HIGH, marac=False)).waits(4 * HOUR)
    assert life.state.escalated_at == NOW + 4 * HOUR


def test_the_first_call_clock_breaks_even_where_the_call_was_put_off():
    life = contacting().decides("change_due", due_at=NOW + 5 * DAY).waits(2 * DAY + HOUR)
    assert life.state.escalated_at is not None


def test_a_call_rebooked_after_its_clock_broke_has_its_new_slot():
    # Else a supervisor who rebooks many lapsed calls together has them all back within seconds.
    life = contacting().waits(3 * DAY).decides("change_due", due_at=NOW + 4 * DAY)
    assert (life.state.escalated_at, life.state.call.lapses) == (None, 0)
    assert life.state.call.lapses_at > NOW + 4 * DAY
    life.waits(DAY)
    assert life.state.escalated_at is None


def test_somebody_acting_answers_the_escalation():
    life = contacting().waits(9 * HOUR).rings("no_answer")
    assert life.state.escalated_at is None


def test_a_lapse_is_never_silence():
    life = contacting().waits(60 * DAY)
    assert (life.state.attempts_counted, life.state.stage) == (0, "contacting")


def test_a_child_is_rung_by_the_guardians_number_first():
    phones = (a_phone(1), a_phone(2, of_guardian=True))
    assert contacting(child_facts(phones=phones)).state.phone_id == "phone-2"


def test_hours_and_windows_that_never_meet_ask_a_person():
    weekdays = Period(days=tuple(Weekday)[:5], opens=time(8), closes=time(20))
    policy = a_policy(hours=replace(a_policy().hours, periods=(weekdays,)))
    sunday = Period(days=(Weekday.SUN,), opens=time(10), closes=time(12))
    life = Life(some_facts(windows=(sunday,)), policy=policy)
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_a_promised_call_is_still_due_at_its_time_when_somebody_rang_too_early():
    at = NOW + 6 * HOUR
    life = contacting().rings("callback_requested", callback_at=at).sleeps(HOUR).rings("engaged")
    assert life.due_at == at
    assert life.state.call.promised


def test_windows_are_kept_by_a_promise_of_the_profile():
    life = contacting(some_facts(windows=(MONDAY_EVENING,))).rings("hung_up")
    assert life.due_at == NOW.replace(hour=18)
