"""Wordings as their pages show them.  Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from api.message_entry import PURPOSES
from api.times import Time, time_in_words
from domain.vocabulary import Channel, Purpose
from store.wording_check import WordingCheck
from templates import gsm7
from templates.languages import name_of
from templates.words import TextWords
from wiring.wording_preview import Preview, Sample, wordings_of

WORDING = "/wording"
_CHANNELS = {Channel.LETTER: "Letter", Channel.EMAIL: "E-mail", Channel.TEXT: "Text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Whether a named person has read a translation."""

    is_needed: bool
    by: str = ""
    at: Time | None = None

    @property
    def tag(self) -> str:
        """In a word or two; empty where nothing has to be checked."""
        if not self.is_needed:
            return ""
        return "Checked" if self.by else "Not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to look at it, and the address."""

    text: str
    address: str
    is_chosen: bool = False
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the list: a wording in each language."""

    text: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Everything that is written for one purpose."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCount:
    """What a text costs."""

    characters: int
    parts: int
    encoding: str
    dear: str
    """The characters that make it dear; empty if there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One wording as its reader will see it."""

    title: str
    choices: tuple[tuple[str, tuple[Way, ...]], ...]
    address: str
    sample: Sample
    language: str
    """The language it is really in."""
    is_fallback: bool
    """Whether nobody has written it in the language asked for."""
    tag: str = "en"
    """The language it is really in, for browsers."""
    subject: str = ""
    text: str = ""
    count: TextCount | None = None
    file: str = ""
    """Where the letter is as PDF, or the e-mail as HTML."""
    paths: tuple[str, ...] = ()
    seen: str = ""
    """Stands for exactly these words."""
    checked: Checked = Checked(is_needed=False)
    is_live: bool = False
    cannot: str = ""


def occasions_of(samples: Iterable[tuple[Sample, Checked]]) -> tuple[Occasion, ...]:
    """List everything that can be written, by purpose."""
    by_purpose: dict[Purpose, dict[str, list[Way]]] = {}
    for sample, checked in samples:
        lines = by_purpose.setdefault(sample.purpose, {})
        way = Way(text=name_of(sample.language), address=address_of(sample), tag=checked.tag)
        lines.setdefault(_line(sample), []).append(way)
    return tuple(
        Occasion(
            name=_capital(PURPOSES[purpose]),
            lines=tuple(Line(text=text, ways=tuple(ways)) for text, ways in lines.items()),
        )
        for purpose, lines in by_purpose.items()
    )


def look_of(
    sample: Sample,
    found: Preview | None,
    *,
    languages: Sequence[str],
    checked: Checked,
    is_live: bool,
    cannot: str = "",
) -> Look:
    """Show one wording; `found` is missing where it cannot be written, and then `cannot` says why."""
    title = f"{_CHANNELS[sample.channel]}: {PURPOSES[sample.purpose]}"
    choices = _choices(sample, languages)
    if found is None:
        return Look(
            title=title,
            choices=choices,
            address=address_of(sample),
            sample=sample,
            language=name_of(sample.language),
            is_fallback=False,
            cannot=cannot,
        )
    written, words = found.shown.written, found.shown.words
    return Look(
        title=title,
        choices=choices,
        address=address_of(sample),
        sample=sample,
        language=name_of(found.wording.language),
        tag=found.wording.language,
        is_fallback=found.wording.language != sample.language,
        subject=written.subject,
        text=written.text,
        count=count_of(written.text) if isinstance(words, TextWords) else None,
        file=_file(sample),
        paths=found.wording.files,
        seen=seen_of(found),
        checked=checked,
        is_live=is_live,
    )


def checked_of(
    found: Preview, marks: Sequence[WordingCheck] | None, *, zone: ZoneInfo, now: datetime
) -> Checked:
    """Say who has read these words, if they are a translation."""
    if not found.wording.is_translation:
        return Checked(is_needed=False)
    if not marks:
        return Checked(is_needed=True)
    last = max(marks, key=lambda mark: mark.at)
    by = " and ".join(dict.fromkeys(mark.by for mark in marks))
    return Checked(is_needed=True, by=by, at=time_in_words(last.at, zone=zone, now=now))


def seen_of(found: Preview) -> str:
    """What stands for exactly these words."""
    return ".".join(found.files[path] for path in found.wording.files)


def count_of(text: str) -> TextCount:
    """Count what a text costs."""
    return TextCount(
        characters=len(text),
        parts=gsm7.parts(text),
        encoding="GSM-7: 160 characters in a part"
        if gsm7.is_gsm7(text)
        else "UCS-2: 70 characters in a part",
        dear=" ".join(gsm7.dear_characters(text)),
    )


def address_of(sample: Sample, *, path: str = "") -> str:
    """Where a wording is shown."""
    asked = {"language": sample.language}
    asked |= {name: "yes" for name in ("neutral", "large", "easy") if getattr(sample, name)}
    return f"{WORDING}/{sample.purpose}/{path or sample.channel}?{urlencode(asked)}"


def _choices(sample: Sample, languages: Sequence[str]) -> tuple[tuple[str, tuple[Way, ...]], ...]:
    both = wordings_of(sample.purpose, sample.channel)
    groups = [
        ("Language", [(name_of(tag), replace(sample, language=tag)) for tag in languages]),
        ("Words", [("Neutral" if each else "Ordinary", replace(sample, neutral=each)) for each in both]),
        ("Reader", _readers(sample)),
    ]
    return tuple(
        (
            label,
            tuple(Way(text=text, address=address_of(each), is_chosen=each == sample) for text, each in ways),
        )
        for label, ways in groups
        if len(ways) > 1
    )


def _readers(sample: Sample) -> list[tuple[str, Sample]]:
    plain = replace(sample, large=False, easy=False)
    readers = [("Any reader", plain), ("Plain words", replace(plain, easy=True))]
    if sample.channel is not Channel.TEXT:
        readers += [
            ("Large print", replace(plain, large=True)),
            ("Large print, plain words", replace(plain, large=True, easy=True)),
        ]
    return readers


def _file(sample: Sample) -> str:
    names = {Channel.LETTER: "letter.pdf", Channel.EMAIL: "email.html"}
    return address_of(sample, path=names[sample.channel]) if sample.channel in names else ""


def _line(sample: Sample) -> str:
    words = "neutral" if sample.neutral else "ordinary"
    is_only = len(wordings_of(sample.purpose, sample.channel)) == 1
    return _CHANNELS[sample.channel] if is_only else f"{_CHANNELS[sample.channel]}, {words}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
