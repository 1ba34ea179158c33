"""On which line of a profile a key stands; Python's TOML reader does not say."""

import re
import tomllib
from functools import lru_cache

_AT_LINE = re.compile(r"\s*\(at line (?P<line>[0-9]+), column [0-9]+\)")
_AT_END = re.compile(r"\s*\(at end of document\)")


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """Find the line on which the statement that gives `path` begins.

    Ever longer beginnings of the text are read until one knows the path; the statement began after the longest
    beginning that could be read and did not know it.  Only done to refuse.

    Args:
        text: A TOML document that can be read.
        path: Keys, and places in lists; when it is not there, the nearest of its parents counts.

    Returns:
        From 1; 1 as well when not even a parent is there.
    """
    while path:
        began_after = 0
        for lines, beginning in _beginnings(text):
            if _knows(beginning, path):
                return began_after + 1
            began_after = lines
        path = path[:-1]
    return 1


def syntax_error(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str]:
    """Say where and why a text is not TOML, in one line."""
    words = str(error)
    found = _AT_LINE.search(words)
    line = int(found["line"]) if found else len(text.rstrip().split("\n"))
    reason = _AT_END.sub(" at the end of the file", _AT_LINE.sub("", words))
    return line, " ".join(reason.split())


@lru_cache(maxsize=1)
def _beginnings(text: str) -> tuple[tuple[int, dict[str, object]], ...]:
    """Read every beginning of the text that ends with a whole statement, with the number of its lines."""
    lines = text.split("\n")
    found = []
    for count in range(1, len(lines) + 1):
        try:
            found.append((count, tomllib.loads("\n".join(lines[:count]))))
        except tomllib.TOMLDecodeError:
            continue
    return tuple(found)


def _knows(document: object, path: tuple[str | int, ...]) -> bool:
    for part in path:
        items = dict(enumerate(document)) if isinstance(document, list) else document
        if not isinstance(items, dict) or part not in items:
            return False
        document = items[part]
    return True
