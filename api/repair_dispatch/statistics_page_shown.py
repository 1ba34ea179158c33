"""How quick repairs are, as a manager reads it: plain numbers, then tables of the parts.  Pure.

Source: docs/repairs.md#statistics.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from api.repair_dispatch.board_page_shown import ADDRESS as BOARD
from api.repair_dispatch.board_page_shown import URGENCY_MARKS
from api.repair_dispatch.plain_words import KINDS, money
from api.times import Time, time_in_words
from domain.repair_dispatch.kinds import RepairKind, Urgency
from store.repair_dispatch.statistics import Kept, RepairFigures, RepairStatistics, Took

ADDRESS = BOARD + "/statistics"
_MINUTE = timedelta(minutes=1)
_MINUTES_OF_A_DAY = 24 * 60
_TWO_HOURS = 120
_NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One number a manager is asked for first."""

    what: str
    number: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One part, or all."""

    name: str
    asked: str
    accept: str
    site: str
    done: str
    on_site_share: str
    done_share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The parts by one thing."""

    name: str
    heading: str
    first: str
    """What the first column names."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairNumbers:
    """Everything on the page."""

    as_of: Time
    headlines: tuple[Headline, ...]
    facts: tuple[str, ...]
    tables: tuple[Table, ...]


def numbers_of(
    counted: RepairStatistics, *, names: Mapping[str, str], region: str, zone: ZoneInfo
) -> RepairNumbers:
    """Say one snapshot in the page's words; nothing is counted here.

    Args:
        counted: The snapshot.
        names: Of tradespeople, by their ids.
        region: Whose money is spoken of.
        zone: In which times are read.
    """
    kinds = {KINDS[RepairKind(kind)]: figures for kind, figures in counted.by_kind.items()}
    urgencies = {URGENCY_MARKS[Urgency(each)]: counted.by_urgency[each] for each in counted.by_urgency}
    areas = {area or "Not known": figures for area, figures in counted.by_area.items()}
    trades = {names.get(each, "No longer known"): figures for each, figures in counted.by_trade.items()}
    return RepairNumbers(
        as_of=time_in_words(counted.as_of, zone=zone),
        headlines=tuple(_headlines(counted.all)),
        facts=tuple(_facts(counted.all, region)),
        tables=(
            _table("urgency", "By urgency", "Urgency", {"All": counted.all, **urgencies}),
            _table("kind", "By kind", "Kind", kinds),
            _table("area", "By area", "Area", areas),
            _table("trade", "By tradesperson and firm", "Who did it, or has it", trades),
        ),
    )


def _headlines(figures: RepairFigures) -> Iterator[Headline]:
    yield Headline(what="Asked for", number=f"{figures.asked:,}", more=f"{figures.live:,} live")
    yield Headline(what="On site as promised", number=_share(figures.on_site), more=_of(figures.on_site))
    yield Headline(what="Done as promised", number=_share(figures.done), more=_of(figures.done))
    yield Headline(what="To be on site", number=_in_words(figures.to_site.median), more="median")


def _facts(figures: RepairFigures, region: str) -> Iterator[str]:
    yield f"Cancelled: {figures.cancelled:,}"
    yield f"Opened again because the place was not secure: {figures.reopened:,}"
    yield f"Spent, or promised: {money(figures.pence, region)}"


def _table(name: str, heading: str, first: str, parts: Mapping[str, RepairFigures]) -> Table:
    most_first = sorted(parts.items(), key=lambda part: (part[0] != "All", -part[1].asked, part[0]))
    rows = tuple(_row(part, figures) for part, figures in most_first)
    return Table(name=name, heading=heading, first=first, rows=rows)


def _row(name: str, figures: RepairFigures) -> Row:
    return Row(
        name=name,
        asked=f"{figures.asked:,}",
        accept=_took(figures.to_accept),
        site=_took(figures.to_site),
        done=_took(figures.to_done),
        on_site_share=_share(figures.on_site),
        done_share=_share(figures.done),
    )


def _took(took: Took) -> str:
    return f"{_in_words(took.median)} / {_in_words(took.p90)}" if took.count else _NONE


def _share(kept: Kept) -> str:
    return _NONE if kept.share is None else f"{100 * kept.share:.0f}%"


def _of(kept: Kept) -> str:
    return f"{kept.kept:,} of {kept.kept + kept.broken:,}"


def _in_words(took: timedelta | None) -> str:
    """Say how long something took: `40 s`, `12 min`, `2 h 5 min`, `3 days`."""
    if took is None:
        return _NONE
    if took < _MINUTE:
        return f"{int(took.total_seconds())} s"
    minutes = round(took / _MINUTE)
    if minutes < _TWO_HOURS:
        return f"{minutes} min"
    if minutes < 2 * _MINUTES_OF_A_DAY:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes / _MINUTES_OF_A_DAY:.1f} days"
