"""A referral from receipt to its ends, on a real server whose clock is moved on."""

from datetime import time, timedelta

from tests.workflows.lives import Desk, local, working_days
from domain.vocabulary import MessageState, Stage
from tests.builders import DAY, HOUR, MINUTE


async def test_a_referral_is_triaged_and_asks_for_its_first_call(desk: Desk) -> None:
    life = await desk.begins()
    assert life.state.stage is Stage.CONTACTING
    assert life.state.call is not None
    assert life.words[0] == "Triage ran."


async def test_three_unanswered_calls_lead_to_a_letter_that_leaves_at_the_cut_off(desk: Desk) -> None:
    life = await desk.begins()
    state = await life.is_written_to()
    assert state.writing is not None
    assert desk.provider.tries == 0, "it left before its cut-off"
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert desk.provider.handed == [state.writing.key]


async def test_a_letter_that_nobody_answers_closes_the_referral_as_not_reached(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_written_to()
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    await desk.env.fast_forward(life.handle, 15 * DAY)
    assert await life.ends() == "not_reached"
    assert life.state.outcome == "not_reached"
