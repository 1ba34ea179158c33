"""How a person is reached safely, as the page of their contact plan says it.  Pure."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.contact_plan_channels import ChannelLine, channels, set_by
from api.contact_plan_form import filled_in, seen
from api.contact_plan_words import last_day_in_words, ordinal, windows_in_words
from api.form_words import ANSWERS, CALLER_DISPLAYS
from api.plain_words import CHANNELS
from api.referral_page_told import Told
from api.times import Time, time_in_words
from domain.vocabulary import ContactChannel, VoicemailRule
from store.contact_plan import has_run_out, plan_of
from store.referral_document import name_of
from store.referral_view import ReferralView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelShown:
    """One way to reach the person, in words."""

    what: str
    to: str
    answer: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """The page, but for the form."""

    address: str
    referral: str
    reference: str
    name: str
    told: Told | None
    channels: tuple[ChannelShown, ...]
    set_by: str
    set_at: Time
    until: str
    has_run_out: bool
    waiting: int
    """Changes and corrections that are stored and not applied yet."""
    owners: tuple[str, ...]
    """Prefixes of the fields of the victim and, if there is one, of the guardian."""
    seen: str


def page_of(
    view: ReferralView, *, told: Told | None, waiting: int, zone: ZoneInfo, now: datetime
) -> PlanPage:
    """Say how the person is reached, as it holds now."""
    document = view.document
    by = set_by(document, view.received_at)
    until = plan_of(document).get("until")
    return PlanPage(
        address=f"/referrals/{view.id}/contact-plan",
        referral=f"/referrals/{view.id}",
        reference=view.reference,
        name=name_of(document["victim"]),
        told=told,
        channels=tuple(_channel(line) for line in channels(view, now=now)),
        set_by=by.who,
        set_at=time_in_words(by.at, zone=zone, now=now),
        until=last_day_in_words(until, zone=zone) if until else "",
        has_run_out=has_run_out(document, now),
        waiting=waiting,
        owners=("", "guardian.") if document["victim"].get("guardian") else ("",),
        seen=seen(filled_in(document, zone)),
    )


_KINDS = {
    ContactChannel.PHONE: "number",
    ContactChannel.TEXT: "number",
    ContactChannel.EMAIL: "e-mail address",
    ContactChannel.LETTER: "postal address",
}
_VOICEMAILS = {
    VoicemailRule.NONE: "leave no message",
    VoicemailRule.NEUTRAL: "a neutral message only",
    VoicemailRule.NAMED: "a message may name the service",
}


def _channel(line: ChannelLine) -> ChannelShown:
    whose = "guardian's " if line.of_guardian else ""
    return ChannelShown(
        what=f"{CHANNELS[line.channel]} to {ordinal(line.place, of=whose + _KINDS[line.channel])}",
        to=line.to,
        answer=ANSWERS[line.safe],
        notes=tuple(_notes(line)),
    )


def _notes(line: ChannelLine) -> list[str]:
    hidden = CALLER_DISPLAYS[line.caller_display] if line.caller_display else "nobody has said"
    told = (
        (line.opted_out, "We were asked to stop this."),
        (
            line.is_closed,
            "Something bounced or came back, or it was a wrong number: it is not used any more.",
        ),
        (
            not line.is_closed and line.counts_as is not line.safe,
            "The plan has run out: it counts as not known.",
        ),
        (bool(line.windows), f"When: {windows_in_words(line.windows)}."),
        (line.voicemail is not None, f"Voicemail: {_VOICEMAILS.get(line.voicemail or VoicemailRule.NONE)}."),
        (line.channel is ContactChannel.PHONE, f"What is seen when we ring: {hidden}."),
        (bool(line.who_may_answer), f"Who else is there: {line.who_may_answer}."),
    )
    return [text for holds, text in told if holds]
