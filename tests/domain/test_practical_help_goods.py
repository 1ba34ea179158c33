"""Goods: counted, never lost, and asked about when they do not come."""

import pytest

from domain.errors import Incomplete, NotPossibleNow
from domain.practical_help.events import (
    CostNoted,
    Goods,
    GoodsOrdered,
    HelpCancelled,
    HelpCompleted,
    LineQuantity,
    NotArrived,
    OrderCalledOff,
    WindowAgreed,
)
from domain.practical_help.kinds import (
    Confirmed,
    GoodsKind,
    HelpAsk,
    HelpStage,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
)
from tests.builders import DAY, HOUR, MINUTE
from tests.domain.helps import HelpLife

BED, BEDDING, TABLE, KETTLE = 1, 2, 3, 4
ALL_BUT_THE_KETTLE = ((BED, 1), (BEDDING, 2), (TABLE, 1))


@pytest.fixture
def life() -> HelpLife:
    return HelpLife().orders()


def agrees(life: HelpLife) -> None:
    life.happens(WindowAgreed(order=1, from_at=life.now + HOUR, until_at=life.now + 3 * HOUR))


def asks(life: HelpLife) -> list[HelpAsk]:
    return [asking.kind for asking in life.asked]


def test_a_delivery_that_lacks_the_kettle_leaves_the_kettle_outstanding(life: HelpLife) -> None:
    agrees(life)
    life.waits(2 * HOUR).delivers(*ALL_BUT_THE_KETTLE)
    assert [line.outstanding for line in life.order.lines] == [0, 0, 0, 1]
    assert asks(life) == [HelpAsk.PARTLY_DELIVERED]
    agrees(life)
    assert asks(life) == []


def test_more_than_was_outstanding_is_not_delivered(life: HelpLife) -> None:
    with pytest.raises(Incomplete, match="only 1 were outstanding"):
        life.delivers((BED, 2))


def test_nothing_is_received_that_was_not_delivered(life: HelpLife) -> None:
    with pytest.raises(Incomplete, match="only 0 were delivered"):
        life.confirms((KETTLE, 1))


def test_one_line_named_twice_counts_twice(life: HelpLife) -> None:
    with pytest.raises(Incomplete):
        life.delivers((BED, 1), (BED, 1))
    assert life.delivers((BEDDING, 1), (BEDDING, 1)).order.lines[1].outstanding == 0


def test_what_was_said_to_be_delivered_and_is_not_there_is_outstanding_again(life: HelpLife) -> None:
    life.delivers(*ALL_BUT_THE_KETTLE, (KETTLE, 1))
    life.happens(NotArrived(order=1, items=(LineQuantity(line=TABLE, quantity=1),), at=life.now))
    assert life.order.lines[2].outstanding == 1
    assert asks(life) == [HelpAsk.PARTLY_DELIVERED]


def test_a_missed_window_is_asked_about(life: HelpLife) -> None:
    agrees(life)
    life.waits(4 * HOUR - MINUTE)
    assert asks(life) == []
    life.waits(MINUTE)
    assert asks(life) == [HelpAsk.DELIVERY_MISSED]


def test_an_order_without_a_time_is_asked_about_the_next_day(life: HelpLife) -> None:
    assert asks(life.waits(DAY)) == [HelpAsk.NO_WINDOW]


def test_a_delivery_that_nobody_confirms_is_asked_about(life: HelpLife) -> None:
    life.delivers(*ALL_BUT_THE_KETTLE, (KETTLE, 1)).waits(DAY)
    assert asks(life) == [HelpAsk.NOT_CONFIRMED]


def test_where_nothing_waits_for_anybody_a_coordinator_is_asked() -> None:
    life = HelpLife().waits(DAY)
    assert asks(life) == [HelpAsk.NEXT_STEP]
    assert asks(life.orders()) == []


def test_each_question_is_told_once(life: HelpLife) -> None:
    life.waits(3 * DAY)
    assert sum("Nobody has agreed" in said or "nobody has agreed" in said for said in life.said) == 1


def test_a_visit_confirms_only_what_somebody_saw(life: HelpLife) -> None:
    life.delivers(*ALL_BUT_THE_KETTLE).plans(purpose=VisitPurpose.FOLLOW_UP)
    with pytest.raises(NotPossibleNow, match="Nobody was there"):
        life.confirms((BED, 1), by=Confirmed.VISIT)
    life.checks(SuspectsFound.CUSTODY).begins().confirms((BED, 1), by=Confirmed.VISIT)
    assert life.order.lines[0].received == 1


def test_a_visit_that_found_nobody_in_confirms_nothing(life: HelpLife) -> None:
    life.delivers(*ALL_BUT_THE_KETTLE).goes_in().ends(VisitOutcome.NOBODY_IN)
    with pytest.raises(NotPossibleNow, match="Nobody was there"):
        life.confirms((BED, 1), by=Confirmed.VISIT)


def test_a_follow_up_visit_that_finds_everything_there_confirms_everything(life: HelpLife) -> None:
    life.delivers(*ALL_BUT_THE_KETTLE, (KETTLE, 1)).goes_in().ends(VisitOutcome.ALL_THERE)
    assert life.order.unconfirmed == 0
    life.happens(HelpCompleted())
    assert life.state.stage is HelpStage.COMPLETED


def test_help_is_not_complete_while_something_is_outstanding_or_unconfirmed(life: HelpLife) -> None:
    with pytest.raises(NotPossibleNow, match="outstanding"):
        life.happens(HelpCompleted())
    life.delivers(*ALL_BUT_THE_KETTLE)
    life.happens(OrderCalledOff(order=1))
    with pytest.raises(NotPossibleNow, match="confirmed"):
        life.happens(HelpCompleted())
    life.confirms(*ALL_BUT_THE_KETTLE)
    life.happens(HelpCompleted())
    assert [line.called_off for line in life.order.lines] == [0, 0, 0, 1]


def test_cancelling_calls_off_what_is_outstanding(life: HelpLife) -> None:
    life.delivers((BED, 1))
    life.happens(HelpCancelled(by_victim=True))
    assert life.order.outstanding == 0
    assert life.order.lines[0].delivered == 1


def test_the_goods_cost_what_is_known_and_else_what_was_estimated() -> None:
    life = HelpLife().orders(estimate=12_000).orders(estimate=500)
    assert life.state.goods_cost_pence == 12_500
    life.happens(CostNoted(order=1, pence=11_050))
    assert life.state.goods_cost_pence == 11_550


def test_an_order_orders_something() -> None:
    with pytest.raises(Incomplete):
        HelpLife().orders([])
    with pytest.raises(Incomplete):
        HelpLife().happens(GoodsOrdered(items=(Goods(kind=GoodsKind.BED, quantity=0),), at=HelpLife().now))


def test_a_window_ends_after_it_begins(life: HelpLife) -> None:
    with pytest.raises(Incomplete):
        life.happens(WindowAgreed(order=1, from_at=life.now, until_at=life.now))
