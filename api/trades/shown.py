"""What the page of an offer shows, made from what the link opens.

Never a name, the incident, or a word of anybody's story: there is none in what is read.  The address, how to get in and
the word for the door are there while this very tradesperson has the job.  Source: docs/repairs.md#the-link.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.repair_dispatch.plain_words import KINDS
from api.times import Time, time_in_words
from api.trades.typed import AT, DAYS_AHEAD, MINUTES
from api.trades.words import NOT_IN_YET, NOT_TAKEN, REASONS, TITLES, TOLD, URGENCIES, Standing
from domain.events import Answer
from domain.repair_dispatch.kinds import OfferState, RepairStage, TradeAnswer, Urgency
from store.repair_dispatch.offer_page import OfferOpened
from store.repair_dispatch.photo import MOST_PHOTOS

_BY_OFFER = {
    OfferState.OFFERED: Standing.NOT_NEEDED,
    OfferState.EXPIRED: Standing.TAKEN,
    OfferState.UNREACHABLE: Standing.TAKEN,
    OfferState.CONFIRMED: Standing.DO_NOT_GO,
    OfferState.DECLINED: Standing.DECLINED,
    OfferState.TAKEN: Standing.TAKEN,
    OfferState.WITHDRAWN: Standing.NOT_NEEDED,
    OfferState.RELEASED: Standing.DO_NOT_GO,
    OfferState.DONE: Standing.DONE,
}
"""Of an offer that no yes is welcome to any more and that is not theirs now."""
_NOT_SAID_NO = frozenset(
    {
        OfferState.OFFERED,
        OfferState.EXPIRED,
        OfferState.UNREACHABLE,
        OfferState.TAKEN,
        OfferState.WITHDRAWN,
    }
)
_STEPS = (
    TradeAnswer.ON_THE_WAY,
    TradeAnswer.ARRIVED,
    TradeAnswer.MADE_SAFE,
    TradeAnswer.COMPLETED,
)
"""How a job goes; what may go otherwise is always in reach."""
_NEXT = {
    RepairStage.ACCEPTED: TradeAnswer.ON_THE_WAY,
    RepairStage.ON_THE_WAY: TradeAnswer.ARRIVED,
    RepairStage.ARRIVED: TradeAnswer.MADE_SAFE,
    RepairStage.MADE_SAFE: TradeAnswer.COMPLETED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few."""

    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where to go and what to say there; only for whoever has the job."""

    address_lines: tuple[str, ...]
    postcode: str
    access: tuple[str, ...]
    code_word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferShown:
    """The page."""

    standing: Standing
    title: str
    reference: str
    tasks: tuple[str, ...]
    urgency: str
    area: str
    on_site_by: Time
    answer_by: Time | None
    eta: Time | None
    days: tuple[Choice, ...]
    """To choose from besides a time; of an open property none: it is now."""
    door: Door | None
    next_step: TradeAnswer | None
    later_steps: tuple[TradeAnswer, ...]
    is_on_the_way: bool
    """Whether they may give another time of arrival."""
    is_there: bool
    """Whether they have arrived: then they no longer say that they cannot come."""
    takes_photos: bool
    photos_left: int
    told: str
    """What became of what they pressed; empty if they pressed nothing."""
    not_told: str
    """What of theirs is not taken in yet, or was not taken."""


ETAS = (
    *(Choice(value=str(minutes), text=f"In {minutes} minutes") for minutes in MINUTES),
    Choice(value=AT, text="At another time"),
)
REASONS_TOLD = tuple(Choice(value=reason, text=text) for reason, text in REASONS.items())


def standing_of(offer: OfferOpened, now: datetime) -> Standing:
    """Say where they stand.  They have it only when the tables say so, never because they said yes."""
    if offer.has_the_job:
        return Standing.HAS_IT
    if TradeAnswer.ACCEPTED in offer.waiting and offer.may_accept:
        return Standing.WAITING
    if offer.may_accept:
        in_time = offer.state is OfferState.OFFERED and (offer.answer_by is None or now <= offer.answer_by)
        return Standing.OFFERED if in_time else Standing.STILL_FREE
    if not offer.may_be_sent and offer.state in _NOT_SAID_NO:
        return Standing.NOT_NOW
    return _BY_OFFER.get(offer.state, Standing.NOT_NEEDED)


def offer_shown(
    offer: OfferOpened,
    *,
    now: datetime,
    zone: ZoneInfo,
    said: TradeAnswer | None = None,
    answer: Answer | None = None,
) -> OfferShown:
    """Make the page.

    Args:
        offer: What the link opens.
        now: An aware time.
        zone: In which times are read.
        said: What they have just pressed, if anything.
        answer: What became of it; `None`: nothing yet.
    """
    standing = standing_of(offer, now)
    following = _following(offer) if standing is Standing.HAS_IT else ()
    told, not_told = _became(offer, standing, said, answer)
    return OfferShown(
        standing=standing,
        title=TITLES[standing],
        reference=offer.reference,
        tasks=tuple(KINDS[kind] for kind in offer.kinds),
        urgency=URGENCIES[offer.urgency],
        area=offer.area,
        on_site_by=time_in_words(offer.on_site_by, zone=zone, now=now),
        answer_by=_time(offer.answer_by, zone, now),
        eta=_time(offer.eta_at, zone, now),
        days=() if offer.urgency is Urgency.OPEN_PROPERTY else _days(now.astimezone(zone).date()),
        door=_door(offer),
        next_step=following[0] if following else None,
        later_steps=following[1:],
        is_on_the_way=offer.stage is RepairStage.ON_THE_WAY,
        is_there=offer.stage in {RepairStage.ARRIVED, RepairStage.MADE_SAFE},
        takes_photos=offer.takes_photos(now),
        photos_left=max(MOST_PHOTOS - offer.photos, 0),
        told=told,
        not_told=not_told,
    )


def _following(offer: OfferOpened) -> tuple[TradeAnswer, ...]:
    """What comes next, and after it."""
    first = _NEXT.get(offer.stage, TradeAnswer.COMPLETED)
    return _STEPS[_STEPS.index(first) :]


def _became(
    offer: OfferOpened, standing: Standing, said: TradeAnswer | None, answer: Answer | None
) -> tuple[str, str]:
    """What became of what they pressed; what is still on its way is said, too, when they come back later."""
    if said is not None and answer is not None:
        return (TOLD[said], "") if answer.applied else ("", _refused(standing))
    if offer.waiting and standing is not Standing.WAITING:
        return TOLD[offer.waiting[-1]], NOT_IN_YET
    return "", ""


def _refused(standing: Standing) -> str:
    """Nothing where the page itself says it: somebody else has it, or it is not needed."""
    return NOT_TAKEN if standing in {Standing.HAS_IT, Standing.OFFERED, Standing.STILL_FREE} else ""


def _days(today: date) -> tuple[Choice, ...]:
    days = (today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD))
    return tuple(Choice(value=day.isoformat(), text=f"{day:%a} {day.day} {day:%b}") for day in days)


def _time(at: datetime | None, zone: ZoneInfo, now: datetime) -> Time | None:
    return None if at is None else time_in_words(at, zone=zone, now=now)


def _door(offer: OfferOpened) -> Door | None:
    job = offer.job
    if job is None:
        return None
    return Door(
        address_lines=job.address_lines,
        postcode=job.postcode,
        access=tuple(line for line in job.access_words.splitlines() if line.strip()),
        code_word=job.code_word,
    )
