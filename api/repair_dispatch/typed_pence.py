"""Amounts of money that staff type into forms."""

from api.typed_money import pence_in


def pence_typed(typed: object) -> object:
    """Read an amount in pence; what is none stays as it is, to be refused by name.

    A minus is read everywhere and refused by name where nothing can be taken away.
    """
    pence = pence_in(str(typed), minus=True)
    return typed if pence is None else pence
