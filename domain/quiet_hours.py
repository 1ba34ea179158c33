"""When texts and e-mails may leave: not at night, and only when the person said.  Source: docs/policy.md#messages."""

from datetime import datetime

from domain.facts import Facts
from domain.policy import OpeningHours, Period, Policy
from domain.vocabulary import Channel, Weekday
from domain.working_hours import intersect, next_open


def allowed_from(channel: Channel, facts: Facts, policy: Policy, now: datetime) -> datetime | None:
    """When it may leave: no texts at night, and texts and e-mails when the person said; `None`: never."""
    messages, zone = policy.messages, policy.hours.time_zone
    match channel:
        case Channel.TEXT if messages is not None:
            waking = Period(days=tuple(Weekday), opens=messages.texts_from, closes=messages.texts_until)
            hours = OpeningHours(time_zone=zone, periods=(waking,))
            return next_open(intersect(hours, facts.text_windows), now)
        case Channel.TEXT if facts.text_windows:
            return next_open(OpeningHours(time_zone=zone, periods=facts.text_windows), now)
        case Channel.EMAIL if facts.email_windows:
            return next_open(OpeningHours(time_zone=zone, periods=facts.email_windows), now)
        case _:
            return now
