"""What providers report of messages: stored once each, whatever the order and however often they say it.

What a report changes about a referral is for its workflow to decide, so it becomes a command like any other; here it
is only kept, and shown on the message if it says more than what was known.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Integer,
    Select,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from domain.callback_ports import ProviderReport
from domain.events import MessageReported
from domain.vocabulary import Channel, DeliveryReport, MessageState
from store.columns import AnyRow, is_uuid
from store.command import NewCommand, place
from store.keyring import Keyring
from store.message_row import MESSAGE
from store.provider_report_row import PROVIDER_REPORT
from store.referral_row import REFERRAL
from store.repair_dispatch.notice_report import apply_report, locked_by_key, locked_notice
from store.repair_dispatch.row import TRADE_NOTICE
from store.tokens import Maker

PROVIDER = Maker(token_id="provider", role="system", name="The provider")  # noqa: S106  # it has no secret
"""Who reports, for the timeline."""
WAITS_FOR_ITS_MESSAGE = timedelta(days=30)
"""How long a report that only knows the provider's own id is matched with what is settled later."""
ASKED_ABOUT = timedelta(days=30)
"""How long a provider is asked about a letter: it is printed within days, or never."""
_REPORTED_SOON = frozenset({MessageState.SENDING, MessageState.UNKNOWN})
"""Of these nobody knew yet that they left."""


_THIS: BindParameter[str] = bindparam("this")
_LOCKED = select(REFERRAL.c.id).where(REFERRAL.c.id == _THIS).with_for_update(key_share=True)
_MESSAGE = select(
    MESSAGE.c.key, MESSAGE.c.referral_id, MESSAGE.c.state, MESSAGE.c.report, MESSAGE.c.address_id
)
_NOTED = insert(PROVIDER_REPORT).on_conflict_do_nothing().returning(PROVIDER_REPORT.c.event_hash)
_SHOWN = update(MESSAGE).where(MESSAGE.c.key == _THIS)
_FOUND = update(PROVIDER_REPORT).where(PROVIDER_REPORT.c.event_hash == bindparam("event"))
_OF_NOTICES = (
    select(PROVIDER_REPORT, TRADE_NOTICE.c.key)
    .join(TRADE_NOTICE, TRADE_NOTICE.c.provider_id == PROVIDER_REPORT.c.provider_id)
    .where(
        PROVIDER_REPORT.c.provider_id.is_not(None),
        PROVIDER_REPORT.c.channel == Channel.TEXT,
        PROVIDER_REPORT.c.received_at >= bindparam("since"),
    )
    .order_by(PROVIDER_REPORT.c.received_at)
    .limit(bindparam("limit", type_=Integer))
)


class ReportStore:
    """Takes reports in, and gives those that change something to their referrals."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def take_in(self, reports: Iterable[ProviderReport], *, now: datetime) -> int:
        """Store each report in a transaction of its own; those stored before change nothing.

        Args:
            reports: In any order.
            now: An aware time.

        Returns:
            How many were new.
        """
        return sum(self._take_in(report, now) for report in reports)

    def catch_up(self, *, now: datetime, limit: int = 50) -> int:
        """Match reports that came before their message was known by the provider's id; say how many."""
        since = now - WAITS_FOR_ITS_MESSAGE
        same = (PROVIDER_REPORT.c.provider_id == MESSAGE.c.provider_id) & (
            PROVIDER_REPORT.c.channel == MESSAGE.c.channel
        )
        statement = (
            select(PROVIDER_REPORT, MESSAGE.c.key)
            .join(MESSAGE, same)
            .where(PROVIDER_REPORT.c.provider_id.is_not(None), PROVIDER_REPORT.c.received_at >= since)
            .order_by(PROVIDER_REPORT.c.received_at)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
            of_notices = connection.execute(_OF_NOTICES, {"since": since, "limit": limit}).all()
        return sum(self._match(row, now) for row in rows) + sum(
            self._match_notice(row, now) for row in of_notices
        )

    def letters_under_way(self, *, after: str, now: datetime, limit: int) -> tuple[str, ...]:
        """Public ids of letters that were handed over lately and of which it is not known that they were posted.

        Args:
            after: The last one of the page before; empty at the start.
            now: An aware time.
            limit: How many.
        """
        final = [report for report in DeliveryReport if report.rank >= DeliveryReport.SENT.rank]
        statement = (
            select(MESSAGE.c.id)
            .where(
                MESSAGE.c.channel == Channel.LETTER,
                MESSAGE.c.state.in_((MessageState.SENT, MessageState.UNKNOWN)),
                MESSAGE.c.simulated.is_(False),
                MESSAGE.c.batch_id.is_(None),
                MESSAGE.c.sending_at >= now - ASKED_ABOUT,
                or_(MESSAGE.c.report.is_(None), MESSAGE.c.report.not_in(final)),
                *([MESSAGE.c.id > after] if is_uuid(after) else []),
            )
            .order_by(MESSAGE.c.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return tuple(connection.scalars(statement))

    def _take_in(self, report: ProviderReport, now: datetime) -> bool:
        event_hash = self._keyring.lookup_hash("provider_report", f"{report.channel}\x1f{report.event_id}")
        with self._engine.begin() as connection:
            message = _locked(connection, _sought(report))
            notice = locked_notice(connection, report) if message is None else None
            found = message or notice
            noted = {
                "event_hash": event_hash,
                "message_key": found.key if found else None,
                "channel": report.channel,
                "report": report.report,
                "happened_at": report.at,
                "received_at": now,
                "provider_id": None if found else report.provider_id or None,
            }
            is_new = connection.scalar(_NOTED, noted) is not None
            times = {"at": report.at or now, "now": now}
            if is_new and message is not None:
                self._apply(connection, message, event_hash, report.report, **times)
            if is_new and notice is not None:
                self._apply_to_notice(connection, notice, event_hash, report.report, **times)
        return is_new

    def _match(self, row: AnyRow, now: datetime) -> bool:
        with self._engine.begin() as connection:
            message = _locked(connection, _MESSAGE.where(MESSAGE.c.key == row.key))
            if message is None:
                return False
            if not _is_found(connection, row, message.key):
                return False
            report = DeliveryReport(row.report)
            self._apply(connection, message, row.event_hash, report, at=row.happened_at or now, now=now)
        return True

    def _match_notice(self, row: AnyRow, now: datetime) -> bool:
        with self._engine.begin() as connection:
            notice = locked_by_key(connection, row.key)
            if notice is None or not _is_found(connection, row, notice.key):
                return False
            report = DeliveryReport(row.report)
            times = {"at": row.happened_at or now, "now": now}
            self._apply_to_notice(connection, notice, row.event_hash, report, **times)
        return True

    def _apply_to_notice(
        self,
        connection: Connection,
        notice: AnyRow,
        event_hash: str,
        report: DeliveryReport,
        **times: datetime,
    ) -> None:
        apply_report(connection, self._keyring, notice, event_hash, report, by=PROVIDER, **times)

    def _apply(
        self,
        connection: Connection,
        message: AnyRow,
        event_hash: str,
        report: DeliveryReport,
        *,
        at: datetime,
        now: datetime,
    ) -> None:
        """Show what says more than what was known, and tell the referral what may change it."""
        known = DeliveryReport(message.report) if message.report else None
        if known is not None and report.rank <= known.rank:
            return
        connection.execute(_SHOWN, {"this": message.key, "report": report, "reported_at": at})
        proves_it_left = known is None and message.state in _REPORTED_SOON
        if proves_it_left or report.failed or report.ends_the_address:
            event = MessageReported(report=report, key=message.key, address_id=message.address_id or "")
            new = NewCommand(
                id=str(uuid.uuid5(uuid.UUID(message.referral_id), event_hash)),
                referral_id=message.referral_id,
                kind="report",
                event=event,
                by=PROVIDER,
                made_at=now,
                at_once=True,
            )
            _ = place(connection, self._keyring, new)


def _is_found(connection: Connection, row: AnyRow, key: str) -> bool:
    """Note that a report has found what it is about; false if somebody else did."""
    still = _FOUND.where(PROVIDER_REPORT.c.provider_id.is_not(None))
    found = {"event": row.event_hash, "message_key": key, "provider_id": None}
    return connection.execute(still, found).rowcount > 0


def _sought(report: ProviderReport) -> Select[Any] | None:
    """Find the message by what we called it, its public id, else by the provider's own name for it."""
    called = report.message_key or report.message_id
    if called:
        return _MESSAGE.where(MESSAGE.c.id == called) if is_uuid(called) else None
    if report.provider_id:
        of_provider = (MESSAGE.c.provider_id == report.provider_id) & (
            MESSAGE.c.channel == Channel(report.channel)
        )
        return _MESSAGE.where(of_provider)
    return None


def _locked(connection: Connection, sought: Select[Any] | None) -> AnyRow | None:
    """Lock the referral first, as everybody does, and read the message again under its lock."""
    found = connection.execute(sought).first() if sought is not None else None
    if found is None or connection.scalar(_LOCKED, {"this": found.referral_id}) is None:
        return None
    again = _MESSAGE.where(MESSAGE.c.key == found.key).with_for_update(of=MESSAGE)
    return connection.execute(again).first()
