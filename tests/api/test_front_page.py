from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from api.opening import coming_time_in_words, opening_at
from domain.emergency import emergency_in
from domain.policy import OpeningHours, Period
from domain.vocabulary import Weekday
from tests.api.browser import Browser
from wiring.profile import ProfilePolicies, load_profile
from wiring.settings import ROOT

CAMBRIDGESHIRE = load_profile(ROOT / "profiles/cambridgeshire.toml")
POLICIES = ProfilePolicies(CAMBRIDGESHIRE)
LONDON = ZoneInfo("Europe/London")
EVERY_DAY = tuple(Weekday)


def at(day: str, clock: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)


def hours(opens: str, closes: str, *, zone: str = "Europe/London", days=EVERY_DAY) -> OpeningHours:
    clock = datetime.fromisoformat
    period = Period(
        days=days, opens=clock(f"2026-01-01T{opens}").time(), closes=clock(f"2026-01-01T{closes}").time()
    )
    return OpeningHours(time_zone=zone, periods=(period,))


@pytest.fixture
def browser(app) -> Browser:
    return Browser(app)


def in_cambridgeshire(services, now: datetime) -> None:
    object.__setattr__(services, "profile", CAMBRIDGESHIRE)
    object.__setattr__(services, "policies", POLICIES)
    object.__setattr__(services, "clock", lambda: now)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (at("2026-11-23", "07:59"), "We are closed now. We open again today at 8am."),
        (at("2026-11-23", "08:00"), "We are open now, until 8pm."),
        (at("2026-11-23", "19:59"), "We are open now, until 8pm."),
        (at("2026-11-23", "20:00"), "We are closed now. We open again tomorrow at 8am."),
        (at("2026-11-28", "12:30"), "We are open now, until 5pm."),
        (at("2026-11-28", "18:00"), "We are closed now. We open again on Monday 30 November at 8am."),
        # Christmas Day is a Friday, Boxing Day a Saturday and given back on Monday.
        (at("2026-12-25", "10:00"), "We are closed now. We open again on Tuesday 29 December at 8am."),
    ],
)
def test_the_hours_of_the_profile_say_whether_we_are_there_and_when_again(when, said) -> None:
    assert opening_at(POLICIES.policy_at(when).hours, when).now == said


def test_closed_days_soon_to_come_are_named_but_not_days_that_are_closed_anyway() -> None:
    when = at("2026-12-10", "10:00")
    closed = opening_at(POLICIES.policy_at(when).hours, when).closed_days
    assert closed[:2] == ("Friday 25 December", "Saturday 26 December")
    assert not [day for day in closed if day.startswith("Sunday")]


@pytest.mark.parametrize(
    ("open_hours", "clock", "said"),
    [
        (hours("00:00", "00:00"), "03:00", "We are open now, day and night."),
        (hours("17:00", "07:00"), "18:00", "We are open now, until 7am tomorrow."),
        (hours("08:00", "00:00"), "18:00", "We are open now, until midnight."),
        (hours("08:30", "17:30"), "08:00", "We are closed now. We open again today at 8:30am."),
        (hours("08:00", "20:00", days=()), "10:00", "We are closed now."),
    ],
)
def test_the_hours_of_any_service_can_be_said(open_hours, clock, said) -> None:
    when = at("2026-11-24", clock)
    assert opening_at(open_hours, when).now == said


def test_times_are_those_of_the_service_wherever_the_server_is() -> None:
    auckland = hours("08:00", "20:00", zone="Pacific/Auckland")
    when = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # Tuesday, nine in the morning, in Auckland
    assert opening_at(auckland, when).is_open
    tomorrow = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    assert coming_time_in_words(tomorrow, at=when, time_zone="Pacific/Auckland") == "tomorrow at 9am"


async def test_the_front_page_says_first_whom_to_ring_in_danger_and_how_to_reach_us(
    browser, services
) -> None:
    in_cambridgeshire(services, at("2026-11-23", "20:30"))
    page = await browser.open("/")
    text = unescape(page.text)
    assert page.status_code == 200
    assert text.index('href="tel:999"') < text.index("<h1") < text.index('href="/get-support"')
    assert "press 55" in text
    assert "We open again tomorrow at 8am." in text
    assert "0808\N{NO-BREAK SPACE}157\N{NO-BREAK SPACE}0192" in text
    assert {'href="/police"', 'href="/exit"'} <= set(text.replace(">", " ").split())


async def test_the_front_page_may_be_found_and_its_title_tells_nothing(browser) -> None:
    text = (await browser.open("/")).text
    title = text.partition("<title>")[2].partition("</title>")[0]
    assert title == "Welcome \N{EN DASH} The Hub"
    assert '<meta name="robots" content="index, follow">' in text
    assert '<meta name="robots" content="noindex">' in (await browser.open("/get-support")).text


async def test_a_service_in_new_zealand_names_its_own_emergency_number(browser, services) -> None:
    object.__setattr__(services, "profile", replace(services.profile, holiday_area="NZ-CAN"))
    text = (await browser.open("/")).text
    assert 'href="tel:111"' in text
    assert "999" not in text


def test_a_country_we_do_not_know_gets_no_other_countrys_number() -> None:
    assert emergency_in("FR").number == "112"
    assert emergency_in("FR").silent == ()


async def test_the_front_page_needs_no_database(browser, services) -> None:
    services.engine.dispose()
    object.__setattr__(services, "sessions", None)
    assert (await browser.open("/")).status_code == 200
