"""A turn: decided, written, carried out; and what the tables have is what the workflow goes on from.

A turn is in the tables before its workflow task is in the history.  Whatever happens in between (a worker dies, the
server turns a closing down because something has arrived), the task is done again, perhaps in another order.
"""

import asyncio
import threading

from domain.events import Replied
from domain.ports import Projection
from domain.vocabulary import MessageState, ReplyChannel, Stage
from tests.builders import DAY
from tests.workflows.lives import Desk


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
