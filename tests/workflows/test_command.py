"""Commands: stored before they are sent, applied in the order made, once, and answered when the tables have them."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.events import AttemptMade, Command
from domain.vocabulary import AttemptOutcome
from tests.builders import a_decision, some_facts
from tests.workflows.lives import Desk, RunningReferral
from workflows.referral import ReferralWorkflow

A_MOMENT = timedelta(seconds=1)
BRIEFLY = timedelta(milliseconds=500)


async def a_call(life: RunningReferral, outcome: str) -> AttemptMade:
    return AttemptMade(outcome=AttemptOutcome(outcome), made_at=await life.now())


async def test_a_command_that_overtakes_another_waits_for_it(desk: Desk) -> None:
    life = await desk.begins()
    first = life.stores(await a_call(life, "answered"))
    second = life.stores(a_decision("single_call"))
    overtaking = asyncio.create_task(life.sends(second))
    await asyncio.sleep(0.5)
    assert desk.tables.result(second.id) is None, "a decision was taken before the call it rests on"
    answer = await life.sends(first)
    assert answer is not None
    assert answer.applied
    decided = await overtaking
    assert decided is not None
    assert decided.applied
    assert await life.ends() == "single_call"


async def test_a_command_made_before_triage_waits_for_triage(desk: Desk) -> None:
    await desk.worker_stops()
    life = RunningReferral(desk, desk.tables.receive(some_facts(), received_at=(await _now())))
    assert await life.starts_again()
    call = asyncio.create_task(life.sends(life.stores(await a_call(life, "no_answer"))))
    await asyncio.sleep(0.2)
    await desk.worker_starts()
    answer = await call
    assert answer is not None
    assert answer.counted
    assert life.words[0] == "Triage ran."


async def test_a_command_sent_twice_is_applied_once_and_answered_alike(desk: Desk) -> None:
    life = await desk.begins()
    command = life.stores(await a_call(life, "no_answer"))
    answers = await asyncio.gather(*(life.sends(command) for _ in range(3)))
    assert answers[0] is not None
    assert answers == [answers[0]] * 3
    assert life.state.attempts_counted == 1
    assert life.words.count("Call: no answer.") == 1


async def test_a_command_that_an_earlier_run_took_in_is_never_applied_again(desk: Desk) -> None:
    life = await desk.begins()
    command = life.stores(await a_call(life, "no_answer"))
    first = await life.sends(command)
    await life.decides("close", outcome="moved_away")
    await life.ends()
    await life.decides("reopen")
    assert await life.sends(command) is None, "the tables say what became of it, not the second run"
    assert desk.tables.result(command.id) == first
    assert life.state.attempts_counted == 0
    told = await life.handle.execute_update(ReferralWorkflow.apply, command, id=str(uuid.uuid4()))
    assert told.code == "already_settled"


async def test_a_refused_command_changes_nothing_and_says_why(desk: Desk) -> None:
    life = await desk.begins()
    before = life.state
    answer = await life.decides("single_call")
    assert (answer.applied, answer.code) == (False, "not_possible_now")
    assert "spoken" in answer.why
    assert answer.revision == before.revision
    assert replace(life.state, turn=before.turn, applied_through=0) == before
    assert (await life.rings("no_answer")).applied, "the next one must not be stuck behind it"


async def test_a_command_without_id_or_ordinal_is_turned_away_at_the_door(desk: Desk) -> None:
    life = await desk.begins()
    event = await a_call(life, "no_answer")
    for malformed in (Command(id="", ordinal=1, event=event), Command(id="x", ordinal=0, event=event)):
        with pytest.raises(WorkflowUpdateFailedError):
            await life.handle.execute_update(ReferralWorkflow.apply, malformed)
    assert (await life.rings("no_answer")).applied


async def test_a_command_to_a_sleeping_worker_is_applied_once_when_it_wakes(desk: Desk) -> None:
    life = await desk.begins()
    await desk.worker_stops()
    command = life.stores(await a_call(life, "no_answer"))
    assert await life.sends(command, within=BRIEFLY) is None
    assert await life.sends(command, within=BRIEFLY) is None
    await desk.worker_starts()
    answer = await life.sends(command)
    assert answer is not None
    assert life.state.attempts_counted == 1


async def test_a_command_waits_while_the_database_is_away(desk: Desk) -> None:
    life = await desk.begins()
    command = life.stores(await a_call(life, "no_answer"))
    desk.tables.outages = 3
    answer = await life.sends(command)
    assert answer is not None
    assert desk.tables.outages == 0
    assert life.state.attempts_counted == 1


async def test_commands_made_at_once_are_applied_in_their_order(desk: Desk) -> None:
    life = await desk.begins()
    outcomes = ("engaged", "no_answer", "engaged", "answered", "no_answer", "engaged")
    commands = [life.stores(await a_call(life, outcome)) for outcome in outcomes]
    answers = await asyncio.gather(*(life.sends(command) for command in reversed(commands)))
    assert all(answer is not None and answer.applied for answer in answers)
    calls = [word for word in life.words if word.startswith("Call: ")]
    assert calls == [
        "Call: engaged.",
        "Call: no answer.",
        "Call: engaged.",
        "Call: the person answered.",
        "Call: no answer.",
        "Call: engaged.",
    ]
    assert life.state.applied_through == len(outcomes)


async def test_a_command_while_the_referral_is_closing_is_answered_all_the_same(desk: Desk) -> None:
    life = await desk.begins()
    commands = [
        life.stores(a_decision("close", outcome="moved_away")),
        life.stores(a_decision("reopen")),
        life.stores(a_decision("close", outcome="duplicate")),
        life.stores(await a_call(life, "no_answer")),
    ]
    answers = await asyncio.gather(*(life.sends(command) for command in commands))
    assert [answer.applied for answer in answers if answer] == [True, True, True, False]
    assert await life.ends() == "duplicate"
    assert life.state.opening == 2


async def _now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


async def test_a_command_whose_run_was_ended_by_an_operator_is_taken_in_by_the_next(desk: Desk) -> None:
    """The server keeps saying that the update ended with its run; the command must not be stuck for that."""
    life = await desk.begins()
    call = life.stores(await a_call(life, "answered"))
    desk.tables.outages = 10_000
    assert await life.sends(call, within=timedelta(seconds=2)) is None
    await life.handle.terminate("by an operator")
    desk.tables.outages = 0
    answer = await life.sends(call, within=timedelta(seconds=5))
    assert answer is not None, "it would be sent again for ever"
    assert desk.tables.result(call.id) == answer
    assert life.state.reached
