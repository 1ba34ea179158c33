"""The lines behind the window of an envelope: at most seven, none too long, nothing lost.

Source: GOV.UK Notify letter specification 2.4: three to seven lines, the last of them the postcode or
country.
"""

import re
from collections.abc import Sequence
from typing import Final

from templates.passages import one_line

MOST_LINES: Final = 7
"""Lines the window holds."""

FEWEST_LINES: Final = 3
"""Fewer than a name and two lines is not an address a postman can use."""

LONG_LINE: Final = 48
"""Characters beyond which a line is broken, while there is room."""

LONGEST_LINE: Final = 60
"""Characters that still fit in the window at the smallest size; joined lines stay below."""

_UK_POSTCODE: Final = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})")


def address_lines(name: str, lines: Sequence[str], postcode: str) -> tuple[str, ...]:
    """Put a name, an address and perhaps a postcode together as they are printed.

    Empty lines are left out, and so is a last line that only repeats the postcode.
    """
    last = printed_postcode(postcode)
    kept = [line for line in map(one_line, lines) if line]
    if last and kept and printed_postcode(kept[-1]) == last:
        kept.pop()
    return tuple(line for line in (one_line(name), *kept, last) if line)


def printed_postcode(postcode: str) -> str:
    """A postcode in capitals; a British one with its space."""
    capitals = one_line(postcode).upper()
    british = _UK_POSTCODE.fullmatch(capitals.replace(" ", ""))
    return " ".join(british.groups()) if british else capitals


def folded(lines: Sequence[str]) -> tuple[str, ...]:
    """Fold an address to at most seven lines, and break lines that are too long while there is room.

    The first line (the name) and the last (the postcode) are never joined to another.  What cannot be folded
    without becoming too long to read stays as it is: the printer refuses it and a person decides.
    """
    return tuple(_broken(_joined(list(lines))))


def _joined(lines: list[str]) -> list[str]:
    """Join the two neighbours that make the shortest line, until there are few enough."""
    while len(lines) > MOST_LINES:
        pairs = range(1, len(lines) - 2)
        shortest = min(pairs, key=lambda at: len(lines[at]) + len(lines[at + 1]))
        together = f"{lines[shortest].rstrip(',')}, {lines[shortest + 1]}"
        if len(together) > LONGEST_LINE:
            return lines
        lines[shortest : shortest + 2] = [together]
    return lines


def _broken(lines: list[str]) -> list[str]:
    """Break the longest line in two, while one is too long and there is room."""
    while lines and len(lines) < MOST_LINES:
        longest = max(range(len(lines)), key=lambda at: len(lines[at]))
        halves = _halves(lines[longest])
        if halves is None:
            break
        lines[longest : longest + 1] = halves
    return lines


def _halves(line: str) -> tuple[str, str] | None:
    """Cut a long line after the last comma that leaves a line short enough, or else at a space."""
    if len(line) <= LONG_LINE:
        return None
    for mark in (", ", " "):
        at = line.rfind(mark, 1, LONG_LINE)
        if at > 0:
            return line[:at], line[at + len(mark) :]
    return None
