"""Taking in texts of which the provider's call did not reach us: a STOP must not be lost to an outage of ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import activity

from activities._failures import translated
from domain.callback_ports import InboundSource, InboundTables

LOOKS_BACK = timedelta(days=3)
"""A long weekend on which nobody saw that the database was away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at what came in."""

    now: datetime
    """The workflow's time, aware."""


class MissedTextActivities:
    """Asks the provider what came in; what is known already changes nothing."""

    def __init__(self, tables: InboundTables, source: InboundSource | None) -> None:
        self._tables = tables
        self._source = source

    @activity.defn
    def take_in_missed_texts(self, look: Look) -> int:
        """Take in, oldest first, what came lately; say how many were news.  Safe to repeat."""
        if self._source is None:
            return 0
        with translated():
            texts = self._source.texts_since(look.now - LOOKS_BACK)
            return sum(self._tables.take_in(text, now=look.now) for text in texts)
