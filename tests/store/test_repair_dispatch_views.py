"""Repairs as pages read them: the board, what is alike, and nothing that contradicts itself."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import (
    OfferState,
    RepairAsk,
    RepairKind,
    RepairStage,
    TradeAnswer,
    Urgency,
)
from tests.builders import NOW
from tests.domain.repairs import OPEN_DOOR
from tests.store.lives import Office, another_person
from tests.store.repair_lives import Depot, KeptRepair

MINUTE = timedelta(minutes=1)


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


def wanted(urgency: Urgency, *kinds: RepairKind) -> RepairRequest:
    return replace(OPEN_DOOR, urgency=urgency, kinds=kinds or (RepairKind.LOCKS,))


def a_repair(depot: Depot, number: int, urgency: Urgency, *, later: timedelta = timedelta()) -> KeptRepair:
    life = depot.office.begins(another_person(number))
    life.now += later
    return depot.repairs(life, wanted(urgency)).begins()


def test_the_board_shows_who_asks_somebody_first_then_the_open_property_then_the_nearest_promise(
    depot: Depot,
) -> None:
    planned = a_repair(depot, 1, Urgency.PLANNED)
    today = a_repair(depot, 2, Urgency.TODAY)
    later_open = a_repair(depot, 3, Urgency.OPEN_PROPERTY, later=2 * MINUTE)
    first_open = a_repair(depot, 4, Urgency.OPEN_PROPERTY)
    asking = a_repair(depot, 5, Urgency.PLANNED)
    offer = asking.offered_to(depot.engages())[0]
    asking.answers(offer, TradeAnswer.ACCEPTED).answers(offer, TradeAnswer.DECLINED)
    assert RepairAsk.GIVEN_BACK in asking.view.asks
    assert [view.id for view in depot.views.board()] == [
        repair.id for repair in (asking, first_open, later_open, today, planned)
    ]


def test_what_is_done_waits_at_the_end_of_the_board_until_the_victim_confirms_it(depot: Depot) -> None:
    done = a_repair(depot, 1, Urgency.OPEN_PROPERTY)
    planned = a_repair(depot, 2, Urgency.PLANNED)
    offer = done.offered_to(depot.engages())[0]
    done.answers(offer, TradeAnswer.ACCEPTED).answers(offer, TradeAnswer.COMPLETED)
    assert [view.id for view in depot.views.board()] == [planned.id, done.id]
    done.decides("confirm_secure", secure=True)
    assert [view.id for view in depot.views.board()] == [planned.id]


def test_a_repair_nobody_has_taken_up_is_not_hidden(depot: Depot) -> None:
    # The worker may be down: the board has to show it above what is promised for later.
    today = a_repair(depot, 1, Urgency.TODAY)
    life = depot.office.begins(another_person(2))
    untouched = depot.repairs(life, wanted(Urgency.TODAY))
    assert [view.id for view in depot.views.board()] == [untouched.id, today.id]
    assert untouched.view.turn == 0


def test_who_was_asked_is_read_with_their_names(depot: Depot) -> None:
    repair = depot.repairs().begins()
    repair.offered_to(depot.engages("Pat Joiner"), depot.engages("Lee Smith", firm="Smith Locks"))
    assert [(offer.name, offer.firm, offer.state) for offer in repair.view.offers] == [
        ("Pat Joiner", "Joiner and Daughters", OfferState.OFFERED),
        ("Lee Smith", "Smith Locks", OfferState.OFFERED),
    ]


def test_the_repairs_of_a_referral_are_read_newest_first(depot: Depot) -> None:
    life = depot.office.begins()
    first = depot.repairs(life)
    life.now += MINUTE
    second = depot.repairs(life, wanted(Urgency.TODAY))
    depot.repairs(depot.office.begins(another_person(9)))
    assert [view.id for view in depot.views.of_referral(life.id)] == [second.id, first.id]


@pytest.mark.parametrize("unknown", ["no-id", "00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_is_not_found(depot: Depot, unknown: str) -> None:
    assert depot.views.one(unknown) is None
    assert depot.views.of_referral(unknown) == []
    assert depot.views.duplicates(unknown, within=timedelta(days=30)) == []
    assert depot.views.shown(unknown) == ""
    assert depot.ledger.of_repair(unknown) == []


ADDRESS = {"address": {"lines": ["Flat 2", "14 Mill Lane"], "postcode": "CB1 2AB"}}


@pytest.mark.parametrize(
    ("lines", "postcode", "kinds", "later", "alike"),
    [
        (["Flat 2", "14 Mill Lane"], "CB1 2AB", (RepairKind.LOCKS,), timedelta(days=29), True),
        (["flat 2, 14 mill ln.", "Cambridge"], "cb12ab", (RepairKind.LOCKS,), timedelta(), True),
        (["Flat 3", "14 Mill Lane"], "CB1 2AB", (RepairKind.LOCKS,), timedelta(), False),
        (["Flat 2", "14 Mill Lane"], "CB1 2AA", (RepairKind.LOCKS,), timedelta(), False),
        (["Flat 2", "14 Mill Lane"], "CB1 2AB", (RepairKind.WINDOW,), timedelta(), False),
        (["Flat 2", "14 Mill Lane"], "CB1 2AB", (RepairKind.LOCKS,), timedelta(days=31), False),
    ],
    ids=["the same", "spelt otherwise", "next door", "another street", "something else", "long after"],
)
def test_a_second_repair_of_the_same_kind_at_the_same_address_is_pointed_out(
    depot: Depot,
    lines: list[str],
    postcode: str,
    kinds: tuple[RepairKind, ...],
    later: timedelta,
    alike: bool,
) -> None:
    request = wanted(Urgency.TODAY, RepairKind.LOCKS, RepairKind.DOOR)
    first = depot.repairs(request=request, job=ADDRESS).begins()
    life = depot.office.begins(another_person(2))
    life.now += later
    second = depot.repairs(
        life, wanted(Urgency.TODAY, *kinds), job={"address": {"lines": lines, "postcode": postcode}}
    )
    found = depot.views.duplicates(second.id, within=timedelta(days=30))
    assert [other.id for other in found] == ([first.id] if alike else [])
    if found:
        assert found[0].committed_pence == 12_000
        assert found[0].referral_reference == first.view.referral_reference


def test_two_whose_address_nobody_knows_are_not_alike(depot: Depot) -> None:
    for number in (1, 2):
        document = another_person(number, victim__address=None)
        repair = depot.repairs(depot.office.begins(document))
    assert depot.views.duplicates(repair.id, within=timedelta(days=30)) == []


def test_what_was_cancelled_is_no_duplicate(depot: Depot) -> None:
    first = depot.repairs(job=ADDRESS).begins()
    second = depot.repairs(depot.office.begins(another_person(2)), job=ADDRESS)
    first.decides("cancel", reason="Her brother did it.")
    assert depot.views.duplicates(second.id, within=timedelta(days=30)) == []


def test_one_repair_that_cannot_be_opened_does_not_empty_the_board(depot: Depot) -> None:
    broken, whole = a_repair(depot, 1, Urgency.TODAY), a_repair(depot, 2, Urgency.TODAY)
    with depot.office.engine.begin() as connection:
        connection.execute(text("UPDATE repair SET job_enc = '\\x00' WHERE id = :this"), {"this": broken.id})
    assert [view.id for view in depot.views.board()] == [whole.id]


def test_the_board_never_says_that_one_is_coming_whose_offer_says_otherwise(depot: Depot) -> None:
    # Read in two statements of two snapshots, a reassignment between them would show nobody behind a name.
    repair = depot.repairs().begins()
    trades = [depot.engages(name) for name in ("A", "B")]
    done, contradictions = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            for view in depot.views.board():
                confirmed = [offer.id for offer in view.offers if offer.state is OfferState.CONFIRMED]
                if confirmed != ([view.confirmed_offer] if view.confirmed_offer else []):
                    contradictions.append(confirmed)
                if view.stage.has_somebody and not view.confirmed_offer:
                    contradictions.append([view.stage])

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20):
        (offer_id,) = repair.offered_to(trades[turn % 2])
        repair.answers(offer_id, TradeAnswer.ACCEPTED)
        repair.decides("reassign", reason="Somebody nearer.")
    done.set()
    reader.join()
    assert contradictions == []
    assert repair.view.stage is RepairStage.LOOKING


def test_a_view_does_not_show_the_person_by_accident(depot: Depot) -> None:
    # Views end up in tracebacks.
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    shown = repr(repair.view)
    for secret in ("Example Street", "CB1 2AB", "Bluebell", "sister", "Pat Joiner", "+4477009"):
        assert secret not in shown


def test_the_time_it_was_asked_for_is_when_the_coordinator_said_so(depot: Depot) -> None:
    # With Temporal away the turn comes later; the promise counts from the words on the telephone.
    assert depot.repairs().view.asked_at == NOW
