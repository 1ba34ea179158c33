"""Writing: the cut-off, what becomes of a message, the wait, and a person's say in it."""

from datetime import time

import pytest

from domain.errors import NotPossibleNow
from domain.events import MessageSettled, TimePassed
from domain.policy import Period
from domain.referral import open_decisions
from domain.vocabulary import (
    Answer,
    Channel,
    Direction,
    IncidentKind,
    Lane,
    MessageState,
    Role,
    SourceKind,
    VictimRole,
    Weekday,
)
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PROTECTED,
    UNREACHABLE,
    UNWRITABLE,
    Life,
    a_phone,
    closed_as,
    contacting,
    held,
    information_facts,
    not_reached,
    reached,
    self_referred_facts,
    sensitive_facts,
    some_facts,
    supporting,
    waiting,
    writing,
)

PROTECTED_KINDS = pytest.mark.parametrize("facts", PROTECTED.values(), ids=PROTECTED)
CUT_OFF = NOW.replace(hour=17, minute=30)


# --- the cut-off


def test_a_letter_does_not_leave_before_its_cut_off():
    life = writing().waits(29 * MINUTE)
    assert (life.state.writing.state, life.deadline) == ("held", CUT_OFF)


def test_at_the_cut_off_the_letter_may_leave():
    life = writing().reaches_cut_off()
    assert life.now == CUT_OFF
    assert (life.state.stage, life.next_kind, life.state.writing.state) == ("writing", "send", "reserved")


def test_after_posting_the_referral_waits_for_the_profiles_time():
    life = waiting()
    assert (life.state.stage, life.next_kind, life.due_at) == ("writing", "wait", CUT_OFF + 14 * DAY)


def test_after_the_wait_it_is_closed_as_not_reached():
    life = waiting().waits(14 * DAY)
    assert (life.state.stage, life.state.outcome, life.state.closed_at) == (
        "closed",
        "not_reached",
        CUT_OFF + 14 * DAY,
    )


def test_after_the_wait_the_information_lane_is_closed_as_informed():
    life = Life(information_facts()).posts().waits(14 * DAY)
    assert (life.state.stage, life.state.outcome, life.state.lane) == ("closed", "informed", "information")


def test_the_gate_is_asked_again_at_the_cut_off():
    life = contacting(some_facts(address_safe=Answer.NO, email_safe=Answer.NO)).is_silent(3)
    assert life.letters_made == [Channel.TEXT]
    life.rings("wrong_number", phone_id="phone-1").reaches_cut_off()
    assert (life.state.stage, life.held_kinds) == ("held", {"message_refused"})
    assert "reserved" not in life.last_word.values()


@pytest.mark.parametrize("state", ["held", "rejected"], ids=["refused or unprintable", "not taken"])
def test_a_letter_that_cannot_leave_holds_for_a_person(state):
    life = writing().reaches_cut_off().message_is(state)
    assert (life.state.stage, life.held_kinds) == ("held", {"message_refused"})


def test_a_letter_of_which_nobody_knows_holds_for_a_person():
    life = writing().reaches_cut_off().message_is("unknown")
    assert (life.state.stage, life.held_kinds) == ("held", {"message_unknown"})


def test_a_letter_of_which_nobody_knows_is_never_written_again():
    life = writing().reaches_cut_off().message_is("unknown").decides("release").waits(60 * DAY)
    assert life.letters_made == [Channel.LETTER]
    assert life.state.outcome == "not_reached"


def test_a_letter_that_must_wait_for_a_command_is_tried_again_soon():
    life = writing().reaches_cut_off().message_is("reserved")
    assert life.state.stage == "writing"
    assert life.now < life.deadline <= life.now + MINUTE
    life.reaches_cut_off().message_is("sent")
    assert life.next_kind == "wait"


def test_a_refused_letter_gets_a_new_cut_off_when_the_hold_is_lifted():
    life = writing().reaches_cut_off().message_is("held").decides("release")
    assert (life.state.stage, life.deadline) == ("writing", CUT_OFF + DAY)


def test_a_message_that_somebody_recalled_elsewhere_is_not_forgotten():
    life = writing().reaches_cut_off().message_is("recalled")
    assert life.deadline is not None or life.next_kind in {"decide", "check_hold", "call"}


@pytest.mark.parametrize("late", MessageState)
@pytest.mark.parametrize("first", ["sent", "rejected", "unknown"])
def test_what_became_of_a_message_is_the_same_however_often_it_is_told(first, late):
    life = writing().reaches_cut_off().message_is(first)
    writing_before, stage = life.state.writing, life.state.stage
    life.sleeps(HOUR).message_is(late)
    if late == first:
        assert (life.state.writing, life.state.stage) == (writing_before, stage)
    else:
        assert life.state.writing.state not in {"held", "reserved", "sending"}


@pytest.mark.parametrize("late", ["held", "reserved", "sending"])
def test_a_recalled_letter_never_comes_back_by_itself(late):
    life = writing().reaches_cut_off().rings("answered").message_is(late)
    assert life.state.writing.state == "recalled"
    assert life.state.stage == "contacting"


def test_a_letter_that_had_already_left_when_it_was_recalled_is_known_to_have_left():
    life = writing().reaches_cut_off().rings("answered").message_is("sent")
    assert (life.state.writing.state, life.state.stage, life.next_kind) == ("sent", "contacting", "decide")


def test_news_of_an_older_message_changes_nothing():
    life = writing()
    before = life.state
    life.happens(MessageSettled(key="another", state=MessageState.SENT))
    assert life.state == before


def test_news_of_a_message_of_a_closed_referral_never_opens_it():
    life = writing().reaches_cut_off().decides("close", outcome="moved_away").message_is("sent")
    assert (life.state.stage, life.state.outcome) == ("closed", "moved_away")


# --- nobody reached is written to


@pytest.mark.parametrize("after", [0, 29, 31], ids=["at once", "before the cut-off", "after the cut-off"])
def test_no_letter_and_no_closing_follow_an_answer(after):
    life = writing().sleeps(after * MINUTE).rings("answered", direction=Direction.INBOUND).waits(60 * DAY)
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")
    assert set(life.last_word.values()) == {"recalled"}


def test_a_reached_person_held_from_writing_is_not_written_to_after_the_release():
    life = writing().decides("hold").rings("answered").decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_a_letter_kept_back_by_a_proposal_is_recalled_when_a_person_decides_instead():
    life = writing().is_corrected(role=VictimRole.BEREAVED, next_of_kin_informed=True)
    assert (life.state.stage, life.proposals) == ("held", {"write"})
    life.decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")
    assert set(life.last_word.values()) == {"recalled"}


def test_a_letter_a_person_wanted_is_recalled_when_a_correction_asks_a_person_to_decide():
    life = reached().decides("write_now").is_corrected(outward_code="M1")
    if life.state.stage == "contacting":
        assert set(life.last_word.values()) == {"recalled"}
    else:
        assert life.state.stage == "writing"


# --- a person's judgement


@PROTECTED_KINDS
def test_a_person_may_write_to_somebody_a_machine_may_not(facts):
    life = contacting(facts()).decides("write_now").posts()
    assert (life.state.stage, life.next_kind) == ("writing", "wait")


@pytest.mark.parametrize("source", ["self", "third_party"])
def test_nothing_leaves_for_a_self_referral_until_a_person_has_spoken_to_the_victim(source):
    life = contacting(some_facts(source=SourceKind(source)))
    assert "ring first" in life.may_not_decide("write_now").reason
    assert "write_now" not in open_decisions(life.state, role=Role.MANAGER, now=life.now)
    assert life.rings("answered").decides("write_now").posts().next_kind == "wait"


def test_who_asked_for_help_and_cannot_be_rung_is_written_to_where_it_is_safe_by_a_persons_judgement():
    life = Life(self_referred_facts(phones=()))
    assert (life.state.stage, life.proposals) == ("held", {"write"})
    assert life.decides("release").decides("write_now").posts().next_kind == "wait"


@PROTECTED_KINDS
def test_after_a_person_wrote_the_end_of_the_wait_is_still_only_proposed(facts):
    life = contacting(facts()).decides("write_now").posts().waits(14 * DAY)
    assert (life.state.stage, life.proposals) == ("held", {"not_reached"})


def test_write_now_does_not_wait_for_more_calls_but_for_the_cut_off():
    life = contacting().decides("write_now")
    assert (life.state.stage, life.next_kind, life.due_at) == ("writing", "send", CUT_OFF)


@pytest.mark.parametrize("life", [writing, waiting], ids=lambda life: life.__name__)
def test_write_now_is_refused_where_a_letter_exists(life):
    assert life().may_not_decide("write_now").code == "not_possible_now"


def test_write_now_is_refused_after_a_letter_of_this_opening_left():
    waiting().rings("answered").may_not_decide("write_now")


def test_write_now_is_possible_again_in_the_next_opening():
    life = not_reached().decides("reopen").decides("write_now")
    assert life.state.stage == "writing"
    assert len(life.message_keys) == 2


def test_write_now_is_refused_without_a_safe_channel():
    contacting(PROTECTED["bereaved"](**UNWRITABLE)).may_not_decide("write_now")


def test_write_now_to_somebody_reached_is_a_persons_right_and_still_recallable():
    life = reached().decides("write_now")
    assert life.state.stage == "writing"
    life.rings("answered", direction=Direction.INBOUND)
    assert set(life.last_word.values()) == {"recalled"}


def test_a_reached_person_to_whom_a_person_wrote_is_never_closed_by_a_machine():
    life = reached().decides("write_now").posts().waits(60 * DAY)
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_attempt_again_in_writing_recalls_the_letter_and_wants_a_call_now():
    life = writing().sleeps(MINUTE).decides("attempt_again")
    assert (life.state.stage, life.next_kind, life.due_at) == ("contacting", "call", life.now)
    assert set(life.last_word.values()) == {"recalled"}


def test_silence_beyond_the_limit_is_not_counted_and_the_limits_rule_applies_again():
    life = writing().decides("attempt_again").sleeps(5 * HOUR).rings("no_answer")
    assert life.effects[-1].counted is False
    assert (life.state.attempts_counted, life.state.stage, life.next_kind) == (3, "writing", "send")


def test_silence_beyond_the_limit_after_the_letter_left_writes_no_second_one():
    life = waiting().decides("attempt_again").rings("no_answer")
    assert (life.state.stage, life.next_kind, life.letters_made) == ("writing", "wait", [Channel.LETTER])
    assert life.waits(15 * DAY).state.outcome == "not_reached"


def test_attempt_again_below_the_limit_wants_a_call_now():
    life = contacting().rings("no_answer").decides("attempt_again")
    assert (life.next_kind, life.due_at) == ("call", life.now)


def test_attempt_again_is_refused_without_a_number():
    Life(some_facts(phones=())).may_not_decide("attempt_again")


@pytest.mark.parametrize("life", [contacting, writing], ids=lambda life: life.__name__)
def test_skip_letter_closes_an_ordinary_referral_as_not_reached(life):
    life = life().decides("skip_letter")
    assert life.state.outcome == "not_reached"
    assert set(life.last_word.values()) <= {"recalled"}


def test_skip_letter_holds_a_sensitive_referral_proposing_unsafe_to_contact():
    life = contacting(sensitive_facts()).decides("skip_letter")
    assert (life.state.stage, life.proposals) == ("held", {"unsafe_to_contact"})


def test_skip_letter_leaves_somebody_reached_to_a_person():
    life = reached().decides("skip_letter")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_change_due_moves_a_call():
    life = contacting().decides("change_due", due_at=NOW + DAY)
    assert (life.next_kind, life.due_at) == ("call", NOW + DAY)


def test_change_due_moves_a_letter():
    life = writing().decides("change_due", due_at=CUT_OFF + DAY)
    assert (life.next_kind, life.due_at) == ("send", CUT_OFF + DAY)
    assert life.waits(HOUR).state.writing.state == "held"


def test_the_tables_learn_when_a_moved_letter_leaves():
    effects = writing().decides("change_due", due_at=CUT_OFF + DAY).effects[-1]
    assert [change.leaves_at for change in effects.messages] == [CUT_OFF + DAY]


def test_change_due_does_not_pretend_to_move_a_letter_that_is_leaving():
    life = writing().reaches_cut_off()
    try:
        life.decides("change_due", due_at=CUT_OFF + DAY)
    except NotPossibleNow:
        assert life.state.writing.state == "reserved"
    else:
        assert (life.state.writing.state, life.due_at) == ("held", CUT_OFF + DAY)
        assert life.message_is("reserved").due_at == CUT_OFF + DAY


def test_change_due_moves_the_end_of_the_wait():
    life = waiting().decides("change_due", due_at=NOW + 30 * DAY)
    assert (life.next_kind, life.due_at) == ("wait", NOW + 30 * DAY)


def test_change_due_without_a_time_is_incomplete():
    assert contacting().may_not_decide("change_due").code == "incomplete"


@pytest.mark.parametrize(
    ("life", "kind", "details"),
    [
        (contacting, "attempt_again", {}),
        (writing, "attempt_again", {}),
        (contacting, "write_now", {}),
        (contacting, "skip_letter", {}),
        (reached, "skip_letter", {}),
        (contacting, "change_due", {"due_at": NOW + DAY}),
        (writing, "change_due", {"due_at": NOW + DAY}),
        (waiting, "change_due", {"due_at": NOW + 30 * DAY}),
    ],
    ids=lambda value: getattr(value, "__name__", None) or (value if isinstance(value, str) else ""),
)
def test_a_persons_judgement_is_in_the_timeline(life, kind, details):
    life = life().sleeps(MINUTE)
    assert life.decides(kind, **details).effects[-1].entries


@pytest.mark.parametrize("kind", ["attempt_again", "write_now", "skip_letter"])
@pytest.mark.parametrize("life", [held, supporting], ids=lambda life: life.__name__)
def test_judgement_about_contact_is_for_contacting_and_writing_only(life, kind):
    assert life().may_not_decide(kind).code == "not_possible_now"


@pytest.mark.parametrize("life", [held, supporting], ids=lambda life: life.__name__)
def test_change_due_is_for_contacting_and_writing_only(life):
    assert life().may_not_decide("change_due", due_at=NOW + DAY).code == "not_possible_now"


# --- the information lane


def test_promote_moves_to_the_contact_lane_and_recalls_the_letter():
    life = Life(information_facts()).decides("promote")
    assert (life.state.stage, life.state.lane, life.next_kind) == ("contacting", "contact", "call")
    assert set(life.last_word.values()) == {"recalled"}


def test_promote_after_the_letter_left_wants_a_call():
    life = Life(information_facts()).posts().decides("promote")
    assert (life.state.stage, life.state.lane, life.next_kind) == ("contacting", "contact", "call")


@pytest.mark.parametrize("life", [contacting, writing, held, supporting], ids=lambda life: life.__name__)
def test_promote_is_refused_outside_the_information_lane(life):
    assert life().may_not_decide("promote").code == "not_possible_now"


def test_promote_without_a_number_asks_a_person():
    life = Life(information_facts(phones=())).decides("promote")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_promoted_while_held_it_is_rung_after_the_release_and_not_written_to():
    life = Life(information_facts()).decides("hold").decides("promote")
    assert life.state.stage == "held"
    life.decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    assert set(life.last_word.values()) == {"recalled"}


@PROTECTED_KINDS
def test_a_protected_referral_is_asked_only_once_whether_to_inform(facts):
    life = Life(facts(lane=Lane.INFORMATION))
    life.decides("release")
    assert (life.state.stage, life.state.lane) == ("contacting", "contact")
    life.is_corrected(phones=(a_phone(2),))
    assert life.state.stage == "contacting"


def test_an_information_letter_held_and_released_gets_a_new_cut_off():
    life = Life(information_facts()).decides("hold").sleeps(DAY).decides("release")
    assert (life.state.stage, life.state.lane, life.deadline) == ("writing", "information", CUT_OFF + DAY)


def test_held_before_triage_an_information_referral_goes_where_triage_leads():
    life = Life(information_facts(), triaged=False).decides("hold").decides("release")
    assert (life.state.stage, life.state.lane) == ("writing", "information")


def test_an_answered_information_letter_is_a_contact_referral():
    life = Life(information_facts()).rings("answered", direction=Direction.INBOUND)
    assert (life.state.stage, life.state.lane, life.next_kind) == ("contacting", "contact", "decide")


# --- one letter an opening


def test_a_letter_recalled_while_leaving_is_not_followed_by_another_before_its_fate_is_known():
    life = writing().reaches_cut_off().decides("attempt_again").rings("no_answer")
    first, *others = life.letters_made
    assert first == Channel.LETTER
    assert others == []


def test_a_letter_that_left_in_this_opening_is_the_only_one():
    life = contacting().decides("write_now").posts().decides("attempt_again").is_silent(3)
    assert (life.state.stage, life.letters_made) == ("writing", [Channel.LETTER])


def test_time_that_passes_without_a_deadline_changes_nothing():
    life = writing()
    before = life.state
    life.happens(TimePassed())
    assert life.state == before


def test_on_a_friday_evening_a_letter_waits_for_monday():
    life = writing().sleeps(4 * DAY)
    life.decides("hold").decides("release")
    assert life.deadline == CUT_OFF + 4 * DAY
    life.sleeps(HOUR).decides("hold").decides("release")
    assert life.deadline == CUT_OFF + 7 * DAY


def test_a_withdrawn_telephone_makes_no_second_letter():
    life = writing()
    life.rings("wrong_number", phone_id="phone-1").waits(HOUR)
    assert life.letters_made == [Channel.LETTER]


def test_nothing_may_be_written_where_nothing_may_be_used():
    life = Life(some_facts(**{**UNREACHABLE, "incident": IncidentKind.THEFT}))
    assert life.letters_made == []


def test_windows_never_delay_a_letter():
    evening = Period(days=(Weekday.SUN,), opens=time(18), closes=time(20))
    assert Life(some_facts(phones=(), windows=(evening,))).due_at == CUT_OFF


@pytest.mark.parametrize("outcome", ["moved_away", "unsafe_to_contact"])
def test_a_closed_referral_has_no_letter_under_way(outcome):
    life = writing().decides("close", outcome=outcome)
    assert set(life.last_word.values()) == {"recalled"}
    assert closed_as(outcome).deadline is None


@pytest.mark.parametrize("told", ["reserved", "held"])
def test_a_letter_taken_back_as_it_was_leaving_and_found_not_to_have_left_is_written_another_way(told):
    life = writing().reaches_cut_off().is_corrected(address_safe=Answer.NO).message_is(told)
    assert (life.state.stage, life.next_kind) == ("writing", "send")
    assert [str(channel) for channel in life.letters_made] == ["letter", "email"]
    assert not life.state.writing.recall_asked


@pytest.mark.parametrize("told", ["reserved", "held"])
def test_another_call_instead_of_a_letter_that_did_not_leave_is_followed_by_a_letter(told):
    life = writing().reaches_cut_off().decides("attempt_again").message_is(told).is_silent()
    assert (life.state.stage, life.next_kind) == ("writing", "send")
