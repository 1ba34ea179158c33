"""Every key of a profile: what it means, how it is read, and between which limits.

The reference page docs/reference/profile.md is made from this table.  The limits keep a profile from switching a
rule off: a clock of a year is no clock.  A rehearsal may be as quick as it likes.
"""

from datetime import date, time, timedelta
from typing import Any

from domain import profile_values as read
from domain.policy import Period
from domain.profile_help_keys import HELP_KEYS
from domain.profile_message_keys import MESSAGE_KEYS
from domain.profile_repair_keys import REPAIR_KEYS
from domain.profile_support_keys import SUPPORT_KEYS
from domain.profile_values import Absent, Key, Limits
from domain.vocabulary import (
    Flag,
    IncidentKind,
    RiskLevel,
)

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

NO_HOLIDAYS = "none"
"""The holiday area of a service that closes on no public holiday."""
MOST_ATTEMPTS = 10
"""More unanswered calls than this are harassment."""
LONGEST_GAP = timedelta(days=7)
"""A victim who is rung less than once a week is forgotten."""


def _duration(path: str, meaning: str, least: timedelta, most: timedelta) -> Key[timedelta]:
    limits = Limits(least=least, most=most)
    return Key(path=path, kind="duration", read=read.duration, meaning=meaning, limits=limits)


def _first_call(risk: RiskLevel) -> Key[timedelta]:
    return _duration(
        f"contact.first_call_within.{risk}",
        f"Opening time from receipt to the first call when the risk is {risk}; past it a clock is broken.",
        15 * _MINUTE,
        5 * _DAY,
    )


NAME = Key(
    path="name",
    kind="text",
    read=read.matching(r"[a-z][a-z0-9-]{0,39}", "lower-case letters, digits and hyphens"),
    meaning="What the code, the logs and the statistics call this profile.",
)
REHEARSAL = Key(
    path="rehearsal",
    kind="true or false",
    read=read.answer,
    meaning="Whether whole lives may be played in seconds; `holdfast demo` runs on nothing else.",
    absent=Absent(value=False, in_words="false"),
)
SERVICE_NAME = Key(
    path="service.name",
    kind="text",
    read=read.text,
    meaning="What the service is called; ordinary letters carry it.",
)
NEUTRAL_NAME = Key(
    path="service.neutral_name",
    kind="text",
    read=read.text,
    meaning="What texts, envelopes and everything sensitive call the service; tells nothing.",
)
TELEPHONE = Key(
    path="service.telephone",
    kind="text",
    read=read.matching(
        r"\+?[0-9][0-9 ()-]{1,20}[0-9]", 'a telephone number as people read it, like "01223 000000"'
    ),
    meaning="The number a victim rings, as people read it.",
)
EMAIL_FROM = Key(
    path="service.email_from",
    kind="address",
    read=read.matching(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an e-mail address"),
    meaning="The address e-mails come from; its words tell nothing.",
)
LANGUAGES = Key(
    path="service.languages",
    kind="list of codes",
    read=read.several(read.matching(r"[a-z]{2,3}(-[A-Z]{2})?", 'language codes like "en" or "cy"')),
    meaning="Languages in which the service writes; the first is used when the victim's own is not among them.",
)
TIME_ZONE = Key(
    path="service.time_zone",
    kind="text",
    read=read.time_zone,
    meaning="An IANA name; opening hours, call windows and the cut-off are read in it.",
)
WORDING: Key[str | None] = Key(
    path="service.wording",
    kind="text",
    read=read.matching(r"[a-z0-9][a-z0-9_-]{0,39}", "the name of a folder beside the profile"),
    meaning="A folder beside the profile with its own words, laid out like `templates/`; looked in first.",
    absent=Absent(value=None, in_words="the words of `templates/`"),
)
EXIT_TO = Key(
    path="service.exit_to",
    kind="address",
    read=read.matching(r"https://[a-z0-9.-]+(/[A-Za-z0-9._/-]*)?", "an https address without a query"),
    meaning="Where *Leave quickly* leads: a busy, harmless site.",
    absent=Absent(value="https://www.bbc.co.uk/weather", in_words="`https://www.bbc.co.uk/weather`"),
)
HOLIDAY_AREA = Key(
    path="holidays.area",
    kind="text",
    read=read.matching(r"[A-Z]{2}(-[A-Z][A-Za-z ]{0,29})?|none", 'an area like "GB-ENG", or "none"'),
    meaning="Country and region whose public holidays the service keeps, or `none`.",
)
ALSO_CLOSED_ON: Key[tuple[date, ...]] = Key(
    path="holidays.also_closed_on",
    kind="list of dates",
    read=read.several(read.day),
    meaning="The service's own closed dates: a training day, a regional anniversary the holiday list lacks.",
    absent=Absent(value=(), in_words="none"),
)
OPENING: Key[tuple[Period, ...]] = Key(
    path="opening",
    kind="tables of days, from, to",
    read=read.periods,
    meaning='When people may ring and be rung. `to` at or before `from` runs into the next day; "00:00" to '
    '"00:00" is the whole day. A closed date is closed from midnight to midnight.',
)
ATTEMPTS = Key(
    path="contact.attempts",
    kind="number",
    read=read.number,
    meaning="Counted unanswered calls after which we write.",
    limits=Limits(least=1, most=MOST_ATTEMPTS),
)
MINIMUM_GAP = _duration(
    "contact.minimum_gap",
    "Least time between two counted calls; a call sooner is recorded, not counted (2 seconds' tolerance).",
    30 * _MINUTE,
    LONGEST_GAP,
)
DIFFERENT_PART_OF_DAY = Key(
    path="contact.different_part_of_day",
    kind="true or false",
    read=read.answer,
    meaning="Whether the next call prefers a part of the day not yet tried (before 12, 12 to 17, after 17); "
    "gives way when that would delay the call by more than two days.",
)
FIRST_CALL_WITHIN = {risk: _first_call(risk) for risk in RiskLevel}
"""One key for each risk level; none may be missing."""
LAPSE_AFTER = _duration(
    "contact.lapse_after",
    "Opening time after a call is due until nobody having rung counts as a lapse.",
    15 * _MINUTE,
    2 * _DAY,
)
RETRY_ENGAGED_AFTER = _duration(
    "contact.retry_engaged_after",
    "Time until an engaged or unobtainable number is tried again.",
    _MINUTE,
    _DAY,
)
CALLBACK_AFTER = _duration(
    "contact.callback_after",
    "When a call is due that was promised without a time.",
    _MINUTE,
    _DAY,
)
CUT_OFF: Key[time | None] = Key(
    path="letters.cut_off",
    kind="time of day",
    read=read.clock,
    meaning="Local time on working days (Monday to Friday, not closed) until which a letter can be recalled.",
    absent=Absent(value=None, in_words="then `letters.cut_off_after`"),
)
CUT_OFF_AFTER: Key[timedelta | None] = Key(
    path="letters.cut_off_after",
    kind="duration",
    read=read.duration,
    meaning="Instead of `cut_off`, in rehearsals only: how long after making a letter leaves.",
    limits=Limits(least=timedelta(), most=_HOUR),
    absent=Absent(value=None, in_words="then `letters.cut_off`"),
)
WAIT_AFTER = _duration(
    "letters.wait_after",
    "From posting to closing as `not_reached` or `informed`; a letter travels for days, and so does the answer.",
    7 * _DAY,
    180 * _DAY,
)
EXPLICIT_CONSENT_FOR = Key(
    path="triage.explicit_consent_for",
    kind="list of flags",
    read=read.several(read.one_of(Flag)),
    meaning="Flags that need `consent.status` = `given`; without it the referral is held.",
)
CHILD_UNDER = Key(
    path="triage.child_under",
    kind="number",
    read=read.number,
    meaning="Age in whole years below which a person is a child.",
    limits=Limits(least=16, most=21),
)
VIOLENCE_KINDS = Key(
    path="triage.violence_kinds",
    kind="list of incident kinds",
    read=read.several(read.one_of(IncidentKind)),
    meaning="With the relationship unknown, a coordinator confirms that contact is safe before the first call.",
)
EXCLUDED_KINDS = Key(
    path="triage.excluded_kinds",
    kind="list of incident kinds",
    read=read.several(read.one_of(IncidentKind)),
    meaning="Incident kinds the service does not take; empty where support is by need.",
)
AREAS = Key(
    path="triage.areas",
    kind="list of postcode areas",
    read=read.several(
        read.matching(
            r"[A-Z]{1,2}([0-9][0-9A-Z]?)?|[0-9]{4}", 'postcode areas or outward codes like "CB" or "SG8"'
        )
    ),
    meaning="Postcode areas (`CB`) or outward codes (`SG8`) served; empty: everywhere.",
)
HOLD_REVIEW_AFTER = _duration(
    "holds.review_after",
    "Calendar time until a hold asks a person again.",
    _HOUR,
    14 * _DAY,
)

KEYS: tuple[Key[Any], ...] = (
    NAME,
    REHEARSAL,
    SERVICE_NAME,
    NEUTRAL_NAME,
    TELEPHONE,
    EMAIL_FROM,
    LANGUAGES,
    TIME_ZONE,
    WORDING,
    EXIT_TO,
    HOLIDAY_AREA,
    ALSO_CLOSED_ON,
    OPENING,
    ATTEMPTS,
    MINIMUM_GAP,
    DIFFERENT_PART_OF_DAY,
    *FIRST_CALL_WITHIN.values(),
    LAPSE_AFTER,
    RETRY_ENGAGED_AFTER,
    CALLBACK_AFTER,
    CUT_OFF,
    CUT_OFF_AFTER,
    WAIT_AFTER,
    *MESSAGE_KEYS,
    *REPAIR_KEYS,
    *HELP_KEYS,
    EXPLICIT_CONSENT_FOR,
    CHILD_UNDER,
    VIOLENCE_KINDS,
    EXCLUDED_KINDS,
    AREAS,
    HOLD_REVIEW_AFTER,
    *SUPPORT_KEYS,
)
"""In the order of the reference page."""
