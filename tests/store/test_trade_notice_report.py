"""What the provider of texts says later of a text to a tradesperson: a job nobody knows they have is nobody's."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from domain.callback_ports import ProviderReport
from domain.repair_dispatch.events import NoticeFailed
from domain.repair_dispatch.kinds import NoticeKind, NoticeVerdict
from domain.repair_dispatch.ports import Told
from domain.vocabulary import Channel, DeliveryReport
from store.columns import AnyRow
from store.command import StoredCommand
from store.provider_report import ReportStore
from store.provider_report_row import PROVIDER_REPORT
from store.repair_dispatch.row import TRADE_NOTICE, notice_id
from tests.builders import NOW
from tests.store.lives import Office
from tests.store.repair_lives import Depot, KeptRepair
from tests.store.test_repair_dispatch_notice import key_of

R = DeliveryReport
LOST = [R.UNDELIVERED, R.BOUNCED, R.FAILED, R.COMPLAINED]
TAKEN = Told(verdict=NoticeVerdict.TOLD, provider_id="SM1")


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


def reports(depot: Depot, *told: ProviderReport) -> int:
    return ReportStore(depot.office.engine, depot.office.keyring).take_in(told, now=NOW)


def a_report(report: DeliveryReport, key: str = "", **more: str) -> ProviderReport:
    """As Twilio's status callback tells it: with the id that we gave it in the address."""
    told = {"event_id": f"SM1:{report}", "provider_id": "SM1"} | more
    return ProviderReport(
        channel=Channel.TEXT, report=report, message_id=notice_id(key) if key else "", **told
    )


def row(depot: Depot, key: str) -> AnyRow:
    with depot.office.engine.connect() as connection:
        return connection.execute(select(TRADE_NOTICE).where(TRADE_NOTICE.c.key == key)).one()


def told(repair: KeptRepair) -> list[StoredCommand]:
    return [
        one
        for one in repair.depot.office.commands.pending(f"repair-{repair.id}")
        if isinstance(one.event, NoticeFailed)
    ]


def confirmed(depot: Depot) -> tuple[KeptRepair, str]:
    """Somebody has the job, and the text that says so was taken by the provider."""
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    key = key_of(repair, NoticeKind.CONFIRMATION)
    depot.tables.notice_told(key, TAKEN, at=NOW)
    return repair, key


@pytest.mark.parametrize("report", LOST)
def test_a_text_that_did_not_arrive_is_told_to_its_repair(depot: Depot, report: DeliveryReport) -> None:
    # It looked told: nobody would ever have rung them.
    repair, key = confirmed(depot)
    assert row(depot, key).verdict == NoticeVerdict.TOLD
    assert reports(depot, a_report(report, key)) == 1
    [command] = told(repair)
    assert command.event == NoticeFailed(key=key)
    assert (command.kind, command.by.name) == ("notice_failed", "The provider")
    found = row(depot, key)
    assert (found.verdict, found.report, found.told_at) == (NoticeVerdict.REJECTED, report, None)
    assert found.why == "The text did not arrive."
    # Nobody else brings it: the relay may take it in this very moment.
    assert depot.office.commands.left_over(now=NOW, lease=timedelta(seconds=5), limit=9)


def test_the_repair_asks_somebody_to_ring_when_its_confirmation_did_not_arrive(depot: Depot) -> None:
    repair, key = confirmed(depot)
    repair.everybody_is_told()
    reports(depot, a_report(R.UNDELIVERED, key))
    [command] = told(repair)
    repair.hears(command.event, command)
    assert "not_told" in {asked.kind for asked in repair.state.asks}
    assert told(repair) == []


@pytest.mark.parametrize("report", [R.ACCEPTED, R.SENT, R.DELIVERED])
def test_what_went_well_is_only_shown(depot: Depot, report: DeliveryReport) -> None:
    repair, key = confirmed(depot)
    reports(depot, a_report(report, key))
    assert told(repair) == []
    assert (row(depot, key).verdict, row(depot, key).report) == (NoticeVerdict.TOLD, report)


def test_a_report_proves_that_a_text_of_unknown_fate_left(depot: Depot) -> None:
    # Else it would be sent again, up to forty times.
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    key = key_of(repair, NoticeKind.CONFIRMATION)
    depot.tables.notice_told(key, Told(verdict=NoticeVerdict.UNKNOWN), at=NOW)
    assert depot.tables.notice(repair.id, key) is not None
    reports(depot, a_report(R.SENT, key))
    assert depot.tables.notice(repair.id, key) is None


def test_a_report_that_comes_before_the_providers_answer_is_not_forgotten(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    key = key_of(repair, NoticeKind.CONFIRMATION)
    reports(depot, a_report(R.UNDELIVERED, key))
    depot.tables.notice_told(key, TAKEN, at=NOW)
    assert row(depot, key).verdict == NoticeVerdict.REJECTED
    assert len(told(repair)) == 1


@pytest.mark.parametrize("order", list(permutations([R.SENT, R.UNDELIVERED, R.SENT])))
def test_whatever_the_order_and_however_often_it_is_told_once(depot: Depot, order) -> None:
    repair, key = confirmed(depot)
    reports(depot, *(a_report(report, key) for report in order))
    reports(depot, *(a_report(report, key) for report in order))
    assert row(depot, key).report == R.UNDELIVERED
    assert len(told(repair)) == 1


def test_it_is_found_by_the_providers_own_id(depot: Depot) -> None:
    repair, key = confirmed(depot)
    reports(depot, a_report(R.UNDELIVERED, event_id="e1", provider_id="SM1"))
    assert [command.event for command in told(repair)] == [NoticeFailed(key=key)]


def test_it_is_found_later_if_the_providers_id_was_not_known_yet(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    key = key_of(repair, NoticeKind.CONFIRMATION)
    store = ReportStore(depot.office.engine, depot.office.keyring)
    reports(depot, a_report(R.UNDELIVERED, event_id="e1", provider_id="SM1"))
    assert (told(repair), store.catch_up(now=NOW)) == ([], 0)
    depot.tables.notice_told(key, TAKEN, at=NOW)
    assert (store.catch_up(now=NOW), store.catch_up(now=NOW)) == (1, 0)
    assert len(told(repair)) == 1
    assert row(depot, key).verdict == NoticeVerdict.REJECTED


def test_notify_gives_back_the_reference_we_gave_it(depot: Depot) -> None:
    repair, key = confirmed(depot)
    told_by = ProviderReport(
        event_id="n1", channel=Channel.TEXT, report=R.UNDELIVERED, message_key=notice_id(key)
    )
    reports(depot, told_by)
    assert len(told(repair)) == 1


def test_a_text_leaves_under_the_id_by_which_its_report_finds_it(depot: Depot) -> None:
    repair = depot.repairs()
    repair.is_accepted(depot.engages())
    key = key_of(repair, NoticeKind.CONFIRMATION)
    notice = depot.tables.notice(repair.id, key)
    assert notice is not None
    assert notice.public_id == row(depot, key).public_id
    assert notice.offer_id not in notice.public_id


def test_that_somebody_else_was_first_need_not_arrive(depot: Depot) -> None:
    repair = depot.repairs().begins()
    first, _ = repair.offered_to(depot.engages(), depot.engages())
    repair.answers(first, "accepted")
    key = key_of(repair, NoticeKind.TAKEN)
    reports(depot, a_report(R.UNDELIVERED, key))
    assert told(repair) == []
    assert row(depot, key).verdict == NoticeVerdict.REJECTED


def test_a_report_of_nothing_of_ours_changes_nothing(depot: Depot) -> None:
    repair, _ = confirmed(depot)
    assert reports(depot, a_report(R.UNDELIVERED, "another notice")) == 1
    assert told(repair) == []


def test_a_report_names_its_notice_for_the_record(depot: Depot) -> None:
    _, key = confirmed(depot)
    reports(depot, a_report(R.UNDELIVERED, key))
    with depot.office.engine.connect() as connection:
        found = connection.execute(select(PROVIDER_REPORT)).one()
    assert (found.message_key, found.provider_id) == (key, None)
