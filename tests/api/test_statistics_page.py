import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from api.plain_words import OUTCOMES
from api.statistics import Counted
from api.statistics_page_shown import figures_of, periods_of
from domain.vocabulary import Channel, Outcome
from store.funnel import Funnel
from tests.api.browser import Browser

LONDON = ZoneInfo("Europe/London")
EMPTY = Funnel(
    as_of=datetime(2026, 7, 1, 11, 30, tzinfo=UTC),
    information=0,
    waiting=0,
    held=0,
    undecided=0,
    ongoing_support=0,
    single_call=0,
    declined=0,
    not_reached=0,
    letters_sent=0,
    emails_sent=0,
    texts_sent=0,
)
THE_YEAR = replace(
    EMPTY,
    ongoing_support=2206,
    single_call=2105,
    declined=1248,
    not_reached=1528,
    letters_sent=20_000,
    emails_sent=7_221,
    simulated={Channel.LETTER: 20_000, Channel.EMAIL: 1_000},
)
"""The first published year of the Cambridgeshire Victims' Hub."""
MIXED = replace(
    THE_YEAR,
    information=34,
    waiting=5,
    held=4,
    undecided=3,
    diverted={"out_of_area": 7, "returned_to_referrer": 2, "died": 1},
)


class Counts:
    """Counts what it is told, and remembers of which time."""

    def __init__(self, funnel: Funnel) -> None:
        self.tells = funnel
        self.asked: list[dict] = []

    def funnel(self, **bounds) -> Funnel:
        self.asked.append(bounds)
        return self.tells


@pytest.fixture
def counts(services) -> Counts:
    made = Counts(THE_YEAR)
    object.__setattr__(services, "statistics", made)
    return made


@pytest.fixture
def issue(services):
    def issue(role: str) -> str:
        return services.tokens.issue(role=role, name="Kim", organisation=None, now=services.clock())

    return issue


@pytest_asyncio.fixture
async def manager(app, issue) -> Browser:
    browser = Browser(app)
    await browser.sign_in(issue("manager"))
    return browser


def words(page) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def table_of(page) -> dict[str, tuple[str, str]]:
    """The rows of the table: the number, and its share."""
    rows = re.findall(r'<th scope="row"[^>]*>(.*?)</tr>', page.text, flags=re.DOTALL)
    cells = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.split(r"<td[^>]*>", row)] for row in rows]
    return {what: (number, share) for what, number, share in cells}


def chart_of(page) -> ET.Element:
    return ET.fromstring(re.search(r"<svg class=\"hf-chart\".*?</svg>", page.text, flags=re.DOTALL)[0])


def figures(funnel: Funnel, received_from=None, received_to=None):
    counted = Counted(received_from=received_from, received_to=received_to, funnel=funnel)
    return figures_of(counted, zone=LONDON)


async def test_the_published_year_is_shown_as_it_was_published(manager, counts) -> None:
    page = await manager.open("/statistics")
    assert page.status_code == 200
    said = words(page)
    for headline in (
        "Referred 7,087",
        "Contacted 5,559 78.4%",
        "Supported 4,311 60.8%",
        "Not reached 1,528 21.6%",
    ):
        assert headline in said, headline
    table = table_of(page)
    assert table["Referred"] == ("7,087", "100.0%")
    assert table["Contacted"] == ("5,559", "78.4%")
    assert table["Ongoing support"] == ("2,206", "31.1%")
    assert table["Single call"] == ("2,105", "29.7%")
    assert table["Said no"] == ("1,248", "17.6%")
    assert table["Not reached"] == ("1,528", "21.6%")
    assert "Shares are of the 7,087 referred, and rounded." in said
    assert "5,559 contacted = 2,206 ongoing support + 2,105 single call + 1,248 said no" in said
    assert "4,311 supported = 2,206 ongoing support + 2,105 single call" in said


async def test_what_was_simulated_is_not_passed_off_as_sent(manager, counts) -> None:
    said = words(await manager.open("/statistics"))
    assert "Letters sent: 20,000 (simulated: nothing left)" in said
    assert "E-mails sent: 7,221 (1,000 of them simulated)" in said
    assert re.search(r"Texts sent: 0 (?!\()", said)


async def test_every_number_shown_adds_up(manager, counts) -> None:
    counts.tells = MIXED
    page = await manager.open("/statistics")
    for sum_ in re.findall(r"<li><strong>([^<]*)</strong> = ([^<]*)</li>", page.text):
        total, *parts = (int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", " ".join(sum_)))
        assert total == sum(parts), sum_
    table = {what: int(number.replace(",", "")) for what, (number, _) in table_of(page).items()}
    assert table["Received"] == table["Referred"] + table["Sent information only"]
    assert table["Referred"] == sum(
        table[place]
        for place in (
            "Contacted",
            "Not reached",
            "Waiting to be reached",
            "Held for a person",
            "Spoken to, undecided",
            "Ended otherwise",
        )
    )


async def test_how_referrals_ended_otherwise_is_told_in_words(manager, counts) -> None:
    counts.tells = replace(EMPTY, diverted={"returned_to_referrer": 2, "out_of_area": 7})
    table = table_of(await manager.open("/statistics"))
    assert table["Ended otherwise"] == ("9", "100.0%")
    assert table["Out of our area"] == ("7", "77.8%")
    assert table["Returned to the referrer"] == ("2", "22.2%")


def test_every_outcome_has_words_of_its_own() -> None:
    funnel = replace(EMPTY, diverted={str(outcome): number for number, outcome in enumerate(Outcome, 1)})
    ended = [row for row in figures(funnel).rows if row.depth == 3][3:]
    assert len({row.what for row in ended}) == len(ended) == len(Outcome)


async def test_the_chart_shows_the_numbers_of_the_table(manager, counts) -> None:
    counts.tells = MIXED
    page = await manager.open("/statistics")
    chart, table = chart_of(page), table_of(page)
    endings = {OUTCOMES[Outcome(outcome)] for outcome in MIXED.diverted}
    table = {what: told for what, told in table.items() if what not in endings}
    texts = [text.text for text in chart.iter("text")]
    assert texts == [f"{what}: {number}" for what, (number, _) in table.items()]
    longest = max(int(number.replace(",", "")) for number, _ in table.values())
    for bar, (number, _) in zip(chart.iter("rect"), table.values(), strict=True):
        share = float(bar.attrib["width"].removesuffix("%"))
        assert share == pytest.approx(100 * int(number.replace(",", "")) / longest, abs=0.01)
    assert chart.attrib["role"] == "img"
    named = {element.attrib["id"]: element.text for element in chart if "id" in element.attrib}
    assert all(named[name] for name in chart.attrib["aria-labelledby"].split())
    assert "Contacted: 5,559" in named["funnel-desc"]


async def test_the_chart_asks_for_no_style_or_script_of_its_own(manager, counts) -> None:
    chart = chart_of(await manager.open("/statistics"))
    used = {name for element in chart.iter() for name in element.attrib} | {e.tag for e in chart.iter()}
    assert used.isdisjoint({"style", "script", "onload", "href"})


async def test_a_service_without_referrals_shows_noughts_and_no_shares(manager, counts) -> None:
    counts.tells = EMPTY
    page = await manager.open("/statistics")
    assert page.status_code == 200
    assert set(table_of(page).values()) == {("0", "")}
    assert {bar.attrib["width"] for bar in chart_of(page).iter("rect")} == {"0.00%"}


async def test_the_real_counts_are_those_of_the_api(manager, app, services, issue) -> None:
    page = await manager.open("/statistics?from=2026-01-01")
    bearer = {"authorization": f"Bearer {issue('manager')}"}
    told = (await manager.client.get("/api/v1/statistics?from=2026-01-01", headers=bearer)).json()
    assert table_of(page)["Received"][0] == f"{told['received']:,}"


@pytest.mark.parametrize(
    ("query", "start", "end", "said"),
    [
        ("", None, None, "Referrals ever received."),
        ("from=&to=", None, None, "Referrals ever received."),
        (
            "from=2026-04-01",
            datetime(2026, 3, 31, 23, tzinfo=UTC),
            None,
            "Referrals received from 1 April 2026.",
        ),
        (
            "from=2026-01-01&to=2026-04-01",
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 3, 31, 23, tzinfo=UTC),
            "Referrals received from 1 January 2026 and before 1 April 2026.",
        ),
        (
            "to=2026-01-01T12:30:00%2B00:00",
            None,
            datetime(2026, 1, 1, 12, 30, tzinfo=UTC),
            "Referrals received before 1 January 2026, 12:30.",
        ),
        (
            "from=1900-01-01",
            datetime(1900, 1, 1, tzinfo=UTC),
            None,
            "Referrals received from 1 January 1900.",
        ),
    ],
)
async def test_a_time_is_read_as_the_api_reads_it_and_said(manager, counts, query, start, end, said) -> None:
    # A day begins at midnight where the service is, in summer too.
    page = await manager.open(f"/statistics?{query}")
    assert page.status_code == 200
    assert counts.asked == [{"received_from": start, "received_to": end}]
    assert said in words(page)
    assert "Counted in one moment: Wed 1 Jul 2026, 12:30" in words(page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "“Received from” has to be a date, such as 2026-04-01"),
        ("to=01/04/2026", "“Received before” has to be a date, such as 2026-04-01"),
        ("from=2026-02-30", "“Received from” is not a date there is: check the day and the month"),
        ("to=2026-01-01T25:00:00Z", "“Received before” is not a time there is: check the date"),
        ("from=2026-01-01T10:00:00", "“Received from” needs an offset from UTC, such as Z or +01:00"),
        ("from=0001-01-01", "“Received from” has to be a date between 1900 and 2199"),
        ("to=9999-12-31", "“Received before” has to be a date between 1900 and 2199"),
        ("to=0001-01-01T00:00:00%2B23:59", "“Received before” has to be a date between 1900 and 2199"),
        ("from=2026-04-01&to=2026-01-01", "“Received before” has to be later than “Received from”"),
        ("from=2026-04-01&to=2026-04-01", "“Received before” has to be later than “Received from”"),
        ("from=" + "9" * 5000, "“Received from” has to be a date, such as 2026-04-01"),
        ("from=%00", "“Received from” has to be a date, such as 2026-04-01"),
    ],
)
async def test_a_time_that_means_nothing_is_asked_for_again(manager, counts, query, said) -> None:
    page = await manager.open(f"/statistics?{query}")
    assert page.status_code == 422
    assert page.text.count(said) == 2  # in the summary, and at the field
    assert "<title>Error: Statistics" in page.text
    assert counts.asked == []
    assert "hf-figures" not in page.text


async def test_two_wrong_times_are_both_said_and_kept_as_typed(manager, counts) -> None:
    page = await manager.open("/statistics?from=soon&to=later")
    assert [name for name in ("soon", "later") if f'value="{name}"' in page.text] == ["soon", "later"]
    assert 'href="#from"' in page.text
    assert 'href="#to"' in page.text


async def test_what_was_typed_comes_back_as_text_alone(manager, counts) -> None:
    attack = '"><script>alert(1)</script>'
    page = await manager.client.get("/statistics", params={"from": attack, "to": attack})
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert page.text.count(html.escape(attack).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")) == 2


@pytest.mark.parametrize("role", ["coordinator", "police"])
async def test_statistics_are_for_managers_alone(app, issue, role) -> None:
    browser = Browser(app)
    assert (await browser.open("/statistics")).status_code == 401
    await browser.sign_in(issue(role))
    page = await browser.open("/statistics?from=yesterday")
    assert page.status_code == 403
    assert "This page is for: manager." in page.text
    assert "Received" not in page.text


def test_the_times_often_asked_for_are_those_of_the_calendar() -> None:
    assert [period.address.partition("?")[2] for period in periods_of(date(2026, 1, 31))] == [
        "",
        "from=2026-01-01",
        "from=2025-12-01&to=2026-01-01",
        "from=2026-01-01",
        "from=2025-01-01&to=2026-01-01",
    ]


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2026, 12, 31), date(2026, 3, 31)])
async def test_the_times_often_asked_for_are_times_there_are(manager, counts, today) -> None:
    for period in periods_of(today):
        assert (await manager.open(period.address)).status_code == 200
