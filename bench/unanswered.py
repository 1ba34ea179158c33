"""The letter that is printed in every way: the ordinary one, after three unanswered calls."""

import datetime as dt

from domain.message_ports import Draft
from domain.vocabulary import Channel, MessageState, Purpose

ON = dt.date(2026, 11, 23)
"""The day it is written."""


def draft(number: int) -> Draft:
    """An invented person's letter after three unanswered calls; no two alike."""
    return Draft(
        key=f"{number}:contact_unanswered:1",
        referral_id=str(number),
        reference=f"K7PM-{number:04}",
        channel=Channel.LETTER,
        purpose=Purpose.CONTACT_UNANSWERED,
        state=MessageState.RESERVED,
        neutral=False,
        name=f"Ada{number}",
        addressee=f"Ada{number} Example",
        language="en",
        address_lines=(f"{number} Example Street", "Cambridge"),
        postcode="CB1 2AB",
    )
