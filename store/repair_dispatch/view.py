"""What pages and the API know of one repair, its offers, and what tradespeople were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
    RepairAsk,
    RepairHold,
    RepairKind,
    RepairStage,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
)
from domain.tradesperson import Tradesperson
from store.columns import AnyRow
from store.encryption import cipher_of
from store.keyring import Keyring
from store.repair_dispatch.job import Job, open_job
from store.repair_dispatch.json_form import open_request
from store.repair_dispatch.ledger import LedgerLine, ledger_line_of


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OfferView:
    """One offer, and who it was made to.  Personal."""

    id: str
    trade_id: str
    name: str
    firm: str
    phone: str
    """E.164: whom a coordinator rings."""
    channel: TradeChannel
    round: int
    place: int
    state: OfferState
    reserved_at: datetime
    made_at: datetime | None
    answer_by: datetime | None
    settled_at: datetime | None
    reason: TradeDeclineReason | None
    why: str
    """Why they are in this place."""
    link_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """One thing a tradesperson is, or was, told."""

    key: str
    offer_id: str
    kind: NoticeKind
    verdict: NoticeVerdict | None
    why: str
    tries: int
    wanted_at: datetime
    told_at: datetime | None
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairView:
    """One repair.  Personal: `job`, and the telephone numbers of its offers."""

    id: str
    referral_id: str
    referral_reference: str
    command_id: str
    reference: str
    kinds: tuple[RepairKind, ...]
    urgency: Urgency
    area: str
    """Empty: nobody knows where it is."""
    stage: RepairStage
    holds: tuple[RepairHold, ...]
    asks: tuple[RepairAsk, ...]
    asks_since: datetime | None
    wants: int
    turn: int
    """0: its workflow has not spoken yet, and the promises are not reckoned."""
    revision: int
    asked_at: datetime
    clock_from: datetime
    on_site_by: datetime
    done_by: datetime
    offered_at: datetime | None
    accepted_at: datetime | None
    eta_at: datetime | None
    arrived_at: datetime | None
    made_safe_at: datetime | None
    finished_at: datetime | None
    follow_up_at: datetime | None
    ended_at: datetime | None
    confirmed_offer: str | None
    confirmed_trade: str | None
    told: bool
    """Whether the one who has it knows."""
    committed_pence: int
    reopened: int
    request: RepairRequest
    job: Job
    offers: tuple[OfferView, ...]
    """In the order in which people were asked."""
    notices: tuple[NoticeView, ...]
    """Oldest first."""
    spend: tuple[LedgerLine, ...]
    """Oldest first."""
    photos: int

    @property
    def confirmed(self) -> OfferView | None:
        """The offer whose tradesperson has the job."""
        return next((offer for offer in self.offers if offer.id == self.confirmed_offer), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRepair:
    """Another repair of the same kind at the same address."""

    id: str
    referral_id: str
    referral_reference: str
    reference: str
    kinds: tuple[RepairKind, ...]
    stage: RepairStage
    asked_at: datetime
    committed_pence: int


def repair_view_of(
    keyring: Keyring,
    row: AnyRow,
    *,
    offers: Sequence[OfferView],
    notices: Sequence[NoticeView],
    spend: Sequence[AnyRow],
    photos: int,
) -> RepairView:
    """Open a row."""
    cipher = cipher_of(keyring, row.referral_id, row.wrapped_key)
    return RepairView(
        id=row.id,
        referral_id=row.referral_id,
        referral_reference=row.referral_reference,
        command_id=row.command_id,
        reference=row.reference,
        kinds=tuple(map(RepairKind, row.kinds)),
        urgency=Urgency(row.urgency),
        area=row.area,
        stage=RepairStage(row.stage),
        holds=tuple(map(RepairHold, row.holds)),
        asks=tuple(map(RepairAsk, row.asks)),
        asks_since=row.asks_since,
        wants=row.wants,
        turn=row.turn,
        revision=row.revision,
        asked_at=row.asked_at,
        clock_from=row.clock_from,
        on_site_by=row.on_site_by,
        done_by=row.done_by,
        offered_at=row.offered_at,
        accepted_at=row.accepted_at,
        eta_at=row.eta_at,
        arrived_at=row.arrived_at,
        made_safe_at=row.made_safe_at,
        finished_at=row.finished_at,
        follow_up_at=row.follow_up_at,
        ended_at=row.ended_at,
        confirmed_offer=row.confirmed_offer,
        confirmed_trade=row.confirmed_trade,
        told=row.told,
        committed_pence=row.committed_pence,
        reopened=row.reopened,
        request=open_request(cipher, row.id, row.request_enc),
        job=open_job(cipher, row.id, row.job_enc),
        offers=tuple(offers),
        notices=tuple(notices),
        spend=tuple(ledger_line_of(line, cipher) for line in spend),
        photos=photos,
    )


def offer_view_of(row: AnyRow, who: Tradesperson) -> OfferView:
    """Read an offer, and who it was made to."""
    return OfferView(
        id=row.id,
        trade_id=row.trade_id,
        name=who.name,
        firm=who.firm,
        phone=who.phone,
        channel=TradeChannel(row.channel),
        round=row.round,
        place=row.place,
        state=OfferState(row.state),
        reserved_at=row.reserved_at,
        made_at=row.made_at,
        answer_by=row.answer_by,
        settled_at=row.settled_at,
        reason=TradeDeclineReason(row.reason) if row.reason else None,
        why=row.why,
        link_until=row.link_until,
    )


def notice_view_of(row: AnyRow) -> NoticeView:
    """Read what became of a notice; what was sent stays sealed."""
    return NoticeView(
        key=row.key,
        offer_id=row.offer_id,
        kind=NoticeKind(row.kind),
        verdict=NoticeVerdict(row.verdict) if row.verdict else None,
        why=row.why,
        tries=row.tries,
        wanted_at=row.wanted_at,
        told_at=row.told_at,
        simulated=row.simulated,
    )


def duplicate_of(row: AnyRow) -> DuplicateRepair:
    """Read what is pointed out of another repair."""
    return DuplicateRepair(
        id=row.id,
        referral_id=row.referral_id,
        referral_reference=row.referral_reference,
        reference=row.reference,
        kinds=tuple(map(RepairKind, row.kinds)),
        stage=RepairStage(row.stage),
        asked_at=row.asked_at,
        committed_pence=row.committed_pence,
    )
