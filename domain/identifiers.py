"""Ids, workflow ids, message keys and references: made here and nowhere else.

Dice are arguments: callers pass the random bytes.
"""

from domain.vocabulary import Purpose

_SPEAKABLE = "23456789BCDFGHJKMNPQRTVWXYZ"
"""No vowels (no words), no 0/O, 1/I/L, 5/S confusion beyond what a telephone can bear."""


def reference_from(random_bytes: bytes) -> str:
    """Make a short, speakable, meaningless reference such as `K7PM-4T2Q` from eight random bytes."""
    number = int.from_bytes(random_bytes[:8], "big")
    letters = []
    for _ in range(8):
        number, place = divmod(number, len(_SPEAKABLE))
        letters.append(_SPEAKABLE[place])
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def referral_workflow_id(referral_id: str) -> str:
    """The one workflow of a referral, in every run."""
    return f"referral-{referral_id}"


def support_id(referral_id: str, opening: int) -> str:
    """The ongoing support of one opening of a referral."""
    return f"{referral_id}-{opening}"


def support_workflow_id(of_support: str) -> str:
    """The workflow that follows one ongoing support."""
    return f"support-{of_support}"


def repair_workflow_id(repair_id: str) -> str:
    """The one workflow of a repair, in every run."""
    return f"repair-{repair_id}"


def help_workflow_id(help_id: str) -> str:
    """The one workflow of practical help, in every run."""
    return f"help-{help_id}"


def notice_key(offer_id: str, kind: str, number: int) -> str:
    """The key of one thing a tradesperson is told: the same however often a step is repeated."""
    return f"{offer_id}:{kind}:{number}"


def offer_of_notice(key: str) -> tuple[str, str]:
    """The offer a notice is about, and its kind; both empty for a key that is none."""
    offer_id, _, rest = key.partition(":")
    kind, _, number = rest.partition(":")
    return (offer_id, kind) if number else ("", "")


def message_key(referral_id: str, purpose: Purpose, opening: int, number: int) -> str:
    """The key of one message: the same however often a step is repeated."""
    return f"{referral_id}:{purpose}:{opening}:{number}"
