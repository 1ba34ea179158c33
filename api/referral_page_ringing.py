"""Whether one may ring now, and what to do in an emergency: the head of a referral's page.  Pure."""

from dataclasses import dataclass
from datetime import datetime

from api.plain_words import MAY_RING
from api.referral_page_found import Found, Setting
from api.referral_page_said import address_in_words
from api.referral_page_told import tells_of_danger
from api.times import Time, time_in_words
from domain.contact import why_not_counted
from domain.emergency import Emergency
from domain.events import AttemptMade
from domain.ringing import MayRing, Ringing, may_ring_now
from domain.vocabulary import AttemptOutcome, Stage
from store.referral_view import ReferralView

_NOT_YET = "Something that was sent has not been applied yet: wait for it, or ask who sent it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """What to do at once."""

    emergency: Emergency
    address: str
    """Where the person lives; empty if nobody knows."""
    incident_postcode: str
    is_applied: bool
    """Whether a supervisor has been alerted already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MayIRing:
    """Whether somebody may ring now."""

    answer: str
    style: str
    reasons: tuple[str, ...]
    as_of: Time
    opens_at: Time | None
    counts: str
    """What a call that nobody answers would be now; empty where no call is wanted."""


def ringing_now(found: Found, now: datetime) -> Ringing:
    """What the rules say; while something sent is not applied yet, nobody rings without asking."""
    if found.view.state is None:
        return Ringing(may=MayRing.NO, reasons=("Triage has not run yet.",))
    ringing = may_ring_now(found.view.state, now, stopped=bool(found.stops))
    if not found.pending:
        return ringing
    may = MayRing.ASK_FIRST if ringing.may is MayRing.YES else ringing.may
    return Ringing(may=may, reasons=(*ringing.reasons, _NOT_YET), opens_at=ringing.opens_at)


def may_i_ring(view: ReferralView, ringing: Ringing, setting: Setting) -> MayIRing:
    """Say whether one may ring, and why."""
    opens_at = ringing.opens_at
    return MayIRing(
        answer=MAY_RING[ringing.may],
        style=ringing.may.replace("_", "-"),
        reasons=ringing.reasons
        or ("We are open, it is a time this person can be rung, and there is a number for it.",),
        as_of=time_in_words(setting.now, zone=setting.zone, now=setting.now),
        opens_at=time_in_words(opens_at, zone=setting.zone, now=setting.now) if opens_at else None,
        counts=_counts(view, setting.now) if ringing.may is not MayRing.NO else "",
    )


def _counts(view: ReferralView, now: datetime) -> str:
    state = view.state
    if state is None or state.stage is not Stage.CONTACTING:
        return ""
    silence = AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=now)
    why_not = why_not_counted(state, silence, state.policy)
    if why_not:
        return f"A call that nobody answers would not count now: {why_not}."
    return f"A call that nobody answers is number {state.attempts_counted + 1} of {state.policy.contact.attempts}."


def danger_of(found: Found, setting: Setting) -> Danger | None:
    """Shown as soon as it was said, also while nothing has applied it yet."""
    if not (found.view.in_danger or any(tells_of_danger(command) for command in found.pending)):
        return None
    document = found.view.document
    return Danger(
        emergency=setting.emergency,
        address=address_in_words(document),
        incident_postcode=document["incident"].get("postcode", ""),
        is_applied=found.view.in_danger,
    )
