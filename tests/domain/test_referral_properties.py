"""What holds for every referral, whatever happens to it and in whatever order.

Random lives are played: events, time, and messages as they leave.  Each test states one promise and checks it after
every step.  `Step.is_machine` is everything that is not a person's decision.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.channels import callable_phones
from domain.dispatch_events import HelpAsked, RepairAsked, VisitExpected
from domain.errors import Incomplete, NotPossibleNow, Refusal, RoleNotAllowed
from domain.events import (
    AttemptMade,
    Corrected,
    Decided,
    Event,
    MessageReported,
    MessageSettled,
    OptedIn,
    OptedOut,
    PlanChanged,
    Replied,
    Stopped,
    SupportPlan,
    TextCame,
    TimePassed,
    Triage,
    Withdrawn,
)
from domain.facts import Facts, Phone, Suspect
from domain.referral import TABLE, decide, name_of, open_decisions
from domain.referral_state import (
    Effects,
    ReferralState,
    doubtful_now,
    leaving_now,
    next_action,
    next_deadline,
)
from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import RepairKind, Urgency
from domain.triage import triage
from domain.vocabulary import (
    Access,
    Answer,
    AttemptOutcome,
    ConsentStatus,
    ContactChannel,
    DecisionKind,
    DeclinedBy,
    DeliveryReport,
    Direction,
    Flag,
    IncidentKind,
    Lane,
    MessageState,
    OptOutWay,
    Outcome,
    Purpose,
    Relationship,
    ReplyChannel,
    RiskLevel,
    Role,
    SourceKind,
    Stage,
    StopCause,
    SupportKind,
    TextMeaning,
    UnknownRule,
    VictimRole,
)
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SPOKEN,
    THE_LIMIT,
    Life,
    a_policy,
    a_referral,
    message_policy,
    some_facts,
)

bounded = settings(max_examples=700, deadline=None)
FINAL = {MessageState.SENT, MessageState.UNKNOWN, MessageState.REJECTED, MessageState.RECALLED}
STATE = TypeAdapter(ReferralState)
EVENT = TypeAdapter(Event)


def _often(dice: Random, usual, *others):
    """One value most of the time."""
    return usual if dice.random() < 0.75 else dice.choice(others)


def _phone(dice: Random, number: int) -> Phone:
    return Phone(
        id=f"phone-{number}",
        safe=_often(dice, Answer.YES, Answer.UNKNOWN, Answer.NO),
        of_guardian=_often(dice, False, True),
    )


def _suspect(dice: Random) -> Suspect:
    relationship = (Relationship.STRANGER, Relationship.EX_PARTNER, Relationship.UNKNOWN, Relationship.FAMILY)
    return Suspect(
        relationship=_often(dice, *relationship),
        shares_address=_often(dice, Answer.NO, Answer.UNKNOWN, Answer.YES),
    )


def _facts(dice: Random) -> Facts:
    ordinary = IncidentKind.BURGLARY
    others = (
        IncidentKind.ASSAULT,
        IncidentKind.STALKING,
        IncidentKind.SUICIDE,
        IncidentKind.ANTISOCIAL_BEHAVIOUR,
    )
    marks = ((Flag.STALKING,), (Flag.COUNTER_ALLEGATION,), (Flag.BEREAVED,), (Flag.DOMESTIC_ABUSE,))
    return Facts(
        source=_often(dice, SourceKind.POLICE, SourceKind.SELF),
        incident=_often(dice, ordinary, *others),
        role=_often(dice, VictimRole.VICTIM, VictimRole.BEREAVED, VictimRole.WITNESS),
        is_child=_often(dice, False, True),
        access=_often(dice, (), (Access.NO_PHONE,)),
        phones=tuple(_phone(dice, number) for number in range(1, dice.randint(0, 2) + 1)),
        email_safe=dice.choice([Answer.YES, Answer.NO, None]),
        address_safe=_often(dice, Answer.YES, Answer.UNKNOWN, Answer.NO, None),
        outward_code=_often(dice, "CB1", "M1", None),
        guardian_is_suspect=_often(dice, False, True),
        suspects=tuple(_suspect(dice) for _ in range(dice.randint(1, 2))),
        risk=_often(dice, RiskLevel.STANDARD, RiskLevel.HIGH, RiskLevel.UNKNOWN),
        lane=_often(dice, Lane.CONTACT, Lane.INFORMATION),
        consent=_often(dice, ConsentStatus.GIVEN, ConsentStatus.NOT_ASKED, ConsentStatus.REFUSED),
        flags=_often(dice, (), *marks),
        next_of_kin_informed=dice.random() < 0.5,
        referrer_can_be_asked=dice.random() < 0.5,
        plan_until=dice.choice([None, None, None, NOW + 2 * DAY]),
    )


def _first_facts(dice: Random) -> Facts:
    """Half of all lives begin with one trait only, so that they get far."""
    trait = dice.choice(
        [
            {},
            {"lane": Lane.INFORMATION},
            {"incident": IncidentKind.STALKING},
            {"is_child": True},
            {"role": VictimRole.BEREAVED, "next_of_kin_informed": True},
            {"source": SourceKind.SELF},
            {"source": SourceKind.SELF, "lane": Lane.INFORMATION},
            {"phones": ()},
            {"address_safe": Answer.NO, "email_safe": None},
            {"phones": (Phone(id="phone-1", safe=Answer.YES), Phone(id="phone-2", safe=Answer.YES))},
        ]
    )
    return some_facts(**trait) if dice.random() < 0.5 else _facts(dice)


def _corrected(dice: Random, facts: Facts) -> Facts:
    if dice.random() < 0.2:
        return replace(_facts(dice), source=facts.source)  # who sent it is not for correction
    change = dice.choice(
        [
            {},
            {"phones": ()},
            {"phones": (Phone(id="phone-3", safe=Answer.YES),)},
            {"address_safe": Answer.NO},
            {"address_safe": Answer.NO, "email_safe": None},
            {"address_safe": Answer.YES},
            {"flags": (Flag.STALKING,)},
            {"flags": ()},
            {"flags": (Flag.COUNTER_ALLEGATION,)},
            {"outward_code": "M1"},
            {"outward_code": "CB1"},
            {"consent": ConsentStatus.REFUSED},
            {"is_child": True},
            {"suspects": (Suspect(relationship=Relationship.PARTNER, shares_address=Answer.YES),)},
        ]
    )
    return replace(facts, **change)


A_WHILE = [timedelta(0), MINUTE, HOUR, 4 * HOUR, 9 * HOUR, DAY, 3 * DAY, 15 * DAY]
SETTLED = [
    MessageState.SENT,
    MessageState.SENT,
    MessageState.SENT,
    MessageState.REJECTED,
    MessageState.UNKNOWN,
    MessageState.HELD,
    MessageState.RESERVED,
]
KINDS_OF_STEP = [
    *["silence"] * 5,
    *["attempt"] * 2,
    *["decision"] * 4,
    *["settled"] * 3,
    *["deadline"] * 4,
    "time",
    "correction",
    "withdrawal",
    "reply",
    "plan",
    "stop",
    "opt_out",
    "opt_in",
    "text",
    "dispatch",
    *["report"] * 2,
    *["answered"] * 2,
]
BEFORE_MESSAGES = a_policy()
"""As workflows carried it before there was a policy of messages."""
POLICIES = [
    BEFORE_MESSAGES,
    a_policy(messages=message_policy()),
    a_policy(messages=message_policy(unknown_rules=dict.fromkeys(Purpose, UnknownRule.RESEND))),
    a_policy(messages=message_policy(unknown_rules=dict.fromkeys(Purpose, UnknownRule.OTHER_CHANNEL))),
]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a life; `refusal` set means that nothing changed."""

    before: ReferralState
    event: Event
    now: datetime
    after: ReferralState
    effects: Effects | None
    refusal: Refusal | None

    @property
    def is_machine(self) -> bool:
        return not isinstance(self.event, Decided)

    @property
    def made(self):
        """Messages made in this step."""
        if self.effects is None:
            return []
        return [m for m in self.effects.messages if m.channel is not None and not is_errand(m.key)]

    @property
    def released_to_leave(self):
        """Messages that may leave from now on."""
        return (
            []
            if self.effects is None
            else [
                m for m in self.effects.messages if m.state is MessageState.RESERVED and not is_errand(m.key)
            ]
        )

    def __repr__(self) -> str:
        names = ("kind", "outcome", "direction", "state")
        detail = " ".join(str(getattr(self.event, name)) for name in names if getattr(self.event, name, None))
        end = f"refused: {self.refusal}" if self.refusal else f"{self.after.stage}"
        return f"<{self.now:%d %H:%M} {self.before.stage} --{self.event.type} {detail}--> {end}>"


def _decision(dice: Random, state: ReferralState, now: datetime) -> Decided:
    possible = open_decisions(state, role=Role.MANAGER, now=now)
    return Decided(
        kind=dice.choice(possible if possible and dice.random() < 0.8 else list(DecisionKind)),
        role=_often(dice, Role.MANAGER, Role.COORDINATOR),
        outcome=dice.choice([None, *Outcome]),
        hold_kind=_often(dice, None, "other", "withdrawal", "proposal", "mine"),
        review_at=dice.choice([None, now + DAY, now - DAY]),
        due_at=dice.choice([now + DAY, now, now - HOUR, None]),
        support=dice.choice([None, SupportPlan(), SupportPlan(kind=SupportKind.NURSE, owner="team-1")]),
        declined_by=_often(dice, DeclinedBy.VICTIM, DeclinedBy.GUARDIAN),
    )


def _attempt(dice: Random, now: datetime) -> AttemptMade:
    return AttemptMade(
        outcome=dice.choice(list(AttemptOutcome)),
        made_at=now - dice.choice([timedelta(0), HOUR]),
        direction=_often(dice, Direction.OUTBOUND, Direction.INBOUND),
        callback_at=dice.choice([None, now + DAY, now - HOUR]),
        phone_id=_often(dice, None, "phone-1", "phone-2"),
    )


def _settled(dice: Random, state: ReferralState, key: str) -> MessageSettled:
    """What the activity tells of a message that was let go, or of one that was asked about."""
    fate = dice.choice(SETTLED)
    return MessageSettled(
        key=key,
        state=fate,
        why="so it was",
        retry_at=dice.choice([None, NOW + DAY]) if fate is MessageState.RESERVED else None,
        report=dice.choice([None, DeliveryReport.BOUNCED]) if fate is MessageState.REJECTED else None,
        asks_person=fate is MessageState.HELD and dice.random() < 0.3,
    )


def _report(dice: Random, state: ReferralState, left: list[str]) -> MessageReported:
    """Of a message that was handed over, or of a letter of which nobody knows which it was."""
    if not left or dice.random() < 0.1:
        return MessageReported(report=DeliveryReport.RETURNED, address_id="post-1")
    return MessageReported(
        report=dice.choice([r for r in DeliveryReport if r is not DeliveryReport.PULLED]),
        key=dice.choice(left),
        address_id=dice.choice(["", "phone-1", "post-1", "email-1"]),
    )


@cache
def play(seed: int) -> tuple[Step, ...]:
    """One random life, as the workflow would feed it: a message is settled only after it was let go."""
    dice = Random(seed)
    state = a_referral(_first_facts(dice), policy=POLICIES[seed % len(POLICIES)])
    now = NOW
    leaving: list[str] = []
    left: list[str] = []
    asked: list[str] = []
    life: list[Step] = []

    def happens(event: Event) -> None:
        nonlocal state
        try:
            after, effects = decide(state, event, now, state.policy)
        except Refusal as refusal:
            life.append(Step(before=state, event=event, now=now, after=state, effects=None, refusal=refusal))
            return
        life.append(Step(before=state, event=event, now=now, after=after, effects=effects, refusal=None))
        leaving.extend(m.key for m in effects.messages if m.state is MessageState.RESERVED)
        state = after

    happens(Triage())
    for _ in range(dice.randint(0, 32)):
        match dice.choice(KINDS_OF_STEP):
            case "silence":
                now = max([now, *(at + 4 * HOUR for at in state.counted_at[-1:])])
                happens(AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=now))
            case "attempt":
                happens(_attempt(dice, now))
            case "decision":
                happens(_decision(dice, state, now))
            case "settled" if leaving:
                event = _settled(dice, state, leaving.pop(0))
                if event.state in {MessageState.SENT, MessageState.UNKNOWN}:
                    left.append(event.key)
                happens(event)
            case "settled" if (doubtful := doubtful_now(state, now)) is not None:
                asked.append(doubtful)  # its provider takes its time, and the referral goes on meanwhile
            case "answered" if asked:
                happens(replace(_settled(dice, state, asked.pop(0)), reconciled=True))
            case "deadline":
                now = max(now, next_deadline(state) or now)
                happens(TimePassed())
            case "correction":
                happens(Corrected(facts=_corrected(dice, state.facts)))
            case "withdrawal":
                happens(Withdrawn())
            case "reply":
                happens(Replied(channel=dice.choice(list(ReplyChannel)), duress=dice.random() < 0.1))
            case "plan":
                happens(PlanChanged(facts=_corrected(dice, state.facts)))
            case "stop":
                happens(Stopped(cause=dice.choice(list(StopCause))))
            case "opt_out":
                channel = dice.choice(list(ContactChannel))
                happens(OptedOut(channel=channel, way=dice.choice(list(OptOutWay))))
            case "opt_in":
                happens(OptedIn(channel=dice.choice([*state.opted_out, *ContactChannel])))
            case "text":
                meaning = dice.choice([TextMeaning.WHO_ARE_YOU, TextMeaning.ABUSE])
                happens(TextCame(meaning=meaning, phone_id=dice.choice(["phone-1", "phone-2"])))
            case "report":
                happens(_report(dice, state, left))
            case "dispatch":
                happens(_dispatch(dice, now))
            case _:
                now += dice.choice(A_WHILE)
                happens(TimePassed())
    return tuple(life)


def a_repair_asked(repair_id: str, urgency: Urgency = Urgency.OPEN_PROPERTY) -> RepairAsked:
    request = RepairRequest(kinds=(RepairKind.BOARD_UP,), urgency=urgency)
    return RepairAsked(repair_id=repair_id, request=request)


def _dispatch(dice: Random, now: datetime) -> Event:
    """Somebody is sent, or on the way, twice as often."""
    expected_at = now + dice.choice([10 * MINUTE, HOUR, -MINUTE])
    visit = VisitExpected(repair_id=dice.choice(["repair-1", "repair-2"]), expected_at=expected_at)
    repair = a_repair_asked(f"repair-{dice.randrange(9)}", dice.choice([*Urgency]))
    return dice.choice([visit, visit, repair, HelpAsked(help_id="help-1")])


class Tale(tuple):
    """A life that tells itself briefly when a test fails."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))


def lives() -> st.SearchStrategy[Tale]:
    """Lives by the number they were played from; each is played once for all tests."""
    return st.integers(0, 3999).map(lambda seed: Tale(play(seed)))


def is_protected(facts: Facts, sensitive: bool) -> bool:
    """Written apart from the code, from the contract's words."""
    died = {IncidentKind.SUICIDE, IncidentKind.SUDDEN_DEATH, IncidentKind.HOMICIDE}
    return (
        sensitive
        or facts.is_child
        or facts.role is VictimRole.BEREAVED
        or Flag.BEREAVED in facts.flags
        or Flag.CHILD in facts.flags
        or facts.incident in died
    )


def was_in_touch(state: ReferralState) -> bool:
    return state.reached or state.replied_since_opening or state.opt_outs_since_opening


def is_errand(key: str) -> bool:
    """A message beside the one of an opening."""
    return key.split(":")[1] in {Purpose.SAFE_CHANNEL_ASKED, Purpose.WHO_WE_ARE, Purpose.VISIT_EXPECTED}


# --- everything is answered


EVERY_EVENT = [
    Triage(),
    *(
        AttemptMade(outcome=outcome, made_at=NOW, direction=direction)
        for outcome in AttemptOutcome
        for direction in Direction
    ),
    *(Decided(kind=kind, role=role) for kind in DecisionKind for role in Role),
    *(Decided(kind=DecisionKind.CLOSE, role=Role.MANAGER, outcome=outcome) for outcome in Outcome),
    Decided(kind=DecisionKind.CHANGE_DUE, role=Role.MANAGER, due_at=NOW + DAY),
    Decided(kind=DecisionKind.RELEASE, role=Role.MANAGER, hold_kind="nonsense"),
    Corrected(facts=some_facts()),
    Corrected(facts=some_facts(phones=(), address_safe=None, email_safe=None)),
    Withdrawn(),
    *(Replied(channel=channel) for channel in ReplyChannel),
    TimePassed(),
    MessageSettled(key="another", state=MessageState.SENT),
    PlanChanged(facts=some_facts()),
    *(Stopped(cause=cause) for cause in StopCause),
    *(OptedOut(channel=channel, way=OptOutWay.WEB) for channel in ContactChannel),
    *(OptedIn(channel=channel) for channel in ContactChannel),
    *(TextCame(meaning=meaning, phone_id="phone-1") for meaning in TextMeaning),
    *(MessageReported(report=report, address_id="post-1") for report in DeliveryReport),
    *(a_repair_asked("repair-1", urgency) for urgency in Urgency),
    HelpAsked(help_id="help-1"),
    VisitExpected(repair_id="repair-1", expected_at=NOW + HOUR),
    VisitExpected(repair_id="repair-1", expected_at=NOW - HOUR),
]


@settings(bounded, max_examples=60)
@given(lives())
def test_every_event_is_answered_from_wherever_a_referral_has_come(life):
    state, now = life[-1].after, life[-1].now
    own = (
        []
        if state.writing is None
        else [MessageSettled(key=state.writing.key, state=s) for s in MessageState]
    )
    refusals = []
    for event in [*EVERY_EVENT, *own]:
        try:
            after, effects = decide(state, event, now, state.policy)
        except (NotPossibleNow, RoleNotAllowed, Incomplete) as refusal:
            refusals.append(refusal)
        else:
            assert isinstance(after, ReferralState)
            assert isinstance(effects, Effects)
    assert all(refusal.reason for refusal in refusals)


@bounded
@given(lives())
def test_a_fact_is_never_refused_for_being_inconvenient(life):
    for step in life:
        if not isinstance(step.event, AttemptMade | Decided):
            assert step.refusal is None
        if isinstance(step.event, AttemptMade) and step.before.stage is not Stage.CLOSED:
            assert step.refusal is None


@bounded
@given(lives())
def test_revision_rises_by_one_exactly_when_something_changed(life):
    for step in life:
        changed = step.after != step.before or (step.effects is not None and bool(step.effects.entries))
        assert step.after.revision == step.before.revision + changed


@bounded
@given(lives())
def test_what_changes_the_stage_is_in_the_timeline(life):
    for step in life:
        if step.after.stage is not step.before.stage:
            assert step.effects.entries, step


@bounded
@given(lives())
def test_the_same_step_from_the_same_state_is_the_same_step(life):
    for step in life:
        if step.refusal is None:
            assert decide(step.before, step.event, step.now, step.before.policy) == (step.after, step.effects)


# --- a machine never decides about a person


@bounded
@given(lives())
def test_no_machine_step_closes_a_protected_referral(life):
    for step in life:
        if step.is_machine and step.after.stage is Stage.CLOSED and step.before.stage is not Stage.CLOSED:
            # A correction may say that nobody died, or how old somebody is; it never unmarks sensitive.
            assert not is_protected(step.after.facts, step.before.sensitive), step


@bounded
@given(lives())
def test_no_machine_step_closes_somebody_who_was_in_touch(life):
    for step in life:
        if step.is_machine and step.after.stage is Stage.CLOSED and step.before.stage is not Stage.CLOSED:
            assert not was_in_touch(step.before), step


@bounded
@given(lives())
def test_a_machine_closes_only_with_the_outcomes_left_to_it(life):
    by_machine = {"not_reached", "informed", "out_of_area", "excluded", "returned_to_referrer"}
    for step in life:
        if step.is_machine and step.after.stage is Stage.CLOSED and step.before.stage is not Stage.CLOSED:
            allowed = {"withdrawn"} if isinstance(step.event, Withdrawn) else by_machine
            assert step.after.outcome in allowed, step


@bounded
@given(lives())
def test_only_a_named_ending_of_a_person_closes_by_a_decision(life):
    closing = {
        DecisionKind.SINGLE_CALL,
        DecisionKind.DECLINED,
        DecisionKind.CLOSE,
        DecisionKind.RETURN_TO_REFERRER,
        DecisionKind.SKIP_LETTER,
    }
    for step in life:
        if isinstance(step.event, Decided) and step.before.stage is not Stage.CLOSED:
            assert step.after.stage is not Stage.CLOSED or step.event.kind in closing, step


@bounded
@given(lives())
def test_nothing_is_written_to_who_a_machine_may_not_write_to_without_a_persons_write_now(life):
    asked_for = set()
    for step in life:
        kind = getattr(step.event, "kind", None)
        if kind is DecisionKind.WRITE_NOW:
            asked_for |= {m.key for m in step.made}
        elif step.made and step.before.writing is not None and step.before.writing.key in asked_for:
            still_wanted = (
                step.before.writing.is_waiting
            )  # another channel for what a person still wants sent
            asked_for |= {m.key for m in step.made} if still_wanted else set()
        for message in [*step.made, *step.released_to_leave]:
            unasked_self = step.after.facts.source is SourceKind.SELF and not step.after.reached
            barred = (
                is_protected(step.after.facts, step.after.sensitive)
                or was_in_touch(step.after)
                or unasked_self
            )
            assert not barred or message.key in asked_for, (step, message)


@bounded
@given(lives())
def test_no_message_stays_let_go_once_a_machine_may_not_write(life):
    asked_for = set()
    for step in life:
        if step.before.writing is not None and step.before.writing.key in asked_for:
            asked_for |= {m.key for m in step.made}
        if getattr(step.event, "kind", None) is DecisionKind.WRITE_NOW:
            asked_for |= {m.key for m in step.made}
        state, writing = step.after, step.after.writing
        if writing is not None and writing.state is MessageState.RESERVED and writing.key not in asked_for:
            assert not is_protected(state.facts, state.sensitive), step
            assert not was_in_touch(state), step


@bounded
@given(lives())
def test_nobody_reached_is_closed_as_not_reached_by_anybody(life):
    for step in life:
        if step.after.outcome is Outcome.NOT_REACHED and step.before.outcome is None:
            assert not step.after.reached, step


@bounded
@given(lives())
def test_sensitive_and_reached_are_never_taken_back(life):
    for step in life:
        assert step.after.sensitive >= step.before.sensitive
        assert step.after.reached >= step.before.reached
        assert step.after.opening >= step.before.opening


@bounded
@given(lives())
def test_only_speaking_reaches(life):
    for step in life:
        if step.after.reached_since_opening and not step.before.reached_since_opening:
            assert isinstance(step.event, AttemptMade)
            assert step.event.outcome in SPOKEN


@bounded
@given(lives())
def test_a_decision_about_support_follows_speaking(life):
    for step in life:
        if step.after.decision is not None and step.before.decision is None:
            assert step.before.reached_since_opening, step


# --- counting


@bounded
@given(lives())
def test_counts_never_exceed_the_limit_and_rise_by_one_only_where_a_call_counts(life):
    for step in life:
        assert 0 <= step.after.attempts_counted <= THE_LIMIT
        assert step.after.attempts_counted == len(step.after.counted_at)
        reopened = step.after.opening > step.before.opening
        risen = step.after.attempts_counted - (0 if reopened else step.before.attempts_counted)
        counted = step.effects is not None and step.effects.counted is True
        assert risen == int(counted), step
        if isinstance(step.event, AttemptMade) and step.refusal is None:
            assert (step.effects.why_not_counted is None) is counted


# --- messages


@bounded
@given(lives())
def test_a_second_message_of_an_opening_is_made_only_where_the_first_did_not_arrive_or_by_the_rule_for_doubt(
    life,
):
    alive, opening = {}, 1
    for step in life:
        if step.after.opening > opening:
            opening, alive = step.after.opening, {}
        event = step.event
        if isinstance(event, MessageSettled) and event.key in alive and event.state in FINAL:
            alive[event.key] = event.state
        failed = isinstance(event, MessageReported) and event.report.failed
        by_rule = isinstance(event, MessageSettled) and event.reconciled
        for message in [] if step.effects is None else step.effects.messages:
            if not is_errand(message.key):
                alive[message.key] = message.state
        there = [
            key for key, fate in alive.items() if fate not in {MessageState.RECALLED, MessageState.REJECTED}
        ]
        if failed or by_rule:
            assert len(there) <= 2, step
            writing = step.after.writing
            alive = {key: fate for key, fate in alive.items() if writing is not None and key == writing.key}
            if failed and writing is not None and (writing.in_vain or writing.state is MessageState.REJECTED):
                alive = {}
        else:
            assert len(there) <= 1, step


@bounded
@given(lives())
def test_what_may_have_left_is_sent_again_by_machine_once_at_most(life):
    resent = Counter()
    for step in life:
        writing = step.after.writing
        if step.made and writing is not None and writing.resent:
            resent[step.after.opening] += 1
    doubts = Counter(
        step.after.opening
        for step in life
        if isinstance(step.event, MessageSettled) and step.event.state is MessageState.UNKNOWN
    )
    assert all(times <= doubts[opening] for opening, times in resent.items()), life


@bounded
@given(lives())
def test_nothing_leaves_for_a_person_after_a_stop_until_a_person_lifts_the_hold(life):
    stopped = False
    for step in life:
        if isinstance(step.event, Stopped) and step.before.stage is not Stage.CLOSED:
            stopped = True
            assert step.after.stage is Stage.HELD, step
            assert any(hold.release_by_role is Role.MANAGER for hold in step.after.holds)
        stopped = stopped and step.after.stage is Stage.HELD
        if stopped:
            assert not step.released_to_leave, step
            assert all(e.purpose is Purpose.SAFE_CHANNEL_ASKED for e in step.after.errands if e.is_waiting), (
                step
            )


@bounded
@given(lives())
def test_a_channel_somebody_asked_us_to_stop_is_used_again_only_after_the_person_said_so(life):
    for step in life:
        for message in step.made:
            assert message.channel.as_contact not in step.after.opted_out, step
        if isinstance(step.event, OptedOut):
            assert step.after.stage is not Stage.CLOSED or step.before.stage is Stage.CLOSED, (
                "it is never an end"
            )
            assert step.event.channel in step.after.opted_out


@bounded
@given(lives())
def test_a_message_beside_says_nothing_to_the_person_on_a_sensitive_referral(life):
    for step in life:
        new = [e for e in step.after.errands if e.key not in {known.key for known in step.before.errands}]
        for errand in new:
            asked_for = errand.purpose in {Purpose.SAFE_CHANNEL_ASKED, Purpose.VISIT_EXPECTED}
            assert asked_for or not step.after.sensitive, step


@bounded
@given(lives())
def test_a_visit_is_announced_only_to_somebody_in_touch_on_a_number_known_to_be_safe(life):
    for step in life:
        new = [e for e in step.after.errands if e.key not in {known.key for known in step.before.errands}]
        for errand in new:
            if errand.purpose is Purpose.VISIT_EXPECTED:
                assert was_in_touch(step.before), step
                phone = next(p for p in step.after.facts.phones if p.id == errand.address_id)
                assert phone.safe is Answer.YES, step
                assert not step.after.holds, step
                assert not step.after.opted_out, step
                assert errand.until is not None
                assert errand.until > step.now


@bounded
@given(lives())
def test_of_two_times_of_one_visit_at_most_the_newer_waits_to_leave(life):
    for step in life:
        waiting = [
            e.about for e in step.after.errands if e.purpose is Purpose.VISIT_EXPECTED and e.is_waiting
        ]
        assert len(waiting) == len(set(waiting)), step


@bounded
@given(lives())
def test_the_alert_of_a_duress_word_says_nothing(life):
    for step in life:
        if isinstance(step.event, Replied) and step.event.duress and step.refusal is None:
            assert step.after.alerted_at is not None
            words = " ".join(f"{entry.what} {entry.why}" for entry in step.effects.entries)
            assert "duress" not in words.lower()


@bounded
@given(lives())
def test_nothing_leaves_while_held_or_closed(life):
    for step in life:
        if step.after.stage in {Stage.HELD, Stage.CLOSED, Stage.SUPPORTING}:
            assert not step.released_to_leave, step
            assert step.after.writing is None or step.after.writing.state is not MessageState.RESERVED, step


@bounded
@given(lives())
def test_a_message_that_waits_is_either_on_its_way_or_held_never_in_limbo(life):
    for step in life:
        writing = step.after.writing
        if writing is not None and writing.is_waiting:
            assert step.after.stage in {Stage.WRITING, Stage.HELD}, step


@bounded
@given(lives())
def test_a_message_once_left_recalled_or_rejected_is_never_let_go_again(life):
    over = set()
    for step in life:
        if isinstance(step.event, MessageSettled) and step.event.reconciled:
            over.discard(step.event.key)  # its provider was asked, and had never had it
        assert not {m.key for m in step.released_to_leave} & over, step
        for message in [] if step.effects is None else step.effects.messages:
            assert message.key not in over or message.state in FINAL, step
            over |= {message.key} if message.state in FINAL else set()
        if isinstance(step.event, MessageSettled) and step.event.state in FINAL:
            over.add(step.event.key)


@bounded
@given(lives())
def test_the_state_and_the_tables_agree_about_every_message(life):
    table = {}
    for step in life:
        if isinstance(step.event, MessageSettled) and step.event.state in FINAL:
            table[step.event.key] = step.event.state
        elif isinstance(step.event, MessageSettled) and table[step.event.key] not in FINAL:
            table[step.event.key] = MessageState.HELD
        for message in [] if step.effects is None else step.effects.messages:
            table[message.key] = message.state
        writing = step.after.writing
        if writing is not None:
            assert table[writing.key] == writing.state, step


# --- nothing is forgotten


PEOPLE = {"call", "decide", "check_hold", "confirm_safety", "review"}


@bounded
@given(lives())
def test_a_live_referral_always_has_a_deadline_or_a_person_to_act(life):
    for step in life:
        state = step.after
        if state.stage in {Stage.CLOSED, Stage.RECEIVED}:
            continue
        leaving = (
            state.stage is Stage.WRITING
            and state.writing is not None
            and (state.writing.state is MessageState.RESERVED or state.writing.recall_asked)
        )
        action = next_action(state)
        assert leaving or next_deadline(state) is not None or action.kind in PEOPLE, step


@bounded
@given(lives())
def test_closed_has_an_outcome_a_time_and_nothing_more_to_do(life):
    for step in life:
        state = step.after
        is_closed = state.stage is Stage.CLOSED
        assert (state.outcome is not None) is is_closed
        assert (state.closed_at is not None) is is_closed
        assert (next_action(state) is None) is is_closed
        if is_closed:
            assert next_deadline(replace(state, errands=())) is None
            assert state.holds == ()
            assert state.call is None


@bounded
@given(lives())
def test_held_means_that_there_is_a_hold_with_a_role_and_a_review_date(life):
    for step in life:
        assert (step.after.stage is Stage.HELD) is bool(step.after.holds), step
        for hold in step.after.holds:
            assert hold.kind
            assert hold.reason
            assert hold.release_by_role in {Role.COORDINATOR, Role.MANAGER}
            assert hold.review_at is not None


@bounded
@given(lives())
def test_the_next_action_is_of_the_kind_the_stage_allows(life):
    allowed = {
        Stage.RECEIVED: {"wait"},
        Stage.CONTACTING: {"call", "decide"},
        Stage.WRITING: {"send", "wait"},
        Stage.SUPPORTING: {"review"},
        Stage.HELD: {"check_hold", "confirm_safety"},
    }
    for step in life:
        action = next_action(step.after)
        if action is not None:
            assert action.kind in allowed[step.after.stage], step
            assert action.reason


@bounded
@given(lives())
def test_writing_waits_only_after_the_message_has_left(life):
    for step in life:
        if step.after.stage is Stage.WRITING:
            writing = step.after.writing
            left = writing.state in {MessageState.SENT, MessageState.UNKNOWN} and not writing.in_vain
            has_left = left or writing.recall_asked
            assert next_action(step.after).kind == ("wait" if has_left else "send"), step


@bounded
@given(lives())
def test_a_wanted_call_names_a_number_that_may_be_rung(life):
    for step in life:
        action = next_action(step.after)
        if action is not None and action.kind == "call":
            state = step.after
            open_numbers = callable_phones(state.facts, sensitive=state.sensitive, closed=state.closed_phones)
            assert action.phone_id in {phone.id for phone in open_numbers}, step
            assert action.due_at is not None


@bounded
@given(lives())
def test_a_deadline_that_has_come_is_answered_once(life):
    """Otherwise the workflow's timer would spin."""
    state, now = life[-1].after, life[-1].now
    for _ in range(20):
        at = next_deadline(state)
        if at is None or at > now or leaving_now(state, now) or doubtful_now(state, now):
            break
        state, _ = decide(state, TimePassed(), now, state.policy)
    else:
        pytest.fail(f"the deadline {at} stays in the past of {now} in {state.stage}")


@bounded
@given(lives())
def test_a_live_referral_left_alone_for_a_year_is_closed_or_asks_a_person(life):
    state, now = life[-1].after, life[-1].now
    for _ in range(60):
        at = next_deadline(state)
        if at is None:
            break
        now = max(now, at)
        if (leaving := leaving_now(state, now)) is not None:
            event = MessageSettled(key=leaving, state=MessageState.SENT)
        elif (doubtful := doubtful_now(state, now)) is not None:
            event = MessageSettled(key=doubtful, state=MessageState.UNKNOWN, reconciled=True)
        else:
            event = TimePassed()
        state, _ = decide(state, event, now, state.policy)
    assert next_deadline(state) is None
    action = next_action(state)
    writing = state.writing
    on_its_way = writing is not None and (writing.state is MessageState.RESERVED or writing.recall_asked)
    assert state.stage is Stage.CLOSED or action.kind in PEOPLE or on_its_way or state.stage is Stage.RECEIVED


# --- lanes and places


@bounded
@given(lives())
def test_the_information_lane_is_left_for_good(life):
    seen_contact = False
    for step in life:
        if step.after.stage in {Stage.CONTACTING, Stage.SUPPORTING} or step.after.decision is not None:
            assert step.after.lane is Lane.CONTACT, step
            seen_contact = True
        assert not seen_contact or step.after.lane is Lane.CONTACT, step


@bounded
@given(lives())
def test_protected_people_are_never_in_the_information_lane(life):
    first = life[0].after
    if is_protected(first.facts, first.sensitive):
        assert first.lane is Lane.CONTACT


@bounded
@given(lives())
def test_supporting_has_a_support_and_a_decision(life):
    for step in life:
        supporting = Stage.SUPPORTING in {step.after.stage, step.after.held_from}
        if supporting:
            assert step.after.support is not None
            assert step.after.decision is DecisionKind.ONGOING_SUPPORT
        if step.effects is not None:
            began = step.after.stage is Stage.SUPPORTING and step.before.decision is None
            assert step.effects.starts_support is began, step


@bounded
@given(lives())
def test_support_that_began_ends_when_the_referral_closes(life):
    for step in life:
        was_supporting = Stage.SUPPORTING in {step.before.stage, step.before.held_from}
        closes = step.after.stage is Stage.CLOSED and step.before.stage is not Stage.CLOSED
        if step.effects is not None:
            assert bool(step.effects.ends_support) is (was_supporting and closes), step


@bounded
@given(lives())
def test_a_release_never_closes(life):
    for step in life:
        if getattr(step.event, "kind", None) in {DecisionKind.RELEASE, DecisionKind.CONFIRM_SAFE}:
            assert step.before.stage is Stage.CLOSED or step.after.stage is not Stage.CLOSED, step


@bounded
@given(lives())
def test_reopening_starts_from_nothing_counted_and_keeps_the_history(life):
    for step in life:
        if step.before.stage is Stage.CLOSED and step.after.stage is not Stage.CLOSED:
            assert step.after.opening == step.before.opening + 1
            assert step.after.attempts_counted == 0
            assert step.after.decision is None
            assert step.after.reached is (step.before.reached or isinstance(step.event, AttemptMade))
            assert step.after.stage in {Stage.CONTACTING, Stage.HELD}


@bounded
@given(lives())
def test_somebody_who_released_a_reason_is_not_asked_it_again(life):
    triage_kinds = {
        "counter_allegation",
        "specialist",
        "next_of_kin",
        "guardian",
        "confirm_safety",
        "consent",
    }
    released = set()
    for step in life:
        new = {h.kind for h in step.after.holds} - {h.kind for h in step.before.holds}
        by_person = getattr(step.event, "kind", None) is DecisionKind.HOLD or isinstance(step.event, Stopped)
        by_person |= step.before.stage is Stage.CLOSED and bool(step.before.stopped_for)
        if isinstance(step.event, TimePassed):
            released.discard("confirm_safety")  # a plan that has run out is a new question
        found = triage(step.after.facts, step.after.policy, sensitive=step.after.sensitive).holds
        assert by_person or not new & released & triage_kinds, step
        released &= set(found) | {kind for kind in released if kind not in triage_kinds}
        if getattr(step.event, "kind", None) in {DecisionKind.RELEASE, DecisionKind.CONFIRM_SAFE}:
            released |= {h.kind for h in step.before.holds} - {h.kind for h in step.after.holds}


# --- the journey through a payload


@settings(bounded, max_examples=60)
@given(lives())
def test_a_state_survives_the_journey_through_a_payload(life):
    for step in life[-3:]:
        assert STATE.validate_json(STATE.dump_json(step.after)) == step.after


@settings(bounded, max_examples=60)
@given(lives())
def test_an_event_survives_the_journey_through_a_payload(life):
    for step in life:
        assert EVENT.validate_json(EVENT.dump_json(step.event)) == step.event


# --- the table itself


def test_every_stage_is_reachable_and_leavable():
    seen, left = set(), set()
    for start in (None, some_facts(incident=IncidentKind.ASSAULT, suspects=())):
        life = Life(start, triaged=False)
        path = [life.state.stage]
        life.happens(Triage())
        path.append(life.state.stage)
        if life.state.stage is Stage.HELD:
            life.decides("confirm_safe")
            path.append(life.state.stage)
        life.is_silent(3)
        path.append(life.state.stage)
        life.rings(AttemptOutcome.ANSWERED).decides("ongoing_support")
        path.append(life.state.stage)
        life.decides("close")
        path.append(life.state.stage)
        life.decides("reopen")
        path.append(life.state.stage)
        seen |= set(path)
        left |= {a for a, b in pairwise(path) if a is not b}
    assert seen == set(Stage)
    assert left == set(Stage)


def test_every_event_has_a_row_and_no_stage_has_two_for_it():
    names = {row.event for row in TABLE}
    assert {name_of(event) for event in EVERY_EVENT} <= names
    pairs = [(stage, row.event) for row in TABLE for stage in row.stages]
    assert len(pairs) == len(set(pairs))


def test_every_row_of_the_table_happens_in_some_life():
    offered = {(stage, row.event) for row in TABLE for stage in row.stages if stage is not Stage.RECEIVED}
    named_elsewhere = {
        (Stage.WRITING, f"decision:{kind}")
        for kind in ("single_call", "ongoing_support", "declined", "write_now")
    }
    happened = {
        (step.before.stage, name_of(step.event))
        for seed in range(9000)
        for step in play(seed)
        if step.refusal is None
    }
    assert offered - named_elsewhere <= happened
