"""Leaving a system alone that lets everybody wait: while it hangs, each try would hold one of the worker's threads.

Source: docs/providers.md#a-system-that-hangs.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

MOST_TIMEOUTS: Final = 3
"""In a row; one slow answer is no outage."""
LEFT_ALONE_FOR: Final = 15.0
"""Seconds; longer than one try can take, so that never two find out at once whether it still hangs."""


class Patience:
    """Counts the times a system let us wait in vain; one for each system and process, used by all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._out_until = 0.0

    def may_try(self) -> bool:
        """Whether it is to be asked at this moment.

        Once its time alone is over exactly one try finds out how it is; all others wait for what becomes of that.
        A try that is never heard of again blocks nobody for longer than another time alone.
        """
        with self._lock:
            if self._in_a_row < MOST_TIMEOUTS:
                return True
            if self._clock() < self._out_until:
                return False
            self._leave_alone()
            return True

    def answered(self) -> None:
        """It answered, whatever it said, or refused at once: it lets nobody wait."""
        with self._lock:
            self._in_a_row = 0

    def waited_in_vain(self) -> None:
        """It let us wait until we gave up; after the time alone one more try in vain is enough."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= MOST_TIMEOUTS:
                self._leave_alone()

    def _leave_alone(self) -> None:
        self._out_until = self._clock() + LEFT_ALONE_FOR
