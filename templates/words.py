"""The words of letters, e-mails and texts: chosen by purpose, channel, neutrality and language.

An *ordinary* letter or e-mail may name the service and what it offers, never the offence.  A *neutral* one,
and every text and every subject, carries the preferred name, the neutral name, a number, hours and a
reference: whoever reads it learns nothing.  Two things hold that (rule 12 of docs/policy.md): neutral templates
are never given the name of the service, and what they make is searched for forbidden words before anyone gets
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from templates import gsm7
from templates.neutrality import greetable, require_neutral
from templates.passages import one_line, passages
from templates.render import has_template, render

OCCASIONS: Final[Mapping[str, str]] = {
    "contact_unanswered": "contact/unanswered",
    "information": "information/service_exists",
}
"""Where the words of each purpose are: feature and occasion."""

LANGUAGE_OF_ALL_WORDS: Final = "en"
"""The language in which every message exists.  Others are `<occasion>.<language>.txt.j2` beside it."""


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
    language: str
    """The language the words are really in, which may not be the one asked for."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EmailWords:
    """An e-mail: a neutral subject, and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TextWords:
    """A text message."""

    text: str
    language: str

    @property
    def parts(self) -> int:
        """In how many parts it is sent."""
        return gsm7.parts(self.text)


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
) -> LetterWords | EmailWords | TextWords:
    """Write a message.

    Args:
        purpose: `contact_unanswered` or `information`.
        channel: `letter`, `email` or `text`.
        neutral: True on a sensitive referral.  Texts and subjects are neutral in any case.
        language: The language asked for; where nobody wrote it, English is answered and named in the result.
        context: The facts; they are cleaned of anything that prints nothing or breaks a line.
        wording_folder: A profile's own words, with the same paths as this room; looked in first.

    Raises:
        NoSuchWords: There are no words for that purpose and channel.
        UnsafeWords: A name is a telling remark, or a neutral message would carry a forbidden word: a person
            must look.
    """
    occasion = OCCASIONS.get(purpose)
    if occasion is None:
        raise NoSuchWords(purpose=purpose, channel=channel)
    require_neutral(**{"preferred name": one_line(context.preferred_name)})
    writer = _Writer(
        occasion=occasion,
        neutral=neutral,
        language=language.split("-", maxsplit=1)[0].lower(),
        context=_cleaned(context),
        wording_folder=wording_folder,
    )
    match channel:
        case "letter":
            return writer.letter()
        case "email":
            return writer.email()
        case "text":
            return writer.text()
        case _:
            raise NoSuchWords(purpose=purpose, channel=channel)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Writer:
    """Finds the files of one occasion and fills them."""

    occasion: str
    neutral: bool
    language: str
    context: WordsContext
    wording_folder: Path | None

    def letter(self) -> LetterWords:
        words, language = self._written("letters", self._variant)
        title, _, body = words.partition("\n")
        if self.neutral:
            require_neutral(title=title, body=body)
        return LetterWords(title=title.strip(), body=body.strip(), sender=self._sender, language=language)

    def email(self) -> EmailWords:
        text, language = self._written("emails", self._variant)
        subject, _ = self._written("emails", ".subject")
        require_neutral(subject=subject, **({"text": text} if self.neutral else {}))
        html = self._render(
            "emails/layout.html.j2", subject=subject, blocks=passages(text), language=language
        )
        return EmailWords(subject=subject, text=text + "\n", html=html, language=language)

    def text(self) -> TextWords:
        words, language = self._written("texts", "")
        text = gsm7.with_plain_marks(" ".join(words.split()))
        require_neutral(text=text)
        return TextWords(text=text, language=language)

    @property
    def _variant(self) -> str:
        return ".neutral" if self.neutral else ""

    @property
    def _sender(self) -> SenderBlock:
        return SenderBlock(
            name=self.context.neutral_name if self.neutral else self.context.service_name,
            telephone=self.context.telephone,
            hours=self.context.hours,
            masthead="" if self.neutral else self.context.service_name,
        )

    def _written(self, channel_folder: str, variant: str) -> tuple[str, str]:
        """The words, and the language they are in."""
        stem = f"{channel_folder}/{self.occasion}{variant}"
        translated = f"{stem}.{self.language}.txt.j2"
        if self.language.isalpha() and has_template(translated, wording_folder=self.wording_folder):
            return self._fill(translated, variant), self.language
        return self._fill(f"{stem}.txt.j2", variant), LANGUAGE_OF_ALL_WORDS

    def _fill(self, name: str, variant: str) -> str:
        """Fill one template, giving the name of the service to ordinary letters and e-mails only."""
        facts = {
            "preferred_name": greetable(self.context.preferred_name),
            "neutral_name": self.context.neutral_name,
            "telephone": self.context.telephone,
            "hours": self.context.hours,
            "reference": self.context.reference,
        }
        if not variant and not name.startswith("texts/"):
            facts["service_name"] = self.context.service_name
        return self._render(name, **facts).strip()

    def _render(self, name: str, **facts: object) -> str:
        return render(name, wording_folder=self.wording_folder, **facts)


def _cleaned(context: WordsContext) -> WordsContext:
    """Every fact on one line: a name cannot begin a paragraph, a list or a subject of its own."""
    return WordsContext(
        preferred_name=one_line(context.preferred_name),
        service_name=one_line(context.service_name),
        neutral_name=one_line(context.neutral_name),
        telephone=one_line(context.telephone),
        hours=one_line(context.hours),
        reference=one_line(context.reference),
    )
