"""The words of letters, e-mails and texts: chosen by purpose, channel, neutrality and language.

An *ordinary* letter or e-mail may name the service and what it offers, never the offence.  A *neutral* one,
and every text and every subject, carries the preferred name, the neutral name, a number, hours and a
reference: whoever reads it learns nothing.  Two things hold that (rule 12 of docs/policy.md): neutral templates
are never given the name of the service, and what they make is searched for forbidden words before anyone gets
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from templates import gsm7
from templates.languages import language_of, primary
from templates.neutrality import greetable, require_neutral
from templates.passages import one_line, passages
from templates.render import render
from templates.wordings import OCCASIONS, MayUse, Wanted, Wording, found

EMAIL_SIZE: Final = 17
LARGE_EMAIL_SIZE: Final = 24
"""Pixels; large print is 18 points.  Source: docs/policy.md#letters."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WordsContext:
    """What words may say about a person and a service.  There is nothing else they could give away."""

    preferred_name: str
    """May be empty: then the message says "Hello"."""
    service_name: str
    neutral_name: str
    telephone: str
    """As people read it: `01223 000000`."""
    hours: str
    """Words that follow "We are open": `Monday to Friday, 9am to 5pm`."""
    reference: str
    """Meaningless; what the person quotes."""
    stop_address: str = ""
    """Where ordinary letters and e-mails say that writing can be stopped, without its scheme; empty: nowhere."""
    hours_in: Mapping[str, str] = field(default_factory=dict)
    """The hours in other languages, by tag; English where there are none."""
    expected_at: datetime | None = None
    """When somebody comes, as the clock on the reader's wall will show it; for words about that, and no others."""
    written_on: date | None = None
    """The day need not be named of what happens on it."""

    def hours_for(self, language: str) -> str:
        """The hours in the language of a message."""
        return self.hours_in.get(language, self.hours)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SenderBlock:
    """Who a letter is from, as printed at its top."""

    name: str
    telephone: str
    hours: str
    masthead: str = ""
    """The name printed large where a logo would be; empty on a neutral letter."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterWords:
    """A letter before it is laid out."""

    title: str
    body: str
    """Plain passages with an empty line between them; see `templates.passages`."""
    sender: SenderBlock
    wording: Wording

    @property
    def language(self) -> str:
        """The language the words are really in, which may not be the one asked for."""
        return self.wording.language


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EmailWords:
    """An e-mail: a neutral subject, and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str
    wording: Wording

    @property
    def language(self) -> str:
        """As of a letter."""
        return self.wording.language


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TextWords:
    """A text message."""

    text: str
    wording: Wording

    @property
    def language(self) -> str:
        """As of a letter."""
        return self.wording.language

    @property
    def parts(self) -> int:
        """In how many parts it is sent."""
        return gsm7.parts(self.text)


Words = LetterWords | EmailWords | TextWords
"""What a message says."""


def _always(_: Wording) -> bool:
    return True


class NoSuchWords(LookupError):
    """Nobody has written words for this purpose and channel."""

    def __init__(self, *, purpose: str, channel: str) -> None:
        super().__init__(f"no words are written for {purpose} by {channel}")


def words_for(
    purpose: str,
    channel: str,
    *,
    neutral: bool,
    language: str,
    context: WordsContext,
    wording_folder: Path | None = None,
    easy: bool = False,
    large: bool = False,
    may_use: MayUse = _always,
) -> Words:
    """Write a message.

    Args:
        purpose: Of `templates.wordings.OCCASIONS`.
        channel: `letter`, `email` or `text`.
        neutral: True on a sensitive referral.  Texts and subjects are neutral in any case.
        language: The language asked for; where nobody wrote it, English is answered and named in the result.
        context: The facts; they are cleaned of anything that prints nothing or breaks a line.
        wording_folder: A profile's own words, with the same paths as this room; looked in first.
        easy: Whether plain words in short sentences are wanted, where somebody wrote them.
        large: Whether the reader needs large print; a letter is laid out so by its printer.
        may_use: Asked of every translation; English is used where it says no.

    Raises:
        NoSuchWords: There are no words for that purpose and channel.
        UnsafeWords: A name is a telling remark, or a neutral message would carry a forbidden word: a person
            must look.
    """
    occasion = OCCASIONS.get(purpose)
    if occasion is None or channel not in occasion.channels:
        raise NoSuchWords(purpose=purpose, channel=channel)
    require_neutral(**{"preferred name": one_line(context.preferred_name)})
    wanted = Wanted(
        occasion=occasion,
        channel=channel,
        neutral=neutral or occasion.is_one_wording,
        language=primary(language),
        easy=easy,
        wording_folder=wording_folder,
    )
    usable = (each for each in found(wanted) if not each.is_translation or may_use(each))
    wording = next(usable, None)
    if wording is None:
        raise NoSuchWords(purpose=purpose, channel=channel)
    writer = _Writer(wanted=wanted, wording=wording, context=_cleaned(context), large=large)
    match channel:
        case "letter":
            return writer.letter()
        case "email":
            return writer.email()
        case _:
            return writer.text()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Writer:
    """Fills the files of one wording."""

    wanted: Wanted
    wording: Wording
    context: WordsContext
    large: bool

    def letter(self) -> LetterWords:
        title, _, body = self._fill(self.wording.words).partition("\n")
        if self.wanted.neutral:
            require_neutral(title=title, body=body)
        return LetterWords(title=title.strip(), body=body.strip(), sender=self._sender, wording=self.wording)

    def email(self) -> EmailWords:
        text = self._fill(self.wording.words)
        subject = self._fill(self.wording.subject, is_neutral=True)
        require_neutral(subject=subject, **({"text": text} if self.wanted.neutral else {}))
        html = self._render(
            "emails/layout.html.j2",
            subject=subject,
            blocks=passages(text),
            language=self.wording.language,
            size=LARGE_EMAIL_SIZE if self.large else EMAIL_SIZE,
        )
        return EmailWords(subject=subject, text=text + "\n", html=html, wording=self.wording)

    def text(self) -> TextWords:
        text = gsm7.with_plain_marks(" ".join(self._fill(self.wording.words, is_neutral=True).split()))
        require_neutral(text=text)
        return TextWords(text=text, wording=self.wording)

    @property
    def _sender(self) -> SenderBlock:
        neutral = self.wanted.neutral
        return SenderBlock(
            name=self.context.neutral_name if neutral else self.context.service_name,
            telephone=self.context.telephone,
            hours=self._hours,
            masthead="" if neutral else self.context.service_name,
        )

    @property
    def _hours(self) -> str:
        return self.context.hours_for(self.wording.language)

    def _fill(self, name: str, *, is_neutral: bool = False) -> str:
        """Fill one template, giving the name of the service to ordinary letters and e-mails only."""
        facts = {
            "preferred_name": greetable(self.context.preferred_name),
            "neutral_name": self.context.neutral_name,
            "telephone": self.context.telephone,
            "hours": self._hours,
            "reference": self.context.reference,
        }
        if self.context.expected_at is not None:
            facts["expected_time"] = f"{self.context.expected_at:%H:%M}"
            facts["expected_day"] = self._day(self.context.expected_at.date())
        if not (is_neutral or self.wanted.neutral):
            facts["service_name"] = self.context.service_name
            facts["stop_address"] = self.context.stop_address
        return self._render(name, **facts).strip()

    def _day(self, day: date) -> str:
        """Name a day other than that of the writing."""
        return "" if day == self.context.written_on else language_of(self.wording.language).day(day)

    def _render(self, name: str, **facts: object) -> str:
        return render(name, wording_folder=self.wanted.wording_folder, **facts)


def _cleaned(context: WordsContext) -> WordsContext:
    """Every fact on one line: a name cannot begin a paragraph, a list or a subject of its own."""
    return replace(
        context,
        preferred_name=one_line(context.preferred_name),
        service_name=one_line(context.service_name),
        neutral_name=one_line(context.neutral_name),
        telephone=one_line(context.telephone),
        hours=one_line(context.hours),
        reference=one_line(context.reference),
        stop_address=one_line(context.stop_address),
        hours_in={language: one_line(hours) for language, hours in context.hours_in.items()},
    )
