"""Leaving a system alone that lets everybody wait: while it hangs, each try would hold one of the worker's threads.

Source: docs/providers.md#a-system-that-hangs.
"""

import time
from collections.abc import Callable
from typing import Final

MOST_TIMEOUTS: Final = 3
"""In a row; one slow answer is no outage."""
LEFT_ALONE_FOR: Final = 15.0
"""Seconds."""


class Patience:
    """Counts the times a system let us wait in vain; one for each system and process, used by all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._in_a_row = 0
        self._out_until = 0.0

    @property
    def is_out(self) -> bool:
        """Whether it is not to be asked at this moment."""
        return self._clock() < self._out_until

    def answered(self) -> None:
        """It answered, whatever it said."""
        self._in_a_row = 0

    def waited_in_vain(self) -> None:
        """It let us wait until we gave up; after the time alone one more try in vain is enough."""
        self._in_a_row += 1
        if self._in_a_row >= MOST_TIMEOUTS:
            self._out_until = self._clock() + LEFT_ALONE_FOR
