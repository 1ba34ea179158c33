"""Ongoing support: it lives for months beside its referral, asks for its reviews and is never lost."""

from domain.vocabulary import Stage
from tests.builders import DAY, HOUR
from tests.workflows.lives import Desk


async def test_ongoing_support_begins_with_a_first_contact_to_be_made(desk: Desk) -> None:
    life = await desk.begins()
    support = await life.is_supported()
    assert life.state.stage is Stage.SUPPORTING
    assert support.kept.review_at is not None
    assert support.kept.ended_at is None


async def test_a_review_moves_the_next_one_on(desk: Desk) -> None:
    support = await (await desk.begins()).is_supported()
    await support.until(support.kept.review_at)
    answer = await support.is_reviewed()
    assert answer.applied
    assert support.kept.review_at is not None
    assert support.kept.review_at - await support.now() > 27 * DAY
    assert not support.kept.escalation


async def test_a_missed_review_is_escalated_once(desk: Desk) -> None:
    support = await (await desk.begins()).is_supported()
    await support.until(support.kept.review_at + desk.policy.support.review_missed_after)
    kept = await support.has(lambda kept: kept.escalation == "A review was missed.")
    turn = kept.turn
    await support.waits(60 * DAY)
    assert support.kept.turn == turn, "it went on asking"


async def test_somebody_who_does_not_take_part_is_a_persons_decision(desk: Desk) -> None:
    support = await (await desk.begins()).is_supported()
    for _ in range(desk.policy.support.missed_engagements):
        assert not support.kept.escalation
        await support.is_reviewed("not_engaged")
    assert "somebody decides" in support.kept.escalation
    assert support.kept.ended_at is None, "a machine ended it"


async def test_closing_the_referral_ends_its_support(desk: Desk) -> None:
    life = await desk.begins()
    support = await life.is_supported()
    await life.decides("close")
    assert await life.ends() == "support_completed"
    assert await support.ends() == "ended"
    assert support.kept.ended_at is not None
    assert "Ongoing support ended." in life.words


async def test_support_outlives_the_run_that_began_it(desk: Desk) -> None:
    life = await desk.begins()
    support = await life.is_supported()
    await life.handle.terminate("as if the run were gone")
    await support.waits(HOUR)
    assert (await support.is_reviewed()).applied


async def test_support_goes_on_under_another_worker(desk: Desk) -> None:
    support = await (await desk.begins()).is_supported()
    await support.is_reviewed()
    await desk.worker_is_replaced()
    await support.is_reviewed()
    assert support.kept.turn == 3


async def test_a_reopened_referral_begins_a_support_of_its_own(desk: Desk) -> None:
    life = await desk.begins()
    first = await life.is_supported()
    await life.decides("close")
    await first.ends()
    await life.decides("reopen")
    second = await life.is_supported()
    assert second.id != first.id
    assert second.kept.ended_at is None
    assert first.kept.ended_at is not None


async def test_a_held_support_still_asks_for_its_reviews(desk: Desk) -> None:
    life = await desk.begins()
    support = await life.is_supported()
    await life.rings("language_barrier")
    assert life.state.stage is Stage.HELD
    assert (await support.is_reviewed()).applied
    await life.decides("release")
    assert life.state.stage is Stage.SUPPORTING
    await life.decides("close")
    await support.ends()
