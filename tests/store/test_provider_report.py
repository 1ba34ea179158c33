import itertools
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from domain.callback_ports import ProviderReport
from domain.events import MessageReported
from domain.vocabulary import Channel, DeliveryReport, MessageState
from store.message_row import MESSAGE, message_id
from store.provider_report import ReportStore
from store.provider_report_row import PROVIDER_REPORT
from store.referral_row import REFERRAL
from tests.builders import NOW
from tests.store.lives import KeptLife, Office
from tests.store.test_message import leaving, settle

DELIVERED, BOUNCED, SENT = DeliveryReport.DELIVERED, DeliveryReport.BOUNCED, DeliveryReport.SENT
_events = itertools.count(1)


def a_report(report: DeliveryReport, life: KeptLife | None = None, **more) -> ProviderReport:
    told = {"event_id": f"e-{next(_events)}", "channel": Channel.LETTER, "report": report}
    return ProviderReport(
        **{**told, **({"message_key": message_id(life.id, life.key)} if life else {}), **more}
    )


def take_in(office: Office, *reports: ProviderReport) -> int:
    return ReportStore(office.engine, office.keyring).take_in(reports, now=NOW)


def left(office: Office, number: int = 1, state: str = "sent") -> KeptLife:
    """A letter has been handed over and settled."""
    life = leaving(office, number)
    life.begins_to_leave()
    if state != "sending":
        settle(office, life, state)
    return life


def shown(office: Office, life: KeptLife) -> DeliveryReport | None:
    return next(message.report for message in office.messages.of_referral(life.id) if message.key == life.key)


def told(office: Office, life: KeptLife) -> list[MessageReported]:
    return [command.event for command in office.commands.pending(f"referral-{life.id}")]


def test_a_report_is_shown_on_its_message(office: Office) -> None:
    life = left(office)
    assert take_in(office, a_report(DELIVERED, life, at=NOW + timedelta(minutes=1))) == 1
    [message] = office.messages.of_referral(life.id)
    assert (message.report, message.reported_at) == (DELIVERED, NOW + timedelta(minutes=1))


@pytest.mark.parametrize("order", list(itertools.permutations([SENT, DELIVERED, BOUNCED])))
def test_whatever_the_order_the_last_word_stays(office: Office, order) -> None:
    # A late "sent" must not hide that the address does not exist.
    life = left(office)
    take_in(office, *(a_report(report, life) for report in order))
    assert shown(office, life) is BOUNCED
    assert [event.report for event in told(office, life)] == [BOUNCED]


def test_the_same_report_twice_is_one(office: Office) -> None:
    life = left(office)
    report = a_report(BOUNCED, life)
    assert (take_in(office, report, report), take_in(office, report)) == (1, 0)
    assert len(told(office, life)) == 1


def test_the_same_report_at_once_from_several_sides_is_one(office: Office) -> None:
    life = left(office)
    report = a_report(BOUNCED, life)
    threads = [threading.Thread(target=take_in, args=(office, report)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told(office, life)) == 1


def test_an_event_of_one_channel_is_not_taken_for_one_of_another(office: Office) -> None:
    life = left(office)
    same = {"event_id": "1"}
    assert (
        take_in(office, a_report(SENT, life, **same), a_report(BOUNCED, life, channel=Channel.EMAIL, **same))
        == 2
    )


@pytest.mark.parametrize("report", [one for one in DeliveryReport if one.failed or one.ends_the_address])
def test_what_did_not_arrive_is_told_to_its_referral_at_once(office: Office, report: DeliveryReport) -> None:
    life = left(office)
    take_in(office, a_report(report, life))
    [message] = office.messages.of_referral(life.id)
    [command] = office.commands.pending(f"referral-{life.id}")
    with office.engine.connect() as connection:
        address_id = connection.scalar(select(MESSAGE.c.address_id).where(MESSAGE.c.id == message.id))
    assert command.event == MessageReported(report=report, key=life.key, address_id=address_id)
    assert address_id
    assert (command.by.role, command.by.name, command.kind) == ("system", "The provider", "report")
    # Nobody else brings it: the relay may take it in this very moment.
    [left_over] = office.commands.left_over(now=NOW, lease=timedelta(seconds=5), limit=10)
    assert left_over.id == command.id


@pytest.mark.parametrize("report", [DeliveryReport.ACCEPTED, DeliveryReport.DEFERRED, SENT, DELIVERED])
def test_what_went_well_is_only_shown(office: Office, report: DeliveryReport) -> None:
    life = left(office)
    take_in(office, a_report(report, life))
    assert told(office, life) == []


@pytest.mark.parametrize("state", ["unknown", "sending"])
def test_the_first_report_of_a_message_nobody_knew_about_is_told(office: Office, state: str) -> None:
    # Rule 9: a message of unknown fate is never sent again when its provider says that it has it.
    life = left(office, state=state)
    take_in(office, a_report(DeliveryReport.ACCEPTED, life), a_report(DELIVERED, life))
    assert [event.report for event in told(office, life)] == [DeliveryReport.ACCEPTED]
    assert life.message_state is MessageState(state)


def test_a_message_is_found_by_what_the_provider_gives_back(office: Office) -> None:
    life = left(office)
    public_id = message_id(life.id, life.key)
    take_in(office, a_report(SENT, message_id=public_id))
    assert shown(office, life) is SENT
    take_in(office, a_report(DELIVERED, provider_id="p-1"))
    assert shown(office, life) is DELIVERED
    take_in(office, a_report(BOUNCED, provider_id="p-1", channel=Channel.TEXT))
    assert shown(office, life) is DELIVERED


@pytest.mark.parametrize(
    "whose",
    [{}, {"message_key": "no:such:message:1"}, {"message_id": "not-an-id"}, {"provider_id": "p-9"}],
    ids=["nobody's", "key", "id", "provider id"],
)
def test_a_report_of_a_message_that_is_not_ours_is_kept_and_changes_nothing(office: Office, whose) -> None:
    life = left(office)
    assert take_in(office, a_report(BOUNCED, **whose)) == 1
    with office.engine.connect() as connection:
        assert connection.scalars(select(PROVIDER_REPORT.c.message_key)).all() == [None]
    assert (shown(office, life), told(office, life)) == (None, [])


def test_a_report_that_overtakes_the_providers_answer_is_not_lost(office: Office) -> None:
    # Only the provider's own id is in it, and we learn that id a moment later.
    life = left(office, state="sending")
    store = ReportStore(office.engine, office.keyring)
    store.take_in([a_report(BOUNCED, provider_id="p-1")], now=NOW)
    assert (store.catch_up(now=NOW), told(office, life)) == (0, [])
    settle(office, life, "sent")
    assert store.catch_up(now=NOW) == 1
    assert shown(office, life) is BOUNCED
    assert [event.report for event in told(office, life)] == [BOUNCED]
    assert store.catch_up(now=NOW) == 0


def test_a_report_of_another_service_is_not_looked_for_for_ever(office: Office) -> None:
    store = ReportStore(office.engine, office.keyring)
    store.take_in([a_report(BOUNCED, provider_id="p-1")], now=NOW - timedelta(days=31))
    left(office)
    assert store.catch_up(now=NOW) == 0


def test_reports_of_an_erased_referral_are_nobodys(office: Office) -> None:
    life = left(office)
    report = a_report(BOUNCED, life)
    with office.engine.begin() as connection:
        connection.execute(delete(REFERRAL).where(REFERRAL.c.id == life.id))
    assert take_in(office, report) == 1


def test_letters_are_asked_about_until_their_last_word(office: Office) -> None:
    store = ReportStore(office.engine, office.keyring)
    lives = [left(office, number) for number in (1, 2, 3)]
    leaving(office, 4)  # not handed over: nobody can say anything of it
    now = max(life.now for life in lives)

    def asked(**page) -> tuple[str, ...]:
        return store.letters_under_way(**{"after": "", "now": now, "limit": 10, **page})

    assert set(asked()) == {message_id(life.id, life.key) for life in lives}
    assert asked(after=asked()[0]) == asked()[1:]
    assert asked(limit=1) == asked()[:1]
    take_in(
        office,
        a_report(DeliveryReport.ACCEPTED, lives[0]),
        a_report(SENT, lives[1]),
        a_report(BOUNCED, lives[2]),
    )
    assert asked() == (message_id(lives[0].id, lives[0].key),)
    assert asked(now=now + timedelta(days=31)) == ()
