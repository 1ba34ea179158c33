"""The forms of a repair's page: which are offered, what their fields are called, and what was typed into them.

Which decisions are offered is the heart's word (`open_repair_decisions`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.form_words import Choice, choices
from api.mending import FieldWords
from api.repair_dispatch.decision import NEEDS
from api.repair_dispatch.plain_words import (
    ANSWERS,
    DECISIONS,
    DECLINE_REASONS,
    HOLDS,
    OFFER_STATES,
    URGENCIES,
)
from api.repair_dispatch.request_page_shown import who
from api.repair_dispatch.typed_pence import pence_typed
from domain.repair_dispatch.events import RepairDecided
from domain.repair_dispatch.kinds import OfferState, RepairAsk, RepairDecisionKind
from store.repair_dispatch.views import OfferView
from store.tradesperson.row import RegisterEntry

ANSWER = "answer"
OFFER = "offer"
"""The field that says whose job it is as far as somebody knows."""
MOMENTS = ("eta_at",)
"""Fields that hold a date and a time."""
_KINDS = RepairDecisionKind
_REASON = FieldWords(name="The reason", ask="Enter a reason")
_NOTE = FieldWords(name="The note", ask="Shorten the note")
_MONEY = "as an amount, such as 120 or 120.50"
FIELDS: Mapping[str, Mapping[str, FieldWords]] = {
    ANSWER: {
        "offer": FieldWords(name="Who it was", ask="Choose who it was"),
        "answer": FieldWords(name="What they said", ask="Choose what they said"),
        "eta_at": FieldWords(
            name="When they will be there", ask="Enter the date and time they will be there"
        ),
        "reason": FieldWords(name="Why they said no", ask="Choose why they said no"),
        "cost_pence": FieldWords(name="The cost", ask=f"Enter the cost {_MONEY}"),
        "invoice_reference": FieldWords(
            name="The invoice", ask="Enter only the number of the invoice, such as INV-1042"
        ),
        "note": _NOTE,
    },
    _KINDS.LIFT: {
        "hold": FieldWords(name="Which hold", ask="Choose which hold is lifted"),
        "reason": _REASON,
    },
    _KINDS.OFFER_TO: {
        "trade_id": FieldWords(name="Whom to ask", ask="Choose whom to ask"),
        "reason": _REASON,
    },
    _KINDS.LOOK_AGAIN: {"reason": _REASON},
    _KINDS.REASSIGN: {"reason": _REASON},
    _KINDS.CHANGE_URGENCY: {
        "urgency": FieldWords(name="How urgent it is", ask="Choose how urgent it is"),
        "reason": _REASON,
    },
    _KINDS.CHANGE_JOB: {
        "access": FieldWords(name="How to get in", ask="Enter what changes: one field at least"),
        "code_word": FieldWords(name="The word at the door", ask="Enter another word"),
        "pets": FieldWords(name="Pets", ask="Shorten what is said of pets"),
        "address": FieldWords(name="The address", ask="Enter the address"),
        "address.lines": FieldWords(name="The address", ask="Enter the house and street, too"),
        "address.postcode": FieldWords(name="The postcode", ask="Shorten the postcode"),
        "who_may_be_home": FieldWords(name="Who may be at home", ask="Shorten who may be at home"),
        "notes": FieldWords(name="The notes", ask="Shorten the notes"),
        "reason": _REASON,
    },
    _KINDS.CONFIRM_SECURE: {
        "secure": FieldWords(name="What they say", ask="Choose what they say"),
        "reason": _NOTE,
    },
    _KINDS.SETTLE_ASK: {"ask": FieldWords(name="What is dealt with", ask="Choose what is dealt with")},
    _KINDS.CORRECT_SPEND: {
        "pence": FieldWords(
            name="The correction", ask=f"Enter the correction {_MONEY}, with a minus to take away"
        ),
        "reason": _REASON,
    },
    _KINDS.CANCEL: {"reason": _REASON},
}
"""The fields of every form, by its name; the name of a decision's form is the decision.

A refusal is shown at the first one, which is always there.
"""
SECURE = (
    Choice(value="yes", text="Yes, the place is secure"),
    Choice(value="no", text="No: somebody goes again, before everybody else"),
)
_SETTLED = {
    RepairAsk.FOLLOW_UP: "Not reached: ask again later",
    RepairAsk.SPEND: "The money is approved",
    RepairAsk.TELL_VICTIM: "The person knows",
    RepairAsk.REPORTED_WITHOUT_JOB: "They were rung",
}
_ON_ITS_OWN = frozenset({_KINDS.CONFIRM_SECURE, _KINDS.SETTLE_ASK})
"""Decisions whose form stands beside what it is about."""
_ABOUT_SOMEBODY = frozenset({_KINDS.REASSIGN, _KINDS.CANCEL})
"""Decisions that take the job from whoever has it."""
_PENCE = ("cost_pence", "pence")
_TRUTHS = ("secure", "by_victim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosable:
    """Somebody of the register who could be asked next."""

    entry: RegisterEntry
    why: str = ""
    """Why they are in this place; empty for those the desk would not ask now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionForm:
    """The form of one decision."""

    kind: str
    title: str
    needs_reason: bool
    choices: tuple[Choice, ...] = ()
    """What it asks for first: which hold, whom, how urgent."""
    offer: str = ""
    """Who has the job as the page is read, so that nothing is done to somebody else; empty where it is nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm:
    """The form for what a tradesperson said on the telephone."""

    offers: tuple[Choice, ...]
    chosen: str
    """Whoever has the job, or is alone asked."""
    answers: tuple[Choice, ...]
    reasons: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The forms a page offers."""

    answer: AnswerForm | None
    """`None`: nobody has been asked."""
    decisions: tuple[DecisionForm, ...]
    may_confirm: bool
    settles: frozenset[str]
    """The questions that one press settles."""


def forms_of(
    open_now: Sequence[RepairDecided],
    offers: Sequence[OfferView],
    register: Sequence[Choosable],
    *,
    confirmed: str | None,
) -> Offered:
    """Choose the forms of a page.

    Args:
        open_now: What may be decided.
        offers: Everybody who was asked.
        register: Who could be asked next.
        confirmed: The offer of whoever has the job.
    """
    return Offered(
        answer=_answer([offer for offer in offers if offer.made_at is not None]),
        decisions=tuple(_decisions(open_now, register, confirmed or "")),
        may_confirm=any(wish.kind is _KINDS.CONFIRM_SECURE for wish in open_now),
        settles=frozenset(wish.ask for wish in open_now if wish.ask is not None),
    )


def as_document(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed as the JSON API takes it: amounts in pence, yes and no as truths."""
    document = dict(typed)
    for name in _PENCE:
        if name in document:
            document[name] = pence_typed(document[name])
    for name in _TRUTHS:
        if document.get(name) in {"yes", "no"}:
            document[name] = document[name] == "yes"
    return document


def settles_in_words(ask: RepairAsk) -> str:
    """What the one press says."""
    return _SETTLED.get(ask, "This is dealt with")


def _answer(asked: Sequence[OfferView]) -> AnswerForm | None:
    if not asked:
        return None
    latest = sorted(asked, key=lambda offer: _LIKELY.index(offer.state) if offer.state in _LIKELY else 9)
    return AnswerForm(
        offers=tuple(
            Choice(value=offer.id, text=f"{who(offer)}: {OFFER_STATES[offer.state].lower()}")
            for offer in latest
        ),
        chosen=latest[0].id,
        answers=choices(ANSWERS),
        reasons=choices(DECLINE_REASONS),
    )


_LIKELY = [OfferState.CONFIRMED, OfferState.OFFERED, OfferState.EXPIRED, OfferState.UNREACHABLE]
"""Who rings most likely."""


def _decisions(
    open_now: Sequence[RepairDecided], register: Sequence[Choosable], confirmed: str
) -> Iterator[DecisionForm]:
    for kind, title in DECISIONS.items():
        wishes = [wish for wish in open_now if wish.kind is kind]
        if wishes and kind not in _ON_ITS_OWN:
            yield DecisionForm(
                kind=kind,
                title=title,
                needs_reason="reason" in NEEDS[kind],
                choices=_choices(kind, wishes, register),
                offer=confirmed if kind in _ABOUT_SOMEBODY else "",
            )


def _choices(
    kind: RepairDecisionKind, wishes: Sequence[RepairDecided], register: Sequence[Choosable]
) -> tuple[Choice, ...]:
    match kind:
        case RepairDecisionKind.LIFT:
            return choices(HOLDS, only=[wish.hold for wish in wishes if wish.hold])
        case RepairDecisionKind.CHANGE_URGENCY:
            return choices(URGENCIES, only=[wish.urgency for wish in wishes if wish.urgency])
        case RepairDecisionKind.OFFER_TO:
            return tuple(Choice(value=one.entry.who.id, text=_entry(one)) for one in register)
        case _:
            return ()


def _entry(one: Choosable) -> str:
    who = one.entry.who
    named = f"{who.name} ({who.firm})" if who.firm else who.name
    return f"{named}, {who.base}{f': {one.why}' if one.why else ''}"
