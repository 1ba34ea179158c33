"""Asking providers what became of letters: they do not tell by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities._failures import translated
from domain.callback_ports import ReportSource, ReportTables
from domain.vocabulary import Channel

AT_ONCE = 50
"""Letters asked about in one step: a minute's work at worst, and far below what a provider allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPage:
    """Which letters to ask about."""

    now: datetime
    """The workflow's time, aware."""
    after: str = ""
    """The last one of the page before; empty at the start."""


class LetterReportActivities:
    """Asks about the letters that were handed over and of which the last word has not been said."""

    def __init__(self, tables: ReportTables, sources: Mapping[Channel, ReportSource]) -> None:
        self._tables = tables
        self._source = sources.get(Channel.LETTER)

    @activity.defn
    def ask_about_letters(self, page: LetterPage) -> str | None:
        """Ask about one page of letters and take in what is told; safe to repeat.

        Returns:
            Where the next page begins; `None`: that was the last one.
        """
        if self._source is None:
            return None
        with translated():
            keys = self._tables.letters_under_way(after=page.after, now=page.now, limit=AT_ONCE)
            for key in keys:
                self._tables.take_in(self._source.reports(key), now=page.now)
        return keys[-1] if len(keys) == AT_ONCE else None
