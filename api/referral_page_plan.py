"""What of the contact plan is read beside the call: how the page of a referral says it.  Pure.

The duress word is not here: it is on the page of the plan alone.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from api.contact_plan_channels import caller_display
from api.contact_plan_words import interpreter_in_words, last_day_in_words
from api.form_words import CALLER_DISPLAYS
from api.referral_page_said import Line
from domain.vocabulary import CallerDisplay
from store.contact_plan import has_run_out, plan_of
from store.referral_document import Document


def plan_lines(document: Document, *, zone: ZoneInfo, now: datetime) -> Iterator[Line]:
    """What was agreed, as whoever rings reads it; what nobody said is left out."""
    plan = plan_of(document)
    if plan.get("until"):
        yield Line(label="Contact plan", text=_until(document, plan["until"], zone=zone, now=now))
    said = (
        ("If someone else answers", plan.get("if_someone_else_answers", "")),
        ("If somebody rings back", plan.get("on_ring_back", "")),
        ("Safe word", plan.get("safe_word", "")),
        ("Interpreter needed", interpreter_in_words(plan)),
        ("Relay or sign language", plan.get("relay", "")),
    )
    yield from (Line(label=label, text=text) for label, text in said if text)


def display_in_words(document: Document, entries: list[Document]) -> str:
    """What may be seen of us when a number is rung, however often it was given; empty if nobody has said."""
    said = {caller_display(document, entry) for entry in entries}
    strictest = next((display for display in CallerDisplay if display in said), None)
    if strictest is None:
        return ""
    if strictest is CallerDisplay.WITHHELD:
        return "Hide it: our number must not be shown."
    return f"Show: {CALLER_DISPLAYS[strictest][0].lower()}{CALLER_DISPLAYS[strictest][1:]}."


def _until(document: Document, until: str, *, zone: ZoneInfo, now: datetime) -> str:
    day = last_day_in_words(until, zone=zone)
    if has_run_out(document, now):
        return f"It has run out, after {day}: ask again. Until then nothing counts as known to be safe."
    return f"It runs out on {day}."
