"""The contact plan as one view: a line for each way to reach the person, then what was agreed.  Pure.

What is shown beside "safe" is what it counts as at this moment: a plan that has run out vouches for nothing.
Source: docs/policy.md#contact-plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.vocabulary import Answer, CallerDisplay, ContactChannel, SourceKind, VoicemailRule
from store.contact_plan import has_run_out, plan_of
from store.referral_document import Document, addresses, email_id_of, post_id_of, takes_texts
from store.referral_view import ReferralView

BY_REFERRER = "The referrer"
BY_THE_PERSON = "The person"
BY_HELPER = "Somebody who helps the person"
_NEVER_SAID = Answer.UNKNOWN
_SAFEST_FIRST = (Answer.NO, Answer.UNKNOWN, Answer.YES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLine:
    """One way to reach the person."""

    channel: ContactChannel
    of_guardian: bool
    place: int
    """Which of the numbers or addresses of this owner, from 0."""
    to: str
    """The number or address; personal."""
    safe: Answer
    """As it was said."""
    counts_as: Answer
    """As the rules take it now."""
    opted_out: bool
    is_closed: bool = False
    """Whether something bounced there or came back, or it was a wrong number: it is not used any more."""
    windows: tuple[Document, ...] = ()
    """When; empty: whenever the service's hours allow."""
    voicemail: VoicemailRule | None = None
    caller_display: CallerDisplay | None = None
    """`None`: nobody has said, or it is no call."""
    who_may_answer: str = ""
    """For post: who else lives there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSetBy:
    """Who set the plan, and when."""

    who: str
    at: datetime


def channels(view: ReferralView, *, now: datetime) -> tuple[ChannelLine, ...]:
    """List every way to reach the person: the victim's own, then the guardian's."""
    victim = view.document["victim"]
    lines = _Lines(view, now)
    return tuple(
        line
        for of_guardian, owner in ((False, victim), (True, victim.get("guardian") or {}))
        for line in lines.of(owner, of_guardian=of_guardian)
    )


def caller_display(document: Document, phone: Document) -> CallerDisplay | None:
    """What is seen of us when this number is rung: where two things were said, the more careful one."""
    said = plan_of(document).get("caller_display")
    if phone.get("withhold_number") == Answer.YES or said == CallerDisplay.WITHHELD:
        return CallerDisplay.WITHHELD
    return CallerDisplay(said) if said else None


def set_by(document: Document, received_at: datetime) -> PlanSetBy:
    """Who set the plan last: staff, else whoever sent the referral."""
    plan = plan_of(document)
    if plan.get("set_by"):
        by = plan["set_by"]
        return PlanSetBy(who=f"{by['name']} ({by['role']})", at=datetime.fromisoformat(plan["set_at"]))
    senders = {SourceKind.SELF: BY_THE_PERSON, SourceKind.THIRD_PARTY: BY_HELPER}
    return PlanSetBy(who=senders.get(document["source"]["kind"], BY_REFERRER), at=received_at)


class _Lines:
    def __init__(self, view: ReferralView, now: datetime) -> None:
        state = view.state
        self._document = document = view.document
        self._plan = plan_of(document)
        self._run_out = has_run_out(document, now)
        self._opted_out = state.opted_out if state else ()
        self._not_rung = state.closed_phones if state else ()
        self._not_written_to = state.closed_ways if state else ()
        self._number_id = view.number_id

    def of(self, owner: Document, *, of_guardian: bool) -> Iterator[ChannelLine]:
        for place, phone in enumerate(owner.get("phones", ())):
            yield self._call(phone, place, of_guardian=of_guardian)
            yield self._text(phone, place, of_guardian=of_guardian)
        for place, email in enumerate(owner.get("emails", ())):
            windows = tuple(self._plan.get("email_windows") or ())
            yield self._line(
                ContactChannel.EMAIL,
                email["address"],
                _safe(email),
                place,
                of_guardian=of_guardian,
                windows=windows,
                is_closed=email_id_of(self._number_id)(email) in self._not_written_to,
            )
        for place, address in enumerate(addresses(owner)):
            to = ", ".join(part for part in (*address.get("lines", ()), address.get("postcode")) if part)
            lives_there = address.get("who_lives_there", "")
            yield self._line(
                ContactChannel.LETTER,
                to,
                _safe(address),
                place,
                of_guardian=of_guardian,
                who_may_answer=lives_there,
                is_closed=post_id_of(self._number_id)(address) in self._not_written_to,
            )

    def _call(self, phone: Document, place: int, *, of_guardian: bool) -> ChannelLine:
        return self._line(
            ContactChannel.PHONE,
            phone["number"],
            _safe(phone),
            place,
            of_guardian=of_guardian,
            windows=tuple(self._document["victim"].get("call_windows", ())),
            voicemail=VoicemailRule(phone.get("voicemail", VoicemailRule.NEUTRAL)),
            caller_display=caller_display(self._document, phone),
            who_may_answer=phone.get("who_may_answer", ""),
            is_closed=self._number_id(phone["number"]) in self._not_rung,
        )

    def _text(self, phone: Document, place: int, *, of_guardian: bool) -> ChannelLine:
        """A text goes only to a mobile that may be rung, too: the more careful of the two answers."""
        texts = Answer(phone.get("texts", _safe(phone)))
        safe = (
            min(texts, _safe(phone), key=_SAFEST_FIRST.index) if takes_texts(phone["number"]) else Answer.NO
        )
        return self._line(
            ContactChannel.TEXT,
            phone["number"],
            safe,
            place,
            of_guardian=of_guardian,
            windows=tuple(self._plan.get("text_windows") or ()),
            is_closed=self._number_id(phone["number"]) in self._not_written_to,
        )

    def _line(
        self,
        channel: ContactChannel,
        to: str,
        safe: Answer,
        place: int,
        *,
        of_guardian: bool,
        windows: tuple[Document, ...] = (),
        voicemail: VoicemailRule | None = None,
        caller_display: CallerDisplay | None = None,
        who_may_answer: str = "",
        is_closed: bool = False,
    ) -> ChannelLine:
        vouched = Answer.UNKNOWN if self._run_out and safe is Answer.YES else safe
        return ChannelLine(
            channel=channel,
            of_guardian=of_guardian,
            place=place,
            to=to,
            safe=safe,
            counts_as=Answer.NO if is_closed else vouched,
            opted_out=channel in self._opted_out,
            is_closed=is_closed,
            windows=windows,
            voicemail=voicemail,
            caller_display=caller_display,
            who_may_answer=who_may_answer,
        )


def _safe(entry: Document) -> Answer:
    return Answer(entry.get("safe", _NEVER_SAID))
