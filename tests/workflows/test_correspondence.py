"""Sending: at most once, stopped until the last moment, and honest about what nobody knows."""

import asyncio
import time

from domain.events import AttemptMade
from domain.message_ports import Outgoing, Verdict
from domain.vocabulary import Answer, AttemptOutcome, MessageState, Stage
from tests.builders import DAY, HOUR, MINUTE
from tests.workflows.lives import Desk, RunningReferral


async def written_to(desk: Desk) -> RunningReferral:
    """Three silent calls; its letter waits for the cut-off."""
    life = await desk.begins()
    await life.is_written_to()
    return life


async def test_a_letter_the_gate_refuses_at_the_last_moment_asks_a_person(desk: Desk) -> None:
    life = await written_to(desk)
    kept = desk.tables.referrals[life.id]
    from dataclasses import replace

    kept.facts = replace(kept.facts, address_safe=Answer.NO)
    await life.reaches_cut_off()
    state = await life.becomes(Stage.HELD)
    assert [hold.kind for hold in state.holds] == ["message_refused"]
    assert desk.provider.tries == 0


async def test_a_letter_that_cannot_be_written_asks_a_person(desk: Desk) -> None:
    life = await written_to(desk)
    desk.writer.cannot = "address line 2: a character the font lacks"
    await life.reaches_cut_off()
    state = await life.becomes(Stage.HELD)
    assert [hold.kind for hold in state.holds] == ["message_refused"]
    assert desk.provider.tries == 0


async def test_a_letter_waits_for_a_call_that_was_stored_and_not_yet_taken_in(desk: Desk) -> None:
    life = await written_to(desk)
    answered = AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=await life.now())
    command = life.stores(answered)
    await life.until(life.state.writing.leaves_at)
    await life.has(lambda _: desk.tables.deferrals > 0)
    assert desk.provider.tries == 0, "it left although a stored call might recall it"
    await life.sends(command)
    assert life.message_state is MessageState.RECALLED
    await life.waits(DAY)
    assert desk.provider.tries == 0


async def test_a_letter_that_waited_for_a_command_leaves_when_that_does_not_recall_it(desk: Desk) -> None:
    life = await written_to(desk)
    silent = AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=await life.now())
    command = life.stores(silent)
    await life.until(life.state.writing.leaves_at)
    await life.has(lambda _: desk.tables.deferrals > 0)
    await life.sends(command)
    await life.waits(MINUTE)
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert desk.provider.tries == 1


async def test_a_provider_that_was_proved_not_to_have_taken_it_is_tried_again(desk: Desk) -> None:
    life = await written_to(desk)
    desk.provider.script = [Verdict.NOT_TRIED] * 3
    await life.reaches_cut_off()
    await life.waits(HOUR)
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert desk.provider.tries == 4
    assert len(set(desk.provider.handed)) == 1, "every try has the same key"


async def test_a_call_back_while_the_provider_is_away_still_recalls_the_letter(desk: Desk) -> None:
    life = await written_to(desk)
    desk.provider.script = [Verdict.NOT_TRIED] * 1000
    await life.reaches_cut_off()
    await life.has(lambda _: desk.provider.tries > 0)
    await life.rings("answered", direction="inbound")
    assert life.message_state is MessageState.RECALLED
    tries = desk.provider.tries
    desk.provider.script = []
    await life.waits(HOUR)
    assert desk.provider.tries <= tries, "it was handed over after the recall"
    assert life.message_state is MessageState.RECALLED


async def test_a_message_of_which_nobody_knows_whether_it_left_is_never_sent_again(desk: Desk) -> None:
    life = await written_to(desk)
    desk.provider.script = [Verdict.UNKNOWN]
    await life.reaches_cut_off()
    state = await life.becomes(Stage.HELD)
    assert [hold.kind for hold in state.holds] == ["message_unknown"]
    assert life.message_state is MessageState.UNKNOWN
    await life.decides("release")
    await life.waits(DAY)
    assert desk.provider.tries == 1, "a second letter"


async def test_a_message_cut_off_while_being_handed_over_is_asked_about_not_sent_again(desk: Desk) -> None:
    life = await written_to(desk)

    def dies(_: Outgoing) -> None:
        desk.provider.meanwhile = None
        raise RuntimeError("the process died here")

    desk.provider.meanwhile = dies
    await life.reaches_cut_off()
    await life.waits(MINUTE)
    state = await life.becomes(Stage.HELD)
    assert [hold.kind for hold in state.holds] == ["message_unknown"]
    assert desk.provider.tries == 1


async def test_a_message_its_provider_refuses_asks_a_person(desk: Desk) -> None:
    life = await written_to(desk)
    desk.provider.script = [Verdict.REJECTED]
    await life.reaches_cut_off()
    state = await life.becomes(Stage.HELD)
    assert [hold.kind for hold in state.holds] == ["message_refused"]
    assert life.message_state is MessageState.REJECTED


async def test_a_provider_that_is_away_for_a_whole_day_keeps_the_message_and_lets_the_referral_go_on(
    desk: Desk,
) -> None:
    life = await written_to(desk)
    desk.provider.script = [Verdict.NOT_TRIED] * 3
    await life.reaches_cut_off()
    await life.has(lambda _: desk.provider.tries > 1)
    assert life.state.stage is Stage.WRITING
    assert life.message_state in {MessageState.HELD, MessageState.RESERVED}, (
        "it is not lost, and not on its way"
    )
    for _ in range(4):
        await life.waits(MINUTE)
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert desk.provider.tries == 4
    assert life.message_state is MessageState.SENT


async def test_a_person_who_rings_back_during_an_outage_is_not_written_to_afterwards(desk: Desk) -> None:
    life = await written_to(desk)
    desk.provider.script = [Verdict.NOT_TRIED] * 1000
    await life.reaches_cut_off()
    await life.has(lambda _: desk.provider.tries > 0)
    await life.rings("answered", direction="inbound")
    await life.becomes(Stage.CONTACTING)
    tries = desk.provider.tries
    desk.provider.script = []
    await life.waits(MINUTE)
    assert desk.provider.tries <= tries + 1
    assert life.message_state is MessageState.RECALLED


async def test_a_call_back_while_the_letter_is_being_handed_over_says_that_it_may_have_left(
    desk: Desk,
) -> None:
    life = await written_to(desk)
    handing_over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def waits_for_the_call(_: Outgoing) -> None:
        loop.call_soon_threadsafe(handing_over.set)
        until = time.monotonic() + 10
        while not life.state.reached and time.monotonic() < until:
            time.sleep(0.02)

    desk.provider.meanwhile = waits_for_the_call
    arriving = asyncio.create_task(life.reaches_cut_off())
    await handing_over.wait()
    answer = await life.rings("answered", direction="inbound")
    assert answer.applied
    await arriving
    state = await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert state.stage is Stage.CONTACTING
    assert state.writing.recall_asked
    assert desk.provider.tries == 1


async def test_a_person_may_write_at_once_and_only_once(desk: Desk) -> None:
    life = await desk.begins()
    assert (await life.decides("write_now")).applied
    assert not (await life.decides("write_now")).applied, "one message for each opening"
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert desk.provider.tries == 1
