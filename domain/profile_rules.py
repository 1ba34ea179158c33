"""When a profile contradicts itself, or would switch off a rule that no profile may switch off.

Source: docs/policy.md, "Rules no profile may switch off".
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from domain import profile_keys as keys
from domain import profile_support_keys as support_keys
from domain.duration import in_words
from domain.policy import OpeningHours
from domain.profile_values import Key, Values
from domain.telling_words import name_tells
from domain.vocabulary import Flag, IncidentKind, RiskLevel
from domain.working_hours import next_open, open_spans

_WEEK = timedelta(days=7)
_A_MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
"""Of two weeks without a clock change anywhere a profile is likely to be."""

ROOM_FOR_EACH_CALL = timedelta(hours=84)
"""Each call after the first gets at most half a week, so that three fit into one.  Source: docs/policy.md#contact."""

ALWAYS_EXPLICIT = (Flag.DOMESTIC_ABUSE, Flag.SEXUAL_OFFENCE, Flag.BEREAVED, Flag.CHILD)
"""Consent that no profile may presume.  Source: docs/policy.md#consent."""

ALWAYS_CONFIRMED = (IncidentKind.ASSAULT, IncidentKind.SERIOUS_VIOLENCE, IncidentKind.HOMICIDE)
"""Violence: with the relationship unknown, a coordinator confirms first.  Source: docs/policy.md#triage."""

NEVER_EXCLUDED = (
    IncidentKind.DOMESTIC_ABUSE,
    IncidentKind.SEXUAL_OFFENCE,
    IncidentKind.STALKING,
    IncidentKind.HONOUR_BASED,
    IncidentKind.EXPLOITATION,
)
"""Only a person may turn these away.  Source: docs/policy.md#triage."""


class Problem(NamedTuple):
    """Why a profile is refused, and the key to blame."""

    path: tuple[str | int, ...]
    reason: str


def contradictions(values: Values) -> Iterator[Problem]:
    """Find everything that is wrong with values which read well one by one."""
    yield from _limits(values)
    yield from _calls(values)
    yield from _letters(values)
    yield from _triage(values)
    if name_tells(values[keys.NEUTRAL_NAME]):
        yield _problem(keys.NEUTRAL_NAME, "tells what kind of service this is; texts and envelopes carry it")
    if name_tells(values[keys.EMAIL_FROM]):
        yield _problem(keys.EMAIL_FROM, "tells what kind of service this is; every e-mail shows it")
    if not values[keys.LANGUAGES]:
        yield _problem(keys.LANGUAGES, "must name at least one language")
    if values[support_keys.REVIEW_MISSED_AFTER] >= values[support_keys.REVIEW_EVERY]:
        yield _problem(
            support_keys.REVIEW_MISSED_AFTER,
            "is not shorter than support.review_every: the next review comes first",
        )


def _limits(values: Values) -> Iterator[Problem]:
    for key in keys.KEYS:
        value = values[key]
        if key.limits is None or value is None:
            continue
        least, most = key.limits.least, key.limits.most
        if isinstance(value, timedelta) and value <= timedelta() and least != timedelta():
            yield _problem(key, "must be longer than nothing")
        elif value < least and not (isinstance(value, timedelta) and values[keys.REHEARSAL]):
            yield _problem(key, f"must be at least {_say(least)}, not {values.written(key)}")
        elif value > most:
            yield _problem(key, f"must be at most {_say(most)}, not {values.written(key)}")


def _calls(values: Values) -> Iterator[Problem]:
    within = {risk: values[key] for risk, key in keys.FIRST_CALL_WITHIN.items()}
    for sooner, later in (
        (RiskLevel.HIGH, RiskLevel.MEDIUM),
        (RiskLevel.MEDIUM, RiskLevel.STANDARD),
        (RiskLevel.UNKNOWN, RiskLevel.STANDARD),
    ):
        if within[sooner] > within[later]:
            reason = f"lets {sooner} risk wait longer than {later} risk"
            yield _problem(keys.FIRST_CALL_WITHIN[sooner], reason)
    hours = OpeningHours(time_zone=values[keys.TIME_ZONE], periods=values[keys.OPENING])
    further_calls, gap = values[keys.ATTEMPTS] - 1, values[keys.MINIMUM_GAP]
    if not 0 < further_calls < keys.MOST_ATTEMPTS or gap > keys.LONGEST_GAP:
        return
    room = further_calls * ROOM_FOR_EACH_CALL
    if _longest_series(hours, further_calls, gap) > room:
        yield _problem(
            keys.MINIMUM_GAP,
            f"{values.written(keys.MINIMUM_GAP)} leaves no room for {further_calls + 1} attempts within "
            f"{in_words(room)} under these opening hours",
        )
    parts = {span.part_of_day for span in open_spans(hours, _A_MONDAY, _A_MONDAY + _WEEK)}
    if values[keys.DIFFERENT_PART_OF_DAY] and len(parts) == 1:
        only = next(iter(parts))
        yield _problem(keys.DIFFERENT_PART_OF_DAY, f"cannot be: the service is only open in the {only}")


def _longest_series(hours: OpeningHours, further_calls: int, gap: timedelta) -> timedelta:
    """How long the calls take when each comes as early as it may, from the worst first call of a week."""
    longest = timedelta()
    for span in open_spans(hours, _A_MONDAY, _A_MONDAY + _WEEK):
        for first in (span.opens_at, span.closes_at - timedelta(minutes=1)):
            at = first
            for _ in range(further_calls):
                at = next_open(hours, at + gap) or at + _WEEK
            longest = max(longest, at - first)
    return longest


def _letters(values: Values) -> Iterator[Problem]:
    cut_off, cut_off_after = values[keys.CUT_OFF], values[keys.CUT_OFF_AFTER]
    if cut_off is None and cut_off_after is None:
        yield Problem(("letters",), "letters needs cut_off: until then a letter can be recalled")
    elif cut_off_after is not None and cut_off is not None:
        yield _problem(keys.CUT_OFF_AFTER, "and letters.cut_off exclude each other")
    elif cut_off_after is not None and not values[keys.REHEARSAL]:
        yield _problem(keys.CUT_OFF_AFTER, "is for rehearsals only; give letters.cut_off")


def _triage(values: Values) -> Iterator[Problem]:
    for flag in ALWAYS_EXPLICIT:
        if flag not in values[keys.EXPLICIT_CONSENT_FOR]:
            yield _problem(
                keys.EXPLICIT_CONSENT_FOR, f"must name {flag}: no profile may presume that consent"
            )
    for kind in ALWAYS_CONFIRMED:
        if kind not in values[keys.VIOLENCE_KINDS]:
            reason = f"must name {kind}: somebody confirms that contact is safe first"
            yield _problem(keys.VIOLENCE_KINDS, reason)
    for kind in values[keys.EXCLUDED_KINDS]:
        if kind in NEVER_EXCLUDED:
            yield _problem(keys.EXCLUDED_KINDS, f"names {kind}: only a person may turn that away")


def _problem(key: Key[Any], reason: str) -> Problem:
    return Problem(tuple(key.path.split(".")), f"{key.path} {reason}")


def _say(value: timedelta | int) -> str:
    return in_words(value) if isinstance(value, timedelta) else str(value)
