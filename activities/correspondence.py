"""Letting one written message leave, at most once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import assert_never
from urllib.parse import urlsplit

from temporalio import activity

from activities._failures import translated
from domain.errors import CannotBeWritten
from domain.events import MessageSettled
from domain.gate import Permit
from domain.message_ports import (
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
from domain.telling_words import name_tells
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
        self,
        tables: MessageTables,
        writer: Writer,
        providers: Mapping[Channel, MessageProvider],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        public_url: str = "",
    ) -> None:
        self._tables = tables
        self._writer = writer
        self._providers = providers
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    @activity.defn
    def send_message(self, departure: Departure) -> MessageSettled:
        """Send once; repeated after a crash it finds out what happened instead of sending again.

        A provider that proved not to have taken it is not tried again here: the message is given back, `reserved`,
        so that its referral goes on meanwhile and everything is asked again before the next try.
        """
        with translated():
            now = self._now(departure)
            draft = self._tables.draft(departure.key, now=now)
            if draft.state is MessageState.SENDING:  # cut off: first find out, whatever has changed since
                return self._cut_off(draft, now)
            try:
                written = self._writer.write(draft, departure.at.date())
            except CannotBeWritten as error:
                return MessageSettled(key=draft.key, state=MessageState.HELD, why=str(error))
            if self._providers[draft.channel].collects:
                return self._queue(draft, now)
            return self._let_leave(draft, written, now)

    @activity.defn
    def reconcile_message(self, departure: Departure) -> MessageSettled:
        """Ask the provider what became of a message of unknown fate, before anything is decided about it."""
        with translated():
            now = self._now(departure)
            draft = self._tables.draft(departure.key, now=now)
            if draft.in_batch and draft.state is MessageState.SENDING:
                return replace(_waits_to_be_printed(draft), reconciled=True)
            if draft.state is not MessageState.UNKNOWN:
                return MessageSettled(key=draft.key, state=draft.state, reconciled=True)
            delivery = self._providers[draft.channel].reconcile(draft.id)
            settled = self._settle(draft, delivery, now)
            return replace(settled, reconciled=True)

    def _now(self, departure: Departure) -> datetime:
        """The moment of use: a step may have waited for a worker since the workflow asked for it."""
        return max(departure.at, self._clock())

    def _queue(self, draft: Draft, now: datetime) -> MessageSettled:
        self._tables.queue(draft.key, now)
        return _waits_to_be_printed(draft)

    def _cut_off(self, draft: Draft, now: datetime) -> MessageSettled:
        """An earlier try was cut off.  A letter that was printed meanwhile is left to whoever posts it."""
        if draft.in_batch:
            return _waits_to_be_printed(draft)
        return self._settle(draft, self._providers[draft.channel].reconcile(draft.id), now)

    def _let_leave(self, draft: Draft, written: Written, now: datetime) -> MessageSettled:
        begun = self._tables.begin(draft.key, written, now, turn=draft.turn)
        match begun.beginning:
            case Beginning.BEGUN:
                assert begun.permit is not None, "what may leave has a permit"
                return self._hand_over(draft, self._outgoing(draft, written, begun.permit), now)
            case Beginning.INTERRUPTED:
                return self._cut_off(self._tables.draft(draft.key, now=now), now)
            case Beginning.SETTLED:
                return MessageSettled(
                    key=draft.key,
                    state=begun.state,
                    why=begun.why,
                    report=begun.report,
                    address_id=begun.address_id,
                )
            case Beginning.REFUSED:
                return MessageSettled(
                    key=draft.key, state=MessageState.HELD, why=begun.why, asks_person=begun.asks_person
                )
            case Beginning.DEFERRED:
                return MessageSettled(
                    key=draft.key, state=MessageState.RESERVED, why=begun.why, retry_at=begun.retry_at
                )
        assert_never(begun.beginning)

    def _outgoing(self, draft: Draft, written: Written, permit: Permit) -> Outgoing:
        to = {Channel.EMAIL: draft.email, Channel.TEXT: draft.phone, Channel.LETTER: None}[draft.channel]
        one_click = f"{self._public_url}/unsubscribe/{draft.unsubscribe_token}"
        return Outgoing(
            key=draft.id,
            to=to or "",
            written=written,
            permit=permit,
            message_id=draft.id,
            unsubscribe_url=one_click if draft.unsubscribe_token and self._may_be_named(draft) else "",
        )

    def _may_be_named(self, draft: Draft) -> bool:
        """Whether our public address may stand in a message: in a neutral one only if its host tells nothing."""
        host = urlsplit(self._public_url).hostname or ""
        return bool(host) and not (draft.neutral and name_tells(host))

    def _hand_over(self, draft: Draft, outgoing: Outgoing, now: datetime) -> MessageSettled:
        delivery = _with_note(self._providers[draft.channel].send(outgoing), outgoing.written.note)
        answered_at = max(now, self._clock())  # it may have taken its time
        settled = self._settle(draft, delivery, answered_at)
        self._tables.provider_answered(
            draft.channel,
            taken=delivery.verdict in {Verdict.ACCEPTED, Verdict.REJECTED},
            retry_after=delivery.retry_after,
            now=answered_at,
        )
        return settled

    def _settle(self, draft: Draft, delivery: Delivery, now: datetime) -> MessageSettled:
        state = _STATES[delivery.verdict]
        self._tables.settle(
            draft.key,
            state,
            why=delivery.why,
            provider_id=delivery.provider_id,
            now=now,
            report=delivery.report,
        )
        return MessageSettled(
            key=draft.key,
            state=state,
            why=delivery.why,
            retry_at=now + SOON if delivery.verdict is Verdict.NOT_TRIED else None,
            report=delivery.report,
            address_id=draft.address_id,
        )


def _waits_to_be_printed(draft: Draft) -> MessageSettled:
    """It lies in our own post room, in the queue or in a batch, until somebody says what became of it."""
    return MessageSettled(
        key=draft.key,
        state=MessageState.RESERVED,
        queued=True,
        why="The service prints its letters itself.",
    )


def _with_note(delivery: Delivery, note: str) -> Delivery:
    """Let what is to be known of the words stand beside what became of the message."""
    return replace(delivery, why=" ".join(filter(None, (delivery.why, note))))


SOON = timedelta(seconds=5)
"""When what was not taken asks the tables again; how long its provider is left alone, they know."""
_STATES = {
    Verdict.ACCEPTED: MessageState.SENT,
    Verdict.REJECTED: MessageState.REJECTED,
    Verdict.NOT_TRIED: MessageState.RESERVED,
    Verdict.UNKNOWN: MessageState.UNKNOWN,
}
