import pytest

from api import plain_words
from domain.hold_kinds import KINDS
from domain.ongoing_support import Engagement
from domain.ringing import MayRing
from domain.vocabulary import (
    AttemptOutcome,
    ContactChannel,
    DecisionKind,
    DeclinedBy,
    DeclineReason,
    DeliveryReport,
    Direction,
    NextActionKind,
    OptOutWay,
    Outcome,
    ReplyChannel,
    Stage,
    StopCause,
    SupportKind,
    TextMeaning,
)
from store.person_mark import LinkKind

LISTS = {
    "stages": (plain_words.STAGES, Stage),
    "actions": (plain_words.ACTIONS, NextActionKind),
    "may ring": (plain_words.MAY_RING, MayRing),
    "attempts": (plain_words.ATTEMPTS, AttemptOutcome),
    "directions": (plain_words.DIRECTIONS, Direction),
    "decisions": (plain_words.DECISIONS, DecisionKind),
    "outcomes": (plain_words.OUTCOMES, Outcome),
    "holds": (plain_words.HOLDS, KINDS),
    "supports": (plain_words.SUPPORTS, SupportKind),
    "declined by": (plain_words.DECLINED_BY, DeclinedBy),
    "decline reasons": (plain_words.DECLINE_REASONS, DeclineReason),
    "replies": (plain_words.REPLIES, ReplyChannel),
    "channels": (plain_words.CHANNELS, ContactChannel),
    "stops": (plain_words.STOPS, StopCause),
    "opt-out ways": (plain_words.OPT_OUT_WAYS, OptOutWay),
    "texts": (plain_words.TEXTS, TextMeaning),
    "reports": (plain_words.REPORTS, DeliveryReport),
    "engagements": (plain_words.ENGAGEMENTS, Engagement),
    "links": (plain_words.LINKS, LinkKind),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_value_has_words_of_its_own_and_none_shows_its_code(name) -> None:
    words, values = LISTS[name]
    assert set(words) == set(values)
    assert len(set(words.values())) == len(words)
    assert not [said for said in words.values() if "_" in said or not said[0].isupper()]


def test_a_persons_own_word_for_a_hold_is_said_as_it_is() -> None:
    assert plain_words.hold_in_words("court_order") == "Court order"
    assert plain_words.hold_in_words("immediate_danger") == "Immediate danger"


@pytest.mark.parametrize("step", ["write", *Outcome])
def test_every_step_a_machine_may_propose_has_words(step) -> None:
    assert "_" not in plain_words.step_in_words(str(step))


def test_only_kinds_of_hold_there_are_belong_to_the_machine_alone() -> None:
    assert set(KINDS) >= plain_words.BY_MACHINE_ALONE
