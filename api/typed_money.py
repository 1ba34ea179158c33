"""Amounts of money as people type them: read to the penny, never guessed."""

import re

_PENCE = 100
_AMOUNT = re.compile(r"([0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,9})(?:\.([0-9]{2}))?")
_MINUS = ("-", "\N{MINUS SIGN}")


def pence_in(typed: str, *, minus: bool = False) -> int | None:
    """Read an amount such as `120`, `120.50` or `£1,234.50` in pence; `None`: it is none.

    Args:
        typed: As it was typed.  A comma stands between thousands and nowhere else: `1,20` is not read at all.
        minus: Whether an amount may be taken away.
    """
    text = typed.strip()
    takes_away = minus and text.startswith(_MINUS)
    text = text[1:] if takes_away else text
    found = _AMOUNT.fullmatch(text.strip().removeprefix("£").removeprefix("$").strip())
    if found is None:
        return None
    whole, rest = found.groups()
    amount = int(whole.replace(",", "")) * _PENCE + int(rest or 0)
    return -amount if takes_away else amount
