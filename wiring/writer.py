"""Writes messages out: words, and for a letter the page, behind the port the activities know."""

from datetime import date
from pathlib import Path

from domain.errors import CannotBeWritten
from domain.ports import Draft, Written
from domain.profile import Profile
from templates.letter import LetterContent, LetterPrinter, UnprintableLetter, recipient_lines
from templates.neutrality import UnsafeWords
from templates.words import EmailWords, LetterWords, NoSuchWords, WordsContext, words_for


class MessageWriter:
    """Turns a draft into what leaves, in the words of one profile."""

    def __init__(self, profile: Profile, *, wording_folder: Path | None = None) -> None:
        self._profile = profile
        self._wording_folder = wording_folder
        self._printer = LetterPrinter()

    def write(self, draft: Draft, on: date) -> Written:
        """Make the words, and for a letter the PDF.

        Raises:
            CannotBeWritten: Words are missing or would tell something, or the letter cannot be printed well.
        """
        try:
            words = words_for(
                draft.purpose,
                draft.channel,
                neutral=draft.neutral,
                language=draft.language,
                context=self._context(draft),
                wording_folder=self._wording_folder,
            )
            if isinstance(words, LetterWords):
                return self._letter(draft, words, on)
        except (UnprintableLetter, UnsafeWords, NoSuchWords) as error:
            raise CannotBeWritten(str(error)) from None
        if isinstance(words, EmailWords):
            return Written(text=words.text, subject=words.subject, html=words.html)
        return Written(text=words.text)

    def _letter(self, draft: Draft, words: LetterWords, on: date) -> Written:
        lines = recipient_lines(draft.addressee or draft.name, draft.address_lines, draft.postcode or "")
        content = LetterContent.of(words, recipient_lines=lines, reference=draft.reference, on=on)
        return Written(text=words.body, subject=words.title, pdf=self._printer.print(content).pdf)

    def _context(self, draft: Draft) -> WordsContext:
        profile = self._profile
        return WordsContext(
            preferred_name=draft.name,
            service_name=profile.service_name,
            neutral_name=profile.neutral_name,
            telephone=profile.telephone,
            hours=profile.hours_in_words,
            reference=draft.reference,
        )
