"""At which page of practical help, by whom and when; and the smallest things its pages say."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.form_words import Choice
from api.times import time_in_words
from domain.vocabulary import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """At which page, by whom and when."""

    role: Role
    zone: ZoneInfo
    now: datetime
    place: tuple[str, ...] = ()
    """The address of the visits; for the police."""
    suppliers: tuple[Choice, ...] = ()
    supplier_names: tuple[tuple[str, str], ...] = ()
    """Of the register, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Something known, and what it is."""

    label: str
    text: str
    dials: str = ""
    """The number, as a link dials it; empty: it is none."""


def moment_text(at: datetime, setting: Setting) -> str:
    """A time in words."""
    return time_in_words(at, zone=setting.zone, now=setting.now).text
