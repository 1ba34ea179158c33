"""What was said and done about a repair, line by line: offers, notices, money, photographs, what happened.  Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.referral_page_person import number_in_words
from api.repair_dispatch.board_page_shown import ADDRESS
from api.repair_dispatch.plain_words import (
    CHANNELS,
    DECLINE_REASONS,
    NOTICES,
    OFFER_STATES,
    SPENDS,
    STAGES,
    VERDICTS,
    kinds_in_words,
    money,
)
from api.repair_dispatch.request_page_shown import who
from api.timeline import OURSELVES
from api.times import Time, time_in_words
from store.repair_dispatch.photo import PhotoKept
from store.repair_dispatch.views import DuplicateRepair, NoticeView, OfferView, RepairView
from store.timeline import TimelineLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where and when a page is read."""

    zone: ZoneInfo
    now: datetime
    region: str
    warn_before: timedelta

    def time(self, at: datetime) -> Time:
        """A time as it is read there."""
        return time_in_words(at, zone=self.zone, now=self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLine:
    """Somebody who was asked."""

    who: str
    phone: str
    number: str
    way: str
    state: str
    asked_at: Time | None
    until: Time | None
    settled_at: Time | None
    said: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """Something a tradesperson was told."""

    what: str
    who: str
    became: str
    at: Time
    is_simulated: bool
    words: str
    """As they were sent; empty where they are not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLine:
    """One line of the ledger."""

    what: str
    amount: str
    at: Time
    by: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One photo of the work."""

    address: str
    width: int
    height: int
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of what happened."""

    at: Time
    what: str
    why: str
    by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another repair that may be the same one."""

    address: str
    reference: str
    words: str


def offer_line(offer: OfferView, where: Where) -> OfferLine:
    """Show somebody who was asked."""
    waits = offer.settled_at is None and offer.answer_by is not None
    return OfferLine(
        who=who(offer),
        phone=offer.phone,
        number=number_in_words(offer.phone),
        way=CHANNELS[offer.channel],
        state=OFFER_STATES[offer.state],
        asked_at=where.time(offer.made_at) if offer.made_at else None,
        until=where.time(offer.answer_by) if waits and offer.answer_by else None,
        settled_at=where.time(offer.settled_at) if offer.settled_at else None,
        said=DECLINE_REASONS[offer.reason] if offer.reason else "",
        why=offer.why,
    )


def notice_lines(repair: RepairView, sent: Mapping[str, str], where: Where) -> Iterator[NoticeLine]:
    """Show what they were told, oldest first."""
    names = {offer.id: who(offer) for offer in repair.offers}
    for notice in repair.notices:
        yield NoticeLine(
            what=NOTICES[notice.kind],
            who=names.get(notice.offer_id, ""),
            became=_became(notice),
            at=where.time(notice.told_at or notice.wanted_at),
            is_simulated=notice.simulated,
            words=sent.get(notice.key, ""),
        )


def _became(notice: NoticeView) -> str:
    words = VERDICTS[notice.verdict] if notice.verdict else "About to be told"
    return f"{words}. {notice.why}".strip() if notice.why else f"{words}."


def spend_lines(repair: RepairView, where: Where) -> Iterator[SpendLine]:
    """Show the ledger, oldest first."""
    for line in repair.spend:
        invoice = f"Invoice {line.invoice_reference}." if line.invoice_reference else ""
        yield SpendLine(
            what=SPENDS[line.kind],
            amount=money(line.pence, where.region),
            at=where.time(line.made_at),
            by=line.by_name or OURSELVES,
            more=" ".join(filter(None, (invoice, line.reason))),
        )


def photo_of(repair: RepairView, photo: PhotoKept, where: Where) -> Photo:
    """Show one photo."""
    return Photo(
        address=f"{ADDRESS}/{repair.id}/photos/{photo.id}",
        width=photo.width,
        height=photo.height,
        at=where.time(photo.taken_in_at),
    )


def happened(line: TimelineLine, where: Where) -> Happened:
    """Show one line of what happened."""
    by = f"{line.by_name} ({line.by_role})" if line.by_role and line.by_name else OURSELVES
    return Happened(at=where.time(line.at), what=line.what, why=line.why, by=by, words=line.words)


def other_of(other: DuplicateRepair, where: Where) -> Other:
    """Show another repair that may be the same one."""
    asked_at = where.time(other.asked_at).text
    cost = money(other.committed_pence, where.region)
    return Other(
        address=f"{ADDRESS}/{other.id}",
        reference=other.reference,
        words=f"{kinds_in_words(other.kinds)}, asked for {asked_at}: {STAGES[other.stage].lower()}, {cost}",
    )
