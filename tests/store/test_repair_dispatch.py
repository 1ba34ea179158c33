"""A repair in the tables: begun with a turn of its referral, written turn by turn, once."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy.exc
from sqlalchemy import Table, func, select, text, update

from domain.dispatch_events import VisitExpected
from domain.errors import RepairNotFound
from domain.events import AttemptMade, Stopped
from domain.repair_dispatch.dispatch import decide_repair
from domain.repair_dispatch.events import OffersReserved, ReservedOffer, TradeAnswered
from domain.repair_dispatch.kinds import (
    OfferState,
    RepairKind,
    RepairStage,
    TradeAnswer,
    TradeChannel,
    TradeVia,
    Urgency,
)
from domain.repair_dispatch.ports import RepairProjection
from domain.repair_dispatch.state import Offer, RepairEffects, RepairState
from domain.vocabulary import AttemptOutcome, StopCause
from store.command_row import COMMAND
from store.encryption import cipher_of
from store.referral_row import REFERRAL
from store.repair_dispatch.begin import begin_row
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER, REPAIR_SPEND, TRADE_NOTICE
from store.timeline import TIMELINE
from tests.builders import NOW
from tests.domain.repairs import OPEN_DOOR
from tests.store.lives import Office, a_document, another_person
from tests.store.repair_lives import Depot, KeptRepair


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


def count(depot: Depot, table: Table) -> int:
    with depot.office.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def row(depot: Depot, repair: KeptRepair) -> Any:
    with depot.office.engine.connect() as connection:
        return connection.execute(select(REPAIR).where(REPAIR.c.id == repair.id)).one()


def everything(depot: Depot) -> dict[str, list[Any]]:
    """All that a turn may write, to see that nothing changed."""
    tables = (REPAIR, REPAIR_OFFER, TRADE_NOTICE, REPAIR_SPEND, TIMELINE, COMMAND)
    with depot.office.engine.connect() as connection:
        return {
            table.name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            for table in tables
        }


def test_a_repair_begins_in_the_very_turn_of_its_referral(depot: Depot) -> None:
    repair = depot.repairs()
    found = row(depot, repair)
    assert found.referral_id == repair.life.id
    assert found.kinds == ["board_up"]
    assert found.urgency == "open_property"
    assert found.area == "CB1"
    assert found.asked_at == NOW
    assert repair.life.state.repairs == (repair.id,)


def test_a_turn_of_the_referral_that_is_written_twice_begins_one_repair(depot: Depot) -> None:
    repair = depot.repairs()
    assert repair.life.last is not None
    before = row(depot, repair)
    with depot.office.engine.begin() as connection:  # as if the turn's transaction had to be made again
        wrapped = connection.scalar(select(REFERRAL.c.wrapped_key).where(REFERRAL.c.id == repair.life.id))
        assert wrapped is not None
        asked = repair.life.last.effects.begins
        assert asked is not None
        begin_row(
            connection,
            depot.office.keyring,
            cipher_of(depot.office.keyring, repair.life.id, wrapped),
            referral_id=repair.life.id,
            event=asked,  # type: ignore[arg-type]
            command_id=str(repair.life.last.command_id),
        )
    assert row(depot, repair) == before


def test_what_was_said_is_there_for_whoever_goes(depot: Depot) -> None:
    job = depot.repairs().view.job
    assert job.address_lines == ("1 Example Street", "Cambridge")
    assert job.postcode == "CB1 2AB"
    assert job.code_word == "Bluebell"
    assert job.access_words == "The side gate sticks.\nPets: A dog."
    assert job.who_may_be_home == "Her sister."


def test_somebody_who_has_gone_elsewhere_is_helped_where_they_are(depot: Depot) -> None:
    repair = depot.repairs(job={"address": {"lines": ["9 Refuge Road"], "postcode": "CB9 1ZZ"}})
    assert repair.view.job.address_lines == ("9 Refuge Road",)
    assert repair.view.area == "CB9"


def test_another_address_without_a_postcode_is_not_given_that_of_the_incident(depot: Depot) -> None:
    # Whoever is nearest to the old place would be sent across the county.
    repair = depot.repairs(job={"address": {"lines": ["9 Refuge Road"]}})
    assert repair.view.area == ""
    assert depot.tables.take_up(repair.id).place_known is False


def test_without_an_address_the_postcode_of_the_incident_says_where(depot: Depot) -> None:
    life = depot.office.begins(a_document(victim__address=None))
    assert depot.repairs(life).view.area == "CB1"


def test_a_repair_can_be_spoken_of_by_a_reference_of_its_own(depot: Depot) -> None:
    one, other = depot.repairs(), depot.repairs(depot.office.begins(another_person(2)))
    assert one.view.reference != other.view.reference
    assert len(one.view.reference) == len("K7PM-4T2Q")


def test_a_repair_is_taken_up_where_it_was_put_down(depot: Depot) -> None:
    repair = depot.repairs()
    assert depot.tables.take_up(repair.id).state is None
    repair.begins().offered_to(depot.engages())
    assert depot.tables.take_up(repair.id).state == repair.state


def test_a_repair_nobody_asked_for_is_not_found(depot: Depot) -> None:
    with pytest.raises(RepairNotFound):
        depot.tables.take_up(str(uuid.uuid4()))


@pytest.mark.parametrize("stopping", ["stop", "hold"])
def test_a_stop_or_a_hold_of_the_referral_is_known_when_the_repair_begins(
    depot: Depot, stopping: str
) -> None:
    repair = depot.repairs()
    assert depot.tables.take_up(repair.id).stopped is False
    if stopping == "stop":
        repair.life.is_told(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))  # stored, and not applied yet
    else:
        repair.life.decides("hold", hold_kind="safety", reason="He is there.")
    assert depot.tables.take_up(repair.id).stopped is True


def test_a_turn_that_is_written_again_changes_nothing(depot: Depot) -> None:
    # A worker that is killed after the write and before it could say so writes the same turn again.
    repair = depot.repairs()
    offer = repair.is_accepted(depot.engages())
    repair.everybody_is_told()
    repair.answers(offer, TradeAnswer.ON_THE_WAY, eta_at=repair.now + timedelta(minutes=5))
    repair.answers(offer, TradeAnswer.COMPLETED, cost_pence=9_000, invoice_reference="INV-1")
    before = everything(depot)
    assert repair.last is not None
    depot.tables.project(repair.last)
    assert everything(depot) == before


def test_an_earlier_turn_does_not_undo_a_later_one(depot: Depot) -> None:
    repair = depot.repairs().begins()
    earlier = repair.last
    assert earlier is not None
    repair.offered_to(depot.engages())
    before = everything(depot)
    depot.tables.project(earlier)
    assert everything(depot) == before


def test_every_turn_written_twice_leaves_what_it_leaves_written_once(depot: Depot) -> None:
    # Else a crash between two steps would tell a tradesperson twice, or count money twice.
    repair = depot.repairs().begins()
    for step in (
        lambda: repair.offered_to(depot.engages("A"), depot.engages("B")),
        repair.everybody_is_told,
        lambda: repair.answers(repair.state.offers[0].offer_id, "accepted"),
        lambda: repair.answers(repair.state.offers[1].offer_id, "accepted"),
        lambda: repair.decides("reassign", reason="Too slow."),
    ):
        step()
        before = everything(depot)
        assert repair.last is not None
        depot.tables.project(repair.last)
        assert everything(depot) == before


def test_the_command_is_answered_with_its_turn(depot: Depot) -> None:
    repair = depot.repairs()
    offer = repair.is_accepted(depot.engages())
    command = repair.last.command_id if repair.last else None
    result = depot.office.commands.result(str(command))
    assert result is not None
    assert result.applied is True
    assert repair.view.confirmed_offer == offer


def two_confirmed(repair: KeptRepair, depot: Depot) -> RepairState:
    """A state no heart would make."""
    offers = tuple(
        Offer(
            offer_id=str(uuid.uuid4()),
            trade_id=depot.engages(),
            channel=TradeChannel.TEXT,
            round=1,
            made_at=NOW,
            answer_by=NOW + timedelta(minutes=5),
            state=OfferState.CONFIRMED,
        )
        for _ in range(2)
    )
    return replace(repair.state, offers=offers, confirmed=offers[0].offer_id, turn=repair.state.turn + 1)


def test_the_tables_refuse_two_who_have_the_same_job(depot: Depot) -> None:
    repair = depot.repairs().begins()
    before = everything(depot)
    with pytest.raises(sqlalchemy.exc.IntegrityError, match="repair_offer_confirmed"):
        depot.tables.project(
            RepairProjection(state=two_confirmed(repair, depot), effects=RepairEffects(), at=NOW)
        )
    assert everything(depot) == before


def test_the_job_can_pass_from_one_to_the_other_in_one_turn(depot: Depot) -> None:
    # The index looks at every row at once: who loses the job has to be written first.
    repair = depot.repairs()
    first = repair.is_accepted(depot.engages())
    kept = repair.state.offers[0]
    second = replace(kept, offer_id=str(uuid.uuid4()), trade_id=depot.engages())
    state = replace(
        repair.state,
        offers=(second, replace(kept, state=OfferState.RELEASED)),
        confirmed=second.offer_id,
        turn=repair.state.turn + 1,
        notices=(),
    )
    depot.tables.project(RepairProjection(state=state, effects=RepairEffects(), at=NOW))
    assert {offer.id: offer.state for offer in repair.view.offers} == {
        first: "released",
        second.offer_id: "confirmed",
    }
    assert repair.view.confirmed_trade == second.trade_id


def test_a_place_that_was_kept_becomes_an_offer_when_they_are_asked(depot: Depot) -> None:
    repair, trade = depot.repairs().begins(), depot.engages()
    kept = ReservedOffer(offer_id=str(uuid.uuid4()), trade_id=trade, channel=TradeChannel.TEXT)
    with depot.office.engine.begin() as connection:
        connection.execute(
            REPAIR_OFFER.insert().values(
                id=kept.offer_id,
                repair_id=repair.id,
                trade_id=trade,
                channel="text",
                round=1,
                turn=repair.state.turn,
                place=3,
                state="reserved",
                reserved_at=NOW,
                why="2 km away",
                token_hash="as the desk made it",
                link_until=NOW + timedelta(days=3),
            )
        )
    assert repair.view.offers == (), "nobody has been asked yet"
    repair.hears(OffersReserved(offers=(kept,), busy=False))
    (offer,) = repair.view.offers
    assert offer.state is OfferState.OFFERED
    assert (offer.place, offer.why) == (3, "2 km away")


def test_a_visit_is_announced_to_the_referral_once(depot: Depot) -> None:
    repair = depot.repairs()
    offer = repair.is_accepted(depot.engages())
    at = repair.now + timedelta(minutes=9)
    repair.answers(offer, TradeAnswer.ON_THE_WAY, eta_at=at)
    assert repair.last is not None
    depot.tables.project(repair.last)
    (told,) = [
        command
        for command in depot.office.commands.pending(f"referral-{repair.life.id}")
        if isinstance(command.event, VisitExpected)
    ]
    assert told.event == VisitExpected(repair_id=repair.id, expected_at=at)
    assert told.by.role == "system"
    due = depot.office.commands.left_over(now=repair.now, lease=timedelta(seconds=5), limit=10)
    assert told.id in {command.id for command in due}, "nobody else brings it to the referral"


def test_who_does_not_want_to_be_told_is_not(depot: Depot) -> None:
    repair = depot.repairs(request=replace(OPEN_DOOR, tells_victim=False))
    offer = repair.is_accepted(depot.engages())
    repair.answers(offer, TradeAnswer.ON_THE_WAY, eta_at=repair.now + timedelta(minutes=9))
    assert depot.office.commands.pending(f"referral-{repair.life.id}") == []


def test_what_happens_to_a_repair_is_in_the_timeline_of_its_referral(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    assert "A tradesperson accepted and has the job." in depot.office.words(repair.life.id)


def test_the_row_says_what_the_state_says(depot: Depot) -> None:
    # The board, the queue and the page of an offer read the row and never the state.
    repair = depot.repairs()
    offer = repair.is_accepted(depot.engages())
    view, state = repair.view, repair.state
    assert view.stage is RepairStage.ACCEPTED
    assert view.urgency is Urgency.OPEN_PROPERTY
    assert view.confirmed_offer == offer
    assert view.confirmed is not None
    assert view.confirmed.name == "Pat Joiner"
    assert (view.on_site_by, view.done_by) == (state.on_site_by, state.done_by)
    assert (view.accepted_at, view.eta_at) == (state.accepted_at, state.eta_at)
    assert view.committed_pence == state.committed_pence == 12_000
    repair.answers(offer, TradeAnswer.COMPLETED, cost_pence=10_000)
    assert repair.view.finished_at == repair.state.finished_at
    repair.decides("confirm_secure", secure=True)
    assert repair.view.ended_at == repair.state.ended_at


def test_a_repair_that_comes_back_keeps_its_place_in_the_queue(depot: Depot) -> None:
    repair = depot.repairs()
    offer = repair.is_accepted(depot.engages())
    assert row(depot, repair).waiting_since is None
    repair.now += timedelta(minutes=30)
    repair.answers(offer, TradeAnswer.DECLINED)
    assert row(depot, repair).waiting_since == NOW


def test_the_month_ends_at_midnight_on_the_services_own_wall(depot: Depot) -> None:
    # In British Summer Time, half past eleven at night UTC on the last of May is June.
    repair = depot.repairs(request=replace(OPEN_DOOR, kinds=(RepairKind.LOCKS,)))
    with depot.office.engine.begin() as connection:
        connection.execute(update(REPAIR).values(turn=0))
    late = NOW.replace(month=5, day=31, hour=23, minute=30)
    repair.now = late
    repair.begins()
    assert depot.tables.month_pence(late) == 12_000
    assert depot.tables.month_pence(late + timedelta(hours=1)) == 12_000
    assert depot.tables.month_pence(late - timedelta(hours=1)) == 0


def until_both_wait(depot: Depot) -> None:
    """Wait until two connections to this database wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    by = time.monotonic() + 20
    with depot.office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(waiting) != 2:
            assert time.monotonic() < by, "they never met"
            time.sleep(0.01)


def test_a_turn_that_two_write_at_once_is_written_once(depot: Depot) -> None:
    # A worker that was thought dead may still be writing while another repeats its step.
    repair = depot.repairs()
    offer = repair.is_accepted(depot.engages())
    state, effects = decide_repair(
        repair.state,
        TradeAnswered(offer_id=offer, answer=TradeAnswer.COMPLETED, via=TradeVia.LINK, cost_pence=30_000),
        repair.now,
    )
    state = replace(state, turn=repair.state.turn + 1)
    turn = RepairProjection(state=state, effects=effects, at=repair.now)
    with ThreadPoolExecutor(2) as writers:
        with depot.office.engine.begin() as holding:
            holding.execute(select(REPAIR.c.id).where(REPAIR.c.id == repair.id).with_for_update())
            written = [writers.submit(depot.tables.project, turn) for _ in range(2)]
            until_both_wait(depot)
        for each in written:
            each.result(timeout=30)
    assert sum(line.pence for line in depot.ledger.of_repair(repair.id)) == 30_000
    assert repair.view.committed_pence == 30_000
    assert depot.office.words(repair.life.id).count("The tradesperson has arrived.") == 1


def test_what_is_said_to_the_referral_meanwhile_does_not_stand_in_the_way(depot: Depot) -> None:
    # Both lock the referral and its repair; in two orders they would wait for each other until Postgres ends one.
    repair = depot.repairs()
    offer = repair.is_accepted(depot.engages())
    life = repair.life

    def say() -> None:
        for _ in range(25):
            life.is_told(AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=NOW))

    with ThreadPoolExecutor(2) as others:
        said = [others.submit(say), others.submit(say)]
        for minutes in range(1, 26):
            at = repair.now + timedelta(minutes=20 * minutes)
            repair.answers(offer, TradeAnswer.ON_THE_WAY, eta_at=at)
        for each in said:
            each.result(timeout=30)
    ordinals = [command.ordinal for command in depot.office.commands.pending(f"referral-{life.id}")]
    assert ordinals == sorted(set(ordinals))
    assert len(ordinals) == 75
