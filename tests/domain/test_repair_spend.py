"""The ledger of repairs: integer pence that always add up, whatever happens and however often."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.repair_dispatch.kinds import RepairDecisionKind, RepairStage, TradeAnswer
from domain.repair_dispatch.spend import SpendEntry, SpendKind, month_of, total
from domain.vocabulary import Role
from tests.domain.repairs import OPEN_DOOR, Played

LONDON = ZoneInfo("Europe/London")
pence = st.integers(min_value=0, max_value=200_000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("find"), st.none()),
        st.tuples(
            st.sampled_from(["completed", "made_safe", "second_visit", "access_failed"]), pence | st.none()
        ),
        st.tuples(st.just("cancel"), st.none()),
        st.tuples(st.just("reassign"), st.none()),
        st.tuples(st.just("not_secure"), st.none()),
        st.tuples(st.just("correct"), st.integers(min_value=-50_000, max_value=50_000)),
    ),
    max_size=25,
)


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 5, 31, 22, 59, tzinfo=UTC), date(2026, 5, 1)),
        (datetime(2026, 5, 31, 23, 0, tzinfo=UTC), date(2026, 6, 1)),
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2027, 1, 1, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_month_begins_at_midnight_on_the_services_own_wall(at: datetime, month: date) -> None:
    assert month_of(at, LONDON) == month


@given(st.datetimes(timezones=st.sampled_from([UTC, LONDON, ZoneInfo("Pacific/Auckland")])))
def test_every_moment_is_in_exactly_one_month_whatever_clock_it_was_read_from(at: datetime) -> None:
    month = month_of(at, LONDON)
    assert month.day == 1
    assert month_of(at.astimezone(UTC), LONDON) == month


@given(st.lists(st.integers(min_value=-(10**9), max_value=10**9)))
def test_what_entries_come_to_does_not_depend_on_how_they_are_put_together(amounts: list[int]) -> None:
    entries = [SpendEntry(kind=SpendKind.COST, pence=each) for each in amounts]
    half = len(entries) // 2
    assert total(entries) == total(entries[:half]) + total(entries[half:]) == sum(amounts)


class Books:
    """An oracle: what a repair ought to come to, reckoned anew from everything that was said."""

    def __init__(self, estimate: int) -> None:
        self.estimate, self.corrected = estimate, 0
        self.asked: dict[str, int] = {}

    def due(self, life: Played) -> int:
        asked = sum(self.asked.values())
        state = life.state
        was_done = state.finished_at is not None or state.reopened > 0
        settled = state.stage is RepairStage.CANCELLED or (was_done and self.asked)
        return max((asked if settled else max(asked, self.estimate)) + self.corrected, 0)


@settings(max_examples=150, deadline=None)
@given(estimate=pence, said=steps)
@example(estimate=1, said=[("find", None), ("completed", 0), ("not_secure", None)])
def test_the_ledger_comes_to_what_was_asked_for_whatever_happens(
    estimate: int, said: list[tuple[str, int | None]]
) -> None:
    life = Played(replace(OPEN_DOOR, estimate_pence=estimate))
    books = Books(estimate)
    life.begin()
    for what, amount in said:
        _happens(life, books, what, amount)
        assert life.spent == life.state.committed_pence, "the sum of all entries"
    if life.state.costs or life.state.stage is RepairStage.CANCELLED:
        assert life.state.committed_pence == books.due(life)


def _happens(life: Played, books: Books, what: str, amount: int | None) -> None:
    life.now += timedelta(minutes=1)
    confirmed = life.state.confirmed
    try:
        match what:
            case "find" if life.state.wants and confirmed is None:
                (offer, *_) = life.reserve(f"trade-{len(life.state.offers)}")
                life.answer(offer, TradeAnswer.ACCEPTED)
            case "cancel":
                life.decide(RepairDecisionKind.CANCEL)
            case "reassign":
                life.decide(RepairDecisionKind.REASSIGN)
            case "not_secure":
                life.decide(RepairDecisionKind.CONFIRM_SECURE, secure=False)
            case "correct" if amount:
                life.decide(RepairDecisionKind.CORRECT_SPEND, Role.MANAGER, pence=amount)
                books.corrected += amount
            case "completed" | "made_safe" | "second_visit" | "access_failed" if confirmed:
                life.answer(confirmed, TradeAnswer(what), cost_pence=amount)
                if amount is not None:
                    books.asked[confirmed] = amount
            case _:
                pass
    except Refusal:
        pass


def test_a_cost_told_twice_is_paid_once() -> None:
    life = Played()
    offer = life.accepted()
    for _ in range(2):
        life.answer(offer, TradeAnswer.COMPLETED, cost_pence=15_000, invoice_reference="INV-7")
    assert life.spent == 15_000


def test_what_was_estimated_and_never_spent_is_given_back() -> None:
    life = Played()
    life.accepted()
    life.decide(RepairDecisionKind.CANCEL)
    assert life.spent == 0
    assert life.last.spend[-1].kind is SpendKind.RELEASED


def test_a_call_out_is_paid_though_the_repair_was_cancelled() -> None:
    life = Played()
    offer = life.accepted()
    life.answer(offer, TradeAnswer.ACCESS_FAILED, cost_pence=4_000)
    life.decide(RepairDecisionKind.CANCEL)
    assert life.spent == 4_000
