"""How many parts a text is sent in.

Source: GSM 03.38: 160 characters of its alphabet, 153 in each of several parts; else 70 and 67 UTF-16 units.
"""

_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")
"""Each counts as two."""


def parts(text: str) -> int:
    """Count the parts of a text; an empty one is one."""
    if set(text) <= _BASIC | _EXTENDED:
        length, alone, each = len(text) + sum(character in _EXTENDED for character in text), 160, 153
    else:
        length, alone, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)
