"""Plain words cut into passages: paragraphs, and lists of points.

A letter and an e-mail are written once, as plain text: paragraphs with an empty line between them, and
lists whose lines begin with "- ".  The letter layout and the HTML e-mail both get the passages as data, so
that nothing a person wrote can become markup.
"""

import re
import unicodedata
from dataclasses import dataclass

POINT = "- "
"""How the line of a list begins."""

UNSEEN = frozenset({"Cc", "Cf"})
"""Unicode categories that print nothing, or turn the reading direction around."""

JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
"""Unseen, but part of how some scripts spell a name."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Passage:
    """A paragraph, or the points of a list; never both."""

    text: str = ""
    points: tuple[str, ...] = ()


def passages(words: str) -> tuple[Passage, ...]:
    """Cut plain words into passages, in order."""
    blocks = (block for block in re.split(r"\n\s*\n", _seen(words).strip()) if block.strip())
    return tuple(_passage([line.strip() for line in block.splitlines()]) for block in blocks)


def one_line(words: str) -> str:
    """Make words fit for one line: composed letters, single spaces, nothing unseen."""
    return " ".join(_seen(words).split())


def _passage(lines: list[str]) -> Passage:
    if all(line.startswith(POINT) for line in lines):
        return Passage(points=tuple(line.removeprefix(POINT).strip() for line in lines))
    return Passage(text=" ".join(lines))


def _seen(words: str) -> str:
    """Compose letters, and drop what prints nothing; white space of any kind stays, and so do joiners."""
    return "".join(each for each in unicodedata.normalize("NFC", words) if _is_seen(each))


def _is_seen(character: str) -> bool:
    return character.isspace() or character in JOINERS or unicodedata.category(character) not in UNSEEN
