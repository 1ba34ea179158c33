"""The keys of a profile that say how practical help is followed; see `domain.profile_keys`.  All may be left out."""

from datetime import timedelta
from typing import Any

from domain import profile_values as read
from domain.practical_help.kinds import AlarmStep
from domain.practical_help.policy import HelpPolicy
from domain.profile_values import Absent, Key, Limits, Values

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_NONE = timedelta(0)


def _duration(
    name: str, meaning: str, absent: timedelta, in_words: str, least: timedelta, most: timedelta
) -> Key[timedelta]:
    return Key(
        path=f"help.{name}",
        kind="duration",
        read=read.duration,
        meaning=meaning,
        limits=Limits(least=least, most=most),
        absent=Absent(value=absent, in_words=f"`{in_words}`"),
    )


CHECK_IN_EVERY = _duration(
    "visit_check_in",
    "How long a visitor may be silent before the alarm begins.",
    45 * _MINUTE,
    "PT45M",
    timedelta(seconds=5),
    2 * _HOUR,
)
ALARM_AFTER = {
    AlarmStep.RING_VISITOR: _duration(
        "overdue.ring_visitor",
        "From a missed check-in to ringing the visitor.",
        _NONE,
        "PT0M",
        _NONE,
        10 * _MINUTE,
    ),
    AlarmStep.RING_BUDDY: _duration(
        "overdue.ring_buddy",
        "From a missed check-in to ringing the visitor's buddy and a supervisor.",
        5 * _MINUTE,
        "PT5M",
        _NONE,
        20 * _MINUTE,
    ),
    AlarmStep.TELL_POLICE: _duration(
        "overdue.tell_police",
        "From a missed check-in to giving the police the plan of the visit.",
        15 * _MINUTE,
        "PT15M",
        _NONE,
        45 * _MINUTE,
    ),
}
WHEREABOUTS_FOR = _duration(
    "whereabouts_for",
    "How long a check of the suspects' whereabouts holds before a visit begins.",
    2 * _HOUR,
    "PT2H",
    _MINUTE,
    12 * _HOUR,
)
VISIT_LATE_AFTER = _duration(
    "visit_late_after",
    "How long after its planned time a visit that has not begun is asked about.",
    30 * _MINUTE,
    "PT30M",
    timedelta(seconds=1),
    _DAY,
)
DELIVERY_MISSED_AFTER = _duration(
    "delivery_missed_after",
    "How long after the end of its window a delivery that has not come is asked about.",
    _HOUR,
    "PT1H",
    timedelta(seconds=1),
    3 * _DAY,
)
NEXT_STEP_WITHIN = _duration(
    "next_step_within",
    "How long anything may wait for its next step (a window, a confirmation) before a coordinator is asked.",
    _DAY,
    "P1D",
    timedelta(seconds=1),
    14 * _DAY,
)

HELP_KEYS: tuple[Key[Any], ...] = (
    CHECK_IN_EVERY,
    *ALARM_AFTER.values(),
    WHEREABOUTS_FOR,
    VISIT_LATE_AFTER,
    DELIVERY_MISSED_AFTER,
    NEXT_STEP_WITHIN,
)
"""In the order of the reference page."""


def help_policy(values: Values) -> HelpPolicy:
    """What a profile lays down for practical help."""
    return HelpPolicy(
        check_in_every=values[CHECK_IN_EVERY],
        alarm_after={step: values[key] for step, key in ALARM_AFTER.items()},
        whereabouts_for=values[WHEREABOUTS_FOR],
        visit_late_after=values[VISIT_LATE_AFTER],
        delivery_missed_after=values[DELIVERY_MISSED_AFTER],
        next_step_within=values[NEXT_STEP_WITHIN],
    )
