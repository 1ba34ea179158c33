"""Profiles as files: those that are shipped, and every way in which a file can disappoint."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import InvalidProfile
from domain.repair_dispatch.kinds import Urgency
from domain.vocabulary import Flag, RiskLevel, Weekday
from domain.working_hours import is_open, next_cut_off, next_open
from wiring.profile import LARGEST_PROFILE, ProfilePolicies, closed_days, load_profile, wording_folder

PROFILES = Path(__file__).parents[2] / "profiles"
CAMBRIDGESHIRE, REHEARSAL = PROFILES / "cambridgeshire.toml", PROFILES / "rehearsal.toml"
KENT = PROFILES / "kent.toml"
SECONDS = timedelta(minutes=1)


def refusal(path: Path) -> str:
    with pytest.raises(InvalidProfile) as refused:
        load_profile(path)
    words = str(refused.value)
    assert words.isprintable(), "a refusal is exactly one line"
    assert str(path) in words
    return words


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = CAMBRIDGESHIRE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- The Victims' Hub ------------------------------------------------------------------------------------------


def test_the_hub_rings_three_times_and_then_writes_at_half_past_five() -> None:
    profile = load_profile(CAMBRIDGESHIRE)
    policy = ProfilePolicies(profile).policy_at(utc("2026-11-20T12:00"))
    assert policy.contact.attempts == 3
    assert next_cut_off(policy.letter, policy.hours, utc("2026-11-20T15:30")) == utc("2026-11-20T17:30")
    assert next_cut_off(policy.letter, policy.hours, utc("2026-11-20T15:31")) == utc("2026-11-23T17:30")
    assert next_cut_off(policy.letter, policy.hours, utc("2026-11-20T17:31")) == utc("2026-11-23T17:30")
    assert not profile.rehearsal


def test_the_hub_supports_by_need_and_serves_its_county() -> None:
    triage = load_profile(CAMBRIDGESHIRE).triage
    assert triage.excluded_kinds == ()
    assert triage.areas == ("CB", "PE", "SG8", "SG19")
    assert set(triage.explicit_consent_for) == {
        Flag.DOMESTIC_ABUSE,
        Flag.SEXUAL_OFFENCE,
        Flag.BEREAVED,
        Flag.CHILD,
    }


def test_the_hub_is_closed_on_english_bank_holidays_and_open_the_day_after() -> None:
    policy = ProfilePolicies(load_profile(CAMBRIDGESHIRE)).policy_at(utc("2026-12-20T12:00"))
    assert next_open(policy.hours, utc("2026-12-24T20:00")) == utc("2026-12-29T08:00")
    assert next_open(policy.hours, utc("2027-01-01T12:00")) == utc("2027-01-02T09:00")


def test_the_policy_of_new_years_eve_knows_the_holidays_of_the_years_to_come() -> None:
    closed_on = (
        ProfilePolicies(load_profile(CAMBRIDGESHIRE)).policy_at(utc("2026-12-31T23:59")).hours.closed_on
    )
    assert {date(2026, 12, 25), date(2027, 12, 27), date(2028, 12, 25)} <= set(closed_on)
    assert list(closed_on) == sorted(set(closed_on))


def test_the_year_turns_in_the_services_own_time_zone() -> None:
    zealand = load_profile(CAMBRIDGESHIRE)
    zealand = replace(
        zealand, hours=replace(zealand.hours, time_zone="Pacific/Auckland"), holiday_area="NZ-AUK"
    )
    closed_on = ProfilePolicies(zealand).policy_at(utc("2026-12-31T12:00")).hours.closed_on
    assert min(closed_on).year == 2027


# --- The rehearsal ---------------------------------------------------------------------------------------------


def test_a_rehearsal_is_the_hub_in_all_but_time() -> None:
    hub, rehearsal = load_profile(CAMBRIDGESHIRE), load_profile(REHEARSAL)
    assert rehearsal.triage == hub.triage
    assert (
        replace(
            rehearsal,
            name=hub.name,
            rehearsal=False,
            languages=hub.languages,  # nothing leaves: translations may be looked at
            hours=hub.hours,
            holiday_area=hub.holiday_area,
            contact=replace(rehearsal.contact, **times_of(hub.contact), different_part_of_day=True),
            letter=replace(
                rehearsal.letter, **times_of(hub.letter), cut_off=hub.letter.cut_off, cut_off_after=None
            ),
            hold=hub.hold,
            messages=replace(
                hub.messages, unknown_rules=rehearsal.messages.unknown_rules
            ),  # what is done in doubt is no matter of time
            support=replace(rehearsal.support, **times_of(hub.support)),
            repairs=replace(rehearsal.repairs, **times_of(hub.repairs)),
        )
        == hub
    )


def times_of(part) -> dict:
    values = {name: getattr(part, name) for name in part.__slots__}
    return {name: value for name, value in values.items() if isinstance(value, timedelta | dict)}


def test_a_whole_life_of_a_rehearsal_passes_within_a_minute() -> None:
    profile = load_profile(REHEARSAL)
    policy = profile.policy(closed_days(profile, (2026, 2027)))
    assert profile.rehearsal
    assert policy.hours.closed_on == ()
    assert not policy.contact.different_part_of_day
    assert policy.contact.minimum_gap <= timedelta(seconds=5)
    assert policy.letter.cut_off is None
    life = (
        policy.contact.attempts * policy.contact.minimum_gap
        + policy.letter.cut_off_after
        + policy.letter.wait_after
    )
    assert life < SECONDS
    for part in (policy.contact, policy.letter, policy.hold, policy.support):
        for wait in times_of(part).values():
            assert all(each < SECONDS for each in (wait.values() if isinstance(wait, dict) else [wait]))


def test_a_repair_of_a_rehearsal_passes_within_a_minute() -> None:
    profile = load_profile(REHEARSAL)
    for name, wait in times_of(profile.repairs).items():
        if name not in {
            "at_once",
            "link_for",
            "duplicate_within",
            "expiry_warning",
        }:  # how long something is true
            assert all(each < SECONDS for each in (wait.values() if isinstance(wait, dict) else [wait])), name


def test_a_rehearsal_is_open_on_christmas_night() -> None:
    policy = ProfilePolicies(load_profile(REHEARSAL)).policy_at(utc("2026-12-25T00:00"))
    assert is_open(policy.hours, utc("2026-12-25T03:00"))


def test_somebody_who_rings_within_seconds_is_not_escalated_at_every_call() -> None:
    contact = load_profile(REHEARSAL).contact
    assert contact.lapse_after >= timedelta(seconds=15)
    assert contact.first_call_within[RiskLevel.HIGH] >= timedelta(seconds=15)


# --- Kent ------------------------------------------------------------------------------------------------------


def test_kent_is_at_the_door_within_fifteen_minutes_and_done_within_two_hours() -> None:
    repairs = load_profile(KENT).repairs
    assert repairs.on_site_within[Urgency.OPEN_PROPERTY] == timedelta(minutes=15)
    assert repairs.done_within[Urgency.OPEN_PROPERTY] == timedelta(hours=2)
    assert (repairs.answer_within, repairs.at_once[Urgency.OPEN_PROPERTY]) == (timedelta(minutes=5), 2)
    # Somebody who does not answer, and the next who does not either, leave a third five minutes to come.
    assert 2 * repairs.answer_within < repairs.on_site_within[Urgency.OPEN_PROPERTY]


def test_kents_line_is_open_from_eight_to_eight_on_working_days() -> None:
    policy = ProfilePolicies(load_profile(KENT)).policy_at(utc("2026-11-20T12:00"))
    assert next_open(policy.hours, utc("2026-11-20T20:00")) == utc("2026-11-23T08:00")
    assert not is_open(policy.hours, utc("2026-12-25T12:00"))
    assert load_profile(KENT).hours_in_words == "Monday to Friday, 8am to 8pm"


def test_a_profile_without_repairs_keeps_kents_promises() -> None:
    assert load_profile(CAMBRIDGESHIRE).repairs == load_profile(KENT).repairs


# --- Every shipped profile -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_profile_is_sound_and_named_like_its_file(path: Path) -> None:
    profile = load_profile(path)
    assert profile.name == path.stem
    assert profile.hours_in_words
    assert any(day in period.days for period in profile.hours.periods for day in Weekday)


# --- Files that disappoint -------------------------------------------------------------------------------------


def test_a_profile_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.toml").endswith("there is no such profile")


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_a_path_through_a_file_is_no_profile() -> None:
    assert "cannot be read" in refusal(CAMBRIDGESHIRE / "kent.toml")


def test_a_picture_is_no_profile(tmp_path: Path) -> None:
    path = tmp_path / "logo.toml"
    path.write_bytes(b"\x89PNG\xff\xfe")
    assert "not UTF-8" in refusal(path)


def test_a_file_of_another_size_is_no_profile(tmp_path: Path) -> None:
    path = tmp_path / "log.toml"
    path.write_text("#" * (LARGEST_PROFILE + 1))
    assert "too large" in refusal(path)


def test_a_profile_with_windows_line_ends_and_a_mark_at_its_start_is_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + CAMBRIDGESHIRE.read_bytes().replace(b"\n", b"\r\n"))
    assert load_profile(path) == load_profile(CAMBRIDGESHIRE)


def test_a_contradiction_is_refused_with_the_file_the_line_and_the_reason(tmp_path: Path) -> None:
    path = changed(tmp_path, 'minimum_gap = "PT4H"', 'minimum_gap = "PT80H"')
    line = next(n for n, words in enumerate(path.read_text().split("\n"), 1) if "minimum_gap" in words)
    assert refusal(path).startswith(
        f"{path}, line {line}: contact.minimum_gap PT80H leaves no room for 3 attempts"
    )


@pytest.mark.parametrize("area", ["XX", "GB-LONDON"])
def test_an_area_without_a_holiday_list_is_refused(tmp_path: Path, area: str) -> None:
    path = changed(tmp_path, '"GB-ENG"', f'"{area}"')
    assert f"holidays.area '{area}' is in no holiday list" in refusal(path)


def test_a_region_whose_anniversary_the_list_lacks_must_name_it(tmp_path: Path) -> None:
    path = changed(tmp_path, '"GB-ENG"', '"NZ-WKO"')
    assert "has no anniversary day" in refusal(path)
    path.write_text(path.read_text().replace("also_closed_on = []", "also_closed_on = [2027-02-01]"))
    assert date(2027, 2, 1) in closed_days(load_profile(path), (2027,))


def test_a_region_whose_anniversary_the_list_knows_is_taken(tmp_path: Path) -> None:
    path = changed(tmp_path, '"GB-ENG"', '"NZ-CAN"')
    closed_on = closed_days(load_profile(path), (2026,))
    assert {date(2026, 11, 13), date(2026, 7, 10)} <= set(closed_on), "Canterbury's anniversary and Matariki"


def test_a_profile_brings_its_own_words_in_a_folder_beside_it(tmp_path: Path) -> None:
    path = changed(tmp_path, "[service]\n", '[service]\nwording = "kent"\n')
    assert "there is no folder 'kent' beside the profile" in refusal(path)
    (tmp_path / "kent").mkdir()
    assert wording_folder(load_profile(path), path) == tmp_path / "kent"


@pytest.mark.parametrize("wording", ["../secrets", "/etc", "a/b"])
def test_words_are_never_looked_for_elsewhere(tmp_path: Path, wording: str) -> None:
    path = changed(tmp_path, "[service]\n", f'[service]\nwording = "{wording}"\n')
    assert "service.wording must be" in refusal(path)
