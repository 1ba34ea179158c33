"""The keys of a profile that say when and how messages leave; see `domain.profile_keys`."""

from datetime import time, timedelta
from typing import Any

from domain import profile_values as read
from domain.profile_values import Absent, Key, Limits
from domain.vocabulary import Channel, PrintedBy, Purpose, UnknownRule

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

RECALL_FOR = Key(
    path="letters.recall_for",
    kind="duration",
    read=read.duration,
    meaning="Least time between making a letter and its cut-off; a nearer cut-off is left out.",
    limits=Limits(least=2 * _HOUR, most=3 * _DAY),
    absent=Absent(value=2 * _HOUR, in_words="`PT2H`"),
)
PRINTED_BY = Key(
    path="letters.printed_by",
    kind="word",
    read=read.one_of(PrintedBy),
    meaning="Who prints letters: `provider` (GOV.UK Notify, once it has a key), or `service`: the post room prints "
    "one PDF for each day and confirms that it was posted.",
    absent=Absent(value=PrintedBy.PROVIDER, in_words="`provider`"),
)
TEXTS_FROM = Key(
    path="messages.texts_from",
    kind="time of day",
    read=read.clock,
    meaning="Local time from which texts leave; one that is due earlier waits.",
    absent=Absent(value=time(9), in_words='`"09:00"`'),
)
TEXTS_UNTIL = Key(
    path="messages.texts_until",
    kind="time of day",
    read=read.clock,
    meaning="Local time until which texts leave; one that is due later waits for the morning. The same as "
    "`texts_from`: round the clock, in rehearsals only.",
    absent=Absent(value=time(20), in_words='`"20:00"`'),
)
UNKNOWN_AFTER = Key(
    path="messages.unknown_after",
    kind="duration",
    read=read.duration,
    meaning="How long a message of which nobody knows whether it left is waited for before its rule applies.",
    limits=Limits(least=5 * _MINUTE, most=3 * _DAY),
    absent=Absent(value=2 * _HOUR, in_words="`PT2H`"),
)
UNKNOWN_RULES = {
    purpose: Key(
        path=f"messages.unknown.{purpose}",
        kind="word",
        read=read.one_of(UnknownRule),
        meaning=f"What is done then about a message of the purpose `{purpose}`: "
        + ", ".join(UnknownRule)
        + ". On a sensitive referral a person is asked in any case.",
        absent=Absent(value=rule, in_words=f"`{rule}`"),
    )
    for purpose, rule in {
        Purpose.CONTACT_UNANSWERED: UnknownRule.ASK_PERSON,
        Purpose.INFORMATION: UnknownRule.OTHER_CHANNEL,
        Purpose.SAFE_CHANNEL_ASKED: UnknownRule.RESEND,
        Purpose.WHO_WE_ARE: UnknownRule.ASK_PERSON,
        Purpose.VISIT_EXPECTED: UnknownRule.ASK_PERSON,
    }.items()
}
"""One key for each purpose."""


def _rate(channel: Channel, most: int) -> Key[int]:
    return Key(
        path=f"messages.per_minute.{channel}",
        kind="number",
        read=read.number,
        meaning=f"How many messages by {channel} leave in a minute at most: what the provider's account allows.",
        limits=Limits(least=1, most=6000),
        absent=Absent(value=most, in_words=f"`{most}`"),
    )


PER_MINUTE = {
    channel: _rate(channel, most)
    for channel, most in {Channel.LETTER: 600, Channel.EMAIL: 600, Channel.TEXT: 60}.items()
}
"""One key for each channel."""

MESSAGE_KEYS: tuple[Key[Any], ...] = (
    RECALL_FOR,
    PRINTED_BY,
    TEXTS_FROM,
    TEXTS_UNTIL,
    UNKNOWN_AFTER,
    *UNKNOWN_RULES.values(),
    *PER_MINUTE.values(),
)
"""In the order of the reference page."""
