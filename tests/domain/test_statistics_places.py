"""The funnel: every referral has one place at every moment, by the contract's order; the state alone tells which."""

from collections import Counter

import pytest

from domain.referral_state import ReferralState
from domain.vocabulary import Direction
from tests.builders import (
    Life,
    closed_as,
    contacting,
    held,
    information_facts,
    informed,
    not_reached,
    reached,
    sensitive_facts,
    some_facts,
    supporting,
    waiting,
    writing,
)


def place(state: ReferralState) -> str:
    """The contract's sentence on statistics, as code: the first place that fits."""
    if state.lane == "information":
        return "information"
    if state.decision is not None:
        return str(state.decision)
    if state.stage == "closed":
        return "not_reached" if state.outcome == "not_reached" else "diverted"
    if state.stage == "held":
        return "held"
    return "undecided" if state.reached_since_opening else "waiting"


INFORMATION = information_facts()
PLACES = {
    "just received": (lambda: Life(triaged=False), "waiting"),
    "information just received": (lambda: Life(INFORMATION, triaged=False), "information"),
    "being rung": (contacting, "waiting"),
    "a letter is due": (writing, "waiting"),
    "a letter has left": (waiting, "waiting"),
    "a reply came": (lambda: contacting().replies(), "waiting"),
    "held": (held, "held"),
    "reached": (reached, "undecided"),
    "reached and promised a call": (lambda: contacting().rings("hung_up"), "undecided"),
    "reached and held": (lambda: contacting().rings("language_barrier"), "held"),
    "supported in one call": (lambda: reached().decides("single_call"), "single_call"),
    "declined": (lambda: reached().decides("declined"), "declined"),
    "declined by a guardian": (lambda: reached().decides("declined", declined_by="guardian"), "declined"),
    "in ongoing support": (supporting, "ongoing_support"),
    "in ongoing support and held": (lambda: supporting().decides("hold"), "ongoing_support"),
    "support completed": (lambda: supporting().decides("close"), "ongoing_support"),
    "died during support": (lambda: supporting().decides("close", outcome="died"), "ongoing_support"),
    "not reached": (not_reached, "not_reached"),
    "moved away": (lambda: closed_as("moved_away"), "diverted"),
    "out of area": (lambda: Life(some_facts(outward_code="M1")), "diverted"),
    "reached, then moved away": (lambda: reached().decides("close", outcome="moved_away"), "diverted"),
    "reopened after a single call": (lambda: reached().decides("single_call").decides("reopen"), "waiting"),
    "reopened by a call": (
        lambda: reached().decides("single_call").rings("answered", direction=Direction.INBOUND),
        "undecided",
    ),
    "reopened with care": (lambda: closed_as("moved_away", sensitive_facts()).replies(), "held"),
    "a letter of information is due": (lambda: Life(INFORMATION), "information"),
    "information held": (lambda: Life(INFORMATION).decides("hold"), "information"),
    "informed": (informed, "information"),
    "informed, then replied": (lambda: informed().replies(), "waiting"),
    "promoted": (lambda: Life(INFORMATION).decides("promote"), "waiting"),
    "promoted, then not reached": (
        lambda: Life(INFORMATION).decides("promote").decides("close", outcome="not_reached"),
        "not_reached",
    ),
    "information, held, reached, then supported": (
        lambda: Life(INFORMATION).decides("hold").rings("answered").decides("single_call"),
        "single_call",
    ),
}


@pytest.mark.parametrize(("life", "expected"), PLACES.values(), ids=PLACES)
def test_the_place_of_a_referral_that_is(life, expected):
    assert place(life().state) == expected


def test_the_identities_hold_over_all_of_them():
    counts = Counter(place(life().state) for life, _ in PLACES.values())
    contacted = counts["ongoing_support"] + counts["single_call"] + counts["declined"]
    referred = (
        counts["waiting"]
        + counts["held"]
        + counts["undecided"]
        + contacted
        + counts["not_reached"]
        + counts["diverted"]
    )
    assert len(PLACES) == referred + counts["information"]
