"""Which files the words of a message are in, and in which language they may be used.

A wording is `<room>/<occasion>[.neutral][.easy][.<language>].txt.j2`; an e-mail has `<occasion>.subject` besides.
A profile's own folder is looked in first, with the same paths.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from templates.languages import LANGUAGE_OF_ALL_WORDS, LANGUAGES
from templates.render import environment, has_template

ROOMS: Final[Mapping[str, str]] = {"letter": "letters", "email": "emails", "text": "texts"}
"""Where the words of each channel are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why something is written, and how it can go out at all."""

    stem: str
    """Feature and occasion: the path below each room."""
    channels: tuple[str, ...] = tuple(ROOMS)
    is_one_wording: bool = False
    """Whether its only words are neutral, on every referral."""


OCCASIONS: Final[Mapping[str, Occasion]] = {
    "contact_unanswered": Occasion(stem="contact/unanswered"),
    "information": Occasion(stem="information/service_exists"),
    "safe_channel_asked": Occasion(
        stem="referrer/safe_channel_asked", channels=("email",), is_one_wording=True
    ),
    "who_we_are": Occasion(stem="contact/who_we_are", channels=("text",), is_one_wording=True),
    "visit_expected": Occasion(stem="visit/expected", channels=("text",), is_one_wording=True),
}
"""The words of each purpose.  The gate lets the last three go by no other channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The files of one message in one language."""

    words: str
    """The path of the file that holds the words."""
    language: str
    easy: bool
    subject: str = ""
    """Likewise of an e-mail's subject."""

    @property
    def files(self) -> tuple[str, ...]:
        """Everything a person has to read to check it."""
        return (self.words, self.subject) if self.subject else (self.words,)

    @property
    def is_translation(self) -> bool:
        """Whether a named person has to have checked it before it is used for real."""
        return self.language != LANGUAGE_OF_ALL_WORDS


MayUse = Callable[[Wording], bool]
"""Whether a translation may be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which words are asked for."""

    occasion: Occasion
    channel: str
    neutral: bool
    language: str
    """A tag without its region."""
    easy: bool = False
    wording_folder: Path | None = None

    @property
    def variant(self) -> str:
        """How the names of neutral letters and e-mails go on; texts and some occasions have one wording."""
        has_two = self.channel != "text" and not self.occasion.is_one_wording
        return ".neutral" if self.neutral and has_two else ""


def found(wanted: Wanted) -> Iterator[Wording]:
    """The wordings that exist, the fittest first: the reader's language goes before easy words."""
    languages = (wanted.language, LANGUAGE_OF_ALL_WORDS)
    for language in dict.fromkeys(languages):
        for easy in (True, False) if wanted.easy else (False,):
            wording = _wording(wanted, language, easy=easy)
            if wording is not None:
                yield wording


def _wording(wanted: Wanted, language: str, *, easy: bool) -> Wording | None:
    if not language.isalpha():  # a tag is somebody's input, and becomes part of a path
        return None
    tag = "" if language == LANGUAGE_OF_ALL_WORDS else f".{language}"
    stem = f"{ROOMS[wanted.channel]}/{wanted.occasion.stem}"
    wording = Wording(
        words=f"{stem}{wanted.variant}{'.easy' if easy else ''}{tag}.txt.j2",
        subject=f"{stem}.subject{tag}.txt.j2" if wanted.channel == "email" else "",
        language=language,
        easy=easy,
    )
    exists = all(has_template(path, wording_folder=wanted.wording_folder) for path in wording.files)
    return wording if exists else None


def fingerprint(path: str, language: str, wording_folder: Path | None = None) -> str:
    """Fold everything a person reads of one file of words: it is another once a word has changed."""
    file = environment(wording_folder).get_template(path).filename
    assert file is not None, "words come from files"
    source = Path(file).read_text(encoding="utf-8")
    around = json.dumps(asdict(LANGUAGES[language]), sort_keys=True) if language in LANGUAGES else ""
    return hashlib.sha256(f"{source}\0{around}".encode()).hexdigest()
