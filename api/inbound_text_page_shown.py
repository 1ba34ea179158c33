"""What the page of texts that came in shows.  Pure."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.times import Time, time_in_words
from domain.vocabulary import TextMeaning
from store.inbound_text import InboundTextView

TEXTS = "/texts"
MEANINGS = {
    TextMeaning.STOP: "No more texts",
    TextMeaning.START: "Texts again",
    TextMeaning.CALL_ME: "Wants a call",
    TextMeaning.WHO_ARE_YOU: "Who are you?",
    TextMeaning.ABUSE: "Threat or insult",
    TextMeaning.REPLY: "Reply",
}
_COLOURS = {TextMeaning.ABUSE: "govuk-tag--red", TextMeaning.STOP: "govuk-tag--orange"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateShown:
    """A referral that knows the number."""

    address: str
    reference: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEntry:
    """One text."""

    id: str
    field: str
    """The HTML id of the field for its referral."""
    came: Time
    sender: str
    words: str
    """Empty: it had none, a picture perhaps."""
    meaning: str
    colour: str
    address: str
    """Of its referral; empty while nobody knows whose it is."""
    reference: str
    handled: str
    """Who dealt with it and when; empty if nobody had to."""
    candidates: tuple[CandidateShown, ...]
    suggestion: str
    """The reference to offer, where one referral alone knows the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The page."""

    waiting: tuple[TextEntry, ...]
    others: tuple[TextEntry, ...]
    older: str
    newest: str
    told: str
    """What has just been done; empty if nothing was."""


def entry_of(text: InboundTextView, *, zone: ZoneInfo, now: datetime) -> TextEntry:
    """Say of one text what it is, whose it is and what became of it."""
    handled = ""
    if text.handled_at is not None:
        handled = f"{text.handled_by}, {time_in_words(text.handled_at, zone=zone, now=now).text}"
    return TextEntry(
        id=text.id,
        field=field_of(text.id),
        came=time_in_words(text.received_at, zone=zone, now=now),
        sender=text.sender,
        words=text.words.strip(),
        meaning=MEANINGS[text.meaning],
        colour=_COLOURS.get(text.meaning, "govuk-tag--blue"),
        address=f"/referrals/{text.referral_id}" if text.referral_id else "",
        reference=text.reference or "",
        handled=handled,
        candidates=tuple(
            CandidateShown(
                address=f"/referrals/{one.referral_id}",
                reference=one.reference,
                why=_why(is_live=one.is_live, was_texted=one.was_texted),
            )
            for one in text.candidates
        ),
        suggestion=text.candidates[0].reference if len(text.candidates) == 1 else "",
    )


def told_of(text: InboundTextView) -> str:
    """Say what has just been done with a text."""
    if text.referral_id is not None:
        return f"The text is with referral {text.reference}"
    return "The text is dealt with" if text.handled_at is not None else ""


def field_of(text_id: str) -> str:
    """The HTML id of the field for a text's referral."""
    return f"reference-{text_id}"


def _why(*, is_live: bool, was_texted: bool) -> str:
    texted = "we texted this number" if was_texted else "has this number"
    return f"{texted}; {'live' if is_live else 'closed'}"
