"""What a tradesperson is told, and what is known of it afterwards."""

import pytest
from sqlalchemy import select

from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    RepairKind,
    TradeAnswer,
    TradeChannel,
    Urgency,
)
from domain.repair_dispatch.ports import Told, TradeNotice
from store.repair_dispatch.row import TRADE_NOTICE
from store.repair_dispatch.token import offer_token
from tests.store.lives import Office
from tests.store.repair_lives import Depot, KeptRepair


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


def key_of(repair: KeptRepair, kind: NoticeKind, offer_id: str | None = None) -> str:
    return next(
        notice.key
        for notice in repair.state.notices
        if notice.kind is kind and offer_id in {None, notice.offer_id}
    )


def notice(repair: KeptRepair, kind: NoticeKind) -> TradeNotice:
    found = repair.depot.tables.notice(repair.id, key_of(repair, kind))
    assert found is not None
    return found


def test_who_has_not_accepted_is_told_the_area_and_nothing_else_of_the_place(depot: Depot) -> None:
    repair = depot.repairs().begins()
    (offer_id,) = repair.offered_to(depot.engages(phone="+447700900555"))
    told = notice(repair, NoticeKind.OFFER)
    assert told.phone == "+447700900555"
    assert told.area == "CB1"
    assert told.kinds == (RepairKind.BOARD_UP,)
    assert told.urgency is Urgency.OPEN_PROPERTY
    assert told.on_site_by == repair.state.on_site_by
    assert told.answer_by == repair.state.offers[0].answer_by
    assert told.repair_reference == repair.view.reference
    assert told.coordinator_phone == "01223 000 000"
    assert told.link == f"https://holdfast.example/trades/{offer_token(depot.office.keyring, offer_id)}"
    assert (told.address_lines, told.postcode, told.access, told.code_word) == ((), "", "", "")


def test_who_has_the_job_is_told_the_door_and_the_word_and_nothing_of_the_victim(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    told = notice(repair, NoticeKind.CONFIRMATION)
    assert told.address_lines == ("1 Example Street", "Cambridge")
    assert told.postcode == "CB1 2AB"
    assert told.access == "The side gate sticks.\nPets: A dog."
    assert told.code_word == "Bluebell"
    everything = repr(told)
    for secret in ("Ada", "Example,", "burglary", "Her sister", "frightened", "+447700900123"):
        assert secret not in everything


def test_a_firm_is_called_by_its_code(depot: Depot) -> None:
    repair = depot.repairs().begins()
    repair.offered_to(depot.engages(channel=TradeChannel.API, firm_id="joiner-1"))
    assert notice(repair, NoticeKind.OFFER).firm_id == "joiner-1"


def test_an_offer_that_was_answered_meanwhile_is_not_made_any_more(depot: Depot) -> None:
    # The hand-over runs beside the turns: it may come after the answer.
    repair = depot.repairs().begins()
    (offer_id,) = repair.offered_to(depot.engages())
    key = key_of(repair, NoticeKind.OFFER)
    repair.answers(offer_id, TradeAnswer.DECLINED)
    assert depot.tables.notice(repair.id, key) is None


def test_who_lost_the_job_meanwhile_is_not_told_that_they_have_it(depot: Depot) -> None:
    # Else two would come, and the second was never confirmed in the tables.
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    key = key_of(repair, NoticeKind.CONFIRMATION)
    repair.decides("reassign", reason="Too far away.")
    assert depot.tables.notice(repair.id, key) is None
    assert notice(repair, NoticeKind.CANCELLATION).address_lines == ()


def test_the_other_is_told_kindly_that_somebody_was_first(depot: Depot) -> None:
    repair = depot.repairs().begins()
    first, second = repair.offered_to(depot.engages("A"), depot.engages("B"))
    repair.everybody_is_told().answers(first, TradeAnswer.ACCEPTED)
    key = key_of(repair, NoticeKind.TAKEN, second)
    found = depot.tables.notice(repair.id, key)
    assert found is not None
    assert found.offer_id == second
    assert found.address_lines == ()


def test_what_was_told_is_not_told_again(depot: Depot) -> None:
    repair = depot.repairs().begins()
    repair.offered_to(depot.engages())
    key = key_of(repair, NoticeKind.OFFER)
    depot.tables.notice_told(key, Told(verdict=NoticeVerdict.TOLD, shown="Words"), at=repair.now)
    assert depot.tables.notice(repair.id, key) is None


@pytest.mark.parametrize("verdict", [NoticeVerdict.NOT_TRIED, NoticeVerdict.UNKNOWN])
def test_what_may_not_have_arrived_can_be_told_again(depot: Depot, verdict: NoticeVerdict) -> None:
    repair = depot.repairs().begins()
    repair.offered_to(depot.engages())
    key = key_of(repair, NoticeKind.OFFER)
    depot.tables.notice_told(key, Told(verdict=verdict, why="No answer."), at=repair.now)
    depot.tables.notice_told(key, Told(verdict=verdict, why="No answer."), at=repair.now)
    assert depot.tables.notice(repair.id, key) is not None
    (known,) = repair.view.notices
    assert (known.verdict, known.why, known.tries, known.told_at) == (verdict, "No answer.", 2, None)


def test_what_has_arrived_stays_so_when_a_repeated_try_fails(depot: Depot) -> None:
    # A try that was given up for lost may end after the one that took its place.
    repair = depot.repairs().begins()
    repair.offered_to(depot.engages())
    key = key_of(repair, NoticeKind.OFFER)
    depot.tables.notice_told(
        key, Told(verdict=NoticeVerdict.TOLD, provider_id="SM1", shown="Words"), at=repair.now
    )
    depot.tables.notice_told(key, Told(verdict=NoticeVerdict.UNKNOWN), at=repair.now)
    (known,) = repair.view.notices
    assert (known.verdict, known.tries, known.told_at) == (NoticeVerdict.TOLD, 1, repair.now)
    assert known.simulated is True


def test_what_was_shown_is_kept_sealed(depot: Depot) -> None:
    repair = depot.repairs().begins()
    repair.offered_to(depot.engages())
    key = key_of(repair, NoticeKind.OFFER)
    depot.tables.notice_told(key, Told(verdict=NoticeVerdict.TOLD, shown="Come to CB1"), at=repair.now)
    with depot.office.engine.connect() as connection:
        sealed = connection.scalar(select(TRADE_NOTICE.c.shown_enc))
    assert sealed is not None
    assert b"CB1" not in sealed
    assert depot.views.shown(key) == "Come to CB1"


def test_a_notice_of_another_repair_is_not_given_out(depot: Depot) -> None:
    repair = depot.repairs().begins()
    other = depot.repairs(repair.life)
    repair.offered_to(depot.engages())
    assert depot.tables.notice(other.id, key_of(repair, NoticeKind.OFFER)) is None
