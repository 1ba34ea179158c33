"""Every closed list of repairs has its words, and none shows its code."""

from dataclasses import fields
from datetime import timedelta
from typing import get_args

import pytest

from api.dispatch_words import HELP
from api.repair_dispatch import plain_words
from api.repair_dispatch.decision import NEEDS
from domain.practical_help.events import HelpCommandEvent
from domain.repair_dispatch.code_word import code_word_from
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
    Permission,
    PoliceRelease,
    RepairAsk,
    RepairDecisionKind,
    RepairHold,
    RepairKind,
    RepairStage,
    Tenure,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
)
from domain.repair_dispatch.spend import SpendKind

LISTS = {
    "kinds": (plain_words.KINDS, RepairKind),
    "urgencies": (plain_words.URGENCIES, Urgency),
    "permissions": (plain_words.PERMISSIONS, Permission),
    "police releases": (plain_words.POLICE_RELEASES, PoliceRelease),
    "tenures": (plain_words.TENURES, Tenure),
    "holds": (plain_words.HOLDS, RepairHold),
    "what lifts a hold": (plain_words.HOLDS_LIFTED_BY, RepairHold),
    "stages": (plain_words.STAGES, RepairStage),
    "offers": (plain_words.OFFER_STATES, OfferState),
    "channels": (plain_words.CHANNELS, TradeChannel),
    "answers": (plain_words.ANSWERS, TradeAnswer),
    "decline reasons": (plain_words.DECLINE_REASONS, TradeDeclineReason),
    "notices": (plain_words.NOTICES, NoticeKind),
    "verdicts": (plain_words.VERDICTS, NoticeVerdict),
    "asks": (plain_words.ASKS, RepairAsk),
    "decisions": (plain_words.DECISIONS, RepairDecisionKind),
    "spend": (plain_words.SPENDS, SpendKind),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_value_has_words_of_its_own_and_none_shows_its_code(name) -> None:
    words, values = LISTS[name]
    assert set(words) == set(values)
    assert len(set(words.values())) == len(words)
    assert not [said for said in words.values() if "_" in said or not said[0].isupper()]


def test_what_is_to_be_done_reads_as_one_line() -> None:
    kinds = (RepairKind.BOARD_UP, RepairKind.LOCKS)
    assert plain_words.kinds_in_words(kinds) == "Board up a window or door, change locks"


@pytest.mark.parametrize(
    ("pence", "region", "said"),
    [(0, "GB", "£0.00"), (123_450, "GB", "£1,234.50"), (-5, "GB", "-£0.05"), (1_200, "NZ", "$12.00")],
)
def test_money_is_said_in_the_money_of_the_country(pence, region, said) -> None:
    assert plain_words.money(pence, region) == said


def test_every_step_of_practical_help_has_words() -> None:
    types = {
        one.default for event in _members(HelpCommandEvent) for one in fields(event) if one.name == "type"
    }
    assert set(HELP) == types


def _members(union) -> set[type]:
    return {member for part in get_args(union) for member in (_members(part) or {part})}


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=15, seconds=59), "15 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(hours=47), "47 h 0 min"),
        (timedelta(days=7), "7 days"),
    ],
)
def test_how_much_time_is_left_is_said_as_people_say_it(left, said) -> None:
    assert plain_words.in_minutes(left) == said


def test_every_decision_says_what_it_needs() -> None:
    assert set(NEEDS) == set(RepairDecisionKind)


def test_the_word_for_the_door_is_always_two_words_and_the_dice_choose_it() -> None:
    made = {code_word_from(bytes((one, other))) for one in range(256) for other in range(256)}
    assert len(made) == 16 * 32
    assert all(len(word.split()) == 2 and word.islower() for word in made)
    assert code_word_from(b"\x00\x00") == "amber acorn"
