"""What tests begin with: a policy that is always open, facts that hold nothing up, and a life to play.

A `Life` keeps a referral, its clock and everything its steps asked for, so that a test reads as a story.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from domain.errors import Refusal
from domain.events import (
    AttemptMade,
    Corrected,
    Decided,
    Event,
    MessageSettled,
    Replied,
    TimePassed,
    Triage,
    Withdrawn,
)
from domain.facts import Facts, Phone, Suspect
from domain.policy import (
    ContactPolicy,
    HoldPolicy,
    LetterPolicy,
    MessagePolicy,
    OpeningHours,
    Period,
    Policy,
    SupportPolicy,
    TriagePolicy,
)
from domain.referral import decide
from domain.referral_state import Effects, ReferralState, initial_state, next_action, next_deadline
from domain.vocabulary import (
    Answer,
    AttemptOutcome,
    Channel,
    ConsentStatus,
    DecisionKind,
    DeclinedBy,
    Flag,
    IncidentKind,
    Lane,
    MessageState,
    Outcome,
    Purpose,
    Relationship,
    ReplyChannel,
    RiskLevel,
    Role,
    SourceKind,
    UnknownRule,
    VictimRole,
    Weekday,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday morning in winter, when London shows UTC."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ALWAYS = Period(days=tuple(Weekday), opens=time(0), closes=time(0))
"""Every minute of every day."""
ALWAYS_OPEN = OpeningHours(time_zone="Europe/London", periods=(ALWAYS,))
THE_LIMIT = 3
THE_GAP = 4 * HOUR


def a_policy(**changes) -> Policy:
    """Always open; three attempts, four hours apart; letters leave at 17:30; two weeks' wait."""
    policy = Policy(
        profile="test",
        hours=ALWAYS_OPEN,
        contact=ContactPolicy(
            attempts=THE_LIMIT,
            minimum_gap=THE_GAP,
            different_part_of_day=False,
            first_call_within={
                RiskLevel.STANDARD: 2 * DAY,
                RiskLevel.MEDIUM: DAY,
                RiskLevel.HIGH: 4 * HOUR,
                RiskLevel.UNKNOWN: 2 * DAY,
            },
            lapse_after=4 * HOUR,
            retry_engaged_after=30 * MINUTE,
            callback_after=2 * HOUR,
        ),
        letter=LetterPolicy(cut_off=time(17, 30), cut_off_after=None, wait_after=14 * DAY),
        triage=TriagePolicy(
            explicit_consent_for=(Flag.DOMESTIC_ABUSE, Flag.SEXUAL_OFFENCE, Flag.BEREAVED, Flag.CHILD),
            child_under=16,
            violence_kinds=(
                IncidentKind.ASSAULT,
                IncidentKind.SERIOUS_VIOLENCE,
                IncidentKind.ROBBERY,
                IncidentKind.HOMICIDE,
            ),
            excluded_kinds=(IncidentKind.ANTISOCIAL_BEHAVIOUR,),
            areas=("CB", "SG8"),
        ),
        hold=HoldPolicy(review_after=2 * DAY),
        support=SupportPolicy(
            first_contact_within=3 * DAY,
            review_every=28 * DAY,
            review_missed_after=3 * DAY,
            missed_engagements=3,
        ),
    )
    return replace(policy, **changes)


def message_policy(**changes) -> MessagePolicy:
    """Texts from 9 to 20; two hours' wait for a message of unknown fate, then a rule for each purpose."""
    messages = MessagePolicy(
        texts_from=time(9),
        texts_until=time(20),
        unknown_after=2 * HOUR,
        unknown_rules={
            Purpose.CONTACT_UNANSWERED: UnknownRule.ASK_PERSON,
            Purpose.INFORMATION: UnknownRule.OTHER_CHANNEL,
            Purpose.SAFE_CHANNEL_ASKED: UnknownRule.RESEND,
            Purpose.WHO_WE_ARE: UnknownRule.ASK_PERSON,
            Purpose.VISIT_EXPECTED: UnknownRule.ASK_PERSON,
        },
    )
    return replace(messages, **changes)


def a_phone(number: int = 1, **changes) -> Phone:
    """A number that may be rung."""
    return replace(Phone(id=f"phone-{number}", safe=Answer.YES), **changes)


def a_suspect(relationship: Relationship = Relationship.STRANGER, **changes) -> Suspect:
    """A suspect who lives elsewhere."""
    return replace(Suspect(relationship=relationship, shares_address=Answer.NO), **changes)


def some_facts(**changes) -> Facts:
    """A burglary in Cambridge by a stranger: one number, post and e-mail all safe, consent given."""
    facts = Facts(
        source=SourceKind.POLICE,
        incident=IncidentKind.BURGLARY,
        phones=(a_phone(),),
        email_safe=Answer.YES,
        address_safe=Answer.YES,
        outward_code="CB1",
        suspects=(a_suspect(),),
        risk=RiskLevel.STANDARD,
        consent=ConsentStatus.GIVEN,
    )
    return replace(facts, **changes)


def sensitive_facts(**changes) -> Facts:
    """Stalking by a stranger, with every channel confirmed as safe."""
    return some_facts(incident=IncidentKind.STALKING, **changes)


def bereaved_facts(**changes) -> Facts:
    """Somebody bereaved by a road crash, whose next of kin have been told."""
    return some_facts(
        **{
            "incident": IncidentKind.ROAD_CRASH,
            "role": VictimRole.BEREAVED,
            "next_of_kin_informed": True,
            **changes,
        }
    )


def child_facts(**changes) -> Facts:
    """A child burgled at home, with a guardian's number."""
    return some_facts(**{"is_child": True, "phones": (a_phone(of_guardian=True),), **changes})


def self_referred_facts(**changes) -> Facts:
    """Somebody who asked for help themself."""
    return some_facts(source=SourceKind.SELF, **changes)


def information_facts(**changes) -> Facts:
    """Somebody to whom we only say that the service exists."""
    return some_facts(lane=Lane.INFORMATION, **changes)


UNWRITABLE = {"address_safe": Answer.NO, "email_safe": None}
"""Neither post nor e-mail may be used."""
UNREACHABLE = {"address_safe": Answer.NO, "email_safe": None, "phones": ()}
"""Nothing at all may be used."""
PROTECTED = {"sensitive": sensitive_facts, "bereaved": bereaved_facts, "child": child_facts}
"""The three kinds of person for whom a machine may only hold; all pass triage."""
SPOKEN = tuple(outcome for outcome in AttemptOutcome if outcome.reaches)
SILENCE = (AttemptOutcome.NO_ANSWER, AttemptOutcome.VOICEMAIL_LEFT, AttemptOutcome.VOICEMAIL_NOT_LEFT)


def a_referral(facts: Facts | None = None, *, policy: Policy | None = None) -> ReferralState:
    """A referral before triage."""
    return initial_state(
        referral_id="5b1d6f3e-0000-4000-8000-000000000001",
        policy=policy or a_policy(),
        facts=facts or some_facts(),
        received_at=NOW,
    )


def a_decision(kind: DecisionKind | str, *, role: Role = Role.MANAGER, **details) -> Decided:
    """A person's decision; words of closed lists may be given as text."""
    if details.get("outcome") is not None:
        details["outcome"] = Outcome(details["outcome"])
    if "declined_by" in details:
        details["declined_by"] = DeclinedBy(details["declined_by"])
    return Decided(kind=DecisionKind(kind), role=role, **details)


def run(state: ReferralState, *steps: Event | timedelta, at: datetime = NOW) -> ReferralState:
    """Feed a referral with events; a duration moves the clock without an event."""
    for step in steps:
        if isinstance(step, timedelta):
            at += step
        else:
            state, _ = decide(state, step, at, state.policy)
    return state


class Life:
    """One referral, its clock and all that its steps asked for."""

    def __init__(self, facts: Facts | None = None, *, policy: Policy | None = None, triaged: bool = True):
        self.state = a_referral(facts, policy=policy)
        self.now = NOW
        self.effects: list[Effects] = []
        if triaged:
            self.happens(Triage())

    def happens(self, event: Event) -> Effects:
        self.state, effects = decide(self.state, event, self.now, self.state.policy)
        self.effects.append(effects)
        return effects

    def waits(self, duration: timedelta) -> "Life":
        """Move the clock as a workflow would: every deadline on the way is answered at its own time."""
        until = self.now + duration
        for _ in range(50):
            at = next_deadline(self.state)
            if at is None or at > until:
                break
            self.now = max(self.now, at)
            self.happens(TimePassed())
        self.now = max(self.now, until)
        return self

    def sleeps(self, duration: timedelta) -> "Life":
        """Move the clock without asking anybody."""
        self.now += duration
        return self

    def rings(self, outcome: AttemptOutcome | str, **details) -> "Life":
        details = {"made_at": self.now, **details}
        self.happens(AttemptMade(outcome=AttemptOutcome(outcome), **details))
        return self

    def is_silent(self, times: int = 1) -> "Life":
        """Ring in vain, each time when the rules allow the next call."""
        for _ in range(times):
            if self.state.counted_at:
                self.now = max(self.now, self.state.counted_at[-1] + THE_GAP)
            self.rings(AttemptOutcome.NO_ANSWER)
        return self

    def decides(self, kind: DecisionKind | str, *, role: Role = Role.MANAGER, **details) -> "Life":
        self.happens(a_decision(kind, role=role, **details))
        return self

    def may_not_decide(self, kind: DecisionKind | str, *, role: Role = Role.MANAGER, **details) -> Refusal:
        """Decide and be refused; the referral must not have changed."""
        try:
            decide(self.state, a_decision(kind, role=role, **details), self.now, self.state.policy)
        except Refusal as refusal:
            return refusal
        raise AssertionError(f"{kind} was not refused while {self.state.stage}")

    def is_corrected(self, **changes) -> "Life":
        self.happens(Corrected(facts=replace(self.state.facts, **changes)))
        return self

    def is_withdrawn(self) -> "Life":
        self.happens(Withdrawn())
        return self

    def replies(self, channel: ReplyChannel = ReplyChannel.WEB) -> "Life":
        self.happens(Replied(channel=channel))
        return self

    def message_is(self, state: MessageState | str, *, key: str | None = None) -> "Life":
        """Say what became of the message."""
        assert self.state.writing is not None
        self.happens(MessageSettled(key=key or self.state.writing.key, state=MessageState(state)))
        return self

    def reaches_cut_off(self) -> "Life":
        """Let the cut-off pass; the message is reserved and about to leave."""
        assert self.state.writing is not None
        assert self.state.writing.leaves_at is not None
        self.now = max(self.now, self.state.writing.leaves_at)
        self.happens(TimePassed())
        return self

    def posts(self) -> "Life":
        """Let the cut-off pass and the message leave."""
        return self.reaches_cut_off().message_is(MessageState.SENT)

    @property
    def next_kind(self) -> str | None:
        action = next_action(self.state)
        return None if action is None else str(action.kind)

    @property
    def due_at(self) -> datetime | None:
        action = next_action(self.state)
        return None if action is None else action.due_at

    @property
    def deadline(self) -> datetime | None:
        return next_deadline(self.state)

    @property
    def held_kinds(self) -> set[str]:
        return {hold.kind for hold in self.state.holds}

    @property
    def proposals(self) -> set[str]:
        return {hold.proposes for hold in self.state.holds if hold.proposes}

    @property
    def letters_made(self) -> list[Channel]:
        """The channel of every message made so far."""
        return [change.channel for change in self._messages() if change.channel is not None]

    @property
    def message_keys(self) -> set[str]:
        return {change.key for change in self._messages()}

    @property
    def last_word(self) -> dict[str, MessageState]:
        """What was last asked for each message."""
        return {change.key: change.state for change in self._messages()}

    def _messages(self) -> Iterable:
        return (change for effects in self.effects for change in effects.messages)


def contacting(facts: Facts | None = None, **options) -> Life:
    life = Life(facts, **options)
    assert life.state.stage == "contacting", life.state.stage
    return life


def writing(facts: Facts | None = None, **options) -> Life:
    """Three silent calls, then a letter that waits for its cut-off.  It is 17:00."""
    life = contacting(facts, **options).is_silent(THE_LIMIT)
    assert life.state.stage == "writing", life.state.stage
    return life


def waiting(facts: Facts | None = None, **options) -> Life:
    """The letter has left."""
    return writing(facts, **options).posts()


def reached(facts: Facts | None = None, **options) -> Life:
    return contacting(facts, **options).rings(AttemptOutcome.ANSWERED)


def supporting(facts: Facts | None = None, **options) -> Life:
    return reached(facts, **options).decides(DecisionKind.ONGOING_SUPPORT)


def held(facts: Facts | None = None, *, kind: str = "other", **options) -> Life:
    """Held by a person from contacting."""
    return contacting(facts, **options).decides(DecisionKind.HOLD, hold_kind=kind)


def not_reached(facts: Facts | None = None, **options) -> Life:
    """Closed after silence, letter and wait."""
    life = waiting(facts, **options).waits(15 * DAY)
    assert life.state.outcome == "not_reached", life.state.stage
    return life


def informed(**options) -> Life:
    """An information referral, from letter to the end of the wait."""
    life = Life(information_facts(), **options).posts().waits(15 * DAY)
    assert life.state.outcome == "informed", life.state.stage
    return life


def closed_as(outcome: str, facts: Facts | None = None) -> Life:
    """Closed by a person with this outcome."""
    return Life(facts).decides(DecisionKind.CLOSE, outcome=outcome)
