"""Domain errors become Temporal failures here, once."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from domain.errors import HoldfastError, KeyNotFound, ReferralNotFound

_FINAL = (ReferralNotFound, KeyNotFound)
"""Nothing gets better by trying these again soon; they still wait for a person to mend the cause."""


@contextmanager
def translated() -> Iterator[None]:
    """Let a domain error leave as an `ApplicationError` that names its class and nothing personal."""
    try:
        yield
    except HoldfastError as error:
        raise ApplicationError(
            type(error).__name__, type=type(error).__name__, non_retryable=isinstance(error, _FINAL)
        ) from None
