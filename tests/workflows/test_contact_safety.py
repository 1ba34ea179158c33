"""Stops, questions to the referrer, doubt and returned letters, carried by real workflows."""

from domain.events import MessageReported, PlanSent, Stopped, TextCame
from domain.message_ports import Verdict
from domain.vocabulary import (
    Answer,
    DeliveryReport,
    MessageState,
    Purpose,
    Stage,
    StopCause,
    TextMeaning,
    UnknownRule,
)
from tests.builders import DAY, HOUR, MINUTE, a_phone, a_policy, message_policy, sensitive_facts
from tests.workflows.lives import Desk, RunningReferral

SOMEBODY_ELSE = Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED)


async def written_to(desk: Desk) -> RunningReferral:
    life = await desk.begins()
    await life.is_written_to()
    return life


def keys(desk: Desk, purpose: Purpose) -> list[str]:
    return [key for key in desk.provider.handed if f":{purpose}:" in key]


async def test_a_stop_asks_the_referrer_by_e_mail_while_the_referral_is_held(desk: Desk) -> None:
    life = await desk.begins(sensitive_facts(referrer_can_be_asked=True))
    await life.is_told(SOMEBODY_ELSE)
    await life.has(lambda state: not state.errands)
    assert len(keys(desk, Purpose.SAFE_CHANNEL_ASKED)) == 1
    assert life.state.stage is Stage.HELD
    assert [hold.kind for hold in life.state.holds] == ["third_party_answered"]


async def test_calls_and_holds_go_on_while_a_question_waits_for_its_provider(desk: Desk) -> None:
    desk.provider.script = [Verdict.NOT_TRIED] * 1000
    life = await desk.begins(sensitive_facts(referrer_can_be_asked=True))
    await life.is_told(SOMEBODY_ELSE)
    await life.has(lambda _: desk.provider.tries > 0)
    await life.waits(3 * MINUTE)
    answer = await life.decides("close", outcome="unsafe_to_contact")
    assert answer.applied
    assert life.state.stage is Stage.CLOSED


async def test_a_question_still_leaves_after_its_referral_was_closed(desk: Desk) -> None:
    # Somebody closes in the evening; the referrer is to answer all the same.
    desk.provider.script = [Verdict.NOT_TRIED] * 2
    life = await desk.begins(sensitive_facts(referrer_can_be_asked=True))
    await life.is_told(SOMEBODY_ELSE)
    await life.has(lambda _: desk.provider.tries > 0)
    await life.decides("close", outcome="unsafe_to_contact")
    await desk.env.fast_forward(life.handle, HOUR)
    await life.has(lambda state: not state.errands)
    await life.ends()
    assert len(set(keys(desk, Purpose.SAFE_CHANNEL_ASKED))) == 1


async def test_a_message_of_unknown_fate_asks_its_provider_before_it_is_sent_again(desk: Desk) -> None:
    desk.policy = a_policy(messages=message_policy())
    await desk.worker_is_replaced()
    life = await written_to(desk)
    desk.provider.script = [Verdict.UNKNOWN]
    desk.provider.about_the_cut_off = Verdict.NOT_TRIED
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.UNKNOWN)
    assert desk.provider.tries == 1
    await life.waits(3 * HOUR)
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert desk.provider.tries == 2
    assert len(set(desk.provider.handed)) == 1, "the same message, under its own key"


async def test_a_doubt_that_a_webhook_resolves_is_never_sent_again(desk: Desk) -> None:
    rules = dict.fromkeys(Purpose, UnknownRule.RESEND)
    desk.policy = a_policy(messages=message_policy(unknown_rules=rules))
    await desk.worker_is_replaced()
    life = await written_to(desk)
    desk.provider.script = [Verdict.UNKNOWN]
    await life.reaches_cut_off()
    state = await life.has(lambda state: state.writing.state is MessageState.UNKNOWN)
    await life.is_told(MessageReported(report=DeliveryReport.DELIVERED, key=state.writing.key))
    assert life.state.writing.state is MessageState.SENT
    assert life.message_state is MessageState.SENT
    await life.waits(DAY)
    assert desk.provider.tries == 1


async def test_a_letter_that_comes_back_weeks_later_wakes_a_workflow_that_had_ended(desk: Desk) -> None:
    life = await written_to(desk)
    await life.reaches_cut_off()
    state = await life.has(lambda state: state.writing.state is MessageState.SENT)
    await desk.env.fast_forward(life.handle, 15 * DAY)
    await life.ends()
    await life.is_told(
        MessageReported(report=DeliveryReport.RETURNED, key=state.writing.key, address_id="post-1")
    )
    assert life.state.stage is Stage.CONTACTING
    assert life.state.decide_reason
    assert life.state.closed_addresses == ("post-1",)


async def test_who_asks_who_we_are_is_answered_once_although_the_worker_is_replaced(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_told(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1"))
    await life.has(lambda state: not state.errands)
    await desk.worker_is_replaced()
    await life.rings("no_answer")
    assert len(keys(desk, Purpose.WHO_WE_ARE)) == 1


async def test_a_contact_plan_takes_effect_with_the_very_next_step(desk: Desk) -> None:
    life = await desk.begins(sensitive_facts(address_safe=None, email_safe=None))
    facts = sensitive_facts(address_safe=None, email_safe=None, phones=(a_phone(1, safe=Answer.NO),))
    await life.is_told(PlanSent(), facts=facts)
    assert life.state.stage is Stage.HELD
    assert "The contact plan was changed." in life.words
