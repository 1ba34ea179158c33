"""What a tradesperson sends from the page, as the event it is.  One button, one answer."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.form import Fields, FormError, id_of
from api.repair_dispatch.answer import KIND
from api.trades.typed import Mistyped, arrival, invoice_reference, pence
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.events import TradeAnswered
from domain.repair_dispatch.kinds import OfferState, TradeAnswer, TradeDeclineReason, TradeVia
from store.command import NewCommand
from store.repair_dispatch.offer_page import OfferOpened
from store.tokens import Maker

BY_LINK = Maker(token_id="trades-link", role="public", name="Tradesperson, by link")  # noqa: S106  # no secret
"""Who answers, for the timeline: whoever holds the link."""
ANSWER = "answer"
"""The hidden field that says which button was pressed."""
FIELDS = frozenset({"eta", "at", "on", "reason", "cost", "invoice"})
"""What can be typed or chosen; whatever else comes with a form is left alone."""
BEFORE = frozenset({TradeAnswer.ACCEPTED, TradeAnswer.DECLINED})
"""What somebody who does not have the job may say."""
COSTLY = frozenset(
    {
        TradeAnswer.COMPLETED,
        TradeAnswer.SECOND_VISIT,
        TradeAnswer.ACCESS_FAILED,
        TradeAnswer.REFUSED_ON_SITE,
    }
)
"""With what it costs: to be typed for the first; of the others, which end a visit, too, it may be known already."""


def field_of(answer: TradeAnswer, name: str) -> str:
    """Name a field on the page, which has several forms with fields of the same name."""
    return id_of(f"{answer}-{name}")


class Unfit(Exception):
    """What was typed cannot be taken; says how to mend it."""

    def __init__(self, errors: list[FormError]) -> None:
        super().__init__("an answer cannot be taken")
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form of the page: which button, and what was typed with it."""

    answer: TradeAnswer
    fields: Fields
    once: str

    def text(self, name: str) -> str:
        """What a field holds; empty if nothing was typed."""
        return self.fields.get(name, [""])[0].strip()


def may_say(offer: OfferOpened, answer: TradeAnswer) -> bool:
    """Whether the link still carries this answer.

    Whoever had the job and does not any more may still say that they are there: it changes nothing about the job, and
    a person has to know that somebody stands at the door.  Source: docs/repairs.md#the-link.
    """
    if offer.has_the_job:
        return True
    if answer in BEFORE:
        return offer.may_accept
    if offer.state is OfferState.DONE:
        return answer is TradeAnswer.COMPLETED
    return offer.state is OfferState.RELEASED


def read_answer(typed: Typed, offer: OfferOpened, *, now: datetime, zone: ZoneInfo) -> TradeAnswered:
    """Read what was typed.

    Args:
        typed: The form.
        offer: What the link opens.
        now: An aware time.
        zone: On whose clock a time of arrival was read.

    Raises:
        Unfit: Something is missing or no such thing.
    """
    reader = _Reader(typed, now, zone)
    event = TradeAnswered(
        offer_id=offer.offer_id,
        answer=typed.answer,
        via=TradeVia.LINK,
        eta_at=reader.eta_at(),
        reason=reader.reason(),
        cost_pence=reader.cost_pence(),
        invoice_reference=reader.invoice(),
    )
    if reader.errors:
        raise Unfit(reader.errors)
    return event


def command_of(typed: Typed, offer: OfferOpened, event: TradeAnswered, *, now: datetime) -> NewCommand:
    """Make the command: the same form sent again is the same command, and with anything changed another."""
    said = "\x1f".join(f"{name}={typed.text(name)}" for name in sorted(typed.fields))
    once = f"{typed.once}\x1f{typed.answer}\x1f{said}"
    return NewCommand(
        id=str(uuid.uuid5(uuid.UUID(offer.offer_id), once)),
        referral_id=offer.referral_id,
        kind=KIND,
        event=event,
        by=BY_LINK,
        made_at=now,
        target_id=repair_workflow_id(offer.repair_id),
    )


class _Reader:
    """Reads one form and gathers what is wrong with it."""

    def __init__(self, typed: Typed, now: datetime, zone: ZoneInfo) -> None:
        self._typed = typed
        self._now = now
        self._zone = zone
        self.errors: list[FormError] = []

    def eta_at(self) -> datetime | None:
        if self._typed.answer not in {TradeAnswer.ACCEPTED, TradeAnswer.ON_THE_WAY}:
            return None
        text = self._typed.text
        try:
            return arrival(text("eta"), text("at"), text("on"), now=self._now, zone=self._zone)
        except Mistyped as mistyped:
            self._wrong(mistyped)
            return None

    def reason(self) -> TradeDeclineReason | None:
        if self._typed.answer is not TradeAnswer.DECLINED:
            return None
        try:
            return TradeDeclineReason(self._typed.text("reason"))
        except ValueError:
            self._wrong(Mistyped("reason", "Choose why you cannot do it"))
            return None

    def cost_pence(self) -> int | None:
        if self._typed.answer not in COSTLY:
            return None
        typed = self._typed.text("cost")
        if not typed and self._typed.answer is not TradeAnswer.COMPLETED:
            return None
        try:
            return pence(typed)
        except Mistyped as mistyped:
            self._wrong(mistyped)
            return None

    def invoice(self) -> str:
        if self._typed.answer not in COSTLY:
            return ""
        try:
            return invoice_reference(self._typed.text("invoice"))
        except Mistyped as mistyped:
            self._wrong(mistyped)
            return ""

    def _wrong(self, mistyped: Mistyped) -> None:
        field = field_of(self._typed.answer, mistyped.field)
        self.errors.append(FormError(field=field, text=mistyped.text))
