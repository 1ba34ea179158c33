"""Where one referral stands: the versioned state its workflow carries, and what a step asks to be done."""

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.channels import callable_phones
from domain.dispatch_events import HelpAsked, RepairAsked
from domain.facts import Facts
from domain.gate import Circumstances
from domain.hold_kinds import Hold, gravest
from domain.policy import Policy
from domain.triage import is_protected
from domain.vocabulary import (
    Channel,
    ContactChannel,
    DecisionKind,
    Lane,
    MessageState,
    NextActionKind,
    Outcome,
    Purpose,
    SourceKind,
    Stage,
    StopCause,
    SupportKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The call that is wanted next."""

    due_at: datetime
    lapses_at: datetime | None
    """When nobody having called counts as a lapse; `None` once it has escalated."""
    reason: str
    promised: bool = False
    lapses: int = 0
    """How often the slot has lapsed; raises its place in the worklist."""
    gate: str = ""
    """What the safety gate said when it was put on the worklist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The one written message of this opening."""

    key: str
    channel: Channel
    purpose: Purpose
    number: int
    state: MessageState = MessageState.HELD
    leaves_at: datetime | None = None
    """The cut-off; `None` while something keeps it back."""
    approved: bool = False
    """A person asked for it: a machine's limits no longer stand in its way, safety still does."""
    recall_asked: bool = False
    """Somebody was reached while the message may already have been leaving."""
    posted_at: datetime | None = None
    closes_at: datetime | None = None
    """When the wait for an answer ends."""
    queued: bool = False
    """Reserved for the next batch the service prints itself."""
    printed: bool = False
    """Whether it lies in a printed batch: it may be posted at any moment."""
    resolves_at: datetime | None = None
    """When the rule for a message of unknown fate applies, if nothing is learnt before."""
    resent: bool = False
    """Whether it was sent again once already: the rule never does so twice."""
    postponed: int = 0
    """How often its provider was away or busy."""
    in_vain: bool = False
    """Whether it left and did not arrive."""
    tried: tuple[Channel, ...] = ()
    """Channels by which the purpose was written in vain before: no machine tries them again."""
    instead_of: str = ""
    """The key of a message of unknown fate, in whose place this one was made."""
    instead_of_channel: Channel | None = None
    released_for: tuple[str, ...] = ()
    """What a person's release was given for: who is written to, where, and in whose reach; see `domain.release`."""
    overtaken: bool = False
    """Whether that message proved to have left while this one was leaving already."""

    @property
    def has_left(self) -> bool:
        """Whether it left or may have left, and may have arrived."""
        left = self.state in {MessageState.SENT, MessageState.UNKNOWN} and not self.in_vain
        return left or self.recall_asked

    @property
    def is_waiting(self) -> bool:
        """Whether it exists and has not left."""
        return self.state in {MessageState.HELD, MessageState.RESERVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A message beside the one of this opening: a question to the referrer, a short answer to a text."""

    key: str
    channel: Channel
    purpose: Purpose
    state: MessageState = MessageState.RESERVED
    wanted_at: datetime
    """When it was to leave first: what waits for too long becomes pointless."""
    due_at: datetime
    """Not before."""
    address_id: str = ""
    """The number it answers; empty: the recipient's, by the rules."""
    resolves_at: datetime | None = None
    """As in `Writing`."""
    resent: bool = False
    postponed: int = 0
    about: str = ""
    """The repair whose visit it announces."""
    until: datetime | None = None
    """From then on it would be of no use; `None`: its purpose says."""

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to leave."""
        return self.state in {MessageState.HELD, MessageState.RESERVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OngoingSupport:
    """What the referral remembers of its ongoing support; the rest is the support's own."""

    support_id: str
    kind: SupportKind
    owner: str | None
    first_contact_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """What is wanted next, when, and why."""

    kind: NextActionKind
    due_at: datetime | None
    reason: str
    phone_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralState:
    """Everything the heart remembers.  Fields are only ever added, each with a default."""

    version: int = 1
    referral_id: str
    policy: Policy
    facts: Facts
    received_at: datetime
    stage: Stage = Stage.RECEIVED
    outcome: Outcome | None = None
    lane: Lane = Lane.CONTACT
    sensitive: bool = False
    """Sticky: a correction never unmarks it."""
    revision: int = 0
    """Rises with every change a reader can see; a refused command leaves it as it was."""
    turn: int = 0
    """Rises with every projection, so that the tables take each exactly once."""
    applied_through: int = 0
    """The ordinal of the last command applied or refused: commands run in order, once."""
    opening: int = 1
    opened_at: datetime
    attempts_counted: int = 0
    counted_at: tuple[datetime, ...] = ()
    rung: bool = False
    """Whether any outgoing call was made since (re)opening: the first-call clock has stopped."""
    reached: bool = False
    """Whether victim or guardian was ever spoken to."""
    reached_since_opening: bool = False
    replied_since_opening: bool = False
    decision: DecisionKind | None = None
    """The coordinator's decision since (re)opening, for the funnel."""
    call: Call | None = None
    decide_since: datetime | None = None
    decide_reason: str = ""
    writing: Writing | None = None
    letters_made: int = 0
    holds: tuple[Hold, ...] = ()
    released: tuple[str, ...] = ()
    """Kinds of hold, and proposed steps, that a person has released: not asked again."""
    held_from: Stage | None = None
    proposed: bool = False
    """Whether a step was proposed since the referral was last held."""
    closed_phones: tuple[str, ...] = ()
    unobtainable: tuple[str, ...] = ()
    support: OngoingSupport | None = None
    question_open: bool = False
    """Whether the referrer owes an answer (a number, a safe channel)."""
    escalated_at: datetime | None = None
    escalation: str = ""
    closed_at: datetime | None = None
    closed_addresses: tuple[str, ...] = ()
    """E-mail and postal addresses at which something bounced or came back, by their opaque ids."""
    opted_out: tuple[ContactChannel, ...] = ()
    """What somebody asked us to stop on this referral; only a person lifts it, at the victim's word."""
    opt_outs_since_opening: bool = False
    """Whether that happened since (re)opening: everything automatic is paused."""
    errands: tuple[Errand, ...] = ()
    errands_made: int = 0
    stopped_for: tuple[StopCause, ...] = ()
    """Why everything is stopped until a supervisor lifts it: a closing takes the holds, and not these."""
    alerted_at: datetime | None = None
    """When a word agreed for duress was used last: shown to supervisors alone, until one of them has acted on it."""
    answered_who_at: tuple[tuple[str, datetime], ...] = ()
    """When "who is this?" was answered last, by number."""

    repairs: tuple[str, ...] = ()
    """Repairs that were asked for: they are told when everything is stopped."""

    @property
    def closed_ways(self) -> tuple[str, ...]:
        """Every number and address that is not used any more."""
        return (*self.closed_phones, *self.closed_addresses)

    def circumstances(
        self,
        now: datetime,
        *,
        facts: Facts | None = None,
        stopped: bool = False,
        known_opt_outs: tuple[ContactChannel, ...] = (),
    ) -> Circumstances:
        """What the safety gate may know.

        Args:
            now: An aware time.
            facts: As the tables have them at this moment, where they are at hand; by default the state's.
            stopped: Whether a stop stands in the tables.
            known_opt_outs: What the tables know of earlier occasions.
        """
        current = (facts or self.facts).as_of(now)
        sensitive = self.sensitive or current.is_sensitive
        return Circumstances(
            facts=current,
            policy=self.policy,
            now=now,
            sensitive=sensitive,
            protected=is_protected(current, sensitive=sensitive),
            closed=self.closed_ways,
            closed_numbers=self.closed_phones,
            opted_out=self.opted_out,
            known_opt_outs=known_opt_outs,
            stopped=stopped,
            held=bool(self.holds),
            in_touch=self.bars_machines,
            unasked=not self.may_be_written_to_unasked,
            lane=self.lane,
        )

    @property
    def protected(self) -> bool:
        """Whether a machine may only hold."""
        return is_protected(self.facts, sensitive=self.sensitive)

    @property
    def bars_machines(self) -> bool:
        """Whether somebody was spoken to, replied or asked us to stop: no automatic letter or closing."""
        return self.reached or self.replied_since_opening or self.opt_outs_since_opening

    @property
    def is_live(self) -> bool:
        """Whether it has not been closed."""
        return self.stage is not Stage.CLOSED

    @property
    def phone_id(self) -> str | None:
        """The number to ring next; numbers tried less come first only by their order in the referral."""
        phones = callable_phones(self.facts, sensitive=self.sensitive, closed=self.closed_phones)
        tried = [phone for phone in phones if phone.id not in self.unobtainable]
        return (tried or list(phones))[0].id if phones else None

    @property
    def may_be_written_to_unasked(self) -> bool:
        """Nothing leaves for a self-referral, own or by a helper, until a person has spoken to the victim."""
        is_own = self.facts.source in {SourceKind.SELF, SourceKind.THIRD_PARTY}
        return not is_own or self.reached or self.replied_since_opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline: what happened and why, in plain words without personal details."""

    what: str
    why: str = ""
    by_person: bool = False
    """Whether the sender of the command did this; everything that follows from it, the service does itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChange:
    """What is to be done to one message's row, together with the revision."""

    key: str
    state: MessageState
    why: str
    channel: Channel | None = None
    """Given when the message is made."""
    purpose: Purpose | None = None
    """Likewise; it says to whom, too."""
    leaves_at: datetime | None = None
    learnt: bool = False
    """Whether this was learnt after it had been handed over: then it changes what may have left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What one step asks to be done; the tables take it in one transaction with the new state."""

    entries: tuple[Entry, ...] = ()
    messages: tuple[MessageChange, ...] = ()
    starts_support: bool = False
    ends_support: str | None = None
    """The reason with which the ongoing support is told to end."""
    counted: bool | None = None
    """For an attempt: whether it counts."""
    why_not_counted: str | None = None
    begins: RepairAsked | HelpAsked | None = None
    """A repair or practical help whose workflow begins."""
    stops_repairs: tuple[str, ...] = ()
    """Repairs that are told that everything was stopped."""


def next_action(state: ReferralState) -> NextAction | None:
    """Say what is wanted next; `None` for a closed referral."""
    match state.stage:
        case Stage.RECEIVED:
            return NextAction(
                kind=NextActionKind.WAIT, due_at=state.received_at, reason="Triage has not run yet."
            )
        case Stage.HELD:
            return _held_action(state)
        case Stage.CONTACTING:
            return _contacting_action(state)
        case Stage.WRITING:
            return _writing_action(state)
        case Stage.SUPPORTING:
            return NextAction(
                kind=NextActionKind.REVIEW, due_at=None, reason="The ongoing support is reviewed."
            )
        case Stage.CLOSED:
            return None


def next_deadline(state: ReferralState) -> datetime | None:
    """The next moment at which time alone may change something; `None`: never by time alone."""
    deadlines: list[datetime | None] = []
    writing = state.writing
    if state.stage is Stage.CONTACTING and state.call is not None:
        deadlines.append(state.call.lapses_at)
    if state.stage is Stage.WRITING and writing is not None:
        unknown = writing.state is MessageState.UNKNOWN and writing.resolves_at is not None
        waits_until = writing.resolves_at if unknown else writing.closes_at
        deadlines.append(writing.leaves_at if writing.is_waiting else waits_until)
    if state.stage is Stage.HELD:
        deadlines += [hold.review_at for hold in state.holds if not hold.review_asked]
    if state.is_live:
        deadlines.append(state.facts.plan_until)
    deadlines += [errand.due_at if errand.is_waiting else errand.resolves_at for errand in state.errands]
    return min((at for at in deadlines if at is not None), default=None)


def leaving_now(state: ReferralState, now: datetime) -> str | None:
    """The key of a message that is to be handed over now; `None` if there is none."""
    for errand in state.errands:
        if errand.is_waiting and errand.due_at <= now:
            return errand.key
    writing = state.writing
    if state.stage is Stage.WRITING and writing is not None and not writing.queued:
        return writing.key if writing.state is MessageState.RESERVED else None
    return None


def doubtful_now(state: ReferralState, now: datetime) -> str | None:
    """The key of a message of unknown fate whose provider is to be asked now; `None` if there is none."""
    messages: list[Errand | Writing] = list(state.errands)
    if state.stage is Stage.WRITING and state.writing is not None:
        messages.append(state.writing)
    for message in messages:
        unknown = message.state is MessageState.UNKNOWN
        if unknown and message.resolves_at is not None and message.resolves_at <= now:
            return message.key
    return None


def _held_action(state: ReferralState) -> NextAction:
    hold = gravest(state.holds)
    kind = NextActionKind.CONFIRM_SAFETY if hold.kind == "confirm_safety" else NextActionKind.CHECK_HOLD
    return NextAction(kind=kind, due_at=hold.review_at, reason=hold.reason)


def _contacting_action(state: ReferralState) -> NextAction:
    if state.call is None:
        return NextAction(kind=NextActionKind.DECIDE, due_at=state.decide_since, reason=state.decide_reason)
    return NextAction(
        kind=NextActionKind.CALL,
        due_at=state.call.due_at,
        reason=state.call.reason,
        phone_id=state.phone_id,
    )


def _writing_action(state: ReferralState) -> NextAction:
    writing = state.writing
    if writing is not None and not writing.has_left:
        return NextAction(
            kind=NextActionKind.SEND,
            due_at=writing.leaves_at,
            reason="A message is made and leaves at the cut-off unless somebody is reached before.",
        )
    return NextAction(
        kind=NextActionKind.WAIT,
        due_at=writing.closes_at if writing else None,
        reason="The message has left; we wait for an answer.",
    )


@dataclass(slots=True)
class Turn:
    """One step in the making: the state so far and what it asks for.  Lives inside one `decide` only."""

    state: ReferralState
    now: datetime
    policy: Policy
    entries: list[Entry] = field(default_factory=list)
    messages: list[MessageChange] = field(default_factory=list)
    starts_support: bool = False
    ends_support: str | None = None
    counted: bool | None = None
    why_not_counted: str | None = None
    begins: RepairAsked | HelpAsked | None = None
    stops_repairs: tuple[str, ...] = ()

    def say(self, what: str, why: str = "", *, by_person: bool = False) -> None:
        """Write a line of the timeline."""
        self.entries.append(Entry(what=what, why=why, by_person=by_person))

    def effects(self) -> Effects:
        """What the step asks for."""
        return Effects(
            entries=tuple(self.entries),
            messages=tuple(self.messages),
            starts_support=self.starts_support,
            ends_support=self.ends_support,
            counted=self.counted,
            why_not_counted=self.why_not_counted,
            begins=self.begins,
            stops_repairs=self.stops_repairs,
        )


def initial_state(*, referral_id: str, policy: Policy, facts: Facts, received_at: datetime) -> ReferralState:
    """The state before triage."""
    return ReferralState(
        referral_id=referral_id,
        policy=policy,
        facts=facts,
        received_at=received_at,
        opened_at=received_at,
        sensitive=facts.is_sensitive,
        lane=Lane.CONTACT if is_protected(facts, sensitive=facts.is_sensitive) else facts.lane,
    )
