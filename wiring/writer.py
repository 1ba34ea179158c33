"""Writes messages out: words, and for a letter the page, behind the port the activities know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from domain.errors import CannotBeWritten
from domain.message_ports import Draft, Written
from domain.opening_words import hours_in_words
from domain.profile import Profile
from domain.vocabulary import Access, Channel, Purpose
from templates.languages import LANGUAGE_OF_ALL_WORDS, LANGUAGES, name_of, primary
from templates.letter import LetterContent, LetterPrinter, UnprintableLetter, recipient_lines
from templates.neutrality import UnsafeWords
from templates.wordings import OCCASIONS, MayUse, Wanted, Wording, fingerprint
from templates.words import EmailWords, LetterWords, NoSuchWords, Words, WordsContext, words_for


class CheckedWordings(Protocol):
    """Which words a named person has read; obeyed by `store.wording_check.WordingCheckStore`."""

    def of(self, files: Mapping[str, str]) -> Collection[object] | None:
        """The marks of these files as they are; `None` while one has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message as the preview shows it: the words it was made of, and what would leave."""

    words: Words
    written: Written


class MessageWriter:
    """Turns a draft into what leaves, in the words of one profile."""

    def __init__(
        self,
        profile: Profile,
        *,
        wording_folder: Path | None = None,
        checks: CheckedWordings | None = None,
        simulated: Collection[Channel] = (),
        stop_address: str = "",
    ) -> None:
        """Prepare to write.

        Args:
            profile: Whose names, hours and languages.
            wording_folder: The profile's own words.
            checks: Who has checked which translation; without it none is checked.
            simulated: Ways out through which nothing really leaves: there an unchecked translation may be used.
            stop_address: What ordinary letters and e-mails name beside the telephone for asking us to stop.
        """
        self.profile = profile
        self._wording_folder = wording_folder
        self._checks = checks
        self._simulated = frozenset(simulated)
        self._stop_address = stop_address
        self._printer = LetterPrinter()
        self._zone = ZoneInfo(profile.hours.time_zone)

    def write(self, draft: Draft, on: date) -> Written:
        """Make the words, and for a letter the PDF.

        A translation nobody has checked is not used where a message really leaves: English is, and the note says so.

        Raises:
            CannotBeWritten: Words are missing or would tell something, the letter cannot be printed well, or nobody
                comes any more whose coming it would announce.
        """
        withheld: list[str] = []

        def may_use(wording: Wording) -> bool:
            usable = draft.channel in self._simulated or self._is_checked(wording)
            if not usable:
                withheld.append(name_of(wording.language))
            return usable

        return self._made(draft, on, may_use, withheld).written

    def show(self, draft: Draft, on: date) -> Shown:
        """Make the same as a preview: in translations that nobody has checked yet, too.  Raises `CannotBeWritten`."""
        return self._made(draft, on, lambda _: True, [])

    def wanted(self, draft: Draft) -> Wanted:
        """Which words are looked for."""
        return Wanted(
            occasion=OCCASIONS[draft.purpose],
            channel=draft.channel,
            neutral=draft.neutral,
            language=self._language(draft),
            easy=Access.EASY_READ in draft.access,
            wording_folder=self._wording_folder,
        )

    def files(self, wording: Wording) -> dict[str, str]:
        """The files of a wording, each with the fingerprint of its words."""
        return {path: fingerprint(path, wording.language, self._wording_folder) for path in wording.files}

    def _is_checked(self, wording: Wording) -> bool:
        return self._checks is not None and self._checks.of(self.files(wording)) is not None

    def _made(self, draft: Draft, on: date, may_use: MayUse, withheld: list[str]) -> Shown:
        large = Access.LARGE_PRINT in draft.access
        if draft.purpose is Purpose.VISIT_EXPECTED and draft.expected_at is None:
            raise CannotBeWritten("Nobody is expected at that time any more.")
        try:
            words = words_for(
                draft.purpose,
                draft.channel,
                neutral=draft.neutral,
                language=self._language(draft),
                context=self._context(draft, on),
                wording_folder=self._wording_folder,
                easy=Access.EASY_READ in draft.access,
                large=large,
                may_use=may_use,
            )
            written = self._written(draft, words, on, large=large, note=_note(withheld))
        except (UnprintableLetter, UnsafeWords, NoSuchWords) as error:
            raise CannotBeWritten(str(error)) from None
        return Shown(words=words, written=written)

    def _written(self, draft: Draft, words: Words, on: date, *, large: bool, note: str) -> Written:
        match words:
            case LetterWords():
                lines = recipient_lines(
                    draft.addressee or draft.name, draft.address_lines, draft.postcode or ""
                )
                content = LetterContent.of(
                    words, recipient_lines=lines, reference=draft.reference, on=on, large=large
                )
                pdf = self._printer.print(content).pdf
                return Written(text=words.body, subject=words.title, pdf=pdf, note=note)
            case EmailWords():
                return Written(text=words.text, subject=words.subject, html=words.html, note=note)
            case _:
                return Written(text=words.text, note=note)

    def _language(self, draft: Draft) -> str:
        """The person's language if the service writes in it, else the service's own."""
        spoken = primary(draft.language)
        return spoken if spoken in map(primary, self.profile.languages) else self.profile.languages[0]

    def _context(self, draft: Draft, on: date) -> WordsContext:
        profile = self.profile
        periods = profile.hours.periods
        return WordsContext(
            preferred_name=draft.name,
            service_name=profile.service_name,
            neutral_name=profile.neutral_name,
            telephone=profile.telephone,
            hours=profile.hours_in_words,
            reference=draft.reference,
            stop_address=self._stop_address,
            hours_in={
                tag: hours_in_words(periods, language.opening)
                for tag, language in LANGUAGES.items()
                if tag != LANGUAGE_OF_ALL_WORDS
            },
            expected_at=draft.expected_at and draft.expected_at.astimezone(self._zone),
            written_on=on,
        )


def _note(withheld: list[str]) -> str:
    """Say why a message is not in the reader's language."""
    if not withheld:
        return ""
    return f"Nobody has checked the words in {withheld[0]} yet: it was written in English."
