"""The few words of a language that no file of wording holds: dates, hours, and what a letter prints around its text.

They are part of what a person checks: `fingerprint` of `templates.wordings` covers them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.opening_words import ENGLISH, OpeningWords

LANGUAGE_OF_ALL_WORDS: Final = "en"
"""The language in which every message exists.  Others are `<occasion>.<language>.txt.j2` beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language as letters use it."""

    name: str
    """In English, for staff."""
    months: tuple[str, ...]
    """January first."""
    reference: str
    """Before the reference at the top of a letter."""
    page: str
    """At the foot of a letter of several pages: `Page {} of {}`."""
    opening: OpeningWords

    def day(self, day: dt.date) -> str:
        """Say a day as letters are dated: "24 November 2026"."""
        return f"{day.day} {self.months[day.month - 1]} {day.year}"


LANGUAGES: Final[Mapping[str, Language]] = {
    "en": Language(
        name="English",
        months=(
            "January", "February", "March", "April", "May", "June",
            "July", "August", "September", "October", "November", "December",
        ),
        reference="Your reference:",
        page="Page {} of {}",
        opening=ENGLISH,
    ),
    "cy": Language(
        name="Welsh",
        months=(
            "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin",
            "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr",
        ),
        reference="Eich cyfeirnod:",
        page="Tudalen {} o {}",
        opening=OpeningWords(
            days=(
                "dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau",
                "dydd Gwener", "dydd Sadwrn", "dydd Sul",
            ),
            days_after_to=(
                "ddydd Llun", "ddydd Mawrth", "ddydd Mercher", "ddydd Iau",
                "ddydd Gwener", "ddydd Sadwrn", "ddydd Sul",
            ),
            days_apart="{} i {}",
            hours_apart="{} tan {}",
            both=" a ",
            last=", a ",
            every_day="bob dydd",
            all_day="24 awr y dydd",
            next_day=" drannoeth",
            midnight="hanner nos",
            midday="hanner dydd",
        ),
    ),
    "mi": Language(
        name="te reo Māori",
        months=(
            "Kohitātea", "Huitanguru", "Poutūterangi", "Paengawhāwhā", "Haratua", "Pipiri",
            "Hōngongoi", "Hereturikōkā", "Mahuru", "Whiringa-ā-nuku", "Whiringa-ā-rangi", "Hakihea",
        ),
        reference="Tō tohutoro:",
        page="Whārangi {} o {}",
        opening=OpeningWords(
            days=("Rāhina", "Rātū", "Rāapa", "Rāpare", "Rāmere", "Rāhoroi", "Rātapu"),
            days_after_to=("Rāhina", "Rātū", "Rāapa", "Rāpare", "Rāmere", "Rāhoroi", "Rātapu"),
            days_apart="{} ki te {}",
            hours_apart="{} ki te {}",
            both=" me te ",
            last=", me te ",
            every_day="ia rā",
            all_day="24 hāora i te rā",
            next_day=" i te rā whai ake",
            midnight="waenganui pō",
            midday="12pm",
        ),
    ),
}  # fmt: skip
"""Months and days in te reo as Te Taura Whiri i te Reo Māori gives them."""


def language_of(tag: str) -> Language:
    """The words of a language; English where nobody has written them down."""
    return LANGUAGES.get(tag, LANGUAGES[LANGUAGE_OF_ALL_WORDS])


def name_of(tag: str) -> str:
    """What staff call a language; its tag where nobody has named it."""
    return LANGUAGES[tag].name if tag in LANGUAGES else tag


def primary(tag: str) -> str:
    """The language of a tag: `mi` of `mi-NZ`."""
    return tag.split("-", maxsplit=1)[0].lower()
