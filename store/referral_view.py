"""One referral as it is read: clear columns at once, what is personal when first asked for."""

from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Select, func, select

from domain.hold_kinds import Hold, gravest
from domain.referral_state import NextAction, ReferralState, next_action
from domain.vocabulary import DecisionKind, Lane, NextActionKind, Outcome, Stage
from store import stop
from store.asking import asking_of
from store.columns import AnyRow
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.ongoing_support import SUPPORT
from store.referral_document import Document, number_id, number_of
from store.referral_row import REFERRAL, document_of, state_of

DUE_AT = func.coalesce(REFERRAL.c.next_action_due_at, SUPPORT.c.review_at)
"""When the next action is due; of a supported person the next review, which only the support knows."""


STOPPED = "Everything was stopped: nobody rings until a supervisor has decided."
"""Instead of a call that was wanted before; rule 4 of docs/policy.md."""


class ReferralView:
    """A row of `views()`.  Roles that may not see the person never touch `document`, `state` or `next_number`."""

    def __init__(self, row: AnyRow, keyring: Keyring) -> None:
        self._row = row
        self._number_id = number_id(keyring)
        self._keyring = keyring
        self.id: str = row.id
        self.reference: str = row.reference
        self.owner: str = row.owner
        self.received_at: datetime = row.received_at
        self.stage = Stage(row.stage)
        self.outcome = Outcome(row.outcome) if row.outcome else None
        self.lane = Lane(row.lane)
        self.sensitive: bool = row.sensitive
        self.attempts_counted: int = row.attempts_counted
        self.reached: bool = row.reached
        self.reached_since_opening: bool = row.reached_since_opening
        self.decision = DecisionKind(row.decision) if row.decision else None
        self.revision: int = row.revision
        self.turn: int = row.turn
        """0: the workflow has not spoken yet."""
        self.opening: int = row.opening
        self.closed_at: datetime | None = row.closed_at
        self.escalated_at: datetime | None = row.escalated_at or row.support_escalated_at
        self.alerted_at: datetime | None = row.alerted_at
        """A quiet alert: whoever shows it asks first that the reader is a supervisor."""
        self.question_open: bool = row.question_open
        self.support_id: str | None = row.support_id
        self.next_kind = NextActionKind(row.next_action_kind) if row.next_action_kind else None
        """Of `next_action`, and so the next ones: in clear, so that long lists are sorted without opening them."""
        self.due_at: datetime | None = row.next_action_due_at or row.review_at
        self.in_danger: bool = row.in_danger
        self.promised: bool = row.promised
        self.stopped: bool = row.stopped
        """Whether a stop stands, which the workflow may not have taken in yet."""
        self.lapses: int = row.lapses
        self.asking = asking_of(row._mapping.get("asking"))  # noqa: SLF001  # the public way to ask for a column
        """Repairs and practical help that ask somebody; read for the worklist alone."""

    @property
    def asks_urgently(self) -> bool:
        """Whether a repair or practical help asks more than a call that is due."""
        return any(one.is_urgent for one in self.asking)

    @cached_property
    def document(self) -> Document:
        """The referral as last corrected, in the contract's shape without nulls."""
        return document_of(self._cipher, self.id, self._row.document_enc)

    @cached_property
    def state(self) -> ReferralState | None:
        """Everything the heart remembers; `None` until the workflow's first turn."""
        return state_of(self._cipher, self.id, self._row.state_enc)

    @cached_property
    def next_action(self) -> NextAction | None:
        """What is wanted next; `None` for a closed referral."""
        if self.state is None:
            return NextAction(
                kind=NextActionKind.WAIT, due_at=self.received_at, reason="Triage has not run yet."
            )
        action = next_action(self.state)
        if action is not None and action.kind is NextActionKind.CALL and self.stopped:
            return NextAction(kind=NextActionKind.DECIDE, due_at=action.due_at, reason=STOPPED)
        if action is not None and action.kind is NextActionKind.REVIEW:
            return replace(action, due_at=self._row.review_at)
        return action

    @property
    def next_number(self) -> str | None:
        """The number the next action names, in E.164."""
        action = self.next_action
        return self.number_of(action.phone_id) if action and action.phone_id else None

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Every reason why nothing may leave."""
        return self.state.holds if self.state else ()

    @property
    def hold(self) -> Hold | None:
        """The gravest of them."""
        return gravest(self.holds) if self.holds else None

    @property
    def escalation(self) -> str:
        """Why a supervisor is asked; empty if none is."""
        of_support = self._row.support_escalation_enc
        if of_support:
            return self._cipher.open_text("ongoing_support.escalation_enc", self.support_id, of_support)
        return self.state.escalation if self.state else ""

    def number_id(self, e164: str) -> str:
        """The opaque id of a number, as events carry it."""
        return self._number_id(e164)

    def number_of(self, phone_id: str) -> str | None:
        """The number behind an opaque id; `None` once it has been corrected away."""
        return number_of(self.document, phone_id, self._number_id)

    @cached_property
    def _cipher(self) -> PersonCipher:
        return cipher_of(self._keyring, self.id, self._row.wrapped_key)


def views() -> Select[Any]:
    """Select what a view needs: the referral, and of its ongoing support the review and who is asked."""
    of_support = (
        SUPPORT.c.review_at,
        SUPPORT.c.escalated_at.label("support_escalated_at"),
        SUPPORT.c.escalation_enc.label("support_escalation_enc"),
        stop.stands(REFERRAL.c.id).label("stopped"),
    )
    return select(REFERRAL, *of_support).join_from(
        REFERRAL, SUPPORT, SUPPORT.c.support_id == REFERRAL.c.support_id, isouter=True
    )
