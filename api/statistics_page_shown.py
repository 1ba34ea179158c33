"""The funnel as its page shows it: a table, a chart of the same numbers, and how they add up.  Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.plain_words import OUTCOMES
from api.statistics import Counted
from api.times import Time, day_in_words, time_in_words
from domain.vocabulary import Channel, Outcome
from store.funnel import Funnel

ADDRESS = "/statistics"
_WAYS = {Channel.LETTER: "Letters", Channel.EMAIL: "E-mails", Channel.TEXT: "Texts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place of the funnel, the same in the table and in the chart."""

    what: str
    number: int
    share: str
    """Of those referred; empty where that says nothing."""
    depth: int = 0
    """How far inside the place above it is a part of."""

    @property
    def count(self) -> str:
        """The number as people read it."""
        return f"{self.number:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of the chart."""

    text: str
    width: str
    """In per cent of the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A number and the numbers it is the sum of."""

    total: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What left by one way, and how much of it only seemed to."""

    what: str
    count: str
    simulated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One snapshot as the page shows it."""

    as_of: Time
    period: str
    referred: str
    headlines: tuple[Row, ...]
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    described: str
    """The chart for those who do not see it."""
    sums: tuple[Sum, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time managers ask for often."""

    text: str
    address: str


def figures_of(counted: Counted, *, zone: ZoneInfo) -> Figures:
    """Say one snapshot in the page's words; nothing is counted here."""
    funnel = counted.funnel
    places = _places(funnel)
    bars = _bars(places)
    return Figures(
        as_of=time_in_words(funnel.as_of, zone=zone),
        period=_period(counted, zone),
        referred=f"{funnel.referred:,}",
        headlines=_headlines(funnel),
        rows=(*places, *_endings(funnel)),
        bars=bars,
        described="; ".join(bar.text for bar in bars),
        sums=_sums(funnel),
        left=_left(funnel),
    )


def periods_of(today: date, address: str = ADDRESS) -> tuple[Period, ...]:
    """The times managers ask for often, as the service's calendar has them; `address` is the page's."""
    this_month, this_year = today.replace(day=1), today.replace(month=1, day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    last_year = this_year.replace(year=today.year - 1)
    return (
        Period(text="All", address=address),
        Period(text="This month", address=f"{address}?from={this_month}"),
        Period(text="Last month", address=f"{address}?from={last_month}&to={this_month}"),
        Period(text="This year", address=f"{address}?from={this_year}"),
        Period(text="Last year", address=f"{address}?from={last_year}&to={this_year}"),
    )


def _places(funnel: Funnel) -> tuple[Row, ...]:
    def of_referred(what: str, number: int, depth: int = 1) -> Row:
        return Row(what=what, number=number, share=_share(number, funnel.referred), depth=depth)

    return (
        Row(what="Received", number=funnel.received, share=""),
        Row(what="Sent information only", number=funnel.information, share="", depth=1),
        of_referred("Referred", funnel.referred),
        of_referred("Contacted", funnel.contacted, 2),
        of_referred("Ongoing support", funnel.ongoing_support, 3),
        of_referred("Single call", funnel.single_call, 3),
        of_referred("Said no", funnel.declined, 3),
        of_referred("Not reached", funnel.not_reached, 2),
        of_referred("Waiting to be reached", funnel.waiting, 2),
        of_referred("Held for a person", funnel.held, 2),
        of_referred("Spoken to, undecided", funnel.undecided, 2),
        of_referred("Ended otherwise", sum(funnel.diverted.values()), 2),
    )


def _endings(funnel: Funnel) -> tuple[Row, ...]:
    """The parts of the last place, by outcome, most frequent first."""
    diverted = sorted(funnel.diverted.items(), key=lambda each: (-each[1], each[0]))
    return tuple(
        Row(what=OUTCOMES[Outcome(outcome)], number=number, share=_share(number, funnel.referred), depth=3)
        for outcome, number in diverted
    )


def _headlines(funnel: Funnel) -> tuple[Row, ...]:
    numbers = {
        "Referred": funnel.referred,
        "Contacted": funnel.contacted,
        "Supported": funnel.supported,
        "Not reached": funnel.not_reached,
    }
    return tuple(
        Row(what=what, number=number, share="" if what == "Referred" else _share(number, funnel.referred))
        for what, number in numbers.items()
    )


def _share(number: int, of: int) -> str:
    return f"{100 * number / of:.1f}%" if of else ""


def _bars(rows: tuple[Row, ...]) -> tuple[Bar, ...]:
    longest = max(row.number for row in rows) or 1
    return tuple(
        Bar(text=f"{row.what}: {row.count}", width=f"{100 * row.number / longest:.2f}%") for row in rows
    )


def _sums(funnel: Funnel) -> tuple[Sum, ...]:
    contacted, referred = (funnel.contacted, "contacted"), (funnel.referred, "referred")
    support, single = (funnel.ongoing_support, "ongoing support"), (funnel.single_call, "single call")
    places = (
        contacted,
        (funnel.not_reached, "not reached"),
        (funnel.waiting, "waiting"),
        (funnel.held, "held"),
        (funnel.undecided, "undecided"),
        (sum(funnel.diverted.values()), "ended otherwise"),
    )
    return (
        _sum((funnel.received, "received"), referred, (funnel.information, "information only")),
        _sum(referred, *places),
        _sum(contacted, support, single, (funnel.declined, "said no")),
        _sum((funnel.supported, "supported"), support, single),
    )


def _sum(total: tuple[int, str], *parts: tuple[int, str]) -> Sum:
    def said(term: tuple[int, str]) -> str:
        return f"{term[0]:,} {term[1]}"

    return Sum(total=said(total), parts=tuple(said(part) for part in parts))


def _left(funnel: Funnel) -> tuple[Left, ...]:
    sent = {
        Channel.LETTER: funnel.letters_sent,
        Channel.EMAIL: funnel.emails_sent,
        Channel.TEXT: funnel.texts_sent,
    }
    return tuple(
        Left(
            what=f"{_WAYS[channel]} sent",
            count=f"{number:,}",
            simulated=_simulated(funnel.simulated.get(channel, 0), number),
        )
        for channel, number in sent.items()
    )


def _simulated(number: int, of: int) -> str:
    if number == 0:
        return ""
    return "(simulated: nothing left)" if number == of else f"({number:,} of them simulated)"


def _period(counted: Counted, zone: ZoneInfo) -> str:
    start, end = counted.received_from, counted.received_to
    bounds = [
        f"from {_bound(start, zone)}" if start else "",
        f"before {_bound(end, zone)}" if end else "",
    ]
    said = " and ".join(bound for bound in bounds if bound)
    return f"received {said}" if said else "ever received"


def _bound(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    day = day_in_words(local.date())
    return day if local.time() == time() else f"{day}, {local:%H:%M}"
