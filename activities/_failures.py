"""Domain errors become Temporal failures here, once."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from domain.errors import HoldfastError


@contextmanager
def translated() -> Iterator[None]:
    """Let a domain error leave as an `ApplicationError` that names its class and nothing personal.

    None of them is final: a missing key can be put back, a row restored, and the referral goes on from there.
    """
    try:
        yield
    except HoldfastError as error:
        raise ApplicationError(type(error).__name__, type=type(error).__name__) from None
