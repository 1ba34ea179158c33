"""The address, the way in and the word at the door may change while a repair lives; so may who is fit to be sent."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from domain.repair_dispatch.events import RepairDecided
from domain.repair_dispatch.kinds import NoticeKind, RepairDecisionKind, TradeAnswer
from domain.tradesperson import Paper
from domain.vocabulary import Role
from store.repair_dispatch.row import REPAIR
from store.repair_dispatch.view import RepairView
from store.tradesperson.row import TRADESPERSON
from tests.store.lives import JO, Office
from tests.store.repair_lives import Depot, KeptRepair
from tests.store.test_repair_dispatch_notice import notice

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


def changes(repair: KeptRepair, **job: object) -> RepairView:
    """A coordinator says what is different about the door."""
    event = RepairDecided(kind=RepairDecisionKind.CHANGE_JOB, role=Role(JO.role))
    repair.hears(event, repair.is_told(event, job=job, reason="She rang."))
    return repair.view


def test_whoever_lost_the_job_no_longer_knows_the_word(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    before = repair.view.job
    repair.decides("reassign", reason="They are stuck.")
    after = repair.view.job
    assert after.code_word not in {"", before.code_word}
    assert after.address_lines == before.address_lines
    assert after.access == before.access
    (offer,) = repair.offered_to(depot.engages())
    repair.answers(offer, TradeAnswer.ACCEPTED)
    assert notice(repair, NoticeKind.CONFIRMATION).code_word == after.code_word


def test_a_turn_that_is_written_again_makes_the_same_word(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    repair.decides("reassign", reason="They are stuck.")
    word = repair.view.job.code_word
    assert repair.last is not None
    depot.tables.project(repair.last)
    assert repair.view.job.code_word == word


def test_each_who_loses_it_costs_the_word(depot: Depot) -> None:
    repair = depot.repairs().begins()
    words = [repair.view.job.code_word]
    for _ in range(4):
        (offer,) = repair.offered_to(depot.engages())
        repair.answers(offer, TradeAnswer.ACCEPTED)
        repair.decides("reassign", reason="They are stuck.")
        words.append(repair.view.job.code_word)
    assert all(one != following for one, following in zip(words, words[1:], strict=False))


def test_nobody_who_never_had_the_job_costs_the_word(depot: Depot) -> None:
    repair = depot.repairs().begins()
    word = repair.view.job.code_word
    (offer,) = repair.offered_to(depot.engages())
    repair.answers(offer, TradeAnswer.DECLINED)
    assert repair.view.job.code_word == word


def test_what_changed_is_another_and_the_rest_stays(depot: Depot) -> None:
    repair = depot.repairs().begins()
    before = repair.view.job
    after = changes(repair, access="The back door.", pets="", code_word=None).job
    assert (after.access, after.pets) == ("The back door.", "")
    assert (after.code_word, after.notes, after.who_may_be_home) == (
        before.code_word,
        before.notes,
        before.who_may_be_home,
    )
    assert (after.address_lines, after.postcode) == (before.address_lines, before.postcode)
    assert changes(repair, code_word=" ").job.code_word == before.code_word, "there is always a word"
    assert changes(repair, code_word="copper lantern").job.code_word == "copper lantern"


def test_another_address_is_another_area_and_another_place_to_have_repaired_before(depot: Depot) -> None:
    repair = depot.repairs().begins()
    before = address_of(depot, repair)
    changes(repair, access="The back door.")
    assert address_of(depot, repair) == before
    job = changes(repair, address={"lines": ["9 Other Road", "Ely"], "postcode": "CB7 4AB"}).job
    assert (job.address_lines, job.postcode, job.access) == (
        ("9 Other Road", "Ely"),
        "CB7 4AB",
        "The back door.",
    )
    area, address_hash = address_of(depot, repair)
    assert area == "CB7"
    assert address_hash not in {"", before[1]}


def test_whoever_has_the_job_is_told_the_new_door(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    repair.everybody_is_told()
    changes(repair, address={"lines": ["9 Other Road", "Ely"], "postcode": "CB7 4AB"}, code_word="tulip")
    told = notice(repair, NoticeKind.CONFIRMATION)
    assert (told.address_lines, told.postcode, told.code_word) == (
        ("9 Other Road", "Ely"),
        "CB7 4AB",
        "tulip",
    )


def test_whoever_was_struck_off_or_has_an_expired_paper_may_not_be_sent(depot: Depot) -> None:
    repair = depot.repairs().begins()
    trade = depot.engages(papers=tuple((paper, date(2026, 6, 30)) for paper in Paper))
    (offer,) = repair.offered_to(trade)
    last_minute = datetime(2026, 6, 30, 23, 59, tzinfo=LONDON)
    assert depot.tables.may_be_sent(offer, last_minute)
    assert not depot.tables.may_be_sent(offer, last_minute + timedelta(minutes=1)), "a day ends where we are"
    with depot.office.engine.begin() as connection:
        connection.execute(update(TRADESPERSON).values(active=False))
    assert not depot.tables.may_be_sent(offer, last_minute)


@pytest.mark.parametrize("offer_id", ["1b4e28ba-2fa1-41d2-883f-0016d3cca427", "no id of ours", ""])
def test_whoever_nobody_asked_may_not_be_sent(depot: Depot, offer_id: str) -> None:
    assert not depot.tables.may_be_sent(offer_id, datetime(2026, 6, 30, tzinfo=LONDON))


def address_of(depot: Depot, repair: KeptRepair) -> tuple[str, str]:
    with depot.office.engine.connect() as connection:
        row = connection.execute(select(REPAIR).where(REPAIR.c.id == repair.id)).one()
    return row.area, row.address_hash
