"""After a message was handed over: outages, doubt, bounces, complaints, and letters that come back."""

from dataclasses import replace

import pytest

from domain.events import MessageReported, MessageSettled
from domain.facts import WrittenAddress
from domain.referral_state import leaving_now
from domain.vocabulary import (
    Answer,
    Channel,
    ContactChannel,
    DeliveryReport,
    MessageState,
    Purpose,
    Stage,
    UnknownRule,
)
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    Life,
    a_policy,
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
