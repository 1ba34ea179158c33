"""Where a profile comes from: a TOML file, and the public holidays of its area.

The rules of a profile are in `domain/profile.py`; here are only the file and the holiday list.
"""

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays

from domain import profile_keys as keys
from domain.errors import InvalidProfile
from domain.policy import Policy
from domain.practical_help.policy import HelpPolicy
from domain.profile import Profile, parse_profile
from domain.profile_lines import line_of
from domain.repair_dispatch.policy import RepairPolicy

LARGEST_PROFILE = 20_000
"""Characters; more is not a profile but a mistaken path."""

YEARS_AHEAD = 2
"""A referral made today waits for its letter, and support goes on for months: holidays of these years are carried."""


def load_profile(path: Path) -> Profile:
    """Read a profile and check what only this machine can: the holiday list and the wording folder.

    Raises:
        InvalidProfile: One line that names the file, the line where there is one, and the reason.
    """
    text = _text(path)
    try:
        profile = parse_profile(text)
    except InvalidProfile as error:
        raise InvalidProfile(f"{path}, {error}") from None
    reason = _holidays_missing(profile)
    if reason:
        line = line_of(text, tuple(keys.HOLIDAY_AREA.path.split(".")))
        raise InvalidProfile(f"{path}, line {line}: {keys.HOLIDAY_AREA.path} {reason}")
    folder = wording_folder(profile, path)
    if folder is not None and not folder.is_dir():
        line = line_of(text, tuple(keys.WORDING.path.split(".")))
        raise InvalidProfile(
            f"{path}, line {line}: {keys.WORDING.path}: there is no folder {profile.wording!r} beside the profile"
        )
    return profile


def wording_folder(profile: Profile, path: Path) -> Path | None:
    """Find the folder with the profile's own words beside the profile, if it names one."""
    return None if profile.wording is None else path.parent / profile.wording


def closed_days(profile: Profile, years: Collection[int]) -> tuple[date, ...]:
    """List the public holidays of the profile's area in these years and all of its own closed dates, in order.

    The list has no anniversary day for some regions of New Zealand (Bay of Plenty, Gisborne, Manawatū-Whanganui,
    Tasman, Waikato): such a profile names it in `holidays.also_closed_on`, and is refused when that is empty.
    """
    return tuple(sorted({*_holidays(profile.holiday_area, years), *profile.also_closed_on}))


class ProfilePolicies:
    """The profile of this service, as the source of every new workflow's policy."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._zone = ZoneInfo(profile.hours.time_zone)
        self._by_year: dict[int, Policy] = {}

    def policy_at(self, now: datetime) -> Policy:
        """Give the policy a workflow begins with, closed days of the next years included."""
        year = now.astimezone(self._zone).year
        if year not in self._by_year:
            ahead = range(year, year + YEARS_AHEAD + 1)
            self._by_year[year] = self._profile.policy(closed_days(self._profile, ahead))
        return self._by_year[year]

    def repair_policy(self) -> RepairPolicy:
        """Give the policy a repair begins with."""
        return self._profile.repairs

    def help_policy(self) -> HelpPolicy:
        """Give the policy practical help begins with."""
        return self._profile.help


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InvalidProfile(f"{path}: there is no such profile") from None
    except OSError as error:
        raise InvalidProfile(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidProfile(f"{path} is not UTF-8 text") from None
    if len(text) > LARGEST_PROFILE:
        raise InvalidProfile(f"{path} is too large to be a profile")
    return text


def _holidays(area: str | None, years: Collection[int]) -> set[date]:
    if area is None:
        return set()
    country, _, region = area.partition("-")
    return set(holidays.country_holidays(country, subdiv=region or None, years=years))


def _holidays_missing(profile: Profile) -> str:
    """Say why the holidays of the profile's area cannot be known, or nothing."""
    area, years = profile.holiday_area, (2026,)
    try:
        known = _holidays(area, years)
    except NotImplementedError:
        return f"{area!r} is in no holiday list; give a country and region like GB-ENG"
    lacks_anniversary = area is not None and area.startswith("NZ-") and known == _holidays("NZ", years)
    if lacks_anniversary and not profile.also_closed_on:
        return f"{area!r} has no anniversary day in the holiday list; name it in {keys.ALSO_CLOSED_ON.path}"
    return ""
