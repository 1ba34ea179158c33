"""Every timeout and retry of every step, by name."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class LocalStep(TypedDict):
    """Options of a step taken inside the worker, without a round trip through the server."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class Step(TypedDict):
    """Options of a step that is scheduled by the server."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


TABLES = LocalStep(
    start_to_close_timeout=timedelta(seconds=15),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2,
        maximum_interval=timedelta(seconds=10),
    ),
)
"""Reading and writing our tables: repeated for as long as the database is away; guarded by the turn."""

SEND = Step(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(hours=24),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2,
        maximum_interval=timedelta(minutes=1),
    ),
)
"""Handing a message to a provider: a day of outage is waited out, then a person is asked."""
