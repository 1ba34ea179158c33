"""The relay: what the front door could not hand over is handed over later, with the same ids, and never given up."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from domain.callback_ports import ProviderReport
from domain.events import Answer, AttemptMade, Command
from domain.ongoing_support import SupportCommand
from domain.vocabulary import AttemptOutcome, Channel, DeliveryReport
from store.command import NewCommand
from store.keyring import Keyring
from store.provider_report import ReportStore
from tests.store.lives import JO, Office, another_person
from tests.store.test_message import leaving, settle
from wiring import relay as relays
from wiring.database import make_engine
from wiring.relay import Relay

AGO = timedelta(minutes=1)
"""Long enough for the front door to have had its own try."""


class Orchestra:
    """Remembers what it was asked; may be away."""

    def __init__(self) -> None:
        self.away = False
        self.started: list[str] = []
        self.sent: list[str] = []

    async def start_referral(self, referral_id: str, *, within: timedelta) -> bool:
        self.started.append(referral_id)
        return not self.away

    async def send_command(
        self, target_id: str, command: Command | SupportCommand, *, within: timedelta
    ) -> Answer | None:
        self.sent.append(command.id)
        return None if self.away else Answer(applied=True, revision=1)


@pytest.fixture
def office(database_url: str, keys: tuple[bytes, ...]) -> Iterator[Office]:
    engine = make_engine(database_url)
    yield Office(engine, Keyring(keys))
    engine.dispose()


@pytest.fixture
def orchestra() -> Orchestra:
    return Orchestra()


@pytest.fixture
def relay(office: Office, orchestra: Orchestra) -> Relay:
    return a_relay(office, orchestra)


def a_relay(office: Office, orchestra: Orchestra) -> Relay:
    return Relay(
        outbox=office.outbox,
        commands=office.commands,
        supports=office.supports,
        orchestra=orchestra,  # type: ignore[arg-type]
    )


def receives(office: Office, number: int = 1, *, ago: timedelta = AGO) -> str:
    reception = office.receives(another_person(number), at=datetime.now(UTC) - ago)
    return reception.referral_id


def stores(office: Office, referral_id: str, *, ago: timedelta = AGO) -> str:
    made_at = datetime.now(UTC) - ago
    return office.commands.store(
        NewCommand(
            id=str(uuid.uuid4()),
            referral_id=referral_id,
            kind="attempt",
            event=AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=made_at),
            by=JO,
            made_at=made_at,
        )
    ).id


async def test_a_referral_that_was_only_stored_is_started(
    office: Office, relay: Relay, orchestra: Orchestra
) -> None:
    referral_id = receives(office)
    await relay.sweep()
    await relay.sweep()
    assert orchestra.started == [referral_id], "started once, then forgotten"


async def test_the_front_door_is_left_its_own_try(office: Office, relay: Relay, orchestra: Orchestra) -> None:
    stores(office, receives(office, ago=timedelta()), ago=timedelta())
    await relay.sweep()
    assert (orchestra.started, orchestra.sent) == ([], [])


async def test_a_referral_stays_while_temporal_is_away(
    office: Office, relay: Relay, orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "LEASE", timedelta())
    referral_id = receives(office)
    orchestra.away = True
    await relay.sweep()
    await relay.sweep()
    orchestra.away = False
    await relay.sweep()
    await relay.sweep()
    assert orchestra.started == [referral_id] * 3


async def test_a_command_is_sent_again_with_the_same_id_until_the_tables_have_its_answer(
    office: Office, relay: Relay, orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "LEASE", timedelta())
    command_id = stores(office, receives(office))
    orchestra.away = True
    await relay.sweep()
    await relay.sweep()
    assert orchestra.sent == [command_id] * 2
    office.commands.settle(command_id, Answer(applied=True, revision=2), now=datetime.now(UTC))
    await relay.sweep()
    assert orchestra.sent == [command_id] * 2


async def test_what_one_relay_has_taken_another_leaves_alone(
    office: Office, relay: Relay, orchestra: Orchestra
) -> None:
    command_id = stores(office, receives(office))
    await asyncio.gather(relay.sweep(), a_relay(office, orchestra).sweep())
    assert len(orchestra.started) == 1
    assert orchestra.sent == [command_id]


async def test_a_full_batch_is_followed_by_the_next_without_a_pause(
    office: Office, relay: Relay, orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "BATCH", 2)
    for number in range(3):
        receives(office, number)
    assert await relay.sweep()
    assert not await relay.sweep()
    assert len(set(orchestra.started)) == 3


async def test_a_relay_outlives_a_database_that_goes_away(
    office: Office, relay: Relay, orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "PAUSE", timedelta(milliseconds=10))
    claim, broken = office.outbox.claim, iter((True, True))

    def away(**options):
        if next(broken, False):
            raise OperationalError("SELECT", {}, Exception("the database is away"))
        return claim(**options)

    monkeypatch.setattr(office.outbox, "claim", away)
    referral_id = receives(office)
    running = asyncio.create_task(relay.run())
    async with asyncio.timeout(5):
        while not orchestra.started:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert orchestra.started == [referral_id]


async def test_one_command_that_cannot_be_read_does_not_stop_the_others(
    office: Office, relay: Relay, orchestra: Orchestra
) -> None:
    unreadable = stores(office, receives(office, 1))
    readable = stores(office, receives(office, 2))
    with office.engine.begin() as connection:
        connection.execute(
            text("UPDATE command SET event_enc = '\\x01ffffffff00'::bytea WHERE id = :id"), {"id": unreadable}
        )
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.5)
    assert not running.done(), "the relay died, and the worker with it"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert readable in orchestra.sent


async def test_a_report_that_overtook_its_message_is_told_when_the_message_is_known(
    office: Office, orchestra: Orchestra
) -> None:
    # A provider may report before its own answer has been written down.
    life = leaving(office)
    life.begins_to_leave()
    reports = ReportStore(office.engine, office.keyring)
    bounced = ProviderReport(
        event_id="e", channel=Channel.LETTER, report=DeliveryReport.BOUNCED, provider_id="p-1"
    )
    reports.take_in([bounced], now=datetime.now(UTC))
    settle(office, life, "sent")
    relay = Relay(
        outbox=office.outbox,
        commands=office.commands,
        supports=office.supports,
        orchestra=orchestra,  # type: ignore[arg-type]
        reports=reports,
    )
    await relay.sweep()
    [command] = office.commands.pending(f"referral-{life.id}")
    assert orchestra.sent == [command.id]
