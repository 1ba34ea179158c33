"""A referral from receipt to each of its ends, on a real server whose clock is moved on."""

import asyncio
from datetime import UTC, datetime, time
from pathlib import Path

from domain.policy import Policy
from domain.vocabulary import DecisionKind, MessageState, Outcome, Stage
from domain.working_hours import is_open
from tests.builders import (
    DAY,
    HOUR,
    information_facts,
    sensitive_facts,
)
from tests.workflows.lives import LONDON, Desk, local, working_days
from wiring.profile import ProfilePolicies, load_profile


def cambridgeshire() -> Policy:
    """The first service's own policy, holidays of these years included."""
    return ProfilePolicies(load_profile(Path("profiles/cambridgeshire.toml"))).policy_at(datetime.now(UTC))


async def test_a_referral_is_triaged_and_asks_for_its_first_call(desk: Desk) -> None:
    life = await desk.begins()
    assert life.state.stage is Stage.CONTACTING
    assert life.state.call is not None
    assert life.words[0] == "Triage ran."


async def test_a_referral_that_is_started_twice_runs_once(desk: Desk) -> None:
    life = await desk.begins()
    assert await life.starts_again()
    assert desk.tables.written[life.id, 1] == 1
    await life.decides("close", outcome="moved_away")
    await life.ends()
    assert await life.starts_again(), "a relay would try for ever"
    assert not await life.is_running(), "a closed referral was started as if it were new"


async def test_three_unanswered_calls_in_opening_hours_lead_to_a_letter_at_half_past_five(desk: Desk) -> None:
    policy = cambridgeshire()
    monday = working_days(policy.hours, 3)
    life = await desk.begins(at=local(monday, time(9)), policy=policy)
    called_at = []
    for _ in range(3):
        assert life.state.call is not None
        await life.until(life.state.call.due_at)
        called_at.append(await life.now())
        assert (await life.rings("no_answer")).counted
    assert all(is_open(policy.hours, at) for at in called_at), "somebody was rung outside the hours"
    assert all(b - a >= 4 * HOUR for a, b in zip(called_at, called_at[1:], strict=False))
    assert life.state.stage is Stage.WRITING
    assert desk.provider.tries == 0, "it left before the cut-off"
    await life.reaches_cut_off()
    state = await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert state.writing is not None
    assert state.writing.posted_at is not None
    posted = state.writing.posted_at.astimezone(LONDON)
    assert (posted.hour, posted.minute) == (17, 30)
    assert desk.provider.handed == [state.writing.key]


async def test_a_letter_that_nobody_answers_closes_the_referral_as_not_reached(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_written_to()
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    await desk.env.fast_forward(life.handle, 15 * DAY)
    assert await life.ends() == "not_reached"
    assert life.state.outcome == "not_reached"


async def test_a_call_back_before_the_cut_off_recalls_the_letter(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_written_to()
    await life.rings("answered", direction="inbound")
    assert life.message_state is MessageState.RECALLED
    assert life.state.stage is Stage.CONTACTING
    await life.waits(3 * DAY)
    assert desk.provider.tries == 0, "the letter left although the person had been spoken to"


async def test_a_reply_recalls_the_letter_and_promises_a_call(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_written_to()
    await life.replies()
    assert life.message_state is MessageState.RECALLED
    assert life.state.call is not None
    assert life.state.call.promised


async def test_a_call_nobody_made_is_rebooked_and_the_second_time_escalated(desk: Desk) -> None:
    life = await desk.begins()
    assert life.state.call is not None
    await life.until(life.state.call.lapses_at)
    rebooked = await life.has(lambda state: state.call.lapses == 1)
    assert rebooked.escalated_at is None
    await life.until(rebooked.call.lapses_at)
    escalated = await life.has(lambda state: state.escalated_at is not None)
    assert escalated.attempts_counted == 0, "nobody rang: that is not an attempt"


async def test_a_promised_call_nobody_made_is_escalated_at_once(desk: Desk) -> None:
    life = await desk.begins()
    callback_at = await life.now() + DAY
    await life.rings("callback_requested", callback_at=callback_at)
    assert life.state.call is not None
    assert life.state.call.due_at == callback_at
    await life.until(life.state.call.lapses_at)
    await life.has(lambda state: state.escalation == "A promised call was not made.")


async def test_a_hold_asks_a_person_at_its_review_date_and_never_lifts_itself(desk: Desk) -> None:
    life = await desk.begins()
    await life.decides("hold", hold_kind="other")
    await life.until(life.state.holds[0].review_at)
    state = await life.has(lambda state: state.holds[0].review_asked)
    assert state.stage is Stage.HELD
    assert state.escalated_at is not None


async def test_a_letter_waits_while_the_referral_is_held_and_gets_a_new_cut_off(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_written_to()
    await life.decides("hold", hold_kind="other")
    await life.waits(DAY + HOUR)
    assert desk.provider.tries == 0, "it left while held"
    await life.decides("release")
    await life.becomes(Stage.WRITING)
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert desk.provider.tries == 1


async def test_a_sensitive_referral_is_held_with_a_proposal_instead_of_being_written_to(desk: Desk) -> None:
    life = await desk.begins(sensitive_facts())
    await life.is_silent(3)
    assert life.state.stage is Stage.HELD
    assert life.state.holds[0].proposes == "write"
    assert not desk.tables.messages


async def test_a_single_call_closes_the_referral_and_ends_its_workflow(desk: Desk) -> None:
    life = await desk.begins()
    await life.rings("answered")
    await life.decides("single_call")
    assert await life.ends() == "single_call"
    assert life.state.decision is DecisionKind.SINGLE_CALL


async def test_a_person_to_be_informed_gets_one_letter_and_no_call(desk: Desk) -> None:
    life = await desk.begins(information_facts())
    assert life.state.stage is Stage.WRITING
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    await desk.env.fast_forward(life.handle, 15 * DAY)
    assert await life.ends() == "informed"
    assert desk.provider.tries == 1


async def test_a_closed_referral_is_reopened_in_a_new_run_from_what_the_tables_say(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_silent(1)
    await life.decides("close", outcome="moved_away")
    await life.ends()
    first_run = (await life.handle.describe()).run_id
    answer = await life.decides("reopen")
    assert answer.applied
    assert (await life.handle.describe()).run_id != first_run
    assert (life.state.stage, life.state.opening) == (Stage.CONTACTING, 2)
    assert life.state.attempts_counted == 0
    assert "Call: no answer." in life.words, "its history was lost"
    assert await life.is_running()


async def test_a_late_reply_reopens_a_closed_referral(desk: Desk) -> None:
    life = await desk.begins()
    await life.decides("close", outcome="not_reached")
    await life.ends()
    await life.replies()
    assert life.state.stage is Stage.CONTACTING
    assert life.state.call is not None
    assert life.state.call.promised


async def test_a_reopened_referral_that_is_refused_something_goes_on_living(desk: Desk) -> None:
    life = await desk.begins()
    await life.decides("close", outcome="moved_away")
    await life.ends()
    refused = await life.decides("single_call")
    assert not refused.applied
    assert await life.ends() == "moved_away"
    assert life.state.stage is Stage.CLOSED
    assert (await life.decides("reopen")).applied


async def test_a_withdrawal_closes_what_nobody_has_touched(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_withdrawn()
    assert await life.ends() == Outcome.WITHDRAWN


async def test_a_correction_runs_triage_again_at_once(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_corrected(phones=(), address_safe=None, email_safe=None)
    assert await life.ends() == Outcome.RETURNED_TO_REFERRER
    assert life.state.facts.phones == ()


async def test_a_correction_of_a_letter_made_unsafe_recalls_it(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_written_to()
    first = life.state.writing
    assert first is not None
    await life.is_corrected(address_safe="no", email_safe=None, phones=())
    assert desk.tables.messages[first.key].state is MessageState.RECALLED
    await asyncio.sleep(0)
    assert desk.provider.tries == 0
