"""One referral as its page shows it: may I ring, what is safe, who, the number; then what happened.  Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from api.form_words import FLAGS
from api.message_entry import Entry, entry_of
from api.plain_words import LINKS, OUTCOMES, STAGES, command_in_words, hold_in_words, step_in_words
from api.practical_help.request_page_shown import Helps, helps_of
from api.referral_at_a_glance import ALERT, Mark, alerts, marks_of
from api.referral_page_forms import Offered, offered
from api.referral_page_found import Found, Setting
from api.referral_page_person import Person, person_of
from api.referral_page_ringing import Danger, MayIRing, danger_of, may_i_ring, ringing_now
from api.referral_page_said import Line, said_by_referrer
from api.referral_page_stops import Stops, stops_of
from api.referral_page_told import NextStep, Told, next_step_of, told_of
from api.repair_dispatch.request_page_shown import Repairs, repairs_of, told_of_request
from api.timeline import OURSELVES
from api.times import Time, day_in_words, time_in_words
from domain.dispatch_events import RepairAsked
from domain.vocabulary import Role, Stage
from store.referral_view import ReferralView
from store.timeline import TimelineLine

_UNDER_DURESS = "The word for duress was used."
"""Read by supervisors alone, in the timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldShown:
    """Why nothing may leave."""

    name: str
    reason: str
    proposes: str
    lifted_by: str
    since: Time
    review_at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of the timeline."""

    at: Time
    what: str
    why: str
    by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Another referral that may be about the same person."""

    address: str
    reference: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralPage:
    """The page."""

    address: str
    neutral_name: str
    reference: str
    stage: str
    marks: tuple[Mark, ...]
    is_live: bool
    told: Told | None
    waiting: tuple[str, ...]
    """What is stored and not applied yet."""
    danger: Danger | None
    ringing: MayIRing
    alert: str
    """To supervisors alone: what a quiet alert asks of them; empty if there is none."""
    person: Person
    stops: Stops
    next: NextStep | None
    holds: tuple[HoldShown, ...]
    support: str
    forms: Offered
    repairs: Repairs
    helps: Helps
    timeline: tuple[Happened, ...]
    messages: tuple[Entry, ...]
    links: tuple[Linked, ...]
    said: tuple[Line, ...]

    @property
    def next_number(self) -> str:
        """The number that a call is about unless somebody says otherwise."""
        return next((number.value for number in self.person.numbers if number.is_next), "")


def page_of(found: Found, setting: Setting, *, again: str = "") -> ReferralPage:
    """Make the page.  `again` names a form that is shown again with what was typed."""
    view, now, zone = found.view, setting.now, setting.zone
    ringing = ringing_now(found, now)
    return ReferralPage(
        address=f"/referrals/{view.id}",
        neutral_name=setting.neutral_name,
        reference=view.reference,
        stage=STAGES[view.stage] + (f": {OUTCOMES[view.outcome].lower()}" if view.outcome else ""),
        marks=tuple(_marks(view)),
        is_live=view.stage is not Stage.CLOSED,
        told=_told(found, zone=zone, now=now),
        waiting=tuple(_waiting(found)),
        danger=danger_of(found, setting),
        ringing=may_i_ring(view, ringing, setting),
        alert=ALERT if alerts(view, setting.role) else "",
        person=person_of(
            view,
            may=ringing.may,
            neutral_name=setting.neutral_name,
            language=setting.language,
            zone=zone,
            now=now,
        ),
        stops=stops_of(found, zone=zone, now=now),
        next=next_step_of(view, zone=zone, now=now),
        holds=tuple(_holds(view, zone=zone, now=now)),
        support=_support(view),
        forms=offered(view, role=setting.role, now=now, again=again),
        helps=helps_of(found.helps, now=now),
        repairs=repairs_of(
            found.repairs,
            view.document,
            policy=setting.repair_policy,
            region=setting.region,
            code_word=setting.code_word,
            zone=zone,
            now=now,
        ),
        timeline=tuple(_happened(line, zone=zone, now=now) for line in found.lines),
        messages=tuple(
            entry_of(message, zone=zone, now=now, simulated=setting.simulated) for message in found.messages
        ),
        links=tuple(
            Linked(
                address=f"/referrals/{link.referral_id}",
                reference=link.reference,
                kind=LINKS[link.kind],
                why=link.why,
            )
            for link in found.links
        ),
        said=said_by_referrer(view.document, zone=zone, now=now),
    )


def _told(found: Found, *, zone: ZoneInfo, now: datetime) -> Told | None:
    """What became of what was sent; of a repair also who has been asked."""
    if found.command is None:
        return None
    told, event = told_of(found.command), found.command.event
    asked = [each for each in found.repairs if isinstance(event, RepairAsked) and each.id == event.repair_id]
    return (
        replace(told, text=told_of_request(asked[0], found.view.document, zone=zone, now=now))
        if asked
        else told
    )


def _waiting(found: Found) -> Iterator[str]:
    """What is stored and not applied yet, but for what the page tells of anyway."""
    told = found.command.id if found.command else None
    return (command_in_words(command) for command in found.pending if command.id != told)


def _marks(view: ReferralView) -> Iterator[Mark]:
    yield from marks_of(view)
    flags = view.state.facts.flags if view.state is not None else ()
    for flag in flags:
        yield Mark(text=FLAGS[flag], colour="govuk-tag--grey")


def _holds(view: ReferralView, *, zone: ZoneInfo, now: datetime) -> Iterator[HoldShown]:
    for hold in sorted(view.holds, key=lambda hold: (hold.gravity, hold.since)):
        who = "Only a manager" if hold.release_by_role is Role.MANAGER else "A coordinator or manager"
        yield HoldShown(
            name=hold_in_words(hold.kind),
            reason=hold.reason,
            proposes=step_in_words(hold.proposes) if hold.proposes else "",
            lifted_by=who,
            since=time_in_words(hold.since, zone=zone, now=now),
            review_at=time_in_words(hold.review_at, zone=zone, now=now),
        )


def _support(view: ReferralView) -> str:
    support = view.state.support if view.state is not None else None
    if support is None:
        return ""
    owner = f", looked after by {support.owner}" if support.owner else ""
    return f"{support.kind.capitalize()}{owner}; first contact on {day_in_words(support.first_contact_on)}."


def _happened(line: TimelineLine, *, zone: ZoneInfo, now: datetime) -> Happened:
    return Happened(
        at=time_in_words(line.at, zone=zone, now=now),
        what=line.what,
        why=f"{line.why} {_UNDER_DURESS}".strip() if line.alerts else line.why,
        by=f"{line.by_name} ({line.by_role})" if line.by_name else OURSELVES,
        words=line.words,
    )
