"""What stands against everything that would leave, and what has left: how the page of a referral says it.  Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.form_words import Choice, choices
from api.message_entry import title_of
from api.plain_words import CHANNELS, STOPS
from api.referral_page_found import Found
from api.times import Time, time_in_words
from domain.vocabulary import ContactChannel, MessageState, Recipient, StopCause
from store.message import MessageView

STOP = "stop"
OPT_OUT = "opt_out"
OPT_IN = "opt_in"
ONE_PRESS = (
    StopCause.SOMEBODY_ELSE_ANSWERED,
    StopCause.CHILD_ANSWERED,
    StopCause.VICTIM_IS_SUSPECT,
    StopCause.VICTIM_HAS_DIED,
)
"""The causes of the button; immediate danger has a button of its own, which records a call as well."""
_WITH_THE_PROVIDER = frozenset({MessageState.SENDING, MessageState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class StopShown:
    """A stop that stands."""

    why: str
    since: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A message that is out of our hands."""

    what: str
    address: str
    how: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """Everything that keeps us from writing or ringing, and what can no longer be kept back."""

    standing: tuple[StopShown, ...]
    causes: tuple[Choice, ...]
    opted_out: tuple[str, ...]
    known: tuple[str, ...]
    """Asked on an earlier occasion: shown to a person, and not obeyed blindly."""
    left: tuple[Left, ...]
    may_stop: tuple[Choice, ...]
    """What somebody may ask us to stop still."""
    may_begin: tuple[Choice, ...]
    """What somebody may allow again."""

    @property
    def says_something(self) -> bool:
        """Whether there is anything to warn of."""
        return bool(self.standing or self.opted_out or self.known)


def stops_of(found: Found, *, zone: ZoneInfo, now: datetime) -> Stops:
    """Say what stands, and what has left."""
    opted_out = found.view.state.opted_out if found.view.state is not None else ()
    known = [channel for channel in found.known_opt_outs if channel not in opted_out]
    return Stops(
        standing=tuple(
            StopShown(why=STOPS[stop.cause], since=time_in_words(stop.made_at, zone=zone, now=now))
            for stop in found.stops
        ),
        causes=choices(STOPS, ONE_PRESS),
        opted_out=tuple(CHANNELS[channel] for channel in opted_out),
        known=tuple(CHANNELS[channel] for channel in known),
        left=tuple(_left(found, zone=zone, now=now)),
        may_stop=choices(CHANNELS, set(ContactChannel) - set(opted_out)),
        may_begin=choices(CHANNELS, {*opted_out, *known}),
    )


def _left(found: Found, *, zone: ZoneInfo, now: datetime) -> Iterator[Left]:
    for message in found.messages:
        at = message.sending_at or message.settled_at
        if message.recipient is not Recipient.VICTIM or at is None or not _is_out(message):
            continue
        yield Left(
            what=title_of(message),
            address=f"/post-room/{message.id}",
            how="may have left" if message.state in _WITH_THE_PROVIDER else "has left",
            at=time_in_words(at, zone=zone, now=now),
        )


def _is_out(message: MessageView) -> bool:
    return message.state is MessageState.SENT or message.state in _WITH_THE_PROVIDER
