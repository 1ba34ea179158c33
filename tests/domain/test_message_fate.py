"""After a message was handed over: outages, doubt, bounces, complaints, and letters that come back."""

from dataclasses import replace

import pytest

from domain.events import MessageReported, MessageSettled, Stopped
from domain.facts import WrittenAddress
from domain.referral_state import doubtful_now, leaving_now
from domain.ringing import MayRing, may_ring_now
from domain.vocabulary import (
    Answer,
    Channel,
    ContactChannel,
    DeliveryReport,
    MessageState,
    Purpose,
    Relationship,
    SourceKind,
    Stage,
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
    a_suspect,
    information_facts,
    informed,
    message_policy,
    not_reached,
    sensitive_facts,
    some_facts,
    supporting,
    waiting,
    writing,
)

POLICY = a_policy(messages=message_policy())
EMAIL, POST = WrittenAddress(id="email-1", safe=Answer.YES), WrittenAddress(id="post-1", safe=Answer.YES)


def facts(**changes):
    return some_facts(
        emails=(EMAIL,), posts=(POST,), email_safe=Answer.YES, address_safe=Answer.YES, **changes
    )


def ruled(rule: UnknownRule):
    return a_policy(messages=message_policy(unknown_rules=dict.fromkeys(Purpose, rule)))


def settled(life: Life, state: MessageState, **details) -> Life:
    life.happens(MessageSettled(key=life.state.writing.key, state=state, **details))
    return life


def reported(life: Life, report: DeliveryReport, *, address_id: str = "", key: str | None = None) -> Life:
    key = life.state.writing.key if key is None else key
    life.happens(MessageReported(report=report, key=key, address_id=address_id))
    return life


def words(life: Life) -> str:
    return " ".join(f"{entry.what} {entry.why}" for effects in life.effects for entry in effects.entries)


# --- an outage


def test_a_message_whose_provider_is_away_waits_and_asks_the_gate_again():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    at = life.now + 5 * MINUTE
    settled(life, MessageState.RESERVED, retry_at=at, why="The provider is away.")
    assert life.state.writing.leaves_at == at
    assert life.state.stage is Stage.WRITING
    life.state = replace(life.state, facts=replace(life.state.facts, posts=(), address_safe=None))
    life.waits(5 * MINUTE)
    assert life.held_kinds == {"message_refused"}, "what has become unsafe meanwhile does not leave"


def test_a_day_of_outage_says_so_once_in_the_timeline():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    for _ in range(20):
        settled(life, MessageState.RESERVED, retry_at=life.now + HOUR, why="The provider is away.").waits(
            HOUR
        )
    assert words(life).count("has to wait") == 1
    settled(life, MessageState.SENT)
    assert life.state.writing.state is MessageState.SENT


def test_a_letter_the_service_prints_itself_waits_for_the_batch_and_not_for_a_time():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True, why="The service prints.")
    assert life.state.writing.queued
    assert life.deadline is None
    life.rings("answered", direction="inbound")
    assert life.state.writing.state is MessageState.RECALLED
    assert not life.state.writing.has_left, "it lay in our own post room"


# --- doubt


def doubtful(policy=POLICY, of=None) -> Life:
    life = writing(of or facts(), policy=policy).reaches_cut_off()
    return settled(life, MessageState.UNKNOWN, why="No answer.")


def test_a_message_of_unknown_fate_is_waited_for_before_anything_is_decided():
    life = doubtful()
    assert life.state.stage is Stage.WRITING
    assert life.deadline == life.now + 2 * HOUR
    assert life.next_kind == "wait"


def test_a_webhook_that_says_it_left_ends_the_doubt():
    life = reported(doubtful(), DeliveryReport.DELIVERED)
    assert life.state.writing.state is MessageState.SENT
    assert life.deadline == life.now + 14 * DAY


def test_a_provider_that_proves_not_to_have_it_lets_it_leave_again():
    life = doubtful().sleeps(2 * HOUR)
    settled(life, MessageState.RESERVED, reconciled=True, why="Never arrived.")
    assert life.state.writing.is_waiting
    assert len(life.letters_made) == 1, "the same message, not another"


@pytest.mark.parametrize(
    ("rule", "stage", "made"),
    [
        (UnknownRule.ASK_PERSON, Stage.HELD, 1),
        (UnknownRule.RESEND, Stage.WRITING, 2),
        (UnknownRule.OTHER_CHANNEL, Stage.WRITING, 2),
    ],
)
def test_after_the_wait_the_rule_of_the_purpose_decides(rule, stage, made):
    life = doubtful(ruled(rule)).sleeps(2 * HOUR)
    settled(life, MessageState.UNKNOWN, reconciled=True)
    assert life.state.stage is stage
    assert len(life.letters_made) == made


def test_another_channel_is_really_another():
    life = doubtful(ruled(UnknownRule.OTHER_CHANNEL)).sleeps(2 * HOUR)
    settled(life, MessageState.UNKNOWN, reconciled=True)
    assert life.letters_made == [Channel.LETTER, Channel.EMAIL]


def test_what_was_sent_again_once_is_a_persons_question_the_second_time():
    life = doubtful(ruled(UnknownRule.RESEND)).sleeps(2 * HOUR)
    settled(life, MessageState.UNKNOWN, reconciled=True).reaches_cut_off()
    settled(life, MessageState.UNKNOWN).sleeps(2 * HOUR)
    settled(life, MessageState.UNKNOWN, reconciled=True)
    assert life.held_kinds == {"message_unknown"}
    assert len(life.letters_made) == 2


@pytest.mark.parametrize("rule", list(UnknownRule))
def test_on_a_sensitive_referral_no_rule_sends_anything_again(rule):
    of = sensitive_facts(emails=(EMAIL,), posts=(POST,))
    life = Life(of, policy=ruled(rule)).is_silent(3).decides("release").decides("write_now").reaches_cut_off()
    settled(life, MessageState.UNKNOWN).sleeps(2 * HOUR)
    settled(life, MessageState.UNKNOWN, reconciled=True)
    assert life.held_kinds == {"message_unknown"}
    assert len(life.letters_made) == 1


# --- in vain


def emailed(policy=POLICY, **changes) -> Life:
    of = facts(**changes)
    of = replace(of, posts=(), address_safe=None)
    life = writing(of, policy=policy).reaches_cut_off()
    assert life.state.writing.channel is Channel.EMAIL
    return settled(life, MessageState.SENT)


def test_a_bounce_closes_the_address_and_moves_to_the_next_safe_channel():
    life = reported(emailed(), DeliveryReport.BOUNCED, address_id="email-1")
    assert life.state.closed_addresses == ("email-1",)
    assert life.letters_made == [Channel.EMAIL, Channel.TEXT]
    assert "bounced" in words(life)


def test_a_bounce_with_nothing_left_ends_as_silence_with_no_safe_channel_does():
    of = replace(facts(), posts=(), address_safe=None)
    of = replace(of, phones=tuple(replace(phone, takes_texts=False) for phone in of.phones))
    life = writing(of, policy=POLICY).reaches_cut_off()
    settled(life, MessageState.SENT)
    reported(life, DeliveryReport.BOUNCED, address_id="email-1")
    assert life.state.outcome == "not_reached"


def test_what_could_not_be_delivered_moves_on_and_keeps_the_address():
    life = reported(emailed(), DeliveryReport.UNDELIVERED, address_id="email-1")
    assert life.state.closed_addresses == ()
    assert life.letters_made[-1] is Channel.TEXT


def test_a_complaint_stops_that_channel_and_a_person_decides():
    life = reported(emailed(), DeliveryReport.COMPLAINED, address_id="email-1")
    assert ContactChannel.EMAIL in life.state.opted_out
    assert life.next_kind == "decide"
    assert life.state.outcome is None


def test_a_provider_that_refuses_the_address_moves_the_purpose_on():
    of = replace(facts(), posts=(), address_safe=None)
    life = writing(of, policy=POLICY).reaches_cut_off()
    settled(life, MessageState.REJECTED, report=DeliveryReport.BOUNCED, address_id="email-1")
    assert life.state.closed_addresses == ("email-1",)
    assert life.letters_made == [Channel.EMAIL, Channel.TEXT]


def test_a_refusal_that_says_nothing_of_the_address_is_a_persons_question():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.REJECTED, why="Refused.")
    assert life.held_kinds == {"message_refused"}


def test_what_a_person_approved_does_not_move_to_a_letter_on_its_own_on_a_sensitive_referral():
    of = sensitive_facts(emails=(EMAIL,), posts=(), address_safe=None, email_safe=Answer.YES)
    life = Life(of, policy=POLICY).is_silent(3).decides("release").decides("write_now").reaches_cut_off()
    settled(life, MessageState.SENT)
    life.state = replace(life.state, facts=replace(life.state.facts, posts=(POST,), address_safe=Answer.YES))
    reported(life, DeliveryReport.BOUNCED, address_id="email-1")
    assert life.state.stage is Stage.HELD
    assert life.proposals == {"write"}


def test_a_bounce_after_the_person_was_spoken_to_changes_nothing_but_the_address():
    life = emailed().rings("answered", direction="inbound")
    reported(life, DeliveryReport.BOUNCED, address_id="email-1")
    assert life.next_kind == "decide"
    assert life.state.closed_addresses == ("email-1",)


# --- returned mail


def test_a_letter_that_comes_back_while_we_wait_goes_on_by_the_next_safe_channel():
    life = waiting(facts(), policy=POLICY)
    reported(life, DeliveryReport.RETURNED, address_id="post-1")
    assert life.letters_made == [Channel.LETTER, Channel.EMAIL]


def test_a_letter_that_comes_back_weeks_later_wakes_its_referral():
    life = not_reached(facts(), policy=POLICY)
    life.sleeps(20 * DAY)
    reported(life, DeliveryReport.RETURNED, address_id="post-1")
    assert life.state.stage is Stage.CONTACTING
    assert life.next_kind == "decide"
    assert life.state.closed_addresses == ("post-1",)


def test_an_information_letter_that_comes_back_wakes_its_referral_too():
    life = informed(policy=POLICY)
    reported(life, DeliveryReport.RETURNED, address_id="post-1")
    assert life.next_kind == "decide"


def test_a_letter_of_which_nobody_knows_which_it_was_marks_the_address_and_wakes_the_referral():
    life = not_reached(facts(), policy=POLICY)
    reported(life, DeliveryReport.RETURNED, address_id="post-1", key="")
    assert life.next_kind == "decide"


def test_returned_mail_while_supporting_is_recorded_and_the_address_marked():
    life = supporting(facts(), policy=POLICY)
    reported(life, DeliveryReport.RETURNED, address_id="post-1", key="")
    assert life.state.stage is Stage.SUPPORTING
    assert life.state.closed_addresses == ("post-1",)


def test_post_to_an_address_where_something_came_back_is_never_chosen_again():
    life = not_reached(facts(), policy=POLICY)
    reported(life, DeliveryReport.RETURNED, address_id="post-1")
    life.decides("write_now")
    assert life.state.writing.channel is Channel.EMAIL


# --- the printed batch


def test_a_letter_taken_out_of_the_batch_did_not_leave():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True)
    reported(life, DeliveryReport.PULLED)
    assert life.state.writing.state is MessageState.RECALLED
    assert life.next_kind == "decide"


def printed() -> Life:
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True)
    return reported(life, DeliveryReport.PRINTED)


def test_a_printed_letter_is_not_sent_again_and_may_be_on_its_way():
    life = printed()
    assert leaving_now(life.state, life.now) is None
    life.decides("hold")
    assert life.state.writing.recall_asked, "it may lie in the box by now"
    life.decides("release")
    assert len(life.letters_made) == 1


def test_a_printed_letter_that_was_recalled_is_only_taken_back_once_somebody_took_it_out():
    life = printed().rings("answered", direction="inbound")
    assert life.state.writing.has_left
    reported(life, DeliveryReport.PULLED)
    assert life.state.writing.state is MessageState.RECALLED
    assert not life.state.writing.has_left


def test_a_letter_recalled_while_it_was_being_printed_is_known_to_lie_in_the_batch():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True)
    life.rings("answered", direction="inbound")
    reported(life, DeliveryReport.PRINTED)
    assert life.state.writing.has_left
    assert "taken out of the batch" in words(life)


def test_a_letter_posted_with_the_batch_has_left():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True)
    reported(life, DeliveryReport.SENT)
    assert life.state.writing.state is MessageState.SENT
    assert life.deadline == life.now + 14 * DAY


def test_a_letter_posted_although_it_was_recalled_meanwhile_says_so():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True)
    life.rings("answered", direction="inbound")
    reported(life, DeliveryReport.SENT)
    assert "It had already left when the recall came." in words(life)
    assert life.next_kind == "decide"


@pytest.mark.parametrize("report", [DeliveryReport.ACCEPTED, DeliveryReport.SENT, DeliveryReport.DELIVERED])
def test_what_went_well_changes_nothing_that_was_known(report):
    life = waiting(facts(), policy=POLICY)
    before = life.state
    reported(life, report)
    assert life.state == before


def test_the_information_lane_gives_back_what_arrives_nowhere():
    of = replace(information_facts(), emails=(), email_safe=None, posts=(POST,), address_safe=Answer.YES)
    life = Life(of, policy=POLICY).posts()
    reported(life, DeliveryReport.RETURNED, address_id="post-1")
    assert life.state.outcome == "returned_to_referrer"


# --- while the referral goes on


@pytest.mark.parametrize("rule", list(UnknownRule))
@pytest.mark.parametrize("answer", [MessageState.UNKNOWN, MessageState.REJECTED, MessageState.RESERVED])
def test_an_answer_that_comes_after_the_referral_was_closed_writes_to_nobody(rule, answer):
    life = doubtful(ruled(rule)).sleeps(2 * HOUR).is_withdrawn()
    assert life.state.outcome == "withdrawn"
    settled(life, answer, reconciled=True)
    assert (life.state.stage, life.state.outcome) == (Stage.CLOSED, "withdrawn")
    assert len(life.letters_made) == 1


def test_an_answer_that_comes_after_a_stop_writes_to_nobody():
    life = doubtful(ruled(UnknownRule.RESEND)).sleeps(2 * HOUR)
    life.happens(Stopped(cause=StopCause.VICTIM_HAS_DIED))
    settled(life, MessageState.UNKNOWN, reconciled=True)
    assert life.state.stage is Stage.HELD
    assert len(life.letters_made) == 1


def test_a_call_wanted_while_the_provider_was_asked_stays_wanted():
    life = doubtful(ruled(UnknownRule.RESEND)).sleeps(2 * HOUR).decides("attempt_again")
    settled(life, MessageState.UNKNOWN, reconciled=True)
    assert life.next_kind == "call"


@pytest.mark.parametrize("rule", [UnknownRule.RESEND, UnknownRule.OTHER_CHANNEL])
def test_the_second_message_does_not_leave_once_the_first_is_known_to_have_left(rule):
    life = doubtful(ruled(rule)).sleeps(2 * HOUR)
    first = life.state.writing.key
    settled(life, MessageState.UNKNOWN, reconciled=True)
    second = life.state.writing.key
    reported(life, DeliveryReport.DELIVERED, key=first)
    assert (life.state.writing.key, life.state.writing.state) == (first, MessageState.SENT)
    assert life.last_word[second] is MessageState.RECALLED
    assert life.last_word[first] is MessageState.SENT
    assert life.next_kind == "wait"


def test_a_second_message_that_was_leaving_already_is_waited_for():
    life = doubtful(ruled(UnknownRule.RESEND)).sleeps(2 * HOUR)
    first = life.state.writing.key
    settled(life, MessageState.UNKNOWN, reconciled=True).reaches_cut_off()
    second = life.state.writing.key
    reported(life, DeliveryReport.DELIVERED, key=first)
    assert life.state.writing.recall_asked
    life.happens(MessageSettled(key=second, state=MessageState.RESERVED))
    assert (life.state.writing.key, life.state.writing.state) == (first, MessageState.SENT)
    assert len(life.letters_made) == 2


def test_messages_do_not_go_back_and_forth_between_channels_that_fail():
    life = emailed()
    for _ in range(6):
        if life.state.stage is not Stage.WRITING:
            break
        reported(life, DeliveryReport.UNDELIVERED)
        if life.state.stage is Stage.WRITING:
            life.reaches_cut_off()
            settled(life, MessageState.SENT)
    assert life.letters_made == [Channel.EMAIL, Channel.TEXT]
    assert life.state.stage is not Stage.WRITING


def test_a_message_refused_after_it_was_recalled_is_not_taken_for_sent():
    life = writing(facts(), policy=POLICY).reaches_cut_off().decides("hold")
    settled(life, MessageState.REJECTED, why="Refused.")
    assert not life.state.writing.has_left
    life.decides("release")
    assert life.state.writing.is_waiting, "another is made, because nothing was ever sent"
    assert len(life.letters_made) == 2


def test_a_doubt_that_came_up_while_held_is_resolved_after_the_release():
    life = writing(facts(), policy=POLICY).reaches_cut_off().decides("hold")
    settled(life, MessageState.UNKNOWN, why="No answer.").sleeps(3 * HOUR).decides("release")
    assert doubtful_now(life.state, life.now) == life.state.writing.key


def test_a_text_that_bounced_says_nothing_about_ringing():
    of = replace(facts(phones=(a_phone(1),)), posts=(), address_safe=None, emails=(), email_safe=None)
    life = writing(of, policy=POLICY).reaches_cut_off()
    settled(life, MessageState.SENT)
    life.rings("callback_requested", direction="inbound")
    reported(life, DeliveryReport.BOUNCED, address_id="phone-1")
    assert may_ring_now(life.state, life.due_at).may is not MayRing.NO


def test_a_release_for_a_letter_is_no_release_for_an_e_mail_on_a_sensitive_referral():
    of = sensitive_facts(emails=(EMAIL,), posts=(POST,), email_safe=Answer.YES, address_safe=Answer.YES)
    life = Life(of, policy=POLICY).is_silent(3).decides("release").decides("write_now")
    assert life.state.writing.channel is Channel.LETTER
    life.is_corrected(posts=(), address_safe=Answer.NO)
    assert life.state.stage is Stage.HELD
    assert life.letters_made == [Channel.LETTER]


def test_a_referrers_complaint_is_not_the_victims():
    life = Life(sensitive_facts(referrer_can_be_asked=True), policy=POLICY)
    life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    key = life.state.errands[0].key
    life.happens(MessageSettled(key=key, state=MessageState.SENT))
    life.happens(MessageReported(report=DeliveryReport.COMPLAINED, key=key))
    assert life.state.opted_out == ()
    assert "ring them" in life.state.escalation


def test_a_report_that_comes_while_a_question_is_handed_over_ends_the_doubt_about_it():
    life = Life(sensitive_facts(referrer_can_be_asked=True), policy=POLICY)
    life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    key = life.state.errands[0].key
    life.happens(MessageReported(report=DeliveryReport.DELIVERED, key=key))
    assert life.state.errands == ()
    life.happens(MessageSettled(key=key, state=MessageState.UNKNOWN))
    life.waits(3 * HOUR)
    assert life.state.errands == (), "the referrer is not asked twice"


@pytest.mark.parametrize("source", [SourceKind.SELF, SourceKind.THIRD_PARTY])
def test_no_machine_writes_to_the_mailbox_of_who_asked_for_help(source):
    life = Life(sensitive_facts(referrer_can_be_asked=True, source=source), policy=POLICY)
    life.happens(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    assert life.state.errands == ()


def test_a_returned_letter_of_an_earlier_opening_says_nothing_of_todays():
    life = not_reached(facts(), policy=POLICY)
    old = life.state.writing.key
    life.decides("reopen").is_silent(3).posts()
    made = list(life.letters_made)
    reported(life, DeliveryReport.RETURNED, key=old, address_id="post-0")
    assert life.letters_made == made
    assert life.state.writing.state is MessageState.SENT


def test_a_letter_in_the_queue_whose_address_turns_unsafe_is_not_forgotten():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True)
    life.is_corrected(posts=(), address_safe=Answer.NO)
    assert life.state.writing.channel is Channel.EMAIL
    assert life.deadline is not None


def test_a_letter_printed_while_it_was_held_is_taken_back_and_never_sent_beside():
    life = writing(facts(), policy=POLICY).reaches_cut_off()
    settled(life, MessageState.RESERVED, queued=True)
    life.decides("hold")
    reported(life, DeliveryReport.PRINTED)
    assert life.state.writing.recall_asked
    life.decides("release")
    assert len(life.letters_made) == 1


# --- what a release covers


def released(**changes) -> Life:
    of = sensitive_facts(posts=(POST,), emails=(EMAIL,), email_safe=Answer.YES, address_safe=Answer.YES)
    life = Life(replace(of, **changes), policy=POLICY).is_silent(3).decides("release").decides("write_now")
    assert life.state.writing.channel is Channel.LETTER
    return life


def test_a_released_letter_leaves_for_whom_it_was_released():
    life = released().reaches_cut_off()
    assert life.state.writing.state is MessageState.RESERVED


@pytest.mark.parametrize(
    "change",
    [
        {"posts": (WrittenAddress(id="post-of-his-parents", safe=Answer.YES),)},
        {"suspects": (a_suspect(Relationship.EX_PARTNER), a_suspect(Relationship.FAMILY))},
        {"is_child": True, "flags": ()},
    ],
    ids=["another address", "somebody else suspected", "a child after all"],
)
def test_a_release_covers_only_what_was_known_when_it_was_given(change):
    life = released().is_corrected(**change)
    if life.state.stage is Stage.WRITING:
        life.reaches_cut_off()
    assert life.state.stage is Stage.HELD
    assert life.state.writing.state is not MessageState.RESERVED


def test_a_letter_a_person_wanted_is_released_again_once_the_referral_turns_out_sensitive():
    life = Life(facts(), policy=POLICY).decides("write_now")
    life.is_corrected(suspects=(a_suspect(Relationship.EX_PARTNER),))
    if life.state.stage is Stage.WRITING:
        life.reaches_cut_off()
    assert life.state.stage is Stage.HELD
    assert life.state.writing.state is not MessageState.RESERVED
