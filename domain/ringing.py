"""Whether somebody may ring a victim now, and on which numbers: what a coordinator reads before the number.

Nothing is ruled here that is not ruled elsewhere: whether and which numbers may be rung is the gate's, when is the
hours', the victim's windows' and the next call's, and why it is held is the hold's.  This says it together, in words.
Source: rule 1 of docs/policy.md; docs/policy.md#safety-gate.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.call_planning import gap_respected, inside_hours_and_windows
from domain.channels import callable_phones
from domain.facts import Phone
from domain.gate import AskAPerson, Circumstances, Hold, Ring, ask
from domain.moment_words import moment_in_words
from domain.referral_state import Call, ReferralState
from domain.vocabulary import Access, Answer, Lane, Role, Stage
from domain.working_hours import intersect, is_open, next_open


class MayRing(StrEnum):
    """Whether somebody may ring now."""

    YES = "yes"
    ASK_FIRST = "ask_first"
    """Something has to be cleared up before, with whom the reason says."""
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """Whether somebody may ring now, and everything that speaks against it."""

    may: MayRing
    reasons: tuple[str, ...]
    """The gravest first; empty when nothing speaks against it."""
    opens_at: datetime | None = None
    """When only the time stands in the way: the moment of a promised call, else the next one that hours and windows
    allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNumber:
    """One number, and why it is not to be rung."""

    phone: Phone
    why_not: str
    """Empty: it may be rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Objection:
    may: MayRing
    reason: str


def may_ring_now(state: ReferralState, now: datetime, *, stopped: bool = False) -> Ringing:
    """Say whether the person of a referral may be rung now.

    Args:
        state: Where the referral stands.
        now: An aware time; a contact plan that has run out by then vouches for nothing.
        stopped: Whether a stop stands in the tables.
    """
    state = replace(state, facts=state.facts.as_of(now))
    by_itself = [*_by_stage(state), *_by_gate(state, now, stopped=stopped)]
    by_time = list(_by_time(state, now))
    found = [*by_itself, *by_time, *_by_holds(state)]
    answers = {objection.may for objection in found}
    may = next((answer for answer in (MayRing.NO, MayRing.ASK_FIRST) if answer in answers), MayRing.YES)
    gravest_first = sorted(found, key=lambda objection: objection.may is not MayRing.NO)
    only_time = bool(by_time) and all(objection.may is MayRing.ASK_FIRST for objection in by_itself)
    return Ringing(
        may=may,
        reasons=tuple(objection.reason for objection in gravest_first),
        opens_at=_opens_at(state, now) if only_time else None,
    )


def known_numbers(state: ReferralState, now: datetime) -> tuple[KnownNumber, ...]:
    """List every number: those that may be rung now first, the one to ring next before the others."""
    facts = state.facts.as_of(now)
    state = replace(state, facts=facts)
    may = callable_phones(facts, sensitive=state.sensitive, closed=state.closed_phones)
    in_order = sorted(may, key=lambda phone: phone.id != state.phone_id)
    return (
        *(KnownNumber(phone=phone, why_not="") for phone in in_order),
        *(
            KnownNumber(phone=phone, why_not=_why_not(state, phone))
            for phone in facts.phones
            if phone not in may
        ),
    )


def _by_stage(state: ReferralState) -> Iterator[_Objection]:
    if state.stage is Stage.RECEIVED:
        yield _Objection(may=MayRing.NO, reason="Triage has not run yet.")
    elif state.stage is Stage.CLOSED:
        yield _Objection(may=MayRing.NO, reason="The referral is closed.")


def _by_gate(state: ReferralState, now: datetime, *, stopped: bool) -> Iterator[_Objection]:
    """Ask the gate, and where it says no ask again without that reason: whoever is about to ring reads them all.

    Times and holds are left out here: they have words of their own.
    """
    if not state.is_live:
        return
    known = replace(state.circumstances(now, stopped=stopped), held=False)
    said: set[str] = set()
    for each in _with_less_and_less(known):
        ruling = ask(Ring(at=now, agreed=True), each)
        if not isinstance(ruling, Hold | AskAPerson) or ruling.reason in said:
            continue
        said.add(ruling.reason)
        may = MayRing.NO if isinstance(ruling, Hold) else MayRing.ASK_FIRST
        without_number = isinstance(ruling, Hold) and not each.stopped
        yield _Objection(may=may, reason=_without_number(state) if without_number else ruling.reason)


def _with_less_and_less(known: Circumstances) -> Iterator[Circumstances]:
    """The same person, each time with one thing less that could stand in the way."""
    yield known
    yield (known := replace(known, stopped=False))
    yield (known := replace(known, opted_out=()))
    yield replace(known, lane=Lane.CONTACT)


def _without_number(state: ReferralState) -> str:
    """Why there is nothing to ring."""
    if Access.NO_PHONE in state.facts.access:
        return "This person cannot use the telephone."
    if not state.facts.phones:
        return "No number is known."
    return "None of the numbers may be rung."


def _by_time(state: ReferralState, now: datetime) -> Iterator[_Objection]:
    """Nobody rings before a promised call, nor while we are closed or outside the times the person gave.

    A promised call that is due then may be the victim's own wish, and one that is due later may be wanted sooner by
    a person: then somebody makes sure first.
    """
    later = _due_later(state, now)
    if later is not None:
        yield _too_early(state, later, now)
    if inside_hours_and_windows(state.policy, state.facts.windows, now):
        return
    is_ours = is_open(state.policy.hours, now)
    reason = "It is outside the times this person gave." if is_ours else "We are closed now."
    if state.call is not None and state.call.promised and later is None:
        yield _Objection(
            may=MayRing.ASK_FIRST, reason=f"{reason} But a call was promised: make sure it is safe."
        )
    else:
        yield _Objection(may=MayRing.NO, reason=reason)


def _too_early(state: ReferralState, later: Call, now: datetime) -> _Objection:
    """A promise was made to somebody who may not be alone before; any other time is ours to change."""
    when = moment_in_words(later.due_at, zone=ZoneInfo(state.policy.hours.time_zone), now=now)
    if later.promised:
        return _Objection(may=MayRing.NO, reason=f"A call was promised for {when}: nobody rings before.")
    last = state.counted_at[-1] if state.counted_at else None
    counts = "" if gap_respected(state.policy, last, now) else ", and one made now will not count"
    return _Objection(may=MayRing.ASK_FIRST, reason=f"The next call is due {when}{counts}.")


def _due_later(state: ReferralState, now: datetime) -> Call | None:
    """The next call, if its time is still to come."""
    return state.call if state.call is not None and state.call.due_at > now else None


def _opens_at(state: ReferralState, now: datetime) -> datetime | None:
    later = _due_later(state, now)
    if later is not None and later.promised:
        return later.due_at
    hours = intersect(state.policy.hours, state.facts.windows)
    return next_open(hours, now if later is None else later.due_at)


def _by_holds(state: ReferralState) -> Iterator[_Objection]:
    for hold in sorted(state.holds, key=lambda hold: (hold.gravity, hold.since)):
        who = " Only a manager may lift this hold." if hold.release_by_role is Role.MANAGER else ""
        yield _Objection(may=MayRing.ASK_FIRST, reason=f"Held: {hold.reason}{who}")


def _why_not(state: ReferralState, phone: Phone) -> str:
    """Why the gate keeps a number closed."""
    facts = state.facts
    why = (
        (phone.safe is Answer.NO, "It is marked unsafe: never ring it."),
        (phone.id in state.closed_phones, "It is closed: a wrong number, or it could not be got through to."),
        (
            phone.of_guardian and facts.guardian_is_suspect,
            "It is the guardian's, who is or may be a suspect.",
        ),
        (
            phone.safe is Answer.UNKNOWN and state.sensitive,
            "Nobody has said that it is safe, and this referral is sensitive.",
        ),
        (Access.NO_PHONE in facts.access, "This person cannot use the telephone."),
    )
    return next((reason for holds, reason in why if holds), "The safety gate keeps it closed.")
