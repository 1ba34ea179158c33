"""Every one of the 28 ends where an expert would put it; the 90 are not hindered.  docs/field-cases.md.

Each case is read as intake reads it, folded as the store folds it, and lived through by the rules alone, under
Cambridgeshire's own profile.
"""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from api.referral_in import read_referral
from domain.events import AttemptMade, MessageSettled, TimePassed, Triage
from domain.gate import Write, ask, may_go
from domain.policy import Policy
from domain.vocabulary import AttemptOutcome, Channel, IncidentKind, MessageState, Purpose, Recipient
from domain.working_hours import add_open_time, intersect, is_open
from store.referral_document import facts_of
from tests.builders import DAY, NOW, Life
from tests.field_cases.make_cleveland import as_lines
from tests.field_cases.sample import EXCLUDED_KIND, FREE, HINDERED, SAMPLE, Case, the_sample, those_of
from wiring.profile import ProfilePolicies, load_profile

PROFILE = Path(__file__).resolve().parents[2] / "profiles/cambridgeshire.toml"
EVERYBODY = {case.case: case for case in the_sample()}
THE_28 = {case.case: case for case in those_of(*HINDERED)}
THE_90 = {case.case: case for case in those_of(*FREE)}
SAME_DAY = timedelta(hours=12)


@cache
def policy() -> Policy:
    """Cambridgeshire, but for one kind of crime that the sample's service did not take."""
    policy = ProfilePolicies(load_profile(PROFILE)).policy_at(NOW)
    return replace(policy, triage=replace(policy.triage, excluded_kinds=(IncidentKind(EXCLUDED_KIND),)))


def arrived(case: Case) -> Life:
    """Taken in, folded and triaged; it is Monday, 9 o'clock."""
    facts = facts_of(
        read_referral(case.referral, region="GB"),
        number_id=lambda number: sha256(number.encode()).hexdigest()[:12],
        received_at=NOW,
        child_under=policy().triage.child_under,
    )
    life = Life(facts, policy=policy(), triaged=False)
    life.happens(Triage())
    return life


class Lived:
    """A life to its end: a coordinator rings when the worklist says so, and what may leave does."""

    def __init__(self, case: Case) -> None:
        self.life = arrived(case)
        self.left: list[Channel] = []
        self.asked: list[Purpose] = []
        for outcome in case.calls:
            self.life.now = max(self.life.now, self.life.due_at or self.life.now)
            self.life.happens(AttemptMade(outcome=AttemptOutcome(outcome), made_at=self.life.now))
        for step in case.decisions:
            self.life.decides(step["decision"], outcome=step.get("outcome"))
        self._goes_on(60 * DAY)

    def _goes_on(self, how_long: timedelta) -> None:
        until = self.life.now + how_long
        for _ in range(100):
            self._lets_leave()
            at = self.life.deadline
            if at is None or at > until:
                return
            self.life.now = max(self.life.now, at)
            self.life.happens(TimePassed())
        raise AssertionError("a life that goes round in circles")

    def _lets_leave(self) -> None:
        writing = self.life.state.writing
        if writing is not None and writing.state is MessageState.RESERVED:
            self.left.append(writing.channel)
            self.life.message_is(MessageState.SENT)
        for errand in self.life.state.errands:
            if errand.is_waiting and errand.due_at <= self.life.now:
                self.asked.append(errand.purpose)
                self.life.happens(MessageSettled(key=errand.key, state=MessageState.SENT))

    @property
    def to_the_victim(self) -> set[Purpose]:
        made = {
            change.purpose for effects in self.life.effects for change in effects.messages if change.purpose
        }
        return {purpose for purpose in made if purpose.recipient is Recipient.VICTIM}


# --- the data


def test_the_proportions_are_those_of_the_sample() -> None:
    assert Counter(case.group for case in the_sample()) == HINDERED | FREE
    assert (len(THE_28), len(THE_90), len(EVERYBODY)) == (28, 90, 118)


def test_the_sample_is_what_its_script_makes() -> None:
    assert SAMPLE.read_text() == as_lines()


def test_nobody_in_it_exists() -> None:
    """Numbers are the regulator's for drama, mailboxes at example.org; no postcode ends in these letters."""
    told = json.dumps([case.referral for case in the_sample()])
    numbers = re.findall(r"\+\d+", told)
    assert {number[:10] for number in numbers if len(number) == 13} == {"+447700900", "+441632960"}
    assert all(at.endswith("example.org") for at in re.findall(r"@[\w.]+", told))
    postcodes = re.findall(r'"postcode": "([^"]+)"', told)
    assert all(re.fullmatch(r"(CB|PE|SG)\d+ \d[CIKMOV]{2}", postcode) for postcode in postcodes)


# --- the 28


@pytest.mark.parametrize("case", THE_28.values(), ids=THE_28)
def test_each_of_the_28_ends_where_an_expert_would_put_it(case: Case) -> None:
    state = Lived(case).life.state
    expected = case.expected
    assert state.stage == expected["stage"]
    assert state.outcome == expected.get("outcome")
    assert sorted(hold.kind for hold in state.holds) == expected.get("holds", [])
    assert {hold.proposes for hold in state.holds if hold.proposes} == (
        {expected["proposes"]} if "proposes" in expected else set()
    )


@pytest.mark.parametrize("case", THE_28.values(), ids=THE_28)
def test_nothing_written_leaves_for_any_of_the_28(case: Case) -> None:
    lived = Lived(case)
    assert (lived.left, lived.to_the_victim) == ([], set())


HELD = {name: case for name, case in THE_28.items() if case.expected["stage"] == "held"}


@pytest.mark.parametrize("case", HELD.values(), ids=HELD)
def test_the_gate_lets_nothing_pass_to_those_who_are_held_not_even_what_a_person_asked_for(
    case: Case,
) -> None:
    life = Lived(case).life
    known = life.state.circumstances(life.now)
    acts = [Write(channel=channel, purpose=Purpose.INFORMATION, approved=True) for channel in Channel]
    assert [act for act in acts if may_go(ask(act, known))] == []


@pytest.mark.parametrize("case", HELD.values(), ids=HELD)
def test_a_held_referral_waits_for_a_person_for_as_long_as_it_takes(case: Case) -> None:
    """A machine reminds; it never decides."""
    state = Lived(case).life.state
    assert state.stage == "held"
    assert all(hold.review_asked for hold in state.holds)


@pytest.mark.parametrize("number", range(1, 15))
def test_who_was_answered_by_a_man_was_on_the_worklist_until_then(number: int) -> None:
    """The force had called the number safe: only ringing it told."""
    life = arrived(EVERYBODY[f"a_man_answered-{number}"])
    assert (life.state.stage, life.next_kind) == ("contacting", "call")
    life.now = max(life.now, life.due_at or life.now)
    life.rings("third_party_answered")
    assert life.held_kinds == {"third_party_answered"}
    assert life.next_kind == "check_hold"


def test_the_force_is_asked_for_a_safe_channel_when_a_man_answered() -> None:
    """Without a word about the victim, and not about anybody else."""
    asked = {case.case: Lived(case).asked for case in the_sample()}
    answered = {case.case for case in those_of("a_man_answered")}
    assert {name for name, purposes in asked.items() if purposes} == answered
    assert all(asked[name] == [Purpose.SAFE_CHANNEL_ASKED] for name in answered)


def test_a_second_report_is_not_stopped_by_machine() -> None:
    """It is shown to a coordinator, who closes it; nobody merges two people who share a name."""
    for case in those_of("duplicate"):
        assert arrived(case).state.stage == "contacting"
        assert EVERYBODY[case.of].group in FREE


# --- the 90


@pytest.mark.parametrize("case", THE_90.values(), ids=THE_90)
def test_nothing_hinders_the_90(case: Case) -> None:
    """A first call within the hours and in time, or a letter the same day where there is no number."""
    life = arrived(case)
    state = life.state
    assert (state.holds, state.outcome) == ((), None)
    if not state.facts.phones:
        assert state.stage == "writing"
        assert state.writing is not None
        assert state.writing.leaves_at is not None
        assert state.writing.leaves_at - NOW < SAME_DAY
        return
    assert (state.stage, life.next_kind) == ("contacting", "call")
    assert life.due_at is not None
    assert is_open(intersect(policy().hours, state.facts.windows), life.due_at)
    within = policy().contact.first_call_within[state.facts.risk_of_clock]
    assert life.due_at <= add_open_time(policy().hours, NOW, within)


@pytest.mark.parametrize("case", THE_90.values(), ids=THE_90)
def test_each_of_the_90_is_spoken_to_or_written_to(case: Case) -> None:
    lived = Lived(case)
    assert (lived.life.state.stage, lived.life.state.outcome) == ("closed", case.expected["outcome"])
    assert [str(channel) for channel in lived.left] == case.expected["written"]


def test_as_many_are_reached_by_each_way_as_in_the_sample() -> None:
    ways = Counter(next(iter(Lived(case).left), "phone") for case in THE_90.values())
    assert ways == {"phone": 58, "text": 2, "letter": 30}
