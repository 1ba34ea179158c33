"""What the reader of a message does: writes back, unsubscribes, returns a letter to its sender."""

import re
import secrets
from uuid import uuid4

from simulator import govuk_notify_calls, text_twilio_calls
from simulator.clock import now
from simulator.course import Call
from simulator.kept import Answer, Message
from simulator.script import Provider
from simulator.world import World

NUMBER = re.compile(r"\+[1-9]\d{7,14}")
"""E.164."""
LONGEST = 1_600
"""Characters of one text."""


async def write(
    world: World, *, sender: str, words: str, provider: Provider = Provider.TWILIO, times: int = 1
) -> Answer:
    """Send a text to the service.

    Args:
        world: Where.
        sender: The number it comes from, in E.164.
        words: What it says.
        provider: Whose number it is sent to.
        times: How often the provider delivers it, each time with the same id.
    """
    twilio = provider is Provider.TWILIO
    answer = Answer(
        id=f"SM{secrets.token_hex(16)}" if twilio else str(uuid4()),
        sender=sender,
        words=words,
        written_at=now(),
    )
    world.kept.keep(answer)
    for _ in range(times):
        call = (text_twilio_calls if twilio else govuk_notify_calls).inbound(world, answer)
        answer.arrived = await world.caller.call(provider, call)
    return answer


async def unsubscribe(world: World, message: Message) -> None:
    """Press the button of the mail program: one POST, without cookies.  Source: RFC 8058."""
    message.unsubscribed = await world.caller.post(
        Call(
            url=message.unsubscribe_url,
            body=b"List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    )


async def return_letter(world: World, message: Message) -> str:
    """Send a letter back; what the service answered."""
    answer = await world.caller.call(Provider.NOTIFY, govuk_notify_calls.returned(world, message))
    if answer.startswith("2"):
        message.told.append("returned")
    return answer
