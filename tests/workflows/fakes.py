"""Tables, words and ways out in memory, obeying the same guards as the real ones.

A turn is written once; a message that has been handed over stays as it is; nothing leaves while a stored command
waits.  `tests/store` holds the real tables to the same rules.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from activities.correspondence import CorrespondenceActivities
from activities.ongoing_support import SupportActivities
from activities.referral import ReferralActivities
from domain.dispatch_events import RepairAsked
from domain.errors import CannotBeWritten, ReferralNotFound
from domain.events import Answer, Command, CommandEvent, CorrectionSent
from domain.facts import Facts
from domain.gate import Permit, Write, permit
from domain.identifiers import referral_workflow_id
from domain.message_ports import Beginning, Begun, Delivery, Draft, Outgoing, Verdict, Written
from domain.ongoing_support import Reviewed, SupportCommand
from domain.policy import Policy
from domain.ports import Projection, SupportBegun, SupportProjection, TakenUp
from domain.referral_state import Entry, MessageChange, OngoingSupport, ReferralState
from domain.vocabulary import Channel, DeliveryReport, MessageState, Purpose, Stage
from tests.workflows.repairs import MemoryRepairs, repair_activities

WAITING = {MessageState.HELD, MessageState.RESERVED}
UNSURE = set(MessageState) - {MessageState.SENT, MessageState.REJECTED}


@dataclass(kw_only=True)
class KeptReferral:
    facts: Facts
    received_at: datetime
    state: ReferralState | None = None


@dataclass(kw_only=True)
class KeptMessage:
    key: str
    referral_id: str
    channel: Channel
    purpose: Purpose
    state: MessageState
    why: str = ""


@dataclass(kw_only=True)
class KeptSupport:
    support: OngoingSupport
    referral_id: str
    begun_at: datetime
    policy: Policy
    turn: int = 0
    state: str | None = None
    review_at: datetime | None = None
    ended_at: datetime | None = None
    escalation: str = ""


@dataclass(kw_only=True)
class KeptCommand:
    target_id: str
    command: Command | SupportCommand
    facts: Facts | None = None
    """What a correction makes of the referral."""
    answer: Answer | None = None


class MemoryTables:
    """Obeys `ReferralTables`, `MessageTables` and `SupportTables`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.referrals: dict[str, KeptReferral] = {}
        self.messages: dict[str, KeptMessage] = {}
        self.supports: dict[str, KeptSupport] = {}
        self.commands: dict[str, KeptCommand] = {}
        self.timeline: dict[str, list[Entry]] = {}
        self.written: Counter[tuple[str, int]] = Counter()
        """How often each turn was really written: never more than once."""
        self.outages = 0
        """So many of the next calls fail."""
        self.fault: Exception = ConnectionError("the database is away")
        """With what."""
        self.deferrals = 0
        """How often a message was told to wait for a command."""
        self.queued: list[str] = []
        """Letters that wait to be printed."""
        self.answers: list[bool] = []
        """What the ways out answered: whether they took a message."""
        self.repairs = MemoryRepairs()
        self.after_writing: Callable[[Projection], None] | None = None
        """What happens when a turn is in the tables and its workflow has not heard of it."""

    # What the front door does

    def receive(self, facts: Facts, *, received_at: datetime) -> str:
        referral_id = str(uuid.uuid4())
        self.referrals[referral_id] = KeptReferral(facts=facts, received_at=received_at)
        return referral_id

    def store(
        self, target_id: str, event: CommandEvent | Reviewed, *, facts: Facts | None = None
    ) -> Command | SupportCommand:
        """Give a command its place in the order."""
        with self._lock:
            ordinal = 1 + sum(kept.target_id == target_id for kept in self.commands.values())
            command_id = str(uuid.uuid4())
            command: Command | SupportCommand
            if isinstance(event, Reviewed):
                command = SupportCommand(id=command_id, ordinal=ordinal, event=event)
            else:
                command = Command(id=command_id, ordinal=ordinal, event=event)
            self.commands[command_id] = KeptCommand(target_id=target_id, command=command, facts=facts)
            return command

    def result(self, command_id: str) -> Answer | None:
        return self.commands[command_id].answer

    def pending(self, target_id: str) -> list[Command | SupportCommand]:
        return [
            kept.command
            for kept in self.commands.values()
            if kept.target_id == target_id and kept.answer is None
        ]

    def state(self, referral_id: str) -> ReferralState | None:
        return self.referrals[referral_id].state

    def words(self, referral_id: str) -> list[str]:
        return [entry.what for entry in self.timeline.get(referral_id, [])]

    # ReferralTables

    def take_up(self, referral_id: str) -> TakenUp:
        with self._open():
            kept = self.referrals.get(referral_id)
            if kept is None:
                raise ReferralNotFound(f"no referral {referral_id}")
            return TakenUp(state=kept.state, facts=kept.facts, received_at=kept.received_at)

    def facts_corrected_by(self, referral_id: str, command_id: str) -> Facts:
        with self._open():
            facts = self.commands[command_id].facts
            assert facts is not None, "a correction is stored with what it makes of the referral"
            return facts

    def project(self, projection: Projection) -> None:
        if self._project(projection) and self.after_writing:
            self.after_writing(projection)

    def _project(self, projection: Projection) -> bool:
        with self._open():
            state = projection.state
            kept = self.referrals[state.referral_id]
            if kept.state is not None and kept.state.turn >= state.turn:
                return False
            self.written[state.referral_id, state.turn] += 1
            kept.state = state
            if projection.corrects and projection.command_id:
                kept.facts = self.commands[projection.command_id].facts or kept.facts
            self.timeline.setdefault(state.referral_id, []).extend(projection.effects.entries)
            for change in projection.effects.messages:
                self._change(state.referral_id, change)
            if projection.effects.starts_support and state.support:
                self.supports.setdefault(
                    state.support.support_id,
                    KeptSupport(
                        support=state.support,
                        referral_id=state.referral_id,
                        begun_at=projection.at,
                        policy=state.policy,
                    ),
                )
            if isinstance(projection.effects.begins, RepairAsked):
                self.repairs.asked(projection.effects.begins, state.referral_id, projection.at)
            if projection.command_id and projection.answer:
                self._answer(projection.command_id, projection.answer)
            return True

    # MessageTables

    def draft(self, key: str, *, now: datetime | None = None) -> Draft:
        with self._open():
            message = self.messages[key]
            state = self.referrals[message.referral_id].state
            return Draft(
                key=key,
                id=key,
                referral_id=message.referral_id,
                reference="K7PM-4T2Q",
                channel=message.channel,
                purpose=message.purpose,
                state=message.state,
                neutral=False,
                name="Ada",
                language="en",
                turn=state.turn if state else 0,
            )

    def begin(
        self,
        key: str,
        written: Written,
        now: datetime,
        *,
        turn: int | None = None,
        batch_id: str | None = None,
    ) -> Begun:
        with self._open():
            message = self.messages[key]
            kept = self.referrals[message.referral_id]
            if message.state is not MessageState.RESERVED:
                already = {MessageState.SENDING: Beginning.INTERRUPTED, MessageState.HELD: Beginning.REFUSED}
                return Begun(
                    beginning=already.get(message.state, Beginning.SETTLED), state=message.state, why="Again."
                )
            moved_on = turn is not None and kept.state is not None and turn != kept.state.turn
            if moved_on or self.pending(referral_workflow_id(message.referral_id)):
                self.deferrals += 1
                return Begun(beginning=Beginning.DEFERRED, state=message.state, why="First something else.")
            begun = self._judge(message, kept, now)
            message.state = begun.state
            return begun

    def queue(self, key: str, now: datetime) -> None:
        with self._open():
            self.queued.append(key)

    def provider_answered(
        self, channel: Channel, *, taken: bool, retry_after: timedelta | None, now: datetime
    ) -> None:
        with self._open():
            self.answers.append(taken)

    def settle(
        self,
        key: str,
        state: MessageState,
        *,
        why: str,
        provider_id: str,
        now: datetime,
        report: DeliveryReport | None = None,
    ) -> None:
        with self._open():
            message = self.messages[key]
            follows = {MessageState.SENDING}
            if state in {MessageState.SENT, MessageState.REJECTED, MessageState.RESERVED}:
                follows |= {MessageState.UNKNOWN}
            if message.state in follows:
                message.state, message.why = state, why

    # SupportTables

    def take_up_support(self, support_id: str) -> SupportBegun:
        with self._open():
            kept = self.supports[support_id]
            return SupportBegun(
                support_id=support_id,
                referral_id=kept.referral_id,
                kind=kept.support.kind,
                owner=kept.support.owner,
                first_contact_on=kept.support.first_contact_on,
                begun_at=kept.begun_at,
                policy=kept.policy,
                state=kept.state,
            )

    def project_support(self, projection: SupportProjection) -> None:
        with self._open():
            kept = self.supports[projection.support_id]
            if kept.turn >= projection.turn:
                return
            self.written[projection.support_id, projection.turn] += 1
            kept.turn, kept.state = projection.turn, projection.state
            kept.review_at, kept.ended_at = projection.review_at, projection.ended_at
            kept.escalation = projection.escalation
            self.timeline.setdefault(projection.referral_id, []).extend(projection.entries)
            if projection.command_id and projection.answer:
                self._answer(projection.command_id, projection.answer)

    @contextmanager
    def _open(self) -> Iterator[None]:
        with self._lock:
            if self.outages > 0:
                self.outages -= 1
                raise self.fault
            yield

    def _answer(self, command_id: str, answer: Answer) -> None:
        kept = self.commands.get(command_id)
        if kept is not None and kept.answer is None:
            kept.answer = answer

    def _change(self, referral_id: str, change: MessageChange) -> None:
        if change.channel is not None and change.purpose is not None:
            made = KeptMessage(
                key=change.key,
                referral_id=referral_id,
                channel=change.channel,
                purpose=change.purpose,
                state=change.state,
                why=change.why,
            )
            self.messages.setdefault(change.key, made)
        elif self.messages[change.key].state in (UNSURE if change.learnt else WAITING):
            self.messages[change.key].state = change.state
            self.messages[change.key].why = change.why

    def _judge(self, message: KeptMessage, kept: KeptReferral, now: datetime) -> Begun:
        state = kept.state
        writing = state.writing if state and state.writing and state.writing.key == message.key else None
        errand = next((one for one in state.errands if one.key == message.key), None) if state else None
        wanted = writing or errand
        if state is None or wanted is None or not wanted.is_waiting:
            return Begun(beginning=Beginning.SETTLED, state=MessageState.RECALLED)
        act = Write(
            channel=message.channel,
            purpose=message.purpose,
            approved=writing is not None and writing.approved,
            address_id=errand.address_id if errand else "",
        )
        ruling = permit(message.key, act, state.circumstances(now, facts=kept.facts))
        in_its_stage = writing is None or state.stage is Stage.WRITING
        if isinstance(ruling, Permit) and in_its_stage:
            return Begun(beginning=Beginning.BEGUN, state=MessageState.SENDING, permit=ruling)
        why = "The safety gate said no at the last moment."
        return Begun(beginning=Beginning.REFUSED, state=MessageState.HELD, why=why)


class PlainWriter:
    """Writes anything out, or says that it cannot."""

    def __init__(self) -> None:
        self.cannot: str | None = None

    def write(self, draft: Draft, on: date) -> Written:
        if self.cannot:
            raise CannotBeWritten(self.cannot)
        return Written(text=f"Dear {draft.name}", pdf=b"%PDF-1.7")


class ScriptedProvider:
    """Says what it is told to, in order, and then accepts; remembers what it was handed."""

    simulated = False
    collects = False

    def __init__(self) -> None:
        self.script: list[Verdict] = []
        self.about_the_cut_off = Verdict.UNKNOWN
        """What it says of a message whose sending was cut off."""
        self.handed: list[str] = []
        self.meanwhile: Callable[[Outgoing], None] | None = None
        """What happens while it is being handed a message."""

    @property
    def tries(self) -> int:
        return len(self.handed)

    def send(self, outgoing: Outgoing) -> Delivery:
        self.handed.append(outgoing.key)
        if self.meanwhile:
            self.meanwhile(outgoing)
        verdict = self.script.pop(0) if self.script else Verdict.ACCEPTED
        return Delivery(verdict=verdict, provider_id="p-1", why=f"It said {verdict}.")

    def reconcile(self, key: str) -> Delivery:
        return Delivery(verdict=self.about_the_cut_off, why="It was asked afterwards.")


@dataclass(frozen=True)
class OnePolicy:
    """The same profile, whatever the year."""

    policy: Policy

    def policy_at(self, now: datetime) -> Policy:
        return self.policy


def activities_over(
    tables: Any,
    writer: Any,
    provider: Any,
    policies: Any,
    *,
    messages: Any = None,
    supports: Any = None,
    repairs: Any = None,
) -> list[Callable[..., Any]]:
    """Every activity, fed; `messages` and `supports` when they are not the same object as `tables`."""
    referral = ReferralActivities(tables, policies)
    correspondence = CorrespondenceActivities(messages or tables, writer, dict.fromkeys(Channel, provider))
    support = SupportActivities(supports or tables)
    return [
        referral.take_up_referral,
        referral.read_correction,
        referral.project_referral,
        correspondence.send_message,
        correspondence.reconcile_message,
        support.take_up_support,
        support.project_support,
        *repair_activities(repairs if repairs is not None else MemoryRepairs()),
    ]


def corrected(facts: Facts, **changes: Any) -> tuple[CorrectionSent, Facts]:
    """A correction as it travels, and what it makes of the referral."""
    return CorrectionSent(), replace(facts, **changes)
