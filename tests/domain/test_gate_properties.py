"""The gate before every plan, flag, suspect, switch and hour there can be.

What is right is said by `tests/domain/gate_oracle.py`, which is written apart from the gate's rules.  Where they differ,
docs/policy.md decides which of the two is wrong.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.facts import Facts, Phone, WrittenAddress
from domain.gate import Act, Alter, Circumstances, Hold, Permit, Ring, Ruling, Write, ask, may_go, permit
from domain.vocabulary import (
    Answer,
    Channel,
    ContactChannel,
    IncidentKind,
    Lane,
    Purpose,
    Relationship,
    VictimRole,
)
from tests.builders import (
    ALWAYS_OPEN,
    NOW,
    a_suspect,
    bereaved_facts,
    child_facts,
    sensitive_facts,
    some_facts,
)
from tests.domain.gate_oracle import Way, is_bereaved, is_sensitive, objections, way_of
from tests.domain.gate_situations import Situation, a_situation, situations, some_circumstances

made_small = settings(max_examples=3000, deadline=None)
"""For what Hypothesis throws itself: slow, and what fails is told as simply as it can be."""
many = settings(max_examples=3000, deadline=None)
"""For situations by number."""
BULK = 15_000
"""Situations thrown in one go, always the same ones."""
numbered = st.integers(0, 10_000_000).map(a_situation)


# --- the answer is what the texts demand


@made_small
@given(situations)
def test_nothing_goes_out_that_the_texts_bar_and_nothing_stays_that_they_let_go(situation: Situation) -> None:
    act, known = situation
    assert objections(act, known, ask(act, known)) == []


def test_the_same_holds_for_thousands_of_people() -> None:
    wrong = []
    for number in range(BULK):
        act, known = a_situation(number)
        if told := objections(act, known, ask(act, known)):
            wrong.append((number, told))
    assert wrong == []


PEOPLE = {
    "ordinary": some_facts(referrer_can_be_asked=True),
    "sensitive": sensitive_facts(),
    "bereaved": bereaved_facts(),
    "child": child_facts(),
}
ORDINARY_WAYS = [
    Write(channel=channel, purpose=purpose, approved=approved)
    for channel, purpose, approved in product(Channel, Purpose, (False, True))
]


@pytest.mark.parametrize("facts", PEOPLE.values(), ids=PEOPLE)
def test_every_switch_beside_every_other(facts: Facts) -> None:
    """Stops, holds, opt-outs, lanes: every combination of them, before every act."""
    stopped_channels = ((), (ContactChannel.TEXT,), (ContactChannel.PHONE, ContactChannel.LETTER))
    combinations = product(
        product((False, True), repeat=4), Lane, stopped_channels, ((), (ContactChannel.EMAIL,))
    )
    wrong = []
    for (stopped, held, in_touch, unasked), lane, opted_out, earlier in combinations:
        known = some_circumstances(
            facts,
            stopped=stopped,
            held=held,
            in_touch=in_touch,
            unasked=unasked,
            lane=lane,
            opted_out=opted_out,
            known_opt_outs=earlier,
        )
        acts: list[Act] = [*ORDINARY_WAYS, Ring(at=NOW), Ring(at=NOW, agreed=True)]
        wrong += [(act, known, told) for act in acts if (told := objections(act, known, ask(act, known)))]
    assert wrong == []


@many
@given(numbered)
def test_who_is_sensitive_or_bereaved_is_read_from_the_facts_as_the_contract_defines_it(
    situation: Situation,
) -> None:
    _, known = situation
    unmarked = replace(known, sensitive=False)
    assert known.facts.is_sensitive == is_sensitive(unmarked)
    assert known.facts.is_bereaved == is_bereaved(known)


# --- what follows an answer


@many
@given(numbered)
def test_a_permit_is_given_exactly_for_what_may_go_as_it_is_or_in_other_words(situation: Situation) -> None:
    act, known = situation
    assume(isinstance(act, Write))
    assert isinstance(act, Write)
    ruling, given_out = ask(act, known), permit("message:1", act, known)
    if way_of(ruling) is Way.LEAVES:
        assert isinstance(given_out, Permit)
        assert (given_out.key, given_out.channel) == ("message:1", act.channel)
        assert given_out.reason
        assert may_go(ruling)
    else:
        assert given_out == ruling
        assert not may_go(ruling)


@many
@given(numbered)
def test_who_follows_the_gate_to_another_channel_is_not_sent_on(situation: Situation) -> None:
    """It would go round in circles, or by a channel nobody looked at."""
    act, known = situation
    ruling = ask(act, known)
    if isinstance(act, Write) and isinstance(ruling, Alter) and ruling.channel is not None:
        again = ask(replace(act, channel=ruling.channel, address_id=""), known)
        assert way_of(again) is not Way.ELSEWHERE


@many
@given(numbered)
def test_what_waits_for_its_hour_may_go_when_the_hour_comes(situation: Situation) -> None:
    """Unless what vouched for it has run out meanwhile: then it is asked for anew."""
    act, known = situation
    ruling = ask(act, known)
    if not isinstance(ruling, Alter) or ruling.at is None or known.facts.plan_until is not None:
        return
    assert ruling.at > known.now or isinstance(act, Ring)
    then = replace(act, at=ruling.at) if isinstance(act, Ring) else act
    assert may_go(ask(then, replace(known, now=max(known.now, ruling.at))))


WORSE: dict[str, Callable[[Circumstances], Circumstances]] = {
    "a stop": lambda c: replace(c, stopped=True),
    "a hold": lambda c: replace(c, held=True),
    "a STOP": lambda c: replace(c, opted_out=tuple(ContactChannel)),
    "an earlier STOP": lambda c: replace(c, known_opt_outs=tuple(ContactChannel)),
    "sensitive": lambda c: replace(c, sensitive=True, protected=True),
    "a suspect at home": lambda c: with_facts(c, suspects=(a_suspect(shares_address=Answer.YES),)),
    "the plan's end": lambda c: with_facts(c, plan_until=c.now),
    "no phone": lambda c: with_facts(c, access=("no_phone",)),
}


def with_facts(known: Circumstances, **changes) -> Circumstances:
    return replace(known, facts=replace(known.facts, **changes))


@many
@given(numbered, st.sampled_from([*WORSE]))
def test_more_danger_never_lets_out_more(situation: Situation, what: str) -> None:
    """Without an oracle: whatever else is so, learning of a danger only ever closes."""
    act, known = situation
    assume(not known.unasked)  # who cannot be rung may be written to by a person's decision
    if what == "a suspect at home":
        known = with_facts(known, suspects=())
    if not may_go(ask(act, known)):
        assert not may_go(ask(act, WORSE[what](known)))


# --- the oracle itself: a gate that does not look at something is found out


def with_safe_places(known: Circumstances) -> Circumstances:
    def safe(place: Phone | WrittenAddress) -> Phone | WrittenAddress:
        return replace(place, safe=Answer.YES)

    facts = known.facts
    return with_facts(
        known,
        **{
            name: tuple(safe(place) for place in getattr(facts, name))
            for name in ("phones", "emails", "posts")
        },
        email_safe=facts.email_safe and Answer.YES,
        address_safe=facts.address_safe and Answer.YES,
    )


BLIND: dict[str, Callable[[Circumstances], Circumstances]] = {
    "stops": lambda c: replace(c, stopped=False),
    "holds": lambda c: replace(c, held=False),
    "closed addresses, and numbers for texts": lambda c: replace(c, closed=()),
    "closed numbers": lambda c: replace(c, closed_numbers=()),
    "STOPs": lambda c: replace(c, opted_out=()),
    "earlier STOPs": lambda c: replace(c, known_opt_outs=()),
    "who has been in touch": lambda c: replace(c, in_touch=False),
    "who asked for help": lambda c: replace(c, unasked=False),
    "the lane": lambda c: replace(c, lane=Lane.CONTACT),
    "danger": lambda c: replace(c, sensitive=False),
    "who is protected": lambda c: replace(c, protected=False),
    "suspects": lambda c: with_facts(c, suspects=()),
    "how close a suspect is": lambda c: with_facts(
        c, suspects=tuple(replace(s, relationship=Relationship.STRANGER) for s in c.facts.suspects)
    ),
    "where a suspect lives": lambda c: with_facts(
        c, suspects=tuple(replace(s, shares_address=Answer.NO) for s in c.facts.suspects)
    ),
    "a guardian who is a suspect": lambda c: with_facts(c, guardian_is_suspect=False),
    "childhood": lambda c: with_facts(c, is_child=False),
    "who cannot use a phone": lambda c: with_facts(c, access=()),
    "mourning": lambda c: with_facts(c, incident=IncidentKind.BURGLARY, role=VictimRole.VICTIM, flags=()),
    "the end of a plan": lambda c: with_facts(c, plan_until=None),
    "what is safe": with_safe_places,
    "numbers that take no texts": lambda c: with_facts(
        c, phones=tuple(replace(phone, takes_texts=True) for phone in c.facts.phones)
    ),
    "opening hours": lambda c: replace(c, policy=replace(c.policy, hours=ALWAYS_OPEN)),
    "quiet hours": lambda c: replace(c, policy=replace(c.policy, messages=None)),
    "closed dates": lambda c: replace(
        c, policy=replace(c.policy, hours=replace(c.policy.hours, closed_on=()))
    ),
    "when to ring": lambda c: with_facts(c, windows=()),
    "when to text": lambda c: with_facts(c, text_windows=()),
    "when to write e-mails": lambda c: with_facts(c, email_windows=()),
    "the referrer's mailbox": lambda c: with_facts(c, referrer_can_be_asked=True),
}


@pytest.mark.parametrize("blind", BLIND.values(), ids=BLIND)
def test_a_gate_that_is_blind_to_one_thing_is_found_out(
    blind: Callable[[Circumstances], Circumstances],
) -> None:
    assert is_found_out(lambda act, known: ask(act, blind(known)))


def without_permission(act: Act, known: Circumstances) -> Ruling:
    approved = replace(act, approved=True) if isinstance(act, Write) else replace(act, agreed=True)
    return ask(approved, known)


def in_plain_words(act: Act, known: Circumstances) -> Ruling:
    ruling = ask(act, known)
    return replace(ruling, neutral=False) if isinstance(ruling, Alter) else ruling


def an_hour_late(act: Act, known: Circumstances) -> Ruling:
    ruling = ask(act, known)
    late = isinstance(ruling, Alter) and ruling.at is not None
    return replace(ruling, at=ruling.at + timedelta(hours=1)) if late else ruling


@pytest.mark.parametrize(
    "gate", [without_permission, in_plain_words, an_hour_late, lambda *_: Hold(reason="Nothing ever leaves.")]
)
def test_a_gate_that_answers_wrongly_is_found_out(gate: Callable[[Act, Circumstances], Ruling]) -> None:
    assert is_found_out(gate)


def is_found_out(gate: Callable[[Act, Circumstances], Ruling]) -> bool:
    tried = (a_situation(number) for number in range(BULK))
    return any(objections(act, known, gate(act, known)) for act, known in tried)
