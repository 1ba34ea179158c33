"""Decisions, holds and releases, withdrawal, correction, and the door that still listens."""

from dataclasses import replace
from datetime import date

import pytest

from domain.events import Decided, SupportPlan, Triage
from domain.referral import decide, open_decisions
from domain.vocabulary import (
    Answer,
    AttemptOutcome,
    ConsentStatus,
    DecisionKind,
    DeclineReason,
    Direction,
    Flag,
    IncidentKind,
    Lane,
    Outcome,
    Relationship,
    Role,
    SourceKind,
    SupportKind,
)
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PROTECTED,
    SPOKEN,
    UNREACHABLE,
    UNWRITABLE,
    Life,
    a_phone,
    a_suspect,
    bereaved_facts,
    closed_as,
    contacting,
    held,
    information_facts,
    informed,
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
DECISIONS = ("single_call", "ongoing_support", "declined")
NAMED = {"ids": lambda life: life.__name__}
CUT_OFF = NOW.replace(hour=17, minute=30)


def received(facts=None):
    return Life(facts, triaged=False)


def held_from_writing(facts=None):
    return writing(facts).decides("hold")


def held_from_supporting(facts=None):
    return supporting(facts).decides("hold")


def closed(facts=None):
    return closed_as("moved_away", facts)


# --- single_call, ongoing_support, declined


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("life", [contacting, writing, waiting, held], **NAMED)
def test_a_decision_needs_somebody_to_have_been_reached(life, decision):
    assert life().may_not_decide(decision).code == "not_possible_now"


@pytest.mark.parametrize("outcome", SPOKEN)
@pytest.mark.parametrize(
    ("decision", "stage"),
    [("single_call", "closed"), ("ongoing_support", "supporting"), ("declined", "closed")],
)
@pytest.mark.parametrize("life", [contacting, writing, waiting, held], **NAMED)
def test_after_any_kind_of_speaking_a_decision_is_possible(life, decision, stage, outcome):
    assert life().rings(outcome).decides(decision).state.stage == stage


def test_a_single_call_closes():
    life = reached().decides("single_call")
    assert (life.state.outcome, life.state.decision, life.state.closed_at) == (
        "single_call",
        "single_call",
        life.now,
    )


def test_declined_by_the_victim_is_the_default():
    life = reached().decides("declined")
    assert (life.state.outcome, life.state.decision) == ("declined", "declined")


def test_declined_by_a_guardian_is_its_own_outcome():
    life = reached().decides("declined", declined_by="guardian", decline_reason=DeclineReason.NO_NEED)
    assert (life.state.outcome, life.state.decision) == ("declined_by_guardian", "declined")


def test_ongoing_support_begins_with_the_profiles_defaults():
    life = reached().decides("ongoing_support")
    support = life.state.support
    assert (life.state.stage, life.next_kind, life.effects[-1].starts_support) == (
        "supporting",
        "review",
        True,
    )
    assert (support.kind, support.owner, support.first_contact_on) == (
        SupportKind.PHONE,
        None,
        date(2026, 11, 26),
    )


def test_ongoing_support_begins_as_the_coordinator_says():
    plan = SupportPlan(kind=SupportKind.NURSE, owner="team-3", first_contact_on=date(2026, 12, 1))
    support = reached().decides("ongoing_support", support=plan).state.support
    assert (support.kind, support.owner, support.first_contact_on) == (
        plan.kind,
        "team-3",
        plan.first_contact_on,
    )


def test_the_first_contact_date_is_a_day_of_the_services_own_zone():
    life = reached()
    life.now = NOW.replace(month=7, day=1, hour=23, minute=30)
    assert life.decides("ongoing_support").state.support.first_contact_on == date(2026, 7, 5)


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_recalls_an_unposted_letter(decision):
    life = reached().decides("write_now").decides(decision).waits(60 * DAY)
    assert set(life.last_word.values()) == {"recalled"}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_lifts_every_hold_it_was_taken_in(decision):
    life = contacting().rings("language_barrier").decides(decision)
    assert life.state.holds == ()


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("life", [received, supporting, held_from_supporting, closed], **NAMED)
def test_a_decision_is_refused_elsewhere(life, decision):
    assert life().may_not_decide(decision).code == "not_possible_now"


@pytest.mark.parametrize("decision", DECISIONS)
def test_having_been_reached_before_a_reopening_is_not_enough(decision):
    life = reached().decides("single_call").decides("reopen")
    life.may_not_decide(decision)
    life.rings("answered").decides(decision)


# --- close


LIVE = [received, contacting, writing, waiting, held, held_from_writing, supporting, held_from_supporting]
CLOSABLE = [
    "disengaged",
    "unsafe_to_contact",
    "duplicate",
    "died",
    "moved_away",
    "withdrawn",
    "out_of_area",
    "excluded",
    "returned_to_referrer",
]


@pytest.mark.parametrize("outcome", CLOSABLE)
@pytest.mark.parametrize("life", LIVE, **NAMED)
def test_a_person_may_close_with_a_coded_outcome_in_every_live_stage(life, outcome):
    life = life().decides("close", outcome=outcome)
    assert (life.state.stage, life.state.outcome) == ("closed", outcome)
    assert life.next_kind is None
    assert life.deadline is None


@pytest.mark.parametrize("life", [received, contacting, writing, waiting, held], **NAMED)
def test_closing_without_an_outcome_is_incomplete(life):
    assert life().may_not_decide("close").code == "incomplete"


@pytest.mark.parametrize("outcome", ["single_call", "declined", "declined_by_guardian"])
@pytest.mark.parametrize("life", LIVE, **NAMED)
def test_outcomes_with_a_decision_of_their_own_are_not_for_close(life, outcome):
    assert life().may_not_decide("close", outcome=outcome).code == "not_possible_now"


@pytest.mark.parametrize("life", [supporting, held_from_supporting], **NAMED)
def test_closing_support_is_completion_by_default(life):
    life = life().decides("close")
    assert (life.state.outcome, life.state.decision) == ("support_completed", "ongoing_support")
    assert life.effects[-1].ends_support


@pytest.mark.parametrize("life", [received, contacting, reached, writing, waiting, held], **NAMED)
def test_support_is_completed_only_in_supporting(life):
    life().may_not_decide("close", outcome="support_completed")


def test_who_was_reached_is_never_closed_as_not_reached():
    reached().may_not_decide("close", outcome="not_reached")
    supporting().may_not_decide("close", outcome="not_reached")
    contacting().decides("close", outcome="not_reached")


def test_who_was_reached_in_an_earlier_opening_is_never_closed_as_not_reached():
    reached().decides("single_call").decides("reopen").may_not_decide("close", outcome="not_reached")


def test_informed_is_for_the_information_lane():
    contacting().may_not_decide("close", outcome="informed")
    Life(information_facts()).decides("promote").may_not_decide("close", outcome="informed")
    assert Life(information_facts()).decides("close", outcome="informed").state.outcome == "informed"


# --- hold


@pytest.mark.parametrize("life", [received, contacting, writing, waiting, held, supporting], **NAMED)
def test_a_person_may_hold_in_every_live_stage(life):
    life = life().decides("hold", hold_kind="scene_examination")
    assert life.state.stage == "held"
    assert "scene_examination" in life.held_kinds
    assert life.next_kind == "check_hold"


def test_a_closed_referral_cannot_be_held():
    closed().may_not_decide("hold")


@pytest.mark.parametrize("facts", [None, information_facts()], ids=["contact", "information"])
def test_nothing_leaves_while_held(facts):
    life = (writing() if facts is None else Life(facts)).decides("hold").waits(60 * DAY)
    assert life.state.stage == "held"
    assert set(life.last_word.values()) == {"held"}


def test_a_letter_that_was_about_to_leave_is_taken_back():
    life = writing().reaches_cut_off().decides("hold")
    assert life.last_word[life.state.writing.key] == "recalled"


@pytest.mark.parametrize("stayed", ["recalled", "held", "reserved"])
def test_a_letter_taken_back_by_a_hold_is_made_again_after_the_release_once_it_is_known_to_have_stayed(
    stayed,
):
    for learnt_first in (True, False):
        life = writing().reaches_cut_off().decides("hold")
        steps = [lambda life=life: life.message_is(stayed), lambda life=life: life.decides("release")]
        for step in steps if learnt_first else reversed(steps):
            step()
        assert (life.state.stage, life.state.writing.state, life.state.letters_made) == ("writing", "held", 2)


def test_a_letter_that_left_as_it_was_held_has_no_second_beside_it():
    life = writing().reaches_cut_off().decides("hold").decides("release")
    assert life.state.letters_made == 1
    life.message_is("sent")
    assert (life.state.stage, life.state.writing.state, life.state.letters_made) == ("writing", "sent", 1)


def test_holds_add_up():
    life = held(kind="first").decides("hold", hold_kind="second").decides("hold")
    assert life.held_kinds == {"first", "second", "other"}
    life.decides("release").decides("release")
    assert life.state.stage == "held"
    assert life.decides("release").state.stage == "contacting"


def test_a_persons_hold_does_not_replace_what_a_machine_proposed():
    life = contacting(sensitive_facts()).is_silent(3).decides("hold", hold_kind="proposal")
    assert life.proposals == {"write"}


def test_the_review_date_asks_a_person_once():
    life = contacting().decides("hold", review_at=NOW + 5 * DAY)
    assert (life.due_at, life.deadline) == (NOW + 5 * DAY, NOW + 5 * DAY)
    life.waits(5 * DAY)
    assert life.state.escalated_at == NOW + 5 * DAY
    assert (life.state.stage, life.deadline) == ("held", None)


def test_every_hold_has_a_review_date():
    life = contacting().rings("language_barrier")
    assert life.deadline == NOW + 2 * DAY


def test_a_review_date_never_releases():
    assert held().waits(365 * DAY).state.stage == "held"


# --- release


@pytest.mark.parametrize(
    ("outcome", "coordinator_may"),
    [("language_barrier", True), ("victim_has_died", False), ("immediate_danger", False)],
)
def test_only_the_role_of_the_hold_may_release_it(outcome, coordinator_may):
    life = contacting().rings(outcome)
    if coordinator_may:
        assert life.decides("release", role=Role.COORDINATOR).state.stage != "held"
    else:
        assert life.may_not_decide("release", role=Role.COORDINATOR).code == "role_not_allowed"
        assert life.decides("release", role=Role.MANAGER).state.stage != "held"


def test_release_lifts_the_gravest():
    life = held().rings("victim_has_died").decides("release")
    assert life.held_kinds == {"other"}


def test_release_lifts_the_one_named():
    life = held().rings("victim_has_died").decides("release", hold_kind="other", role=Role.COORDINATOR)
    assert life.held_kinds == {"victim_has_died"}


def test_a_coordinator_is_offered_the_release_of_a_lesser_hold_beside_one_of_a_managers():
    life = held().rings("victim_has_died")
    assert "release" in open_decisions(life.state, role=Role.COORDINATOR, now=life.now)
    life.decides("release", hold_kind="other", role=Role.COORDINATOR)
    assert "release" not in open_decisions(life.state, role=Role.COORDINATOR, now=life.now)


def test_release_of_a_hold_that_is_not_there_is_refused():
    assert held().may_not_decide("release", hold_kind="consent").code == "not_possible_now"


@pytest.mark.parametrize("life", [received, contacting, writing, supporting, closed], **NAMED)
def test_release_is_for_held_only(life):
    assert life().may_not_decide("release").code == "not_possible_now"


def test_released_from_supporting_it_goes_back_to_supporting():
    life = held_from_supporting().decides("release")
    assert (life.state.stage, life.next_kind, life.effects[-1].starts_support) == (
        "supporting",
        "review",
        False,
    )


def test_released_from_writing_the_unposted_letter_gets_a_new_cut_off():
    life = held_from_writing().sleeps(3 * DAY).decides("release")
    assert (life.state.stage, life.next_kind, life.due_at) == ("writing", "send", CUT_OFF + 3 * DAY)
    assert len(life.letters_made) == 1


def test_released_after_posting_the_wait_goes_on():
    life = waiting().decides("hold").sleeps(DAY).decides("release")
    assert (life.state.stage, life.next_kind) == ("writing", "wait")
    assert life.waits(15 * DAY).state.outcome == "not_reached"


def test_released_from_contacting_the_next_call_is_due():
    life = contacting().rings("no_answer").decides("hold").sleeps(DAY).decides("release")
    assert (life.state.stage, life.next_kind, life.due_at) == ("contacting", "call", life.now)
    assert life.state.attempts_counted == 1


def test_released_before_the_gap_is_over_the_next_call_still_keeps_it():
    life = contacting().rings("no_answer").decides("hold").decides("release")
    assert life.due_at == NOW + 4 * HOUR


def test_a_promised_call_outlives_a_hold():
    at = NOW + 26 * HOUR
    life = contacting().rings("callback_requested", callback_at=at).decides("hold").decides("release")
    assert (life.next_kind, life.due_at, life.state.call.promised) == ("call", at, True)


def test_a_call_promised_while_held_is_kept():
    at = NOW + 26 * HOUR
    life = held().rings("callback_requested", callback_at=at).decides("release")
    assert (life.next_kind, life.due_at, life.state.call.promised) == ("call", at, True)


def test_somebody_reached_and_held_is_left_to_a_person_after_the_release():
    life = reached().decides("hold").decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_somebody_reached_whose_approved_letter_was_held_leaves_no_letter_in_limbo():
    life = reached().decides("write_now").decides("hold").decides("release")
    if life.state.stage == "writing":
        assert life.deadline is not None
    else:
        assert set(life.last_word.values()) == {"recalled"}


@pytest.mark.parametrize(
    "facts",
    [
        some_facts(flags=(Flag.COUNTER_ALLEGATION,)),
        bereaved_facts(next_of_kin_informed=False),
        sensitive_facts(flags=(Flag.DOMESTIC_ABUSE,), consent=ConsentStatus.INFORMED),
        some_facts(incident=IncidentKind.ASSAULT, suspects=()),
    ],
    ids=["counter-allegation", "next of kin", "consent", "safety"],
)
def test_reasons_once_released_are_not_asked_again(facts):
    life = Life(facts)
    assert len(life.state.holds) == 1
    life.decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    life.decides("hold").decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    life.is_corrected(phones=(a_phone(2),))
    assert (life.state.stage, life.next_kind) == ("contacting", "call")


@pytest.mark.parametrize(
    "life",
    [
        lambda: contacting(sensitive_facts()).is_silent(3),
        lambda: Life(sensitive_facts(**UNREACHABLE)),
        lambda: Life(self_referred_facts(phones=())),
        lambda: Life(sensitive_facts(outward_code="M1")),
        lambda: reached().is_withdrawn(),
        lambda: contacting(sensitive_facts()).decides("write_now").posts().waits(15 * DAY),
    ],
    ids=["write", "no channel", "self", "out of area", "withdrawn", "not reached"],
)
def test_after_a_proposal_a_release_asks_a_person_to_decide(life):
    life = life()
    assert life.proposals
    life.decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")
    assert life.deadline is None


@pytest.mark.parametrize(
    "changes",
    [{"outward_code": "M1"}, {"consent": ConsentStatus.REFUSED}, UNREACHABLE],
    ids=["area", "refused", "channel"],
)
def test_a_release_never_closes(changes):
    life = held().is_corrected(**changes).decides("release")
    assert life.state.stage != "closed"


def test_what_came_up_while_held_is_still_asked_after_the_release():
    life = held().is_corrected(flags=(Flag.COUNTER_ALLEGATION,))
    assert life.held_kinds == {"other", "counter_allegation"}
    life.decides("release").decides("release")
    assert life.state.stage == "contacting"


@pytest.mark.parametrize(
    "decision",
    [
        "single_call",
        "ongoing_support",
        "declined",
        "return_to_referrer",
        "promote",
        "attempt_again",
        "write_now",
        "skip_letter",
        "reopen",
    ],
)
def test_held_from_supporting_allows_only_what_supporting_allows(decision):
    assert held_from_supporting().may_not_decide(decision).code == "not_possible_now"


def test_held_from_supporting_by_a_call_keeps_its_way_back():
    assert supporting().rings("language_barrier").decides("release").state.stage == "supporting"


def test_a_withdrawal_while_held_from_supporting_never_takes_the_support_away():
    life = held_from_supporting().is_withdrawn().decides("release").decides("release")
    assert life.state.stage == "supporting"


def test_every_released_proposal_that_leads_on_is_in_the_timeline():
    life = Life(self_referred_facts(lane=Lane.INFORMATION))
    assert life.proposals == {"write"}
    life.decides("promote")
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    assert life.effects[-1].entries


def test_a_release_never_closes_when_the_last_number_was_closed_while_held():
    life = held(some_facts(**UNWRITABLE)).rings("wrong_number", phone_id="phone-1").decides("release")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


# --- return_to_referrer


@pytest.mark.parametrize("life", [received, contacting, reached, writing, waiting, held], **NAMED)
def test_a_person_may_return_it_with_a_question(life):
    life = life().decides("return_to_referrer")
    assert (life.state.outcome, life.state.question_open) == ("returned_to_referrer", True)


@pytest.mark.parametrize("life", [supporting, held_from_supporting, closed], **NAMED)
def test_what_is_supported_or_closed_is_not_returned(life):
    assert life().may_not_decide("return_to_referrer").code == "not_possible_now"


# --- withdrawal


@pytest.mark.parametrize("life", [received, contacting, writing, waiting], **NAMED)
def test_a_withdrawal_closes_an_ordinary_referral(life):
    life = life().is_withdrawn()
    assert (life.state.stage, life.state.outcome) == ("closed", "withdrawn")
    assert "held" not in life.last_word.values()


@PROTECTED_KINDS
@pytest.mark.parametrize("life", [received, contacting], **NAMED)
def test_a_withdrawal_of_a_protected_referral_is_held_for_a_person(life, facts):
    assert life(facts()).is_withdrawn().state.stage == "held"


@pytest.mark.parametrize("life", [reached, held, held_from_writing], **NAMED)
def test_a_withdrawal_of_one_reached_or_held_is_held_for_a_person(life):
    life = life().is_withdrawn()
    assert life.state.stage == "held"
    assert "withdrawal" in life.held_kinds


def test_a_withdrawal_after_a_reply_is_held_for_a_person():
    assert contacting().replies().is_withdrawn().state.stage == "held"


@pytest.mark.parametrize("life", [supporting, closed, not_reached], **NAMED)
def test_a_withdrawal_that_comes_too_late_is_only_recorded(life):
    life = life()
    before = life.state
    effects = life.is_withdrawn().effects[-1]
    assert effects.entries
    assert life.state == replace(before, revision=before.revision + 1)


# --- correction


def test_a_changed_number_is_rung():
    life = contacting().is_corrected(phones=(a_phone(2),))
    assert (life.next_kind, life.state.phone_id) == ("call", "phone-2")


def test_a_number_corrected_to_unsafe_is_not_rung():
    life = contacting(some_facts(phones=(a_phone(1), a_phone(2)))).is_corrected(
        phones=(a_phone(1, safe=Answer.NO), a_phone(2))
    )
    assert (life.next_kind, life.state.phone_id) == ("call", "phone-2")


def test_the_last_number_corrected_to_unsafe_leads_to_the_gate():
    life = contacting().is_corrected(phones=(a_phone(safe=Answer.NO),))
    assert life.state.stage == "writing"


def test_the_last_number_corrected_away_without_a_channel_goes_back_to_the_referrer():
    life = contacting(some_facts(**UNWRITABLE)).is_corrected(phones=())
    assert life.state.outcome == "returned_to_referrer"


@pytest.mark.parametrize("life", [contacting, writing, held, supporting], **NAMED)
def test_a_victim_who_is_now_a_suspect_is_held(life):
    life = life().is_corrected(flags=(Flag.COUNTER_ALLEGATION,))
    assert life.state.stage == "held"
    assert "counter_allegation" in life.held_kinds


@pytest.mark.parametrize("life", [contacting, writing, waiting, held, supporting, closed], **NAMED)
def test_a_correction_can_mark_as_sensitive_but_never_unmark(life):
    life = life().is_corrected(suspects=(a_suspect(Relationship.EX_PARTNER),))
    assert life.state.sensitive
    life.is_corrected(suspects=(a_suspect(),))
    assert life.state.sensitive


def test_a_letter_is_taken_back_when_the_referral_becomes_sensitive():
    life = writing().is_corrected(flags=(Flag.STALKING,)).waits(60 * DAY)
    assert life.state.stage == "held"
    assert not {"reserved", "sent"} & set(life.last_word.values())


def test_a_letter_about_to_leave_is_taken_back_when_the_referral_becomes_sensitive():
    life = writing().reaches_cut_off().is_corrected(flags=(Flag.STALKING,))
    assert life.state.stage == "held"
    assert "reserved" not in life.last_word.values()


def test_a_letter_about_to_leave_is_taken_back_when_the_address_becomes_unsafe():
    life = writing().reaches_cut_off().is_corrected(address_safe=Answer.NO, email_safe=None, phones=())
    assert "reserved" not in life.last_word.values()


def test_a_letter_about_to_leave_is_not_sent_by_post_when_only_e_mail_is_safe_now():
    life = writing().reaches_cut_off().is_corrected(address_safe=Answer.NO)
    letter = next(iter(life.last_word))
    assert life.last_word[letter] != "reserved"


def test_an_address_corrected_to_unsafe_changes_the_channel():
    life = writing().is_corrected(address_safe=Answer.NO)
    assert life.state.stage == "writing"
    assert [str(channel) for channel in life.letters_made] == ["letter", "email"]
    assert sorted(life.last_word.values()) == ["held", "recalled"]


def test_a_corrected_number_is_rung_before_writing():
    life = Life(some_facts(phones=())).is_corrected(phones=(a_phone(),))
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    assert set(life.last_word.values()) == {"recalled"}


def test_a_correction_does_not_hurry_a_call_a_person_put_off():
    life = contacting().decides("change_due", due_at=NOW + 3 * DAY).is_corrected(email_safe=None)
    assert life.due_at == NOW + 3 * DAY


def test_a_correction_does_not_hurry_a_letter_a_person_put_off():
    life = writing().decides("change_due", due_at=CUT_OFF + 3 * DAY).is_corrected(email_safe=None)
    assert life.due_at == CUT_OFF + 3 * DAY


def test_a_correction_keeps_a_promise():
    at = NOW + 26 * HOUR
    life = contacting().rings("callback_requested", callback_at=at).is_corrected(email_safe=None)
    assert (life.due_at, life.state.call.promised) == (at, True)


def test_a_correction_does_not_end_what_is_waiting_for_a_decision():
    life = reached().is_corrected(outward_code="M1")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_a_correction_that_ends_an_ordinary_referral_closes_it():
    assert contacting().is_corrected(outward_code="M1").state.outcome == "out_of_area"


def test_a_correction_that_ends_a_sensitive_referral_is_proposed():
    life = contacting(sensitive_facts()).is_corrected(outward_code="M1")
    assert (life.state.stage, life.proposals) == ("held", {"out_of_area"})


def test_an_ending_a_person_released_is_not_taken_by_a_machine_at_the_next_correction():
    life = Life(some_facts(flags=(Flag.COUNTER_ALLEGATION,), outward_code="M1"))
    life.decides("release").decides("release")
    assert life.state.stage == "contacting"
    life.is_corrected(phones=(a_phone(2),))
    assert life.state.stage == "contacting"


def test_a_correction_while_supporting_keeps_the_support():
    life = supporting().is_corrected(flags=(Flag.COUNTER_ALLEGATION,)).decides("release")
    assert life.state.stage == "supporting"


@pytest.mark.parametrize("life", [held, supporting, closed], **NAMED)
def test_a_correction_is_at_least_recorded(life):
    assert life().is_corrected(email_safe=None).effects[-1].entries


def test_a_correction_before_triage_is_triaged():
    life = Life(triaged=False).is_corrected(outward_code="M1")
    assert life.state.stage == "received"
    life.happens(Triage())
    assert life.state.outcome == "out_of_area"


def test_an_answered_question_reopens_what_went_back_to_the_referrer():
    life = Life(some_facts(**UNREACHABLE)).is_corrected(phones=(a_phone(),))
    assert (life.state.stage, life.next_kind, life.state.opening) == ("contacting", "call", 2)


def test_a_sensitive_one_that_went_back_is_held_when_the_referrer_answers():
    life = contacting(sensitive_facts()).decides("return_to_referrer").is_corrected(phones=(a_phone(2),))
    assert life.state.stage == "held"


def test_a_reached_one_that_went_back_is_not_reopened_by_a_correction():
    life = reached().decides("return_to_referrer").is_corrected(phones=(a_phone(2),))
    assert life.state.stage == "closed"


@pytest.mark.parametrize("outcome", ["moved_away", "died", "not_reached", "out_of_area"])
def test_a_correction_of_anything_else_closed_is_only_recorded(outcome):
    life = closed_as(outcome).is_corrected(phones=(a_phone(2),))
    assert (life.state.stage, life.state.outcome) == ("closed", outcome)


# --- closed is not deaf


@pytest.mark.parametrize("life", [closed, not_reached, informed], **NAMED)
def test_a_person_reopens_into_the_contact_lane_with_no_attempt_counted(life):
    life = life().decides("reopen")
    assert (life.state.stage, life.state.lane, life.next_kind) == ("contacting", "contact", "call")
    assert (life.state.attempts_counted, life.state.outcome, life.state.closed_at) == (0, None, None)


@pytest.mark.parametrize("life", [closed, not_reached, informed], **NAMED)
def test_a_late_reply_reopens_the_same_referral(life):
    life = life().replies()
    assert (life.state.stage, life.state.lane, life.next_kind) == ("contacting", "contact", "call")
    assert life.state.call.promised


@pytest.mark.parametrize("outcome", SPOKEN)
def test_a_victim_who_rings_back_reopens(outcome):
    life = not_reached().rings(outcome, direction=Direction.INBOUND)
    assert life.state.stage in {"contacting", "held"}
    assert life.state.reached_since_opening
    assert life.state.attempts_counted == 0


@pytest.mark.parametrize("outcome", AttemptOutcome)
def test_an_outgoing_call_on_a_closed_referral_is_refused(outcome):
    with pytest.raises(Exception, match=r".") as refusal:
        closed().rings(outcome)
    assert refusal.value.code == "not_possible_now"


@pytest.mark.parametrize("outcome", [o for o in AttemptOutcome if o not in SPOKEN])
def test_an_incoming_call_that_reached_nobody_is_refused_on_a_closed_referral(outcome):
    with pytest.raises(Exception, match=r".") as refusal:
        closed().rings(outcome, direction=Direction.INBOUND)
    assert refusal.value.code == "not_possible_now"


CAREFUL = ["died", "unsafe_to_contact", "duplicate", "withdrawn"]


@pytest.mark.parametrize("outcome", CAREFUL)
@pytest.mark.parametrize("how", ["reply", "call"])
def test_a_machine_reopens_what_was_closed_with_care_as_held(how, outcome):
    life = closed_as(outcome)
    life = life.replies() if how == "reply" else life.rings("answered", direction=Direction.INBOUND)
    assert (life.state.stage, life.held_kinds) == ("held", {"reopened"})


def test_a_machine_reopens_what_a_guardian_declined_as_held():
    assert reached().decides("declined", declined_by="guardian").replies().state.stage == "held"


def test_a_machine_reopens_a_sensitive_referral_as_held():
    assert closed_as("moved_away", sensitive_facts()).replies().state.stage == "held"


@pytest.mark.parametrize("outcome", CAREFUL)
def test_a_person_reopens_what_was_closed_with_care_straight_away(outcome):
    assert closed_as(outcome).decides("reopen").state.stage == "contacting"


def test_a_promise_made_by_a_careful_reopening_is_kept_after_the_release():
    life = closed_as("died").replies().decides("release")
    assert (life.state.stage, life.next_kind, life.state.call.promised) == ("contacting", "call", True)


def test_a_reopened_referral_can_be_written_to_once_more():
    life = not_reached().decides("reopen").is_silent(3)
    assert (life.state.stage, len(life.message_keys)) == ("writing", 2)


def test_a_reopened_referral_that_was_reached_once_is_never_written_to_by_a_machine():
    life = reached().decides("single_call").decides("reopen").is_silent(3)
    assert (life.state.stage, life.next_kind, life.letters_made) == ("contacting", "decide", [])


def test_a_reopened_referral_without_a_number_asks_a_person():
    life = Life(some_facts(phones=())).posts().waits(15 * DAY).decides("reopen")
    assert (life.state.stage, life.next_kind) == ("contacting", "decide")


def test_ongoing_support_of_a_second_opening_is_its_own():
    life = supporting()
    first = life.state.support.support_id
    life.decides("close").decides("reopen").rings("answered").decides("ongoing_support")
    assert life.state.support.support_id != first


@pytest.mark.parametrize("life", [received, contacting, writing, held, supporting], **NAMED)
def test_only_what_is_closed_can_be_reopened(life):
    assert life().may_not_decide("reopen").code == "not_possible_now"


@pytest.mark.parametrize("decision", [kind for kind in DecisionKind if kind != DecisionKind.REOPEN])
def test_a_closed_referral_takes_no_other_decision(decision):
    assert closed().may_not_decide(decision, outcome=Outcome.DIED).code == "not_possible_now"


# --- the buttons of a page


@pytest.mark.parametrize(
    ("life", "buttons"),
    [
        (received, {"close", "hold", "return_to_referrer"}),
        (
            contacting,
            {
                "close",
                "hold",
                "return_to_referrer",
                "attempt_again",
                "write_now",
                "skip_letter",
                "change_due",
            },
        ),
        (
            reached,
            {
                *DECISIONS,
                "close",
                "hold",
                "return_to_referrer",
                "attempt_again",
                "write_now",
                "skip_letter",
                "change_due",
            },
        ),
        (writing, {"close", "hold", "return_to_referrer", "attempt_again", "skip_letter", "change_due"}),
        (held, {"close", "hold", "return_to_referrer", "release"}),
        (supporting, {"close", "hold"}),
        (held_from_supporting, {"close", "hold", "release"}),
        (closed, {"reopen"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_page_offers_what_the_table_allows(life, buttons):
    life = life()
    assert set(open_decisions(life.state, role=Role.MANAGER, now=life.now)) == buttons


def test_a_page_does_not_offer_a_coordinator_what_only_a_manager_may_release():
    life = contacting().rings("immediate_danger")
    assert "release" not in open_decisions(life.state, role=Role.COORDINATOR, now=life.now)
    assert "release" in open_decisions(life.state, role=Role.MANAGER, now=life.now)


def test_a_page_does_not_offer_a_new_time_where_nothing_can_be_moved():
    life = reached(some_facts(phones=(a_phone(),))).rings("wrong_number", phone_id="phone-1")
    refused = life.may_not_decide("change_due", due_at=NOW + DAY)
    assert refused.code == "not_possible_now"
    assert "change_due" not in open_decisions(life.state, role=Role.MANAGER, now=life.now)


def test_a_refused_decision_leaves_the_escalation_for_somebody_to_answer():
    life = contacting().waits(9 * HOUR)
    life.may_not_decide("single_call")
    assert life.state.escalated_at is not None


def test_triage_happens_once():
    life = contacting()
    with pytest.raises(Exception, match=r".") as refusal:
        life.happens(Triage())
    assert refusal.value.code == "not_possible_now"


def test_a_decision_answers_in_its_own_state_and_leaves_the_old_one_alone():
    life = reached()
    before = life.state
    decide(before, Decided(kind=DecisionKind.SINGLE_CALL, role=Role.COORDINATOR), life.now, before.policy)
    assert before.stage == "contacting"


def test_a_self_referral_that_was_reached_may_be_helped_like_any_other():
    life = contacting(self_referred_facts()).rings("answered").decides("ongoing_support")
    assert life.state.stage == "supporting"


def test_a_telephone_referral_is_no_self_referral():
    life = contacting(some_facts(source=SourceKind.TELEPHONE)).is_silent(3)
    assert life.state.stage == "writing"


def test_an_information_lane_withdrawal_stays_in_its_lane():
    life = Life(information_facts()).is_withdrawn()
    assert (life.state.outcome, life.state.lane) == ("withdrawn", Lane.INFORMATION)


def test_a_hold_before_its_review_date_changes_nothing():
    life = held().waits(DAY + MINUTE)
    assert life.state.escalated_at is None
