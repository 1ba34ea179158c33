"""A turn: decided, written, carried out; and what the tables have is what the workflow goes on from.

A turn is in the tables before its workflow task is in the history.  Whatever happens in between (a worker dies, the
server turns a closing down because something has arrived), the task is done again, perhaps in another order.
"""

import asyncio
import threading

from domain.errors import KeyNotFound, ReferralNotFound
from domain.events import AttemptMade, Replied
from domain.ports import Projection
from domain.vocabulary import AttemptOutcome, MessageState, ReplyChannel, Stage
from tests.builders import DAY
from tests.workflows.lives import Desk

FINAL = "activities/_failures.py: a missing key or row is not tried again, and the workflow fails for good"


async def test_a_reply_that_comes_while_the_referral_is_being_closed_reopens_it(desk: Desk) -> None:
    life = await desk.begins()
    await life.is_written_to()
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    closing, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def a_reply_arrives(projection: Projection) -> None:
        if projection.state.stage is Stage.CLOSED:
            desk.tables.after_writing = None
            loop.call_soon_threadsafe(closing.set)
            go_on.wait(5)

    desk.tables.after_writing = a_reply_arrives
    passing = asyncio.create_task(desk.env.fast_forward(life.handle, 15 * DAY))
    await closing.wait()
    reply = life.stores(Replied(channel=ReplyChannel.WEB))
    sending = asyncio.create_task(life.sends(reply))
    await asyncio.sleep(0.3)
    go_on.set()
    answer = await sending
    assert answer is not None
    assert desk.tables.result(reply.id) == answer
    assert life.state.stage is Stage.CONTACTING, "the reply was lost"
    assert (await life.rings("no_answer")).applied
    assert life.state.replied_since_opening
    await passing


async def test_a_command_waits_for_a_key_that_is_missing_from_the_configuration(desk: Desk) -> None:
    """Somebody forgot an old key at a deployment and puts it back: nothing may have been lost meanwhile."""
    life = await desk.begins()
    call = life.stores(AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=await life.now()))
    desk.tables.fault, desk.tables.outages = KeyNotFound("an old key is missing"), 3
    answer = await life.sends(call)
    assert answer is not None, "it was refused for good"
    assert desk.tables.result(call.id) == answer
    assert await life.is_running()


async def test_a_deadline_waits_for_a_key_that_is_missing_from_the_configuration(desk: Desk) -> None:
    life = await desk.begins()
    assert life.state.call is not None
    desk.tables.fault, desk.tables.outages = KeyNotFound("an old key is missing"), 3
    await life.until(life.state.call.lapses_at)
    await life.has(lambda state: state.call is not None and state.call.lapses == 1)
    assert await life.is_running(), "a referral ended because of a configuration"


async def test_a_referral_whose_row_is_not_there_yet_waits_for_it(desk: Desk) -> None:
    """After a database was restored from a backup, say, and brought up to date."""
    desk.tables.fault, desk.tables.outages = ReferralNotFound("no such referral"), 2
    life = await desk.begins()
    assert await life.is_running()
