"""What a tradesperson is told, put together at the moment it is told.

Nobody who has not accepted is told more of the address than its area; whoever has the job, and they alone, the door,
how to get in and the word to say there.  Source: docs/repairs.md#what-a-tradesperson-sees.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
    RepairKind,
    TradeChannel,
    Urgency,
)
from domain.repair_dispatch.ports import TradeNotice
from store.columns import AnyRow
from store.encryption import cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.job import open_job
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER, TRADE_NOTICE, notice_id
from store.repair_dispatch.token import offer_token
from store.tradesperson.row import TRADESPERSON, tradesperson_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What tradespeople are shown of the service."""

    public_url: str
    """Of its pages."""
    telephone: str
    """Whom they ring; never the victim."""
    neutral_name: str
    time_zone: str


_WANTED: Select[Any] = (
    select(
        TRADE_NOTICE.c.key,
        TRADE_NOTICE.c.kind,
        TRADE_NOTICE.c.verdict,
        REPAIR_OFFER.c.id.label("offer_id"),
        REPAIR_OFFER.c.trade_id,
        REPAIR_OFFER.c.channel,
        REPAIR_OFFER.c.state.label("offer_state"),
        REPAIR_OFFER.c.answer_by,
        REPAIR.c.id.label("repair_id"),
        REPAIR.c.referral_id,
        REPAIR.c.reference,
        REPAIR.c.kinds,
        REPAIR.c.urgency,
        REPAIR.c.area,
        REPAIR.c.on_site_by,
        REPAIR.c.job_enc,
        REFERRAL.c.wrapped_key,
    )
    .join_from(TRADE_NOTICE, REPAIR_OFFER, REPAIR_OFFER.c.id == TRADE_NOTICE.c.offer_id)
    .join(REPAIR, REPAIR.c.id == TRADE_NOTICE.c.repair_id)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(TRADE_NOTICE.c.key == bindparam("this"), REPAIR.c.id == bindparam("repair"))
)
_WHO = select(TRADESPERSON).where(TRADESPERSON.c.id == bindparam("this"))


def wanted_notice(
    connection: Connection,
    keyring: Keyring,
    letterhead: Letterhead,
    *,
    repair_id: str,
    key: str,
) -> TradeNotice | None:
    """Put a notice together; `None`: it has been told, or was overtaken."""
    row = connection.execute(_WANTED, {"this": key, "repair": repair_id}).first()
    if row is None or row.verdict == NoticeVerdict.TOLD or _is_overtaken(row):
        return None
    who = tradesperson_of(keyring, connection.execute(_WHO, {"this": row.trade_id}).one())
    return TradeNotice(
        key=row.key,
        public_id=notice_id(row.key),
        offer_id=row.offer_id,
        repair_id=row.repair_id,
        kind=NoticeKind(row.kind),
        channel=TradeChannel(row.channel),
        firm_id=who.firm_id,
        phone=who.phone,
        repair_reference=row.reference,
        kinds=tuple(map(RepairKind, row.kinds)),
        urgency=Urgency(row.urgency),
        area=row.area,
        on_site_by=row.on_site_by,
        answer_by=row.answer_by,
        link=f"{letterhead.public_url.rstrip('/')}/trades/{offer_token(keyring, row.offer_id)}",
        coordinator_phone=letterhead.telephone,
        neutral_name=letterhead.neutral_name,
        time_zone=letterhead.time_zone,
        **_of_the_door(keyring, row),
    )


def _is_overtaken(row: AnyRow) -> bool:
    """Whether the offer has moved on, so that saying it would be wrong: a yes to one who was told no, or the like."""
    state = OfferState(row.offer_state)
    match NoticeKind(row.kind):
        case NoticeKind.OFFER:
            return state is not OfferState.OFFERED
        case NoticeKind.CONFIRMATION:
            return state is not OfferState.CONFIRMED
        case _:
            return state is OfferState.CONFIRMED


def _of_the_door(keyring: Keyring, row: AnyRow) -> dict[str, Any]:
    if row.kind != NoticeKind.CONFIRMATION:
        return {}
    job = open_job(cipher_of(keyring, row.referral_id, row.wrapped_key), row.repair_id, row.job_enc)
    return {
        "address_lines": job.address_lines,
        "postcode": job.postcode,
        "access": job.access_words,
        "code_word": job.code_word,
    }
