"""The board: every live repair with its clocks, those that ask somebody first.  Pure.

No map, nothing that needs a wide screen: whoever drives, stands in a hall or is on the telephone reads it too.
Source: docs/repairs.md#board.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from api.repair_dispatch.ask_words import AskShown, asks_shown
from api.repair_dispatch.clock_shown import ClockShown, Level, done_clock, on_site_clock
from api.repair_dispatch.plain_words import HOLDS, STAGES, kinds_in_words
from api.repair_dispatch.request_page_shown import who
from api.times import Time, time_in_words
from domain.repair_dispatch.kinds import OfferState, RepairAsk, RepairStage, Urgency
from store.repair_dispatch.views import RepairView

ADDRESS = "/repairs"
URGENCY_MARKS = {Urgency.OPEN_PROPERTY: "Open property", Urgency.TODAY: "Today", Urgency.PLANNED: "Planned"}
STAGE_COLOURS = {
    RepairStage.HELD: "govuk-tag--orange",
    RepairStage.ASKED: "govuk-tag--red",
    RepairStage.SECURE: "govuk-tag--green",
    RepairStage.CANCELLED: "govuk-tag--grey",
}
LEVEL_COLOURS = {
    Level.KEPT: "govuk-tag--green",
    Level.IN_TIME: "govuk-tag--blue",
    Level.NEAR: "govuk-tag--yellow",
    Level.LATE: "govuk-tag--red",
}


class Section(StrEnum):
    """The parts of the board, in their order."""

    ASKING = "asking"
    UNDER_WAY = "under-way"
    HELD = "held"
    CONFIRM = "confirm"


HEADINGS = {
    Section.ASKING: "A person is asked",
    Section.UNDER_WAY: "Under way",
    Section.HELD: "Held: nobody is sent yet",
    Section.CONFIRM: "Done, to be confirmed by the person",
}
_WAITS = {
    True: "The clock begins when somebody may be sent",
    False: "Not begun yet: the workflow engine takes it up",
}
"""Where no clock runs, by whether its workflow has spoken."""
_ROUTINE = frozenset({RepairAsk.FOLLOW_UP})
"""What is asked when all went well: it does not push its way before a broken clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobShown:
    """One live repair."""

    address: str
    reference: str
    what: str
    area: str
    stage: str
    colour: str
    urgency: str
    is_open_property: bool
    clocks: tuple[ClockShown, ...]
    no_clock: str
    """Why none runs; empty where one does."""
    has_it: str
    """Who; empty while nobody does."""
    expected_at: Time | None
    asked: str
    """How many are asked now and until when; empty where nobody is."""
    asks: tuple[AskShown, ...]
    holds: tuple[str, ...]
    referral_address: str
    referral_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section."""

    section: Section
    heading: str
    jobs: tuple[JobShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One number above the board."""

    what: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairBoard:
    """The board."""

    as_of: Time
    counts: tuple[Count, ...]
    parts: tuple[Part, ...]
    is_cut: bool
    """Whether more are live than the page shows."""


def board_of(
    repairs: Sequence[RepairView], *, warn_before: timedelta, zone: ZoneInfo, now: datetime, limit: int
) -> RepairBoard:
    """Make the board.

    Args:
        repairs: The live ones, most urgent first; one more than `limit` if there are more.
        warn_before: How long before a promise is broken it counts as near.
        zone: In which times are read.
        now: An aware time.
        limit: How many are shown.
    """
    sorted_in: dict[Section, list[JobShown]] = {section: [] for section in Section}
    for repair in repairs[:limit]:
        job = job_of(repair, warn_before=warn_before, zone=zone, now=now)
        sorted_in[section_of(repair)].append(job)
    return RepairBoard(
        as_of=time_in_words(now, zone=zone, now=now),
        counts=tuple(_counts(sorted_in)),
        parts=tuple(
            Part(section=section, heading=HEADINGS[section], jobs=tuple(jobs))
            for section, jobs in sorted_in.items()
            if jobs
        ),
        is_cut=len(repairs) > limit,
    )


def section_of(repair: RepairView) -> Section:
    """Where a repair stands on the board."""
    if set(repair.asks) - _ROUTINE - {RepairAsk.HOLD}:
        return Section.ASKING
    if repair.stage is RepairStage.HELD:
        return Section.HELD
    return Section.CONFIRM if repair.stage is RepairStage.FINISHED else Section.UNDER_WAY


def job_of(repair: RepairView, *, warn_before: timedelta, zone: ZoneInfo, now: datetime) -> JobShown:
    """Show one repair."""
    has_it = repair.confirmed
    coming = repair.stage in {RepairStage.ACCEPTED, RepairStage.ON_THE_WAY}
    return JobShown(
        address=f"{ADDRESS}/{repair.id}",
        reference=repair.reference,
        what=kinds_in_words(repair.kinds),
        area=repair.area,
        stage=STAGES[repair.stage],
        colour=STAGE_COLOURS.get(repair.stage, "govuk-tag--blue"),
        urgency=URGENCY_MARKS[repair.urgency],
        is_open_property=repair.urgency is Urgency.OPEN_PROPERTY,
        clocks=tuple(_clocks(repair, warn_before=warn_before, zone=zone, now=now)),
        no_clock="" if repair.turn and repair.stage is not RepairStage.HELD else _WAITS[bool(repair.turn)],
        has_it=who(has_it) if has_it else "",
        expected_at=time_in_words(repair.eta_at, zone=zone, now=now) if coming and repair.eta_at else None,
        asked=_asked(repair, zone=zone, now=now),
        asks=asks_shown(repair.asks),
        holds=tuple(HOLDS[hold] for hold in repair.holds),
        referral_address=f"/referrals/{repair.referral_id}",
        referral_reference=repair.referral_reference,
    )


def _clocks(
    repair: RepairView, *, warn_before: timedelta, zone: ZoneInfo, now: datetime
) -> Iterator[ClockShown]:
    """The promise that counts now; both once somebody is there."""
    on_site = on_site_clock(repair, warn_before=warn_before, zone=zone, now=now)
    done = done_clock(repair, warn_before=warn_before, zone=zone, now=now)
    if on_site is not None:
        yield on_site
    if done is not None:
        yield done


def _asked(repair: RepairView, *, zone: ZoneInfo, now: datetime) -> str:
    waiting = [offer for offer in repair.offers if offer.state is OfferState.OFFERED]
    by = [offer.answer_by for offer in waiting if offer.answer_by is not None]
    if not waiting:
        return ""
    until = f", answer by {time_in_words(min(by), zone=zone, now=now).text}" if by else ""
    return f"{len(waiting)} asked{until}"


def _counts(sorted_in: dict[Section, list[JobShown]]) -> Iterator[Count]:
    jobs = [job for part in sorted_in.values() for job in part]
    open_clocks = [[clock for clock in job.clocks if clock.what.endswith(" by")] for job in jobs]
    yield Count(what="Live", number=len(jobs))
    yield Count(what="Open property", number=sum(job.is_open_property for job in jobs))
    yield Count(what="Ask a person", number=len(sorted_in[Section.ASKING]))
    yield Count(what="Late", number=sum(any(c.level is Level.LATE for c in clocks) for clocks in open_clocks))
    yield Count(what="Near", number=sum(any(c.level is Level.NEAR for c in clocks) for clocks in open_clocks))
