"""Every timeout and retry of every step, by name."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class LocalStep(TypedDict):
    """Options of a step taken inside the worker, without a round trip through the server."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class Step(TypedDict):
    """Options of a step that the server remembers before it is taken."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta | None
    retry_policy: RetryPolicy


_WHILE_THE_DATABASE_IS_AWAY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=10),
)

READ = LocalStep(start_to_close_timeout=timedelta(seconds=15), retry_policy=_WHILE_THE_DATABASE_IS_AWAY)
"""Reading our tables."""

WRITE = Step(
    start_to_close_timeout=timedelta(seconds=15),
    schedule_to_close_timeout=None,
    retry_policy=_WHILE_THE_DATABASE_IS_AWAY,
)
"""Writing a turn: never a local step, because the server must know of the event before the tables do.

Otherwise a crash of both leaves a turn in the tables that the workflow never heard of.
Source: docs/decisions/0004-steps-and-one-schema.md.
"""

ASK = Step(
    start_to_close_timeout=timedelta(minutes=10),
    schedule_to_close_timeout=timedelta(minutes=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=10),
        backoff_coefficient=2,
        maximum_interval=timedelta(minutes=5),
        maximum_attempts=3,
    ),
)
"""Asking a provider about a page of letters; the next round asks again, so this one gives up early."""

SEND = Step(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(hours=24),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2,
        maximum_interval=timedelta(minutes=1),
    ),
)
"""Handing a message to a provider.  One that is away gives the message back, so that the referral goes on
meanwhile; what is repeated here is only what our own tables could not answer."""

RECONCILE = Step(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(hours=1),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)
    ),
)
"""Asking a provider what became of a message; after an hour without any answer the rule applies all the same."""

TELL = Step(
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500),
        backoff_coefficient=2,
        maximum_interval=timedelta(seconds=10),
    ),
)
"""Telling a tradesperson something.  One who cannot be told is given back to the repair's heart within two minutes."""
