"""The keys of a profile that say how repairs are dispatched and paid for; see `domain.profile_keys`.

Every one may be left out: what holds then is Kent's promise, on site within fifteen minutes and done within two hours.
"""

from datetime import timedelta
from typing import Any

from domain import profile_values as read
from domain.profile_values import Absent, Key, Limits, Values
from domain.repair_dispatch.kinds import Urgency
from domain.repair_dispatch.policy import RepairPolicy

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def _duration(
    name: str, meaning: str, absent: timedelta, in_words: str, least: timedelta, most: timedelta
) -> Key[timedelta]:
    return Key(
        path=f"repairs.{name}",
        kind="duration",
        read=read.duration,
        meaning=meaning,
        limits=Limits(least=least, most=most),
        absent=Absent(value=absent, in_words=f"`{in_words}`"),
    )


def _number(name: str, meaning: str, absent: int, least: int, most: int) -> Key[int]:
    return Key(
        path=f"repairs.{name}",
        kind="number",
        read=read.number,
        meaning=meaning,
        limits=Limits(least=least, most=most),
        absent=Absent(value=absent, in_words=f"`{absent}`"),
    )


ANSWER_WITHIN = _duration(
    "answer_within",
    "How long a tradesperson has to answer an offer before the next is asked.",
    5 * _MINUTE,
    "PT5M",
    _MINUTE,
    _HOUR,
)
AT_ONCE = {
    urgency: _number(
        f"at_once.{urgency}",
        f"How many are asked at a time about a repair of urgency `{urgency}`.",
        most,
        1,
        5,
    )
    for urgency, most in {Urgency.OPEN_PROPERTY: 2, Urgency.TODAY: 1, Urgency.PLANNED: 1}.items()
}
ON_SITE_WITHIN = {
    urgency: _duration(
        f"on_site_within.{urgency}",
        f"From the request to somebody on site, for `{urgency}`.",
        value,
        words,
        5 * _MINUTE,
        30 * _DAY,
    )
    for urgency, value, words in (
        (Urgency.OPEN_PROPERTY, 15 * _MINUTE, "PT15M"),
        (Urgency.TODAY, 4 * _HOUR, "PT4H"),
        (Urgency.PLANNED, 7 * _DAY, "P7D"),
    )
}
DONE_WITHIN = {
    urgency: _duration(
        f"done_within.{urgency}",
        f"From the request to the work being done, for `{urgency}`.",
        value,
        words,
        10 * _MINUTE,
        60 * _DAY,
    )
    for urgency, value, words in (
        (Urgency.OPEN_PROPERTY, 2 * _HOUR, "PT2H"),
        (Urgency.TODAY, 8 * _HOUR, "PT8H"),
        (Urgency.PLANNED, 14 * _DAY, "P14D"),
    )
}
WARN_BEFORE = _duration(
    "warn_before",
    "How long before a promise is broken somebody is warned.",
    5 * _MINUTE,
    "PT5M",
    _MINUTE,
    _DAY,
)
OVERDUE_AFTER = _duration(
    "overdue_after",
    "How long after the time of arrival they gave a tradesperson counts as overdue.",
    5 * _MINUTE,
    "PT5M",
    _MINUTE,
    2 * _HOUR,
)
TOLD_WITHIN = _duration(
    "told_within",
    "How long a confirmation or cancellation may fail to arrive before a coordinator is asked to ring.",
    2 * _MINUTE,
    "PT2M",
    _MINUTE,
    _HOUR,
)
LOOK_AGAIN_EVERY = _duration(
    "look_again_every",
    "How often a repair for which everybody is busy looks again.",
    timedelta(seconds=30),
    "PT30S",
    timedelta(seconds=5),
    15 * _MINUTE,
)
FOLLOW_UP_AFTER = _duration(
    "follow_up_after",
    "From the work being done to the call that asks the victim whether the place is secure.",
    _HOUR,
    "PT1H",
    timedelta(0),
    3 * _DAY,
)
LINK_FOR = _duration(
    "link_for", "How long the link of an offer works at most.", 3 * _DAY, "P3D", _HOUR, 30 * _DAY
)
MOST_KM = _number("most_km", "Nobody farther away than this many kilometres is asked by machine.", 40, 1, 300)
JOB_CAP = _number(
    "job_cap_pence",
    "In pence (cents): a repair estimated above it waits for a manager; an open property is made safe meanwhile.",
    50_000,
    0,
    10_000_000,
)
MONTH_CAP = _number(
    "month_cap_pence",
    "In pence (cents): once the repairs of a calendar month come to more, a manager approves each.",
    2_000_000,
    0,
    1_000_000_000,
)
DUPLICATE_WITHIN = _duration(
    "duplicate_within",
    "A repair of the same kind at the same address within this time is pointed out.",
    30 * _DAY,
    "P30D",
    _DAY,
    365 * _DAY,
)
EXPIRY_WARNING = _duration(
    "expiry_warning",
    "How long before vetting, insurance or safeguarding of a tradesperson expires it is pointed out.",
    31 * _DAY,
    "P31D",
    7 * _DAY,
    180 * _DAY,
)

REPAIR_KEYS: tuple[Key[Any], ...] = (
    ANSWER_WITHIN,
    *AT_ONCE.values(),
    *ON_SITE_WITHIN.values(),
    *DONE_WITHIN.values(),
    WARN_BEFORE,
    OVERDUE_AFTER,
    TOLD_WITHIN,
    LOOK_AGAIN_EVERY,
    FOLLOW_UP_AFTER,
    LINK_FOR,
    MOST_KM,
    JOB_CAP,
    MONTH_CAP,
    DUPLICATE_WITHIN,
    EXPIRY_WARNING,
)
"""In the order of the reference page."""


def repair_policy(values: Values) -> RepairPolicy:
    """What a profile lays down for repairs."""
    return RepairPolicy(
        answer_within=values[ANSWER_WITHIN],
        at_once={urgency: values[key] for urgency, key in AT_ONCE.items()},
        on_site_within={urgency: values[key] for urgency, key in ON_SITE_WITHIN.items()},
        done_within={urgency: values[key] for urgency, key in DONE_WITHIN.items()},
        warn_before=values[WARN_BEFORE],
        overdue_after=values[OVERDUE_AFTER],
        told_within=values[TOLD_WITHIN],
        look_again_every=values[LOOK_AGAIN_EVERY],
        follow_up_after=values[FOLLOW_UP_AFTER],
        link_for=values[LINK_FOR],
        most_km=values[MOST_KM],
        job_cap_pence=values[JOB_CAP],
        month_cap_pence=values[MONTH_CAP],
        duplicate_within=values[DUPLICATE_WITHIN],
        expiry_warning=values[EXPIRY_WARNING],
    )
