"""One message as every page shows it: what it is, where it is and why, and what happened to it.  Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from api.times import Time, time_in_words
from domain.vocabulary import Channel, MessageState, Purpose
from store.departures import Away
from store.message import MessageView

POST_ROOM = "/post-room"
NOBODY_AWAY: Mapping[Channel, Away] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happened to a message, or will, and when."""

    what: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message."""

    address: str
    title: str
    state: str
    colour: str
    """The component's class; the words say the same."""
    meaning: str
    why: str
    recall_until: Time | None
    """Its cut-off, while it has one."""
    simulated: str
    """What is simulated about it; empty when nothing is."""
    reference: str
    referral: str
    letter: str
    """Where its PDF is; empty when it is no letter."""
    steps: tuple[Step, ...]
    waits: "Waiting | None" = None
    """Given while it waits for its provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that is due, and whose provider is away or busy."""

    away_since: Time | None
    """`None`: it is busy, or nobody asked whether it is away."""
    next_try: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class StateNamed:
    """A state in words."""

    name: str
    colour: str
    meaning: str
    words: str
    """What is said above the words of such a message."""


STATES = {
    MessageState.HELD: StateNamed(
        name="Held",
        colour="govuk-tag--blue",
        meaning="It does not leave until a person lifts the hold of its referral.",
        words="The words as they would leave now",
    ),
    MessageState.RESERVED: StateNamed(
        name="Reserved",
        colour="govuk-tag--yellow",
        meaning="The cut-off has passed: it leaves at any moment, unless something stops it first.",
        words="The words as they would leave now",
    ),
    MessageState.SENDING: StateNamed(
        name="Sending",
        colour="govuk-tag--orange",
        meaning="It was handed over and may have left; the answer is still to come.",
        words="The words that were handed over",
    ),
    MessageState.SENT: StateNamed(
        name="Sent", colour="govuk-tag--green", meaning="It left.", words="The words as they left"
    ),
    MessageState.REJECTED: StateNamed(
        name="Rejected",
        colour="govuk-tag--red",
        meaning="The provider did not take it: it did not leave.",
        words="The words that were handed over and not taken",
    ),
    MessageState.UNKNOWN: StateNamed(
        name="Unknown",
        colour="govuk-tag--red",
        meaning="It may have left: nobody knows. It is never sent again unseen.",
        words="The words that were handed over and may have left",
    ),
    MessageState.RECALLED: StateNamed(
        name="Recalled",
        colour="govuk-tag--grey",
        meaning="It was taken back before it left, and does not leave.",
        words="The words as they would be written now; it does not leave",
    ),
}
_CHANNELS = {Channel.LETTER: "Letter", Channel.EMAIL: "E-mail", Channel.TEXT: "Text"}
PURPOSES = {
    Purpose.CONTACT_UNANSWERED: "nobody answered our calls",
    Purpose.INFORMATION: "information about the service",
    Purpose.SAFE_CHANNEL_ASKED: "a question to the referrer",
    Purpose.WHO_WE_ARE: "an answer to “who is this?”",
    Purpose.VISIT_EXPECTED: "when somebody will be there",
}
"""Each purpose in a few words."""
_NOT_SETTLED = frozenset({MessageState.HELD, MessageState.RESERVED, MessageState.SENDING})
"""Of these the row does not say yet whether they were simulated: it is written with the provider's answer."""


def entry_of(
    message: MessageView,
    *,
    zone: ZoneInfo,
    now: datetime,
    simulated: Collection[Channel],
    away: Mapping[Channel, Away] = NOBODY_AWAY,
) -> Entry:
    """Say of one message what it is, where it is and why.

    Args:
        message: What the tables say.
        zone: In which its times are read.
        now: An aware time.
        simulated: The ways through which nothing really leaves at present.
        away: The channels whose providers do not take messages at present.
    """
    address = f"{POST_ROOM}/{message.id}"

    def said(at: datetime) -> Time:
        return time_in_words(at, zone=zone, now=now)

    named = STATES[message.state]
    waits = None
    if message.waits_for_provider and message.leaves_at is not None:
        gone = away.get(message.channel)
        waits = Waiting(away_since=said(gone.since) if gone else None, next_try=said(message.leaves_at))
    return Entry(
        address=address,
        title=title_of(message),
        state=named.name,
        colour=named.colour,
        meaning=_meaning(message),
        why=message.why,
        recall_until=said(message.leaves_at)
        if message.leaves_at and not waits and not message.stopped
        else None,
        simulated=_simulated(message, simulated),
        reference=message.reference,
        referral=f"/referrals/{message.referral_id}",
        letter=f"{address}/letter.pdf" if message.channel is Channel.LETTER else "",
        steps=tuple(Step(what=what, at=said(at)) for what, at in _steps(message) if at),
        waits=waits,
    )


def title_of(message: MessageView) -> str:
    """What a message is, in a few words."""
    return f"{_CHANNELS[message.channel]}: {PURPOSES[message.purpose]}"


def _meaning(message: MessageView) -> str:
    if message.stopped:
        return "Everything was stopped: it does not leave."
    if message.waits_for_provider:
        return "It leaves by itself, unless something stops it first; it can be recalled until then."
    if message.state is MessageState.HELD and message.leaves_at is not None:
        return "It leaves at its cut-off."
    if message.state is MessageState.SENT and message.simulated:
        return "It would have left."
    return STATES[message.state].meaning


def _simulated(message: MessageView, simulated: Collection[Channel]) -> str:
    if message.state in _NOT_SETTLED and message.channel in simulated:
        return "Would be simulated: nothing leaves."
    return "Simulated: nothing left." if message.simulated else ""


def _steps(message: MessageView) -> tuple[tuple[str, datetime | None], ...]:
    settled = "Simulated" if message.simulated else STATES[message.state].name
    return (
        ("Made", message.made_at),
        ("Handed over", message.sending_at),
        (settled, message.settled_at),
    )
