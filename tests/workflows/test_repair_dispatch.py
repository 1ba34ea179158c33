"""Repairs on the real server: offers, clocks, lost answers, and never two who have the job."""

import asyncio
import uuid
from datetime import timedelta

from domain.dispatch_events import RepairAsked
from domain.events import Stopped
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    RepairDecisionKind,
    RepairStage,
    TradeAnswer,
)
from domain.vocabulary import StopCause
from tests.builders import MINUTE
from tests.domain.repairs import OPEN_DOOR
from tests.workflows.lives import Desk
from tests.workflows.repairs import LATER_LOCKS, RunningRepair


async def test_a_repair_runs_from_the_request_to_the_victims_word(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    first, _ = await repair.is_offered()
    assert (await repair.is_answered(first, TradeAnswer.ACCEPTED)).applied
    for answer in (TradeAnswer.ON_THE_WAY, TradeAnswer.ARRIVED, TradeAnswer.MADE_SAFE):
        await repair.is_answered(first, answer, eta_at=await repair.now() + 10 * MINUTE)
    await repair.is_answered(first, TradeAnswer.COMPLETED, cost_pence=9_900)
    await repair.waits(61 * MINUTE)
    await repair.has(lambda state: state.asks)
    await repair.decides(RepairDecisionKind.CONFIRM_SECURE, secure=True)
    assert await repair.ends() == "secure"
    assert {kind for kind, _ in repair.repairs.told} == {
        NoticeKind.OFFER,
        NoticeKind.CONFIRMATION,
        NoticeKind.TAKEN,
    }


async def test_a_referral_begins_its_repair_and_may_end_before_it(desk: Desk) -> None:
    life = await desk.begins()
    repair = RunningRepair(desk, str(uuid.uuid4()))
    await life.is_told(RepairAsked(repair_id=repair.id, request=OPEN_DOOR))
    first, _ = await repair.is_offered()
    await life.decides("close", outcome="moved_away")
    await life.ends()
    assert (await repair.is_answered(first, TradeAnswer.ACCEPTED)).applied
    assert "A repair was asked for: board up." in life.words


async def test_a_closed_referral_can_still_ask_for_a_repair(desk: Desk) -> None:
    life = await desk.begins()
    await life.decides("close", outcome="moved_away")
    await life.ends()
    repair = RunningRepair(desk, str(uuid.uuid4()))
    assert (await life.is_told(RepairAsked(repair_id=repair.id, request=OPEN_DOOR))).applied
    await repair.is_offered()
    await life.ends()


async def test_a_stop_on_the_referral_reaches_its_repair(desk: Desk) -> None:
    life = await desk.begins()
    repair = RunningRepair(desk, str(uuid.uuid4()))
    await life.is_told(RepairAsked(repair_id=repair.id, request=OPEN_DOOR))
    await repair.is_offered()
    await life.is_told(Stopped(cause=StopCause.IMMEDIATE_DANGER))
    held = await repair.has(lambda state: state.stage is RepairStage.HELD)
    assert not held.open_offers


async def test_two_who_accept_at_once_are_one_who_has_it(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    offers = await repair.is_offered()
    answers = await asyncio.gather(*(repair.is_answered(offer, TradeAnswer.ACCEPTED) for offer in offers))
    assert sorted(answer.code for answer in answers) == ["", "taken"]
    assert len(set(repair.repairs.confirmed_ever)) == 1


async def test_silence_leads_to_the_next_and_at_last_to_a_coordinator(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    asked: set[str] = set()
    for _ in range(3):
        await repair.is_offered()
        asked |= {offer.trade_id for offer in repair.state.open_offers}
        await repair.waits(5 * MINUTE + timedelta(seconds=1))
        await repair.has(
            lambda state, seen=frozenset(asked): not {o.trade_id for o in state.open_offers} & seen
        )
        await repair.has(lambda state: state.open_offers or state.stage is RepairStage.ASKED)
    assert repair.state.stage is RepairStage.ASKED
    assert len(asked) == 6


async def test_a_firm_that_is_down_is_followed_by_the_next_at_once(desk: Desk) -> None:
    desk.tables.repairs.verdicts = [NoticeVerdict.NOT_TRIED, NoticeVerdict.REJECTED]
    repair = await RunningRepair.begins(desk)
    state = await repair.has(lambda state: len(state.offers) == 4 and len(state.open_offers) == 2)
    assert sorted(str(offer.state) for offer in state.offers) == [
        "offered",
        "offered",
        "unreachable",
        "unreachable",
    ]


async def test_a_lost_confirmation_is_repeated_until_it_arrives(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk, LATER_LOCKS)
    (offer,) = await repair.is_offered(1)
    desk.tables.repairs.verdicts = [NoticeVerdict.UNKNOWN, NoticeVerdict.NOT_TRIED]
    await repair.is_answered(offer, TradeAnswer.ACCEPTED)
    await repair.has(lambda state: state.notices and state.notices[0].tries == 1)
    await repair.waits(timedelta(seconds=6))
    await repair.has(lambda state: state.notices and state.notices[0].tries == 2)
    await repair.waits(timedelta(seconds=11))
    await repair.has(lambda state: state.told)
    assert [kind for kind, _ in repair.repairs.told].count(NoticeKind.CONFIRMATION) == 3


async def test_an_answer_after_the_end_is_heard_and_refused(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    first, second = await repair.is_offered()
    await repair.is_answered(first, TradeAnswer.ACCEPTED)
    await repair.decides(RepairDecisionKind.CANCEL)
    assert await repair.ends() == "cancelled"
    late = await repair.is_answered(second, TradeAnswer.ACCEPTED)
    assert (late.applied, late.code) == (False, "taken")
    assert await repair.ends() == "cancelled"


async def test_a_place_that_is_open_again_wakes_a_repair_that_had_ended(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    first, _ = await repair.is_offered()
    await repair.is_answered(first, TradeAnswer.ACCEPTED)
    await repair.is_answered(first, TradeAnswer.COMPLETED)
    await repair.decides(RepairDecisionKind.CONFIRM_SECURE, secure=True)
    await repair.ends()
    await repair.decides(RepairDecisionKind.CONFIRM_SECURE, secure=False)
    await repair.is_offered()
    assert repair.state.reopened == 1


async def test_an_outage_of_the_database_loses_nothing(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    first, _ = await repair.is_offered()
    desk.tables.repairs.outages = 3
    assert (await repair.is_answered(first, TradeAnswer.ACCEPTED)).applied
    await repair.has(lambda state: state.told)
    assert max(repair.repairs.written.values()) == 1


async def test_it_goes_on_under_another_worker(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    first, _ = await repair.is_offered()
    await desk.worker_is_replaced()
    await repair.is_answered(first, TradeAnswer.ACCEPTED)
    await desk.worker_is_replaced()
    await repair.is_answered(first, TradeAnswer.ARRIVED)
    assert repair.state.stage is RepairStage.ARRIVED


async def test_the_last_a_tradesperson_hears_is_what_holds(desk: Desk) -> None:
    """A confirmation that hangs must not arrive after the cancellation that followed it."""
    repair = await RunningRepair.begins(desk, LATER_LOCKS)
    (offer,) = await repair.is_offered(1)
    repair.repairs.telling.clear()
    await repair.is_answered(offer, TradeAnswer.ACCEPTED)
    await repair.decides(RepairDecisionKind.REASSIGN)
    repair.repairs.telling.set()
    who = repair.state.offers[0].trade_id
    async with asyncio.timeout(20):
        while (NoticeKind.CANCELLATION, who) not in repair.repairs.told:
            await asyncio.sleep(0.02)
    heard = [kind for kind, whom in repair.repairs.told if whom == who]
    assert heard[-1] is NoticeKind.CANCELLATION
    await repair.has(lambda state: not state.untold and state.confirmed is None)


async def test_nobody_gets_the_job_after_a_stop_though_the_desk_is_slow(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    first, second = await repair.is_offered()
    repair.repairs.reserving.clear()
    await repair.is_answered(first, TradeAnswer.DECLINED)
    await repair.handle.signal("referral_stopped")
    late = await repair.is_answered(second, TradeAnswer.ACCEPTED)
    repair.repairs.reserving.set()
    assert (late.applied, late.code) == (False, "taken")
    held = await repair.has(lambda state: state.stage is RepairStage.HELD)
    assert held.confirmed is None


async def test_who_was_struck_off_meanwhile_does_not_get_the_job(desk: Desk) -> None:
    repair = await RunningRepair.begins(desk)
    first, _ = await repair.is_offered()
    repair.repairs.struck_off.add(first)
    answer = await repair.is_answered(first, TradeAnswer.ACCEPTED)
    assert (answer.applied, answer.code) == (False, "taken")
    assert repair.state.confirmed is None
