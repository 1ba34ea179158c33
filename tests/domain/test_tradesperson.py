from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings

from domain.policy import Period
from domain.tradesperson import (
    Paper,
    firm_code,
    language_tag,
    place_code,
)
from domain.tradesperson_hours import HoursNotRead, hours_from_text, hours_to_text
from domain.vocabulary import Weekday
from tests.tradespeople import ALL_PAPERS, VALID, WEEKS, a_tradesperson

DAY = timedelta(days=1)
MONTH = timedelta(days=31)
MON, TUE, WED, THU, FRI, SAT, SUN = Weekday


def test_a_paper_holds_to_the_end_of_its_last_day_and_not_a_day_longer() -> None:
    who = a_tradesperson()
    assert who.may_be_sent(VALID)
    assert not who.may_be_sent(VALID + DAY)
    assert who.expired_papers(VALID + DAY) == tuple(Paper)


@pytest.mark.parametrize("paper", Paper)
def test_one_expired_paper_is_enough_to_send_nobody(paper: Paper) -> None:
    who = a_tradesperson(papers=tuple((each, VALID - DAY if each is paper else VALID) for each in Paper))
    assert who.may_be_sent(VALID - DAY)
    assert not who.may_be_sent(VALID)
    assert who.expired_papers(VALID) == (paper,)


@pytest.mark.parametrize("paper", Paper)
def test_a_paper_nobody_has_seen_counts_as_expired(paper: Paper) -> None:
    who = a_tradesperson(papers=tuple(each for each in ALL_PAPERS if each[0] is not paper))
    assert who.valid_until(paper) is None
    assert not who.may_be_sent(date(2026, 1, 1))
    assert who.expired_papers(date(2026, 1, 1)) == (paper,)
    assert paper not in who.expiring_papers(VALID, MONTH), "there is nothing to renew"


def test_whoever_does_not_work_for_us_is_not_sent_whatever_their_papers_say() -> None:
    assert not replace(a_tradesperson(), active=False).may_be_sent(date(2026, 1, 1))


def test_a_paper_that_ends_is_pointed_out_a_month_ahead_and_until_it_has_ended() -> None:
    who = a_tradesperson()
    assert who.expiring_papers(VALID - MONTH - DAY, MONTH) == ()
    assert who.expiring_papers(VALID - MONTH, MONTH) == tuple(Paper)
    assert who.expiring_papers(VALID, MONTH) == tuple(Paper)
    assert who.expiring_papers(VALID + DAY, MONTH) == (), "now it has expired: that is said elsewhere, louder"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("CT1", "CT1"),
        (" ct1 ", "CT1"),
        ("SW1A", "SW1A"),
        ("M1", "M1"),
        ("8011", "8011"),
        ("0110", "0110"),
        ("CT1 2AB", None),
        ("CT", None),
        ("110", None),
        ("Canterbury", None),
        ("", None),
    ],
)
def test_a_place_is_an_outward_code_or_a_new_zealand_postcode(written: str, code: str | None) -> None:
    assert place_code(written) == code


@pytest.mark.parametrize(
    ("written", "tag"), [("en", "en"), ("EN-GB", "en-gb"), ("Polish", None), ("e", None), ("", None)]
)
def test_a_language_is_a_tag(written: str, tag: str | None) -> None:
    assert language_tag(written) == tag


@pytest.mark.parametrize(
    ("written", "code"),
    [("Firm-01", "firm-01"), ("firm 01", None), ("../x", None), ("", None), ("x" * 61, None)],
)
def test_a_code_of_the_api_fits_into_an_address(written: str, code: str | None) -> None:
    assert firm_code(written) == code


@pytest.mark.parametrize(
    ("line", "periods"),
    [
        ("", ()),
        ("mon-fri 08:00-18:00", [((MON, TUE, WED, THU, FRI), time(8), time(18))]),
        (
            "Mon-Fri 08:00 \N{EN DASH} 18:00; SAT 09:00-13:00;",
            [((MON, TUE, WED, THU, FRI), time(8), time(18)), ((SAT,), time(9), time(13))],
        ),
        ("fri-mon 18:00-06:00", [((MON, FRI, SAT, SUN), time(18), time(6))]),
        ("monday, thurs 00:00-24:00", [((MON, THU), time(0), time(0))]),
        ("daily 22:30-24:00", [(tuple(Weekday), time(22, 30), time(0))]),
        ("mon,mon-tue 09:00-10:00", [((MON, TUE), time(9), time(10))]),
    ],
)
def test_hours_are_read_as_people_write_them(line: str, periods) -> None:
    assert hours_from_text(line) == tuple(
        Period(days=days, opens=opens, closes=closes) for days, opens, closes in periods
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("08:00-18:00", "entry 1"),
        ("mon-fri", "entry 1"),
        ("mon-fri 8-18", "entry 1"),
        ("mon-fri 08:00-18:00; by arrangement", "entry 2"),
        ("tag 08:00-18:00", "names a day"),
        ("mo 08:00-18:00", "names a day"),
        ("mon-fri 08:00-25:00", "no clock shows"),
        ("mon-fri 24:00-08:00", "no clock shows"),
        ("mon 09:00-09:00", "ends as it begins"),
    ],
)
def test_hours_that_nobody_can_read_are_refused_with_the_entry(line: str, reason: str) -> None:
    with pytest.raises(HoursNotRead, match=reason):
        hours_from_text(line)


@settings(deadline=None)
@given(WEEKS)
def test_hours_that_were_written_out_are_read_as_the_same_hours(week: tuple[Period, ...]) -> None:
    assert hours_from_text(hours_to_text(week)) == week


def test_days_in_a_row_are_named_by_the_first_and_the_last() -> None:
    week = (Period(days=(MON, TUE, WED, FRI, SUN), opens=time(8), closes=time(0)),)
    assert hours_to_text(week) == "mon-wed,fri,sun 08:00-24:00"
