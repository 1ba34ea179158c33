"""One repair as its page shows it: what is asked, the promises, who has it, and everything that was said.  Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.plain_words import command_in_words
from api.referral_page_person import number_in_words
from api.referral_page_told import Told, told_of
from api.repair_dispatch.ask_words import NEXT_STEPS, gravest_first
from api.repair_dispatch.board_page_shown import ADDRESS, STAGE_COLOURS
from api.repair_dispatch.clock_shown import ClockShown, done_clock, on_site_clock
from api.repair_dispatch.plain_words import (
    ASKS,
    HOLDS,
    HOLDS_LIFTED_BY,
    PERMISSIONS,
    POLICE_RELEASES,
    STAGES,
    TENURES,
    URGENCIES,
    kinds_in_words,
    money,
)
from api.repair_dispatch.repair_page_forms import Offered, settles_in_words
from api.repair_dispatch.repair_page_lines import (
    Happened,
    NoticeLine,
    OfferLine,
    Other,
    Photo,
    SpendLine,
    Where,
    happened,
    notice_lines,
    offer_line,
    other_of,
    photo_of,
    spend_lines,
)
from api.repair_dispatch.request_page_shown import who
from api.repair_dispatch.telling import telling_in_words
from api.times import Time
from domain.repair_dispatch.kinds import RepairStage
from store.command import StoredCommand
from store.repair_dispatch.photo import PhotoKept
from store.repair_dispatch.views import DuplicateRepair, RepairView
from store.timeline import TimelineLine


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairFound:
    """Everything that was read for the page."""

    repair: RepairView
    lines: Sequence[TimelineLine]
    photos: Sequence[PhotoKept]
    duplicates: Sequence[DuplicateRepair]
    telling: tuple[str, ...]
    """The fields of the job that tell a tradesperson something."""
    sent: Mapping[str, str]
    """The words tradespeople were sent, by the key of the notice."""
    pending: Sequence[StoredCommand]
    command: StoredCommand | None
    """What somebody has just sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, what to do about it, and the one press that settles it; empty where none does."""

    kind: str
    words: str
    next_step: str
    settle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fact."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HasIt:
    """Whoever has the job, and whom staff ring."""

    who: str
    phone: str
    """As it is dialled."""
    number: str
    """As people read it."""
    expected_at: Time | None
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPage:
    """The page."""

    address: str
    reference: str
    what: str
    stage: str
    colour: str
    urgency: str
    asked_at: Time
    reopened: int
    referral_address: str
    referral_reference: str
    told: Told | None
    waiting: tuple[str, ...]
    others: tuple[Other, ...]
    telling: str
    """Which words are to be looked at again; empty where none are."""
    questions: tuple[Question, ...]
    holds: tuple[str, ...]
    clocks: tuple[ClockShown, ...]
    has_it: HasIt | None
    forms: Offered
    job: tuple[Line, ...]
    code_word: str
    """While somebody may still come."""
    offers: tuple[OfferLine, ...]
    notices: tuple[NoticeLine, ...]
    spend: tuple[SpendLine, ...]
    total: str
    photos: tuple[Photo, ...]
    timeline: tuple[Happened, ...]
    money: str
    """In which amounts are typed."""


def page_of(found: RepairFound, forms: Offered, where: Where) -> RepairPage:
    """Make the page of one repair."""
    repair = found.repair
    return RepairPage(
        address=f"{ADDRESS}/{repair.id}",
        reference=repair.reference,
        what=kinds_in_words(repair.kinds),
        stage=STAGES[repair.stage],
        colour=STAGE_COLOURS.get(repair.stage, "govuk-tag--blue"),
        urgency=URGENCIES[repair.urgency],
        asked_at=where.time(repair.asked_at),
        reopened=repair.reopened,
        referral_address=f"/referrals/{repair.referral_id}",
        referral_reference=repair.referral_reference,
        told=told_of(found.command) if found.command else None,
        waiting=tuple(command_in_words(command) for command in found.pending),
        others=tuple(other_of(other, where) for other in found.duplicates),
        telling=telling_in_words(found.telling) if repair.stage.is_live else "",
        questions=tuple(_questions(repair, forms)),
        holds=tuple(f"{HOLDS[hold]}. {HOLDS_LIFTED_BY[hold]}" for hold in repair.holds),
        clocks=tuple(_clocks(repair, where)),
        has_it=_has_it(repair, where),
        forms=forms,
        job=tuple(_job(repair, where)),
        code_word=repair.job.code_word if repair.stage.is_live else "",
        offers=tuple(offer_line(offer, where) for offer in repair.offers),
        notices=tuple(notice_lines(repair, found.sent, where)),
        spend=tuple(spend_lines(repair, where)),
        total=money(repair.committed_pence, where.region),
        photos=tuple(photo_of(repair, photo, where) for photo in found.photos),
        timeline=tuple(happened(line, where) for line in found.lines),
        money="pounds" if where.region == "GB" else "dollars",
    )


def _questions(repair: RepairView, forms: Offered) -> Iterator[Question]:
    for ask in gravest_first(repair.asks):
        settle = settles_in_words(ask) if ask in forms.settles else ""
        yield Question(kind=ask, words=ASKS[ask], next_step=NEXT_STEPS[ask], settle=settle)


def _clocks(repair: RepairView, where: Where) -> Iterator[ClockShown]:
    for clock in (on_site_clock, done_clock):
        shown = clock(repair, warn_before=where.warn_before, zone=where.zone, now=where.now)
        if shown is not None:
            yield shown


def _has_it(repair: RepairView, where: Where) -> HasIt | None:
    offer = repair.confirmed
    if offer is None:
        return None
    coming = repair.stage in {RepairStage.ACCEPTED, RepairStage.ON_THE_WAY}
    return HasIt(
        who=who(offer),
        phone=offer.phone,
        number=number_in_words(offer.phone),
        expected_at=where.time(repair.eta_at) if coming and repair.eta_at else None,
        is_told=repair.told,
    )


def _job(repair: RepairView, where: Where) -> Iterator[Line]:
    job, request = repair.job, repair.request
    place = "\n".join([*job.address_lines, *([job.postcode] if job.postcode else [])])
    estimate = money(request.estimate_pence, where.region) if request.estimate_pence else ""
    facts = {
        "Where": place or "Nobody knows",
        "How to get in": job.access,
        "Word at the door": job.code_word,
        "Pets": job.pets,
        "Who may be at home": job.who_may_be_home,
        "Notes": job.notes,
        "Does the owner or landlord agree?": PERMISSIONS[request.permission],
        "The scene": POLICE_RELEASES[request.police_release],
        "Does a suspect own or rent the place?": TENURES[request.suspect_tenure],
        "Estimate": estimate,
        "Tell the person when somebody comes": "By text, where that is safe"
        if request.tells_victim
        else "No",
    }
    yield from (Line(label=label, text=text) for label, text in facts.items() if text)
