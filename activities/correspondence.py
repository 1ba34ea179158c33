"""Letting one written message leave, at most once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities._failures import translated
from domain.errors import CannotBeWritten
from domain.events import MessageSettled
from domain.ports import (
    Beginning,
    Delivery,
    Draft,
    MessageProvider,
    MessageTables,
    Outgoing,
    Verdict,
    Writer,
    Written,
)
from domain.vocabulary import Channel, MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A message whose cut-off has passed."""

    key: str
    at: datetime
    """The workflow's time: the date on the letter."""


class CorrespondenceActivities:
    """Writes a message out, asks the tables whether it may leave, and hands it to its provider."""

    def __init__(
        self, tables: MessageTables, writer: Writer, providers: Mapping[Channel, MessageProvider]
    ) -> None:
        self._tables = tables
        self._writer = writer
        self._providers = providers

    @activity.defn
    def send_message(self, departure: Departure) -> MessageSettled:
        """Send once; repeated after a crash it finds out what happened instead of sending again.

        Raises:
            ApplicationError: The provider proved not to have taken it; to be tried again.
        """
        with translated():
            draft = self._tables.draft(departure.key)
            if draft.state is MessageState.SENDING:  # cut off: first find out, whatever has changed since
                return self._settle(departure, self._providers[draft.channel].reconcile(draft.key))
            try:
                written = self._writer.write(draft, departure.at.date())
            except CannotBeWritten as error:
                return MessageSettled(key=draft.key, state=MessageState.HELD, why=str(error))
            return self._let_leave(draft, written, departure)

    def _let_leave(self, draft: Draft, written: Written, departure: Departure) -> MessageSettled:
        beginning, state = self._tables.begin(draft.key, written, departure.at, turn=draft.turn)
        provider = self._providers[draft.channel]
        match beginning:
            case Beginning.BEGUN:
                return self._settle(departure, provider.send(_outgoing(draft, written)))
            case Beginning.INTERRUPTED:
                return self._settle(departure, provider.reconcile(draft.key))
            case Beginning.SETTLED:
                return MessageSettled(key=draft.key, state=state)
            case Beginning.REFUSED:
                why = "The safety gate said no at the last moment."
                return MessageSettled(key=draft.key, state=MessageState.HELD, why=why)
            case Beginning.DEFERRED:
                why = "Something was recorded that has to be taken in first."
                return MessageSettled(key=draft.key, state=MessageState.RESERVED, why=why)
        assert_never(beginning)

    def _settle(self, departure: Departure, delivery: Delivery) -> MessageSettled:
        state = _STATES[delivery.verdict]
        self._tables.settle(
            departure.key, state, why=delivery.why, provider_id=delivery.provider_id, now=departure.at
        )
        if delivery.verdict is Verdict.NOT_TRIED:
            raise ApplicationError(
                "The provider did not take the message; it is tried again.", type="NotTried"
            )
        return MessageSettled(key=departure.key, state=state, why=delivery.why)


_STATES = {
    Verdict.ACCEPTED: MessageState.SENT,
    Verdict.REJECTED: MessageState.REJECTED,
    Verdict.NOT_TRIED: MessageState.RESERVED,
    Verdict.UNKNOWN: MessageState.UNKNOWN,
}


def _outgoing(draft: Draft, written: Written) -> Outgoing:
    to = {Channel.EMAIL: draft.email, Channel.TEXT: draft.phone, Channel.LETTER: None}[draft.channel]
    return Outgoing(key=draft.key, to=to or "", written=written)
