"""How many parts a text message takes, and how to keep it at one.

A text in the GSM 7-bit alphabet holds 160 characters; a single character outside it (a curly apostrophe, a
macron) turns the whole text into UCS-2, which holds 70.  Typographic marks are folded to plain ones, because
they carry no meaning; the letters of a person's name are never changed, whatever they cost.

Source: 3GPP TS 23.038, default alphabet and its extension table.
"""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
)
"""Characters that take one place."""

EXTENDED = frozenset("^{}\\[~]|€")
"""Characters that take two places."""

PLAIN_MARKS = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{NO-BREAK SPACE}": " ",
    },
)
"""Typographic marks and the plain ones a text uses instead."""

GSM7_ALONE, GSM7_JOINED = 160, 153
"""Places in a text of one part, and in each part of a longer one (the joints take seven)."""

UCS2_ALONE, UCS2_JOINED = 70, 67
"""The same in UCS-2, in UTF-16 units."""


def with_plain_marks(text: str) -> str:
    """Fold typographic quotes, dashes and spaces to those of the 7-bit alphabet."""
    return text.translate(PLAIN_MARKS)


def is_gsm7(text: str) -> bool:
    """Say whether a text fits the 7-bit alphabet."""
    return all(character in BASIC or character in EXTENDED for character in text)


def places(text: str) -> int:
    """Count the places a text takes: septets in the 7-bit alphabet, UTF-16 units outside it."""
    if is_gsm7(text):
        return sum(1 + (character in EXTENDED) for character in text)
    return len(text.encode("utf-16-be")) // 2


def parts(text: str) -> int:
    """Count the parts in which a text is sent and paid for."""
    alone, joined = (GSM7_ALONE, GSM7_JOINED) if is_gsm7(text) else (UCS2_ALONE, UCS2_JOINED)
    taken = places(text)
    return 1 if taken <= alone else -(-taken // joined)


def dear_characters(text: str) -> tuple[str, ...]:
    """List what is outside the 7-bit alphabet: a single one shortens every part from 153 places to 67."""
    return tuple(dict.fromkeys(each for each in text if each not in BASIC and each not in EXTENDED))
