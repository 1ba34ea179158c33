"""Lives that are kept: a document, its referral in the tables, and every turn projected as a workflow would.

An `Office` holds every store over one database; a `KeptLife` is a `Life` of which each step is written.
"""

import copy
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from domain.errors import Refusal
from domain.events import (
    Answer,
    AttemptMade,
    Corrected,
    CorrectionSent,
    Event,
    PlanChanged,
    PlanSent,
    TimePassed,
    Triage,
)
from domain.message_ports import Beginning, Written
from domain.policy import Policy
from domain.ports import Projection
from domain.referral import decide
from domain.referral_state import Effects, ReferralState, initial_state, next_deadline
from domain.vocabulary import AttemptOutcome, MessageState
from store.command import CommandStore, NewCommand, StoredCommand
from store.funnel import StatisticsStore
from store.idempotency import Claim, IdempotencyStore
from store.keyring import Keyring
from store.message import MessageStore
from store.metrics import MetricsStore
from store.ongoing_support import SupportStore
from store.outbox import Outbox
from store.reception import Received, Reception, ReceptionResult
from store.referral import ReferralStore
from store.referral_view import ReferralView
from store.timeline import TimelineStore
from store.tokens import Maker, TokenStore
from tests.builders import NOW, THE_GAP, a_decision, a_policy

POLICE = Maker(
    token_id="t-police", role="police", name="Force system", organisation="Cambridgeshire Constabulary"
)
JO = Maker(token_id="t-jo", role="coordinator", name="Jo Coordinator")
WRITTEN = Written(text="Dear Ada, please ring us.", subject="A letter", pdf=b"%PDF-1.7 Ada")

DOCUMENT: dict[str, Any] = {
    "source": {
        "kind": "police",
        "organisation": "Cambridgeshire Constabulary",
        "reference": "35/48213/26",
        "person_reference": "1",
        "officer": "PC 1234",
        "reply_to": "victim.referrals@force.example",
    },
    "incident": {
        "kind": "burglary",
        "occurred_at": "2026-11-20T22:10:00+00:00",
        "reported_at": "2026-11-20T23:00:00+00:00",
        "postcode": "CB1 2AB",
    },
    "victim": {
        "role": "victim",
        "given_name": "Ada",
        "family_name": "Example",
        "date_of_birth": "1980-02-29",
        "language": "en",
        "access": [],
        "phones": [{"number": "+447700900123", "safe": "yes", "voicemail": "neutral"}],
        "emails": [{"address": "ada@example.org", "safe": "unknown"}],
        "address": {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "yes"},
        "call_windows": [],
    },
    "suspects": [{"relationship": "stranger", "shares_address": "no", "whereabouts": "unknown"}],
    "risk": {"level": "unknown", "marac": False},
    "lane": "contact",
    "consent": {"status": "given", "asked_by": "PC 1234"},
    "flags": [],
    "requests": ["locks"],
    "children_present": "unknown",
    "notes": "The back door was forced.",
}


def a_document(**changes: Any) -> dict[str, Any]:
    """The contract's example; `victim__given_name="Bo"` changes one field, `None` leaves it out."""
    document = copy.deepcopy(DOCUMENT)
    for path, value in changes.items():
        *way, last = path.split("__")
        place = document
        for step in way:
            place = place.setdefault(step, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return document


def another_person(number: int, **changes: Any) -> dict[str, Any]:
    """Somebody with nothing in common with anybody else."""
    return a_document(
        **{
            "source__reference": f"35/{number}/26",
            "victim__given_name": f"Given{number}",
            "victim__family_name": f"Family{number}",
            "victim__phones": [{"number": f"+4477009{number:05}", "safe": "yes"}],
            "victim__emails": [{"address": f"person{number}@example.org", "safe": "yes"}],
            **changes,
        }
    )


class Office:
    """Every store over one database."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self.engine, self.keyring = engine, keyring
        self.referrals = ReferralStore(engine, keyring)
        self.commands = CommandStore(engine, keyring)
        self.messages = MessageStore(engine, keyring)
        self.timeline = TimelineStore(engine, keyring)
        self.supports = SupportStore(engine, keyring)
        self.idempotency = IdempotencyStore(engine, keyring)
        self.statistics = StatisticsStore(engine)
        self.metrics = MetricsStore(engine)
        self.tokens = TokenStore(engine)
        self.outbox = Outbox(engine)

    def receives(
        self,
        document: dict[str, Any] | None = None,
        *,
        by: Maker = POLICE,
        at: datetime = NOW,
        claim: Claim | None = None,
    ) -> Reception:
        referral_id = str(uuid.uuid4())
        return self.referrals.receive(
            Received(
                referral_id=referral_id,
                reference=referral_id[:8],
                document=DOCUMENT if document is None else document,
                received_at=at,
                by=by,
                claim=claim,
            )
        )

    def begins(
        self,
        document: dict[str, Any] | None = None,
        *,
        at: datetime = NOW,
        policy: Policy | None = None,
        triaged: bool = True,
    ) -> "KeptLife":
        """Receive a referral and let its workflow begin."""
        reception = self.receives(document, at=at)
        assert reception.result is ReceptionResult.CREATED
        life = KeptLife(self, reception.referral_id, now=at, policy=policy or a_policy())
        return life.happens(Triage()) if triaged else life

    def view(self, referral_id: str) -> ReferralView:
        view = self.referrals.view(referral_id)
        assert view is not None
        return view

    def words(self, referral_id: str) -> list[str]:
        return [line.what for line in self.timeline.of(referral_id)]


class KeptLife:
    """One referral whose every turn is written."""

    def __init__(self, office: Office, referral_id: str, *, now: datetime, policy: Policy) -> None:
        self.office, self.id, self.now = office, referral_id, now
        known = office.referrals.take_up(referral_id)
        self.state: ReferralState = known.state or initial_state(
            referral_id=referral_id, policy=policy, facts=known.facts, received_at=known.received_at
        )
        self.last: Projection | None = None

    @property
    def view(self) -> ReferralView:
        return self.office.view(self.id)

    @property
    def key(self) -> str:
        assert self.state.writing is not None
        return self.state.writing.key

    @property
    def message_state(self) -> MessageState:
        return next(m.state for m in self.office.messages.of_referral(self.id) if m.key == self.key)

    def happens(self, event: Event, command: StoredCommand | None = None) -> "KeptLife":
        """Decide and project, as the workflow's turn does."""
        try:
            state, effects = decide(self.state, event, self.now, self.state.policy)
            answer = Answer(
                applied=True,
                revision=state.revision,
                counted=effects.counted,
                why_not_counted=effects.why_not_counted,
            )
        except Refusal as refusal:
            state, effects = self.state, Effects()
            answer = Answer(applied=False, revision=state.revision, code=refusal.code, why=refusal.reason)
        if command is not None:
            state = replace(state, applied_through=command.ordinal)
        self.state = replace(state, turn=self.state.turn + 1)
        self.last = Projection(
            state=self.state,
            effects=effects,
            at=self.now,
            command_id=command.id if command else None,
            answer=answer if command else None,
            corrects=isinstance(event, Corrected | PlanChanged) and answer.applied,
        )
        self.office.referrals.project(self.last)
        return self

    def is_told(self, event: Any, *, by: Maker = JO, **words: Any) -> StoredCommand:
        """Store a command without applying it."""
        kind = "attempt" if isinstance(event, AttemptMade) else event.type
        return self.office.commands.store(
            NewCommand(
                id=str(uuid.uuid4()),
                referral_id=self.id,
                kind=kind,
                event=event,
                by=by,
                made_at=self.now,
                words=words,
            )
        )

    def takes_in(self, command: StoredCommand) -> "KeptLife":
        """Apply a stored command."""
        event: Any = command.event
        if isinstance(event, CorrectionSent):
            event = Corrected(facts=self.office.referrals.facts_corrected_by(self.id, command.id))
        elif isinstance(event, PlanSent):
            event = PlanChanged(facts=self.office.referrals.facts_corrected_by(self.id, command.id))
        return self.happens(event, command)

    def rings(self, outcome: AttemptOutcome | str, *, by: Maker = JO, **words: Any) -> "KeptLife":
        attempt = AttemptMade(outcome=AttemptOutcome(outcome), made_at=self.now)
        return self.takes_in(self.is_told(attempt, by=by, **words))

    def decides(self, kind: str, *, by: Maker = JO, reason: str = "", **details: Any) -> "KeptLife":
        return self.takes_in(self.is_told(a_decision(kind, **details), by=by, reason=reason))

    def is_corrected(self, patch: dict[str, Any]) -> "KeptLife":
        return self.takes_in(self.is_told(CorrectionSent(), by=POLICE, patch=patch))

    def has_its_plan_changed(self, victim: dict[str, Any], *, by: Maker = JO) -> "KeptLife":
        """A coordinator says exactly what holds; `victim` is a merge-patch of the person."""
        signed = {"set_by": {"role": by.role, "name": by.name}, "set_at": self.now.isoformat()}
        patch = {"victim": {**victim, "contact_plan": {**victim.get("contact_plan", {}), **signed}}}
        return self.takes_in(self.is_told(PlanSent(), by=by, patch=patch))

    def is_silent(self, times: int = 3) -> "KeptLife":
        for _ in range(times):
            if self.state.counted_at:
                self.now = max(self.now, self.state.counted_at[-1] + THE_GAP)
            self.rings("no_answer")
        return self

    def waits(self, duration: timedelta) -> "KeptLife":
        until = self.now + duration
        while (at := next_deadline(self.state)) is not None and at <= until:
            self.now = max(self.now, at)
            self.happens(TimePassed())
        self.now = until
        return self

    def reaches_cut_off(self) -> "KeptLife":
        assert self.state.writing is not None
        assert self.state.writing.leaves_at is not None
        self.now = max(self.now, self.state.writing.leaves_at)
        return self.happens(TimePassed())

    def begins_to_leave(self) -> tuple[Beginning, MessageState]:
        draft = self.office.messages.draft(self.key)
        begun = self.office.messages.begin(self.key, WRITTEN, self.now, turn=draft.turn)
        assert (begun.permit is not None) is (begun.beginning is Beginning.BEGUN)
        return begun.beginning, begun.state
