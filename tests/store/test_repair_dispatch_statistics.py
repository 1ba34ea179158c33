"""How quickly repairs go, counted from one snapshot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from domain.repair_dispatch.events import ReferralStopped
from domain.repair_dispatch.kinds import PoliceRelease, RepairHold, RepairKind, TradeAnswer, Urgency
from store.repair_dispatch.statistics import RepairStatistics, RepairStatisticsStore
from tests.builders import NOW
from tests.domain.repairs import OPEN_DOOR
from tests.store.lives import Office, another_person
from tests.store.repair_lives import Depot, KeptRepair

MINUTE = timedelta(minutes=1)


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


def read(depot: Depot, **bounds: datetime) -> RepairStatistics:
    return RepairStatisticsStore(depot.office.engine).read(**bounds)


def helped(
    depot: Depot,
    number: int,
    trade: str,
    *,
    accepts: int = 2,
    arrives: int = 12,
    done: int = 60,
    kinds: tuple[RepairKind, ...] = (RepairKind.BOARD_UP,),
) -> KeptRepair:
    """A repair whose steps come so many minutes after it was asked for."""
    life = depot.office.begins(another_person(number))
    repair = depot.repairs(life, replace(OPEN_DOOR, kinds=kinds)).begins()
    (offer,) = repair.offered_to(trade)
    repair.now = NOW + accepts * MINUTE
    repair.answers(offer, TradeAnswer.ACCEPTED)
    repair.now = NOW + arrives * MINUTE
    repair.answers(offer, TradeAnswer.ARRIVED)
    repair.now = NOW + done * MINUTE
    return repair.answers(offer, TradeAnswer.COMPLETED, cost_pence=10_000)


def test_nothing_is_counted_where_nothing_was_asked_for(depot: Depot) -> None:
    figures = read(depot).all
    assert (figures.asked, figures.pence) == (0, 0)
    assert figures.to_accept.median is None
    assert figures.on_site.share is None


def test_times_are_counted_from_when_it_was_asked_for(depot: Depot) -> None:
    trade = depot.engages()
    for number, minutes in enumerate((1, 2, 3, 4, 10)):
        helped(depot, number, trade, accepts=minutes, arrives=minutes + 10, done=minutes + 50)
    figures = read(depot).all
    assert (figures.to_accept.count, figures.to_accept.median) == (5, 3 * MINUTE)
    assert figures.to_accept.p90 == timedelta(minutes=7.6)
    assert figures.to_site.median == 13 * MINUTE
    assert figures.to_done.median == 53 * MINUTE
    assert figures.pence == 50_000


def test_a_promise_is_kept_until_its_last_moment_and_broken_after_it(depot: Depot) -> None:
    trade = depot.engages()
    helped(depot, 1, trade, arrives=15, done=120)
    helped(depot, 2, trade, arrives=16, done=121)
    figures = read(depot).all
    assert (figures.on_site.kept, figures.on_site.broken, figures.on_site.share) == (1, 1, 0.5)
    assert (figures.done.kept, figures.done.broken) == (1, 1)


def test_one_that_never_came_breaks_the_promise_too(depot: Depot) -> None:
    # Else the worst nights would have the best figures.
    life = depot.office.begins(another_person(1))
    life.now = datetime(2020, 1, 1, tzinfo=UTC)
    repair = depot.repairs(life).begins()
    assert read(depot).all.on_site.broken == 1
    repair.now += 14 * MINUTE
    repair.decides("cancel", reason="She did it herself.")
    figures = read(depot).all
    assert (figures.on_site.broken, figures.cancelled, figures.live) == (0, 1, 0), "cancelled in time"


def test_what_was_cancelled_after_its_time_stays_broken(depot: Depot) -> None:
    repair = depot.repairs().begins()
    repair.now += 16 * MINUTE
    repair.decides("cancel", reason="Nobody came.")
    figures = read(depot).all
    assert (figures.on_site.broken, figures.done.broken) == (1, 0)


def test_no_promise_counts_while_the_police_have_the_scene(depot: Depot) -> None:
    held = depot.repairs(request=replace(OPEN_DOOR, police_release=PoliceRelease.AWAITED)).begins()
    held.now += timedelta(days=2)
    other = depot.repairs(
        depot.office.begins(another_person(2)), replace(OPEN_DOOR, police_release=PoliceRelease.AWAITED)
    ).begins()
    other.now += timedelta(days=2)
    other.decides("cancel", reason="The landlord came.")
    assert read(depot).all.on_site.broken == 0
    held.decides("lift", hold=RepairHold.POLICE_RELEASE, reason="Released.")
    (offer,) = held.offered_to(depot.engages())
    held.now += 10 * MINUTE
    held.answers(offer, TradeAnswer.ACCEPTED).answers(offer, TradeAnswer.ARRIVED)
    figures = read(depot).all
    assert (figures.on_site.kept, figures.to_site.median) == (1, 10 * MINUTE)


def test_a_repair_that_is_opened_again_does_not_hide_how_long_the_first_help_took(depot: Depot) -> None:
    repair = helped(depot, 1, depot.engages(), arrives=40, done=90)
    before = read(depot).all
    repair.now += timedelta(hours=5)
    repair.decides("confirm_secure", secure=False)
    after = read(depot).all
    assert after.reopened == 1
    assert (after.to_site, after.to_done, after.on_site, after.done) == (
        before.to_site,
        before.to_done,
        before.on_site,
        before.done,
    )


def late(depot: Depot) -> tuple[KeptRepair, str]:
    """Accepted in two minutes; on site in forty of the fifteen that were promised."""
    repair = depot.repairs().begins()
    (offer,) = repair.offered_to(depot.engages())
    repair.now = NOW + 2 * MINUTE
    repair.answers(offer, TradeAnswer.ACCEPTED)
    repair.now = NOW + 40 * MINUTE
    repair.answers(offer, TradeAnswer.ARRIVED)
    return repair, offer


def test_a_second_visit_neither_forgives_a_late_first_one_nor_comes_before_it(depot: Depot) -> None:
    # The board's clock begins anew for it: counted from there, the first arrival would lie two hours before the start.
    repair, offer = late(depot)
    repair.now = NOW + 180 * MINUTE
    repair.answers(offer, TradeAnswer.SECOND_VISIT)
    figures = read(depot).all
    assert (figures.to_accept.median, figures.to_site.median) == (2 * MINUTE, 40 * MINUTE)
    assert (figures.on_site.kept, figures.on_site.broken) == (0, 1)
    (again,) = repair.offered_to(depot.engages())
    repair.now = NOW + 200 * MINUTE
    repair.answers(again, TradeAnswer.ACCEPTED).answers(again, TradeAnswer.COMPLETED, cost_pence=1_000)
    figures = read(depot).all
    assert (figures.to_site.median, figures.to_done.median) == (40 * MINUTE, 200 * MINUTE)
    assert (figures.on_site.broken, figures.done.kept, figures.done.broken) == (1, 0, 1)


def test_whoever_comes_and_says_at_once_that_they_must_come_again_was_there(depot: Depot) -> None:
    repair = depot.repairs().begins()
    (offer,) = repair.offered_to(depot.engages())
    repair.answers(offer, TradeAnswer.ACCEPTED)
    repair.now = NOW + 12 * MINUTE
    repair.answers(offer, TradeAnswer.SECOND_VISIT)
    figures = read(depot).all
    assert (figures.to_site.median, figures.on_site.kept) == (12 * MINUTE, 1)


def test_an_urgency_that_is_changed_on_site_forgives_nothing(depot: Depot) -> None:
    repair, offer = late(depot)
    repair.now = NOW + 50 * MINUTE
    repair.decides("change_urgency", urgency=Urgency.TODAY)
    repair.now = NOW + 60 * MINUTE
    repair.answers(offer, TradeAnswer.COMPLETED)
    figures = read(depot).all
    assert (figures.to_site.median, figures.on_site.broken, figures.done.kept) == (40 * MINUTE, 1, 1)


@pytest.mark.parametrize("step", ["another urgency", "a hold that is lifted"])
def test_a_promise_that_broke_stays_broken_whatever_begins_anew(depot: Depot, step: str) -> None:
    repair = depot.repairs().begins()
    repair.now = NOW + 20 * MINUTE
    if step == "another urgency":
        repair.decides("change_urgency", urgency=Urgency.TODAY)
    else:
        repair.hears(ReferralStopped())
        repair.now += 10 * MINUTE
        repair.decides("lift", hold=RepairHold.CONTACT_STOPPED)
    (offer,) = repair.offered_to(depot.engages())
    repair.now = NOW + 35 * MINUTE
    repair.answers(offer, TradeAnswer.ACCEPTED).answers(offer, TradeAnswer.ARRIVED)
    figures = read(depot).all
    assert (figures.on_site.kept, figures.on_site.broken) == (0, 1)
    assert (figures.to_accept.median, figures.to_site.median) == (35 * MINUTE, 35 * MINUTE)


def test_before_anything_broke_another_urgency_counts_from_when_it_was_said(depot: Depot) -> None:
    # And whoever had the job by then said yes at once: no time is less than none.
    repair = depot.repairs(request=replace(OPEN_DOOR, urgency=Urgency.PLANNED)).begins()
    (offer,) = repair.offered_to(depot.engages())
    repair.now = NOW + 5 * MINUTE
    repair.answers(offer, TradeAnswer.ACCEPTED)
    repair.now = NOW + 60 * MINUTE
    repair.decides("change_urgency", urgency=Urgency.OPEN_PROPERTY)
    repair.now = NOW + 70 * MINUTE
    repair.answers(offer, TradeAnswer.ARRIVED)
    figures = read(depot).all
    assert figures.to_accept.median == timedelta(0)
    assert (figures.to_site.median, figures.on_site.kept) == (10 * MINUTE, 1)


def test_they_are_counted_by_kind_urgency_area_and_who_did_it(depot: Depot) -> None:
    pat, lee = depot.engages("Pat"), depot.engages("Lee")
    helped(depot, 1, pat, kinds=(RepairKind.BOARD_UP, RepairKind.LOCKS))
    helped(depot, 2, lee, kinds=(RepairKind.LOCKS,), arrives=20)
    nowhere = depot.office.begins(another_person(3, victim__address=None, incident__postcode=None))
    depot.repairs(nowhere, replace(OPEN_DOOR, urgency=Urgency.PLANNED)).begins()
    found = read(depot)
    assert {kind: part.asked for kind, part in found.by_kind.items()} == {"board_up": 2, "locks": 2}
    assert {urgency: part.asked for urgency, part in found.by_urgency.items()} == {
        "open_property": 2,
        "planned": 1,
    }
    assert {area: part.asked for area, part in found.by_area.items()} == {"CB1": 2, "": 1}
    assert {who: part.on_site.kept for who, part in found.by_trade.items()} == {pat: 1, lee: 0}
    assert found.all.asked == 3


def test_only_what_was_asked_for_in_the_span_is_counted(depot: Depot) -> None:
    depot.repairs().begins()
    assert read(depot, asked_from=NOW, asked_to=NOW + MINUTE).all.asked == 1
    assert read(depot, asked_from=NOW + MINUTE).all.asked == 0
    assert read(depot, asked_to=NOW).all.asked == 0


def test_all_of_it_is_one_statement(depot: Depot) -> None:
    # Two statements would see two moments, and the parts would not add up in the middle of a turn.
    said: list[str] = []

    def note(*told: object) -> None:
        said.append(str(told[2]))

    event.listen(depot.office.engine, "before_cursor_execute", note)
    read(depot)
    event.remove(depot.office.engine, "before_cursor_execute", note)
    assert len(said) == 1
