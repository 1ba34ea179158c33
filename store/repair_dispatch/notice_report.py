"""What a provider of texts tells, after taking it, of something a tradesperson was to be told.

A text that was taken looks told.  When it does not arrive, the repair is told so by a stored command: somebody who does
not know that they have a job, or that they lost it, has to be rung.  Source: docs/repairs.md#one-at-a-time.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, func, select, update

from domain.callback_ports import ProviderReport
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.events import NoticeFailed
from domain.repair_dispatch.kinds import NoticeKind, NoticeVerdict
from domain.vocabulary import Channel, DeliveryReport
from store.columns import AnyRow, is_uuid
from store.command import NewCommand, place
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.row import REPAIR, TRADE_NOTICE
from store.tokens import Maker

_HAS_TO_KNOW = frozenset({NoticeKind.OFFER, NoticeKind.CONFIRMATION, NoticeKind.CANCELLATION})
"""What nobody may wrongly believe to be told; that somebody else was first harms nobody who does not hear of it."""
LOST = tuple(report for report in DeliveryReport if report.failed or report.ends_the_address)
"""A STOP that the provider keeps to itself, too: their texts do not arrive any more."""

_N = TRADE_NOTICE.c
_THIS: BindParameter[str] = bindparam("this")
_NOTICE = select(
    _N.key, _N.kind, _N.report, _N.repair_id, _N.told_at, _N.verdict, REPAIR.c.referral_id
).join_from(TRADE_NOTICE, REPAIR, REPAIR.c.id == _N.repair_id)
_LOCKED = select(REFERRAL.c.id).where(REFERRAL.c.id == _THIS).with_for_update(key_share=True)
_SHOWN = update(TRADE_NOTICE).where(_N.key == _THIS)


def was_reported_lost() -> ColumnElement[bool]:
    """A condition: its provider said that it did not arrive."""
    return func.coalesce(_N.report.in_(LOST), False)


def locked_notice(connection: Connection, report: ProviderReport) -> AnyRow | None:
    """Find the notice a report is about, by its public id or else the provider's own, under its referral's lock."""
    sought = _sought(report)
    return None if sought is None else _locked(connection, connection.execute(sought).first())


def locked_by_key(connection: Connection, key: str) -> AnyRow | None:
    """Read one notice under the lock of its referral."""
    return _locked(connection, connection.execute(_NOTICE.where(_N.key == key)).first())


def apply_report(
    connection: Connection,
    keyring: Keyring,
    notice: AnyRow,
    event_hash: str,
    report: DeliveryReport,
    *,
    by: Maker,
    at: datetime,
    now: datetime,
) -> None:
    """Show what says more than what was known, and tell the repair what did not arrive.

    Args:
        connection: Of a transaction that holds the referral.
        keyring: Seals the command.
        notice: As `locked_notice` gave it.
        event_hash: Of the report: makes the command's id, the same however often it comes.
        report: What is told.
        by: In whose name.
        at: When it happened.
        now: An aware time.
    """
    if notice.report is not None and report.rank <= DeliveryReport(notice.report).rank:
        return
    is_lost = report in LOST
    values = {
        "report": report,
        "reported_at": at,
        "verdict": NoticeVerdict.REJECTED if is_lost else NoticeVerdict.TOLD,
        "told_at": None if is_lost else notice.told_at or at,
        **({"why": "The text did not arrive."} if is_lost else {}),
    }
    connection.execute(_SHOWN, {"this": notice.key, **values})
    if is_lost and NoticeKind(notice.kind) in _HAS_TO_KNOW:
        place(connection, keyring, _command(notice, event_hash, by=by, now=now))


def _command(notice: AnyRow, event_hash: str, *, by: Maker, now: datetime) -> NewCommand:
    event = NoticeFailed(key=notice.key)
    return NewCommand(
        id=str(uuid.uuid5(uuid.UUID(notice.repair_id), event_hash)),
        referral_id=notice.referral_id,
        kind=event.type,
        event=event,
        by=by,
        made_at=now,
        target_id=repair_workflow_id(notice.repair_id),
        at_once=True,
    )


def _sought(report: ProviderReport) -> Select[Any] | None:
    called = report.message_key or report.message_id
    if called:
        return _NOTICE.where(_N.public_id == called) if is_uuid(called) else None
    if report.provider_id and Channel(report.channel) is Channel.TEXT:
        return _NOTICE.where(_N.provider_id == report.provider_id)
    return None


def _locked(connection: Connection, found: AnyRow | None) -> AnyRow | None:
    """Lock the referral first, as everybody does, and read the notice again under its lock."""
    if found is None or connection.scalar(_LOCKED, {"this": found.referral_id}) is None:
        return None
    return connection.execute(_NOTICE.where(_N.key == found.key).with_for_update(of=TRADE_NOTICE)).first()
