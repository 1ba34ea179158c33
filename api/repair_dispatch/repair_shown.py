"""A repair as staff see it: where it stands and why, who was asked, what was promised, and what it comes to.  Pure."""

from collections.abc import Sequence
from datetime import datetime

from api.referral_out import Json, written
from api.repair_dispatch.plain_words import ASKS, HOLDS, HOLDS_LIFTED_BY
from api.repair_dispatch.telling import KIND as TELLING_WORDS
from api.repair_dispatch.telling import REASON
from api.schema import PREFIX
from domain.repair_dispatch.kinds import OfferState, RepairHold, RepairStage
from domain.vocabulary import Role
from store.repair_dispatch.ledger import LedgerLine
from store.repair_dispatch.listed import RepairLine
from store.repair_dispatch.photo import PhotoKept
from store.repair_dispatch.views import DuplicateRepair, NoticeView, OfferView, RepairView


def repair_out(
    repair: RepairView,
    *,
    photos: Sequence[PhotoKept],
    duplicates: Sequence[DuplicateRepair],
    telling: Sequence[str] = (),
    now: datetime,
) -> Json:
    """Show one repair in full; `telling` are the fields of its job that tell a tradesperson something."""
    request = repair.request
    return {
        **summary_of(repair, now=now),
        "referral_reference": repair.referral_reference,
        "permission": request.permission,
        "police_release": request.police_release,
        "suspect_tenure": request.suspect_tenure,
        "estimate_pence": request.estimate_pence,
        "tells_victim": request.tells_victim,
        "job": _job(repair),
        "asked": [_asked(offer) for offer in repair.offers if offer.state is OfferState.OFFERED],
        "confirmed": _asked(repair.confirmed) if repair.confirmed else None,
        "told": repair.told,
        "offers": [_offer(offer) for offer in repair.offers],
        "notices": [_notice(notice) for notice in repair.notices],
        "spend": [spend_out(line) for line in repair.spend],
        "photos": [_photo(repair.id, photo) for photo in photos],
        "reopened": repair.reopened,
        "warnings": [*map(_duplicate, duplicates), *_telling(telling)],
    }


def summary_of(repair: RepairView | RepairLine, *, now: datetime) -> Json:
    """Show one repair among others; nothing personal."""
    return {
        "id": repair.id,
        "reference": repair.reference,
        "referral": repair.referral_id,
        "kinds": list(repair.kinds),
        "urgency": repair.urgency,
        "area": repair.area,
        "stage": repair.stage,
        "holds": [_hold(hold) for hold in repair.holds],
        "asks": [{"ask": ask, "reason": ASKS[ask]} for ask in repair.asks],
        "on_site": _promise(repair, repair.on_site_by, repair.arrived_at, now),
        "done": _promise(repair, repair.done_by, repair.finished_at, now),
        "asked_at": written(repair.asked_at),
        "accepted_at": written(repair.accepted_at),
        "eta_at": written(repair.eta_at),
        "arrived_at": written(repair.arrived_at),
        "made_safe_at": written(repair.made_safe_at),
        "finished_at": written(repair.finished_at),
        "follow_up_at": written(repair.follow_up_at),
        "ended_at": written(repair.ended_at),
        "committed_pence": repair.committed_pence,
        "revision": repair.revision,
    }


def etag_of(repair: RepairView) -> str:
    """The version of a repair (RFC 9110, 8.8.3): it is another one after every turn and every photo."""
    return f'"{repair.revision}.{repair.turn}.{repair.photos}"'


def spend_out(line: LedgerLine) -> Json:
    """Show one line of the ledger."""
    return {
        "id": line.id,
        "repair": line.repair_id,
        "repair_reference": line.repair_reference,
        "month": line.month.isoformat(),
        "kind": line.kind,
        "pence": line.pence,
        "trade_id": line.trade_id,
        "invoice_reference": line.invoice_reference,
        "made_at": written(line.made_at),
        "by": line.by_name,
        "reason": line.reason,
    }


def _hold(hold: RepairHold) -> Json:
    return {
        "hold": hold,
        "reason": HOLDS[hold],
        "lifted_when": HOLDS_LIFTED_BY[hold],
        "lifted_by_role": Role.MANAGER if hold is RepairHold.SPEND else Role.COORDINATOR,
    }


def _promise(repair: RepairView | RepairLine, by: datetime, kept_at: datetime | None, now: datetime) -> Json:
    """A promise; of a repair that is held nothing is promised yet, and what has ended breaks no more."""
    until = kept_at or repair.ended_at or now
    return {
        "by": written(by),
        "kept_at": written(kept_at),
        "is_broken": bool(repair.turn) and repair.stage is not RepairStage.HELD and until > by,
    }


def _job(repair: RepairView) -> Json:
    job = repair.job
    return {
        "address": {"lines": list(job.address_lines), "postcode": job.postcode},
        "access": job.access,
        "code_word": job.code_word,
        "who_may_be_home": job.who_may_be_home,
        "pets": job.pets,
        "notes": job.notes,
    }


def _asked(offer: OfferView) -> Json:
    return _with_name(offer) | {"offer": offer.id}


def _with_name(offer: OfferView) -> Json:
    return {
        "name": offer.name,
        "firm": offer.firm,
        "channel": offer.channel,
        "answer_by": written(offer.answer_by),
    }


def _offer(offer: OfferView) -> Json:
    return _with_name(offer) | {
        "id": offer.id,
        "trade_id": offer.trade_id,
        "phone": offer.phone,
        "state": offer.state,
        "made_at": written(offer.made_at),
        "settled_at": written(offer.settled_at),
        "reason": offer.reason,
        "why": offer.why,
    }


def _notice(notice: NoticeView) -> Json:
    return {
        "offer": notice.offer_id,
        "kind": notice.kind,
        "verdict": notice.verdict,
        "why": notice.why,
        "tries": notice.tries,
        "wanted_at": written(notice.wanted_at),
        "told_at": written(notice.told_at),
        "simulated": notice.simulated,
    }


def _photo(repair_id: str, photo: PhotoKept) -> Json:
    return {
        "id": photo.id,
        "offer": photo.offer_id,
        "url": f"{PREFIX}/repairs/{repair_id}/photos/{photo.id}",
        "width": photo.width,
        "height": photo.height,
        "taken_in_at": written(photo.taken_in_at),
    }


def _telling(fields: Sequence[str]) -> list[Json]:
    return [{"kind": TELLING_WORDS, "fields": list(fields), "reason": REASON}] if fields else []


def _duplicate(other: DuplicateRepair) -> Json:
    return {
        "kind": "duplicate",
        "repair": other.id,
        "reference": other.reference,
        "referral": other.referral_id,
        "stage": other.stage,
        "asked_at": written(other.asked_at),
        "committed_pence": other.committed_pence,
    }
