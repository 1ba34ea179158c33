"""Amounts of money as people type them into forms."""

from decimal import Decimal, InvalidOperation

_PENCE = 100
_FAR = 10**12


def pence_typed(typed: object) -> object:
    """Read an amount such as `£1,234.50` in pence; what is none stays as it is, to be refused by name."""
    text = str(typed).replace("£", "").replace("$", "").replace(",", "").strip()
    try:
        pence = Decimal(text) * _PENCE
    except InvalidOperation:
        return typed
    is_whole = pence.is_finite() and pence == pence.to_integral_value()
    return int(pence) if is_whole and abs(pence) < _FAR else typed
