"""Record the histories that every later version has to go on with: `python -m tests.workflows.record [NAME…]`.

Each is a life of made-up categories, played on a real server and kept under tests/histories, its payloads closed with
the keys of the tests.  Record anew only when a history can no longer come about; otherwise add one beside the old.
"""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from domain.dispatch_events import RepairAsked
from domain.events import (
    AttemptMade,
    MessageReported,
    OptedIn,
    OptedOut,
    PlanSent,
    Stopped,
    TextCame,
)
from domain.message_ports import Verdict
from domain.practical_help.events import (
    Delivered,
    GoodsOrdered,
    HelpCompleted,
    LineQuantity,
    VisitEnded,
    WindowAgreed,
)
from domain.practical_help.kinds import VisitOutcome, VisitPurpose
from domain.repair_dispatch.kinds import NoticeVerdict, RepairAsk, RepairDecisionKind, TradeAnswer
from domain.vocabulary import (
    AttemptOutcome,
    ContactChannel,
    DeliveryReport,
    MessageState,
    OptOutWay,
    Stage,
    StopCause,
    TextMeaning,
)
from store.keyring import Keyring
from tests.builders import DAY, HOUR, MINUTE, information_facts, message_policy, sensitive_facts
from tests.domain.helps import STRIPPED
from tests.domain.repairs import OPEN_DOOR
from tests.workflows.helps import HelpDesk
from tests.workflows.lives import Desk, RunningReferral
from tests.workflows.repairs import RunningRepair
from wiring.codec import encrypting_converter

HISTORIES = Path(__file__).resolve().parent.parent / "histories"
KEYS = (bytes(range(32)),)
"""Those of `tests/conftest.py`."""
IDENTITY = "recorder"
"""Instead of the name of the machine."""

Story = Callable[[Desk], Awaitable[object]]


async def silence(desk: Desk) -> None:
    """Three unanswered calls, a letter, no answer: not reached."""
    life = await written_to(desk)
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    await desk.env.fast_forward(life.handle, 15 * DAY)
    await life.ends()


async def call_back(desk: Desk) -> None:
    """The person rings back before the letter leaves, and one call is enough."""
    life = await written_to(desk)
    await life.rings("answered", direction="inbound")
    await life.decides("single_call")
    await life.ends()


async def overtaken_letter(desk: Desk) -> None:
    """At the cut-off a stored call has not been taken in: the letter waits, and is recalled."""
    life = await written_to(desk)
    call = life.stores(AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=await life.now()))
    await life.reaches_cut_off()
    await life.has(lambda _: desk.tables.deferrals > 0)
    await life.sends(call)
    await life.decides("declined")
    await life.ends()


async def lapses(desk: Desk) -> None:
    """Nobody rings: rebooked, escalated; then a call is promised and not made."""
    life = await desk.begins()
    await life.until(life.state.call.lapses_at)
    rebooked = await life.has(lambda state: state.call.lapses == 1)
    await life.until(rebooked.call.lapses_at)
    await life.has(lambda state: state.escalated_at is not None)
    await life.rings("callback_requested")
    await life.until(life.state.call.lapses_at)
    await life.has(lambda state: state.escalated_at is not None)
    await life.decides("close", outcome="moved_away")
    await life.ends()


async def held(desk: Desk) -> None:
    """Held at the letter, asked about, released; the letter leaves, and what became of it is not known."""
    life = await written_to(desk)
    await life.decides("hold", hold_kind="other")
    await life.until(life.state.holds[0].review_at)
    await life.has(lambda state: state.holds[0].review_asked)
    await life.decides("release")
    desk.provider.script = [Verdict.NOT_TRIED, Verdict.UNKNOWN]
    await life.reaches_cut_off()
    await life.waits(MINUTE)
    await life.becomes(Stage.HELD)
    await life.decides("release")
    await life.decides("close", outcome="not_reached")
    await life.ends()


async def sensitive(desk: Desk) -> None:
    """A machine proposes, a person decides, the referrer corrects and withdraws; somebody else answers."""
    life = await desk.begins(sensitive_facts())
    await life.is_silent(3)
    await life.decides("release")
    await life.is_corrected(address_safe=None)
    await life.rings("third_party_answered")
    await life.is_withdrawn()
    await life.decides("single_call")
    await life.decides("close", outcome="unsafe_to_contact")
    await life.ends()


async def information(desk: Desk) -> None:
    """One letter and no call."""
    life = await desk.begins(information_facts())
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    await desk.env.fast_forward(life.handle, 15 * DAY)
    await life.ends()


async def reopened(desk: Desk) -> None:
    """Closed, a late reply, closed again, opened by a person: three runs."""
    life = await desk.begins()
    await life.decides("close", outcome="moved_away")
    await life.ends()
    await life.replies()
    await life.decides("close", outcome="disengaged")
    await life.ends()
    await life.decides("reopen")
    await life.rings("no_answer")


async def support(desk: Desk) -> None:
    """Ongoing support: reviewed, missed, not taken part in, closed; the child's history too."""
    life = await desk.begins()
    given = await life.is_supported()
    await given.until(given.kept.review_at)
    await given.is_reviewed()
    await given.until(given.kept.review_at + desk.policy.support.review_missed_after)
    await given.has(lambda kept: bool(kept.escalation))
    await given.is_reviewed("not_engaged")
    await life.rings("language_barrier")
    await life.decides("release")
    await life.decides("close")
    await life.ends()
    await given.ends()


async def outage(desk: Desk) -> None:
    """The database is away; commands arrive out of order and at once."""
    life = await desk.begins()
    calls = [
        life.stores(AttemptMade(outcome=outcome, made_at=await life.now()))
        for outcome in (AttemptOutcome.ENGAGED, AttemptOutcome.UNOBTAINABLE, AttemptOutcome.NO_ANSWER)
    ]
    desk.tables.outages = 2
    await asyncio.gather(*(life.sends(call) for call in reversed(calls)))


async def stopped(desk: Desk) -> None:
    """Somebody else answers: everything stops, and the referrer is asked for a safe channel by e-mail."""
    life = await desk.begins(sensitive_facts(referrer_can_be_asked=True))
    await life.is_told(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    await life.has(lambda state: not state.errands)
    await life.decides("close", outcome="unsafe_to_contact")
    await life.ends()


async def away(desk: Desk) -> None:
    """Its provider is away, again and again; then the letter leaves."""
    life = await written_to(desk)
    desk.provider.script = [Verdict.NOT_TRIED] * 3
    await life.reaches_cut_off()
    for _ in range(4):
        await life.waits(MINUTE)
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    await life.rings("answered", direction="inbound")
    await life.decides("single_call")
    await life.ends()


async def doubted(desk: Desk) -> None:
    """Nobody knows whether it left; the provider is asked after the wait, and does not know either."""
    desk.policy = replace(desk.policy, messages=message_policy())
    life = await written_to(desk)
    desk.provider.script = [Verdict.UNKNOWN]
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.UNKNOWN)
    await life.waits(3 * HOUR)
    await life.becomes(Stage.HELD)
    await life.decides("close", outcome="not_reached")
    await life.ends()


async def came_back(desk: Desk) -> None:
    """Closed as not reached; weeks later the letter comes back, and somebody asks us to stop."""
    life = await written_to(desk)
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    key = life.state.writing.key
    await desk.env.fast_forward(life.handle, 15 * DAY)
    await life.ends()
    await life.is_told(MessageReported(report=DeliveryReport.RETURNED, key=key, address_id="post-1"))
    await life.is_told(OptedOut(channel=ContactChannel.LETTER, way=OptOutWay.PHONE))
    await life.is_told(OptedIn(channel=ContactChannel.LETTER))
    await life.is_told(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="phone-1"))
    await life.has(lambda state: not state.errands)
    await life.is_told(PlanSent(), facts=life.state.facts)
    await life.decides("close", outcome="disengaged")
    await life.ends()


async def stripped_flat(desk: Desk) -> None:
    """Goods come in two parts; a visitor is silent once; a follow-up visit finds everything there."""
    assert isinstance(desk, HelpDesk), "see DESKS"
    running = await desk.asks()
    await running.goes_in()
    await running.waits(52 * MINUTE)
    await running.checks_in()
    now = await running.now()
    await running.happens(VisitEnded(visit=1, at=now, outcome=VisitOutcome.URGENT))
    await running.happens(GoodsOrdered(items=STRIPPED, at=now))
    await running.happens(WindowAgreed(order=1, from_at=now + HOUR, until_at=now + 3 * HOUR))
    first = tuple(LineQuantity(line=line, quantity=1) for line in (1, 2, 3))
    await running.happens(Delivered(order=1, items=first, at=now))
    await running.waits(HOUR)
    rest = tuple(LineQuantity(line=line, quantity=1) for line in (2, 4))
    await running.happens(Delivered(order=1, items=rest, at=await running.now()))
    await running.goes_in(number=2, purpose=VisitPurpose.FOLLOW_UP)
    await running.happens(VisitEnded(visit=2, at=await running.now(), outcome=VisitOutcome.ALL_THERE))
    await running.happens(HelpCompleted())
    await running.ends()


async def repair(desk: Desk) -> None:
    """A repair: two are asked, one is down, a lost confirmation, a reassignment, a stop, a place that is not secure."""
    life = await desk.begins()
    asked = RunningRepair(desk, str(uuid.uuid4()))
    desk.tables.repairs.verdicts = [NoticeVerdict.NOT_TRIED]
    await life.is_told(RepairAsked(repair_id=asked.id, request=OPEN_DOOR))
    first, second = await asked.is_offered()
    desk.tables.repairs.verdicts = [NoticeVerdict.UNKNOWN] * 2
    await asked.is_answered(first, TradeAnswer.ACCEPTED)
    await asked.is_answered(second, TradeAnswer.ACCEPTED)
    await asked.waits(10 * timedelta(seconds=1))
    await asked.decides(RepairDecisionKind.REASSIGN)
    await asked.has(lambda state: not state.notices and state.open_offers)
    await asked.is_answered(asked.state.open_offers[0].offer_id, TradeAnswer.ON_THE_WAY)
    await life.is_told(Stopped(cause=StopCause.IMMEDIATE_DANGER))
    await asked.has(lambda state: state.asks_for(RepairAsk.CONTACT_STOPPED))
    await asked.is_answered(asked.state.confirmed or "", TradeAnswer.COMPLETED, cost_pence=9_900)
    await asked.decides(RepairDecisionKind.CONFIRM_SECURE, secure=False)
    await asked.decides(RepairDecisionKind.CANCEL)
    await asked.ends()


PATHS: dict[str, Story] = {
    path.__name__: path
    for path in (
        silence,
        call_back,
        overtaken_letter,
        lapses,
        held,
        sensitive,
        information,
        reopened,
        support,
        outage,
        stopped,
        away,
        doubted,
        came_back,
        repair,
        stripped_flat,
    )
}
"""Every main path, by the name of its file."""
DESKS: dict[str, type[Desk]] = {stripped_flat.__name__: HelpDesk}
"""Whose paths need more than a referral's desk."""


async def written_to(desk: Desk) -> RunningReferral:
    life = await desk.begins()
    await life.is_written_to()
    return life


async def main(names: list[str]) -> None:
    env = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=encrypting_converter(Keyring(KEYS)),
        identity=IDENTITY,
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
    )
    HISTORIES.mkdir(exist_ok=True)
    for name in names or PATHS:
        async with DESKS.get(name, Desk)(env) as desk:
            await PATHS[name](desk)
        for old in HISTORIES.glob(f"{name}[.]*"):
            old.unlink()
        await keep(name, desk)
    await env.shutdown()


async def keep(name: str, desk: Desk) -> None:
    """Write a path's histories: the referral's runs in order, and its support's."""
    found = sorted(await desk.histories(), key=began)
    for kind in ("referral", "support", "repair", "help"):
        runs = [history for history in found if history.workflow_id.startswith(kind)]
        for number, history in enumerate(runs, start=1):
            path = HISTORIES / f"{name}.{kind}-{number}.json"
            path.write_text(json.dumps(json.loads(history.to_json()), separators=(",", ":")) + "\n")
            print(f"{path.name}: {len(history.events)} events, {path.stat().st_size // 1024} kB")


def began(history: WorkflowHistory) -> float:
    return history.events[0].event_time.ToNanoseconds()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
    sys.stdout.flush()
    os._exit(0)  # short processes that used temporalio may die in the interpreter's clean-up
