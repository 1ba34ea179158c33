"""The keys of a profile that say how ongoing support is followed; see `domain.profile_keys`."""

from datetime import timedelta
from typing import Any

from domain import profile_values as read
from domain.profile_values import Absent, Key, Limits
from domain.vocabulary import SupportKind

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def _duration(path: str, meaning: str, least: timedelta, most: timedelta) -> Key[timedelta]:
    limits = Limits(least=least, most=most)
    return Key(path=path, kind="duration", read=read.duration, meaning=meaning, limits=limits)


FIRST_CONTACT_WITHIN = _duration(
    "support.first_contact_within",
    "First contact of ongoing support when the decision names no date: this long after it.",
    _HOUR,
    28 * _DAY,
)
REVIEW_EVERY = _duration("support.review_every", "From one review of support to the next.", _DAY, 100 * _DAY)
REVIEW_MISSED_AFTER = _duration(
    "support.review_missed_after",
    "Past the due date until a missed review escalates.",
    _HOUR,
    14 * _DAY,
)
MISSED_ENGAGEMENTS = Key(
    path="support.missed_engagements",
    kind="number",
    read=read.number,
    meaning="Consecutive contacts without engagement after which a person is asked to decide.",
    limits=Limits(least=1, most=10),
)
SUPPORT_KIND = Key(
    path="support.default_kind",
    kind="word",
    read=read.one_of(SupportKind),
    meaning="Who supports when the decision does not say: " + ", ".join(SupportKind) + ".",
    absent=Absent(value=SupportKind.PHONE, in_words="`phone`"),
)

SUPPORT_KEYS: tuple[Key[Any], ...] = (
    FIRST_CONTACT_WITHIN,
    REVIEW_EVERY,
    REVIEW_MISSED_AFTER,
    MISSED_ENGAGEMENTS,
    SUPPORT_KIND,
)
"""In the order of the reference page."""
