"""A profile is read strictly: a service must not start on a guess about when it is safe to ring somebody."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.duration import parse_duration
from domain.errors import InvalidProfile
from domain.opening_words import hours_in_words
from domain.policy import Period
from domain.profile import parse_profile
from domain.profile_keys import KEYS
from domain.vocabulary import Flag, IncidentKind, RiskLevel, SupportKind, Weekday
from domain.working_hours import is_open

GOOD = """\
name = "example"
[service]
name = "Example Support"
neutral_name = "The Team"
telephone = "01223 000000"
email_from = "hello@hub.example"
languages = ["en", "cy"]
time_zone = "Europe/London"
[holidays]
area = "GB-ENG"
also_closed_on = [2026-12-24]
[[opening]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "20:00"
[[opening]]
days = ["sat"]
from = "09:00"
to = "17:00"
[contact]
attempts = 3
minimum_gap = "PT4H"
different_part_of_day = true
lapse_after = "PT4H"
retry_engaged_after = "PT30M"
callback_after = "PT2H"
[contact.first_call_within]
high = "PT4H"
medium = "PT12H"
standard = "PT24H"
unknown = "PT12H"
[letters]
cut_off = "17:30"
wait_after = "P28D"
[triage]
explicit_consent_for = [
    "domestic_abuse", "sexual_offence",
    "bereaved", "child",
]
child_under = 18
violence_kinds = ["assault", "serious_violence", "homicide"]
excluded_kinds = []
areas = ["CB", "SG8"]
[holds]
review_after = "P2D"
[support]
first_contact_within = "P7D"
review_every = "P28D"
review_missed_after = "P2D"
missed_engagements = 3
"""

REHEARSED = 'rehearsal = true\nname = "example"'


def refusal(text: str) -> str:
    with pytest.raises(InvalidProfile) as refused:
        parse_profile(text)
    words = str(refused.value)
    assert "\n" not in words, "a refusal is exactly one line"
    return words


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{old!r} must stand once in the example"
    return GOOD.replace(old, new)


def line(containing: str) -> int:
    return next(n for n, words in enumerate(GOOD.split("\n"), 1) if containing in words)


# --- What a good profile becomes ------------------------------------------------------------------------------


def test_a_profile_becomes_the_policy_that_a_workflow_carries() -> None:
    policy = parse_profile(GOOD).policy(closed_on=(date(2026, 12, 25),))
    assert policy.profile == "example"
    assert policy.hours.time_zone == "Europe/London"
    assert policy.contact.attempts == 3
    assert policy.contact.minimum_gap == timedelta(hours=4)
    assert policy.contact.gap_tolerance == timedelta(seconds=2)
    assert policy.contact.first_call_within[RiskLevel.UNKNOWN] == timedelta(hours=12)
    assert policy.letter.cut_off == time(17, 30)
    assert policy.letter.cut_off_after is None
    assert Flag.BEREAVED in policy.triage.explicit_consent_for
    assert IncidentKind.ASSAULT in policy.triage.violence_kinds
    assert policy.triage.areas == ("CB", "SG8")
    assert policy.hold.review_after == timedelta(days=2)
    assert policy.support.default_kind is SupportKind.PHONE


def test_the_services_own_closed_dates_close_it_beside_the_holidays() -> None:
    hours = parse_profile(GOOD).policy(closed_on=(date(2026, 12, 25),)).hours
    assert hours.closed_on == (date(2026, 12, 24), date(2026, 12, 25))
    assert not is_open(hours, datetime(2026, 12, 24, 12, tzinfo=UTC))


def test_keys_that_may_be_left_out_have_a_default() -> None:
    profile = parse_profile(GOOD)
    assert not profile.rehearsal
    assert profile.wording is None
    assert profile.exit_to.startswith("https://")


def test_a_profile_without_holidays_keeps_none() -> None:
    assert parse_profile(changed('area = "GB-ENG"', 'area = "none"')).holiday_area is None


def test_a_rehearsal_may_be_as_quick_as_it_likes() -> None:
    text = changed('cut_off = "17:30"', 'cut_off_after = "PT3S"').replace('name = "example"', REHEARSED)
    text = text.replace('wait_after = "P28D"', 'wait_after = "PT5S"').replace('"PT4H"', '"PT1S"')
    policy = parse_profile(text).policy(())
    assert policy.letter.cut_off_after == timedelta(seconds=3)
    assert policy.contact.minimum_gap == timedelta(seconds=1)


# --- What is refused, with the line and the reason ------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "at", "reason"),
    [
        pytest.param('"PT4H"\ndiff', '"PT80H"\ndiff', "minimum_gap", "contact.minimum_gap PT80H leaves no room for 3 attempts within 7 days", id="gap too long"),
        pytest.param("attempts = 3", "attempts = 0", "attempts", "at least 1", id="no attempts"),
        pytest.param("attempts = 3", "attempts = 99", "attempts", "at most 10", id="harassment"),
        pytest.param("attempts = 3", "attempts = true", "attempts", "a whole number, not True", id="wrong type"),
        pytest.param("attempts = 3", "attempt = 3", "attempts", "did you mean contact.attempts?", id="mistyped key"),
        pytest.param("attempts = 3\n", "", "[contact]", "contact.attempts is missing", id="missing key"),
        pytest.param('"fri"]', '"friday"]', 'days = ["mon"', "'friday', which is none of mon, tue", id="unknown day"),
        pytest.param('from = "09:00"', 'from = "9:00"', 'from = "09:00"', "'from' must be a time of day", id="bad time"),
        pytest.param('days = ["sat"]', "days = []", 'days = ["sat"]', "at least one day", id="period without days"),
        pytest.param('days = ["sat"]', 'days = ["sat"]\nweeks = 2', 'from = "09:00"', "not 'weeks'", id="unknown key of a period"),
        pytest.param("Europe/London", "Europe/Londres", "time_zone", "must be a time zone", id="unknown time zone"),
        pytest.param("Europe/London", "../etc/passwd", "time_zone", "must be a time zone", id="a path as time zone"),
        pytest.param('standard = "PT24H"\n', "", "[contact.first", "first_call_within.standard is missing", id="risk without a clock"),
        pytest.param('high = "PT4H"', 'high = "PT13H"', "high =", "lets high risk wait longer than medium risk", id="high after medium"),
        pytest.param('unknown = "PT12H"', 'unknown = "PT25H"', "unknown =", "lets unknown risk wait longer", id="unknown is not safe"),
        pytest.param('cut_off = "17:30"\n', "", "[letters]", "letters needs cut_off", id="no cut-off"),
        pytest.param('cut_off = "17:30"', 'cut_off_after = "PT3S"', "cut_off", "for rehearsals only", id="rehearsed cut-off in earnest"),
        pytest.param('"bereaved", ', "", "explicit_consent_for", "must name bereaved", id="consent presumed"),
        pytest.param('"assault", ', "", "violence_kinds", "must name assault", id="violence not confirmed"),
        pytest.param("excluded_kinds = []", 'excluded_kinds = ["domestic_abuse"]', "excluded_kinds", "only a person may turn that away", id="abuse excluded"),
        pytest.param("child_under = 18", "child_under = 1", "child_under", "at least 16", id="nobody is a child"),
        pytest.param('review_after = "P2D"', 'review_after = "PT0S"', "review_after", "longer than nothing", id="hold without review"),
        pytest.param('review_after = "P2D"', 'review_after = "P365D"', "review_after", "at most 14 days, not P365D", id="hold forgotten"),
        pytest.param('wait_after = "P28D"', 'wait_after = "P1D"', "wait_after", "at least 7 days", id="letter not waited for"),
        pytest.param('wait_after = "P28D"', 'wait_after = "P1M"', "wait_after", "months, which differ in length", id="a month"),
        pytest.param('lapse_after = "PT4H"', 'lapse_after = "P30D"', "lapse_after", "at most 2 days", id="lapse never seen"),
        pytest.param('review_every = "P28D"', 'review_every = "P2D"', "review_missed", "not shorter", id="review missed after the next"),
        pytest.param('neutral_name = "The Team"', 'neutral_name = "Victim Team"', "neutral_name", "tells what kind of service", id="neutral name tells"),
        pytest.param('neutral_name = "The Team"', 'neutral_name = "Cymorth i Ddioddefwyr"', "neutral_name", "tells what kind of service", id="neutral name tells in Welsh"),
        pytest.param('neutral_name = "The Team"', 'neutral_name = "Te Ratonga Parurenga"', "neutral_name", "tells what kind of service", id="neutral name tells in te reo"),
        pytest.param("hello@hub.example", "help@victims-hub.example", "email_from", "every e-mail shows it", id="sender's host tells"),
        pytest.param("hello@hub.example", "help@victimshub.org", "email_from", "every e-mail shows it", id="sender's host tells inside a word"),
        pytest.param("hello@hub.example", "police_referrals@hub.example", "email_from", "every e-mail shows it", id="sender's mailbox tells"),
        pytest.param('neutral_name = "The Team"', 'neutral_name = "The\\nTeam"', "neutral_name", "one line of words", id="two lines"),
        pytest.param('"SG8"', '"sg8"', "areas", "postcode areas or outward codes", id="lower-case area"),
        pytest.param('"SG8"', '"CB"', "areas", "names CB twice", id="area twice"),
        pytest.param('["en", "cy"]', "[]", "languages", "at least one language", id="no language"),
        pytest.param("2026-12-24", '"2026-12-24"', "also_closed_on", "dates like 2026-12-24 without quotes", id="date in quotes"),
        pytest.param('"01223 000000"', '"ring us"', "telephone", "telephone number as people read it", id="no number"),
        pytest.param("attempts = 3", "attempts = ", "attempts", "Invalid value", id="syntax"),
        pytest.param('"PT4H"\ndiff', '"PT4H\ndiff', "minimum_gap", "Illegal character", id="quote left open"),
        pytest.param("[holds]", "[support]", "[support]", "twice", id="table twice"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_meant_is_refused_with_the_line_and_the_reason(old, new, at, reason) -> None:
    words = refusal(changed(old, new))
    assert reason in words
    assert words.startswith(f"line {line(at)}: ")


def test_two_cut_offs_exclude_each_other_also_in_a_rehearsal() -> None:
    text = changed('cut_off = "17:30"', 'cut_off = "17:30"\ncut_off_after = "PT3S"')
    assert "exclude each other" in refusal(text.replace('name = "example"', REHEARSED))


def test_a_service_open_in_one_part_of_the_day_cannot_ask_for_another() -> None:
    text = changed('to = "20:00"', 'to = "12:00"').replace('to = "17:00"', 'to = "12:00"')
    assert "only open in the morning" in refusal(text)


def test_the_first_of_several_mistakes_is_named_and_the_rest_counted() -> None:
    text = changed("child_under = 18", "child_under = 1").replace("attempts = 3", "attempts = 0")
    assert (
        refusal(text) == f"line {line('attempts')}: contact.attempts must be at least 1, not 0 (and 1 more)"
    )


def test_an_unknown_table_is_refused() -> None:
    assert "'marketing' is no key of a profile" in refusal(GOOD + "[marketing]\nletters = true\n")


def test_a_list_over_several_lines_is_named_by_its_first() -> None:
    assert refusal(changed('"child",', "")).startswith(f"line {line('explicit_consent_for')}: ")


def test_an_empty_file_is_no_profile() -> None:
    needed = [key for key in KEYS if key.absent is None]
    assert refusal("") == f"line 1: name is missing (and {len(needed) - 1} more)"


@pytest.mark.parametrize("key", [key for key in KEYS if key.absent is None], ids=lambda key: key.path)
def test_no_required_key_can_be_left_out(key) -> None:
    name = key.path.rsplit(".", 1)[-1]
    if key.path == "opening":
        text = GOOD[: GOOD.index("[[opening]]")] + GOOD[GOOD.index("[contact]") :]
    else:
        lines = GOOD.split("\n")
        table = "[" + key.path.rpartition(".")[0] + "]"
        start = lines.index(table) if table != "[]" else 0
        place = next(n for n in range(start, len(lines)) if lines[n].startswith(f"{name} = "))
        stop = (
            place + 1
            if lines[place].endswith(("]", '"')) or "[" not in lines[place]
            else lines.index("]", place) + 1
        )
        text = "\n".join(lines[:place] + lines[stop:])
    assert f"{key.path} is missing" in refusal(text)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_done_to_a_profile_it_is_read_or_refused_in_one_line(data) -> None:
    lines = GOOD.split("\n")
    place = data.draw(st.integers(0, len(lines) - 1))
    junk = st.sampled_from(
        [
            "",
            "[",
            "]",
            "x = 1",
            "[contact]",
            "= 3",
            '"',
            "\x00",
            "[[opening]]",
            "contact = 1",
            "a.b.c = []",
            "'''",
        ]
    ) | st.text(max_size=20)
    lines[place] = data.draw(junk)
    try:
        parse_profile("\n".join(lines))
        words = "line 0: read"
    except InvalidProfile as refused:
        words = str(refused)
    assert words.startswith("line ")
    assert words.isprintable()


# --- Opening hours in words ------------------------------------------------------------------------------------

MON, TUE, WED, THU, FRI, SAT, SUN = Weekday


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ([("mon tue wed thu fri", "08:00", "20:00")], "Monday to Friday, 8am to 8pm"),
        ([("mon tue wed thu fri", "08:00", "20:00"), ("sat", "09:00", "17:00")], "Monday to Friday, 8am to 8pm, and Saturday, 9am to 5pm"),
        ([("mon tue wed thu fri sat sun", "00:00", "00:00")], "every day, 24 hours a day"),
        ([("mon tue wed thu fri", "17:00", "07:00"), ("sat sun", "00:00", "00:00")], "Monday to Friday, 5pm to 7am the next day, and Saturday and Sunday, 24 hours a day"),
        ([("mon wed fri", "08:30", "12:00")], "Monday, Wednesday and Friday, 8:30am to midday"),
        ([("mon tue", "09:00", "12:00"), ("mon tue", "13:00", "00:00")], "Monday and Tuesday, 9am to midday and 1pm to midnight"),
        ([("mon tue wed fri", "12:15", "00:05")], "Monday to Wednesday and Friday, 12:15pm to 12:05am the next day"),
    ],
)  # fmt: skip
def test_a_letter_says_when_we_are_open_in_plain_words(written, words: str) -> None:
    periods = [
        Period(
            days=tuple(map(Weekday, days.split())),
            opens=time.fromisoformat(opens),
            closes=time.fromisoformat(closes),
        )
        for days, opens, closes in written
    ]
    assert hours_in_words(periods) == words


def test_the_words_of_a_profile_are_made_from_its_periods() -> None:
    assert parse_profile(GOOD).hours_in_words == "Monday to Friday, 8am to 8pm, and Saturday, 9am to 5pm"


def test_the_limits_of_the_reference_page_are_durations_a_profile_can_write() -> None:
    durations = [key for key in KEYS if key.kind == "duration"]
    assert durations
    assert all(isinstance(key.limits.most, timedelta) for key in durations)
    assert parse_duration("P7D") == timedelta(days=7)
