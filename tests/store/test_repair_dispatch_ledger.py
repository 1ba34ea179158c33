"""The ledger of repairs: only added to, and always adding up."""

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy.exc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from domain.repair_dispatch.kinds import OfferState, RepairDecisionKind, TradeAnswer
from domain.repair_dispatch.spend import SpendKind
from store.repair_dispatch.row import REPAIR_SPEND
from tests.builders import NOW
from tests.domain.repairs import OPEN_DOOR
from tests.store.lives import Office, another_person
from tests.store.repair_lives import SAM, Depot, KeptRepair


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


def in_ledger(depot: Depot, repair: KeptRepair) -> int:
    mine = select(func.coalesce(func.sum(REPAIR_SPEND.c.pence), 0)).where(
        REPAIR_SPEND.c.repair_id == repair.id
    )
    with depot.office.engine.connect() as connection:
        return int(connection.scalar(mine) or 0)


def paid(depot: Depot, number: int, trade: str, *, cost: int, invoice: str = "") -> KeptRepair:
    repair = depot.repairs(depot.office.begins(another_person(number)))
    offer = repair.is_accepted(trade)
    return repair.answers(offer, TradeAnswer.COMPLETED, cost_pence=cost, invoice_reference=invoice)


def test_an_estimate_is_committed_and_the_difference_to_the_cost_written_beside_it(depot: Depot) -> None:
    trade = depot.engages()
    repair = paid(depot, 1, trade, cost=9_500, invoice="INV-1")
    lines = depot.ledger.of_repair(repair.id)
    assert [(line.kind, line.pence) for line in lines] == [
        (SpendKind.COMMITTED, 12_000),
        (SpendKind.COST, -2_500),
    ]
    assert lines[1].trade_id == trade
    assert lines[1].invoice_reference == "INV-1"
    assert {line.repair_reference for line in lines} == {repair.view.reference}
    assert {line.area for line in lines} == {"CB1"}
    assert repair.view.spend == tuple(lines)
    assert repair.view.committed_pence == 9_500


def test_a_correction_bears_the_managers_name_and_reason(depot: Depot) -> None:
    repair = paid(depot, 1, depot.engages(), cost=9_500)
    repair.decides("correct_spend", by=SAM, pence=-500, reason="ReasonOfTheManager")
    line = depot.ledger.of_repair(repair.id)[-1]
    assert (line.kind, line.pence, line.by_name) == (SpendKind.CORRECTED, -500, "Sam Manager")
    assert line.reason == "ReasonOfTheManager"
    assert repair.view.committed_pence == 9_000
    with depot.office.engine.connect() as connection:
        sealed = connection.scalar(select(REPAIR_SPEND.c.reason_enc).where(REPAIR_SPEND.c.id == line.id))
    assert sealed is not None
    assert b"ReasonOfTheManager" not in sealed


def test_a_coordinator_cannot_correct_the_ledger(depot: Depot) -> None:
    repair = paid(depot, 1, depot.engages(), cost=9_500)
    repair.decides("correct_spend", pence=-500, reason="I think so.")
    assert in_ledger(depot, repair) == 9_500


def test_a_tradesperson_is_named_by_their_id_alone(depot: Depot) -> None:
    # Their page answers in a name of its own; the ledger names members of staff, such as who asked for the repair.
    committed, cost = depot.ledger.of_repair(paid(depot, 1, depot.engages(), cost=9_500).id)
    assert (committed.by_name, cost.by_name) == ("Jo Coordinator", "")


@pytest.mark.parametrize("statement", ["UPDATE repair_spend SET pence = 0", "DELETE FROM repair_spend"])
def test_the_tables_refuse_to_change_or_delete_an_entry(depot: Depot, statement: str) -> None:
    repair = paid(depot, 1, depot.engages(), cost=9_500)
    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match="the ledger is only added to"),
        depot.office.engine.begin() as connection,
    ):
        connection.execute(text(statement))
    assert in_ledger(depot, repair) == 9_500


def test_what_was_spent_stays_in_the_ledger_when_the_repair_is_erased(depot: Depot) -> None:
    # The accounts have to add up after a person's records have been taken out.
    repair = paid(depot, 1, depot.engages(), cost=9_500)
    repair.decides("correct_spend", by=SAM, pence=100, reason="A stamp.")
    with depot.office.engine.begin() as connection:
        connection.execute(text("DELETE FROM referral"))
    assert depot.views.one(repair.id) is None
    lines = depot.ledger.of_repair(repair.id)
    assert sum(line.pence for line in lines) == 9_600
    assert lines[-1].reason == "", "whose key is gone has no words left"
    assert depot.tables.month_pence(NOW) == 9_600


def test_months_add_up_what_was_written_in_them(depot: Depot) -> None:
    first = paid(depot, 1, depot.engages(), cost=9_500)
    first.now = datetime.fromisoformat("2026-12-02T10:00:00+00:00")
    first.decides("correct_spend", by=SAM, pence=-500, reason="A discount.")
    paid(depot, 2, depot.engages(), cost=20_000)
    november, december = depot.ledger.months(date(2026, 1, 1), date(2026, 12, 31))
    assert (november.month, november.pence, november.repairs) == (date(2026, 11, 1), 29_500, 2)
    assert (december.month, december.pence, december.repairs) == (date(2026, 12, 1), -500, 1)
    assert [line.pence for line in depot.ledger.of_month(date(2026, 12, 24))] == [-500]
    assert depot.ledger.months(date(2027, 1, 1), date(2027, 1, 1)) == []


def test_an_invoice_that_is_named_for_two_repairs_is_pointed_out(depot: Depot) -> None:
    pat, lee = depot.engages("Pat"), depot.engages("Lee")
    first = paid(depot, 1, pat, cost=9_500, invoice="INV-1")
    second = paid(depot, 2, pat, cost=9_500, invoice="INV-1")
    paid(depot, 3, lee, cost=9_500, invoice="INV-1")  # another firm's first invoice
    paid(depot, 4, lee, cost=9_500, invoice="INV-2")
    (found,) = depot.ledger.repeated_invoices()
    assert (found.invoice_reference, found.trade_id) == ("INV-1", pat)
    assert set(found.repairs) == {first.view.reference, second.view.reference}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("find"), st.integers(min_value=1, max_value=2)),
        st.tuples(st.just("accept"), st.integers(min_value=0, max_value=5)),
        st.tuples(st.sampled_from(["declined", "arrived"]), st.none()),
        st.tuples(
            st.sampled_from(["completed", "made_safe", "second_visit", "access_failed"]),
            st.integers(min_value=0, max_value=90_000),
        ),
        st.tuples(st.sampled_from(["reassign", "cancel", "not_secure"]), st.none()),
        st.tuples(st.just("correct"), st.sampled_from([-700, 900])),
        st.tuples(st.just("wait"), st.sampled_from([1, 6, 130])),
    ),
    min_size=3,
    max_size=18,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=STEPS, estimate=st.integers(min_value=0, max_value=60_000), again=st.sets(st.integers(0, 17)))
def test_the_tables_always_agree_with_the_ledger_and_with_themselves(
    depot: Depot, said: list[tuple[str, Any]], estimate: int, again: set[int]
) -> None:
    # Every turn may be written twice, as after a crash; the sums, the one who has it, and the row stay one story.
    trades = [depot.engages(phone=f"+4477{uuid.uuid4().int % 10**8:08}") for _ in range(2)]
    life = depot.office.begins(another_person(uuid.uuid4().int % 10**6))
    repair = depot.repairs(life, replace(OPEN_DOOR, estimate_pence=estimate)).begins()
    for nth, (what, more) in enumerate(said):
        _happens(repair, trades, what, more)
        if nth in again and repair.last is not None:
            depot.tables.project(repair.last)
        view = repair.view
        assert in_ledger(depot, repair) == view.committed_pence == repair.state.committed_pence
        confirmed = [offer.id for offer in view.offers if offer.state is OfferState.CONFIRMED]
        assert confirmed == ([view.confirmed_offer] if view.confirmed_offer else [])
        assert view.stage.has_somebody == bool(confirmed)
        assert {offer.id: offer.state for offer in view.offers} == {
            offer.offer_id: offer.state for offer in repair.state.offers
        }


def _happens(repair: KeptRepair, trades: list[str], what: str, more: Any) -> None:
    confirmed = repair.state.confirmed
    match what:
        case "find" if repair.state.wants:
            repair.offered_to(*trades[:more])
        case "accept" if repair.state.offers:
            offers = repair.state.offers
            repair.answers(offers[more % len(offers)].offer_id, "accepted")
        case "wait":
            repair.waits(timedelta(minutes=more))
        case "reassign" | "cancel":
            repair.decides(what, reason="So it is.")
        case "not_secure":
            repair.decides("confirm_secure", secure=False)
        case "correct":
            repair.decides(RepairDecisionKind.CORRECT_SPEND, by=SAM, pence=more, reason="A discount.")
        case _ if confirmed and what in set(TradeAnswer):
            repair.answers(confirmed, what, cost_pence=more)
