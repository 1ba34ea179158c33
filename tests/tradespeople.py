"""Invented tradespeople, for every room that tests with them."""

from datetime import date, time
from typing import Any

from hypothesis import strategies as st

from domain.policy import Period
from domain.repair_dispatch.kinds import Skill, TradeChannel
from domain.tradesperson import FARTHEST_KM, MOST_CAPACITY, Paper, Tradesperson
from domain.tradesperson_hours import in_order, is_no_time
from domain.vocabulary import Weekday

VALID = date(2030, 12, 31)
WEEKDAYS = Period(days=tuple(Weekday)[:5], opens=time(8), closes=time(18))
ALL_PAPERS = tuple((paper, VALID) for paper in Paper)


def a_tradesperson(number: int = 1, **changes: Any) -> Tradesperson:
    """A locksmith in Canterbury whose papers hold, asked by text."""
    base: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-0000000008{number:02}",
        "name": f"Sam Example {number}",
        "firm": "Example Locks",
        "channel": TradeChannel.TEXT,
        "phone": f"+4477009008{number:02}",
        "email": f"sam{number}@example.org",
        "skills": (Skill.BOARD_UP, Skill.LOCKS),
        "base": "CT1",
        "most_km": 25,
        "hours": (WEEKDAYS,),
        "papers": ALL_PAPERS,
        "capacity": 2,
    }
    return Tradesperson(**(base | changes))


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
PERIODS = st.builds(
    Period,
    days=st.sets(st.sampled_from(Weekday), min_size=1).map(in_order),
    opens=CLOCKS,
    closes=CLOCKS,
).filter(lambda period: not is_no_time(period.opens, period.closes))
WEEKS = st.lists(PERIODS, max_size=4).map(tuple)
PLACES = st.from_regex(r"[A-Z]{1,2}[0-9][0-9A-Z]?|[0-9]{4}", fullmatch=True)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40
)
TRICKS = st.sampled_from(
    [
        "=1+1",
        "'=1+1",
        "''+1",
        "@SUM(A1)",
        "-2",
        "'Tis Locks",
        'a "quoted", name',
        "\N{FULLWIDTH EQUALS SIGN}1",
        "+44",
        "| a ; b",
    ]
)
"""What a spreadsheet would run, or a careless reader divide."""
LINES = st.one_of(TRICKS, WORDS).map(str.strip).filter(bool)
LANGUAGES = st.lists(
    st.sampled_from(["en", "pl", "mi", "cy", "zh-hant"]), min_size=1, max_size=4, unique=True
)


@st.composite
def registers(draw: st.DrawFn) -> list[Tradesperson]:
    """Registers of a few people, no two of whom share a number or a code."""
    return [draw(_people(number)) for number in range(draw(st.integers(1, 4)))]


def _people(number: int) -> st.SearchStrategy[Tradesperson]:
    return st.booleans().flatmap(
        lambda by_api: st.builds(
            Tradesperson,
            id=st.uuids(version=4).map(str),
            name=LINES,
            firm=st.one_of(st.just(""), LINES),
            channel=st.just(TradeChannel.API if by_api else TradeChannel.TEXT),
            phone=st.integers(0, 99).map(lambda last: f"+4477009{number:02}{last:03}"),
            email=st.sampled_from(["", "a@example.org", "=a@example.org", "-b@example.org"]),
            firm_id=st.just(f"firm-{number:02}" if by_api else ""),
            skills=st.sets(st.sampled_from(Skill), min_size=1).map(
                lambda named: tuple(skill for skill in Skill if skill in named)
            ),
            base=PLACES,
            areas=st.lists(PLACES, max_size=5, unique=True).map(tuple),
            most_km=st.integers(1, FARTHEST_KM),
            hours=WEEKS.filter(bool),
            on_call=WEEKS,
            papers=st.sets(st.sampled_from(Paper)).flatmap(
                lambda seen: st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(
                    lambda until: tuple((paper, until) for paper in Paper if paper in seen)
                )
            ),
            capacity=st.integers(1, MOST_CAPACITY),
            languages=LANGUAGES.map(tuple),
            active=st.booleans(),
        )
    )
