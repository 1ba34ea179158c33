import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from activities.correspondence import CorrespondenceActivities, Departure
from domain.message_ports import Delivery, Outgoing, Verdict
from domain.vocabulary import Channel
from store.keyring import Keyring
from store.message import MessageStore
from store.message_row import MESSAGE, message_id
from store.unsubscribe import UnsubscribeStore, unsubscribe_token
from tests.store.lives import WRITTEN, KeptLife, Office
from tests.store.test_message import leaving

BY_EMAIL = {"victim__address": None}


class Way:
    """A provider that takes everything and remembers it."""

    simulated = False
    collects = False

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Delivery:
        self.sent.append(outgoing)
        return Delivery(verdict=Verdict.ACCEPTED, provider_id="p-1")

    def reconcile(self, key: str) -> Delivery:
        return Delivery(verdict=Verdict.UNKNOWN)


class Writer:
    def write(self, draft, on):
        return WRITTEN


def sent(office: Office, life: KeptLife, *, public_url: str = "https://holdfast.example/") -> Outgoing:
    way = Way()
    ways = dict.fromkeys(Channel, way)
    activities = CorrespondenceActivities(
        office.messages, Writer(), ways, clock=lambda: life.now, public_url=public_url
    )
    activities.send_message(Departure(key=life.key, at=life.now))
    [outgoing] = way.sent
    return outgoing


def test_an_e_mail_carries_an_address_that_stops_e_mails_to_this_person(office: Office) -> None:
    life = leaving(office, **BY_EMAIL)
    address = sent(office, life).unsubscribe_url
    found = re.fullmatch(r"https://holdfast\.example/unsubscribe/([A-Za-z0-9_-]{24})", address)
    assert found, address
    assert UnsubscribeStore(office.engine, office.keyring).referral_of(found.group(1)) == life.id


def test_a_letter_offers_no_click(office: Office) -> None:
    assert sent(office, leaving(office)).unsubscribe_url == ""


def test_without_an_address_of_our_own_none_is_offered(office: Office) -> None:
    assert sent(office, leaving(office, **BY_EMAIL), public_url="").unsubscribe_url == ""


class Neutrally:
    """The tables, when the message is to give nothing away."""

    def __init__(self, tables: MessageStore) -> None:
        self.tables = tables

    def __getattr__(self, name: str):
        return getattr(self.tables, name)

    def draft(self, *asked, **named):
        return replace(self.tables.draft(*asked, **named), neutral=True)


@pytest.mark.parametrize(
    ("host", "neutral", "offered"),
    [
        ("hub.example", True, True),
        ("victims-hub.example", False, True),
        ("victims-hub.example", True, False),
        ("victimshub.org", True, False),
    ],
)
def test_a_host_that_tells_is_named_in_no_neutral_e_mail(
    office: Office, host: str, neutral: bool, offered: bool
) -> None:
    life, way = leaving(office, **BY_EMAIL), Way()
    tables = Neutrally(office.messages) if neutral else office.messages
    ways = dict.fromkeys(Channel, way)
    CorrespondenceActivities(
        tables, Writer(), ways, clock=lambda: life.now, public_url=f"https://{host}"
    ).send_message(Departure(key=life.key, at=life.now))
    assert bool(way.sent[0].unsubscribe_url) is offered


def test_the_token_is_nowhere_in_the_tables_and_tells_nothing(office: Office) -> None:
    # Whoever reads the tables must not be able to stop anybody's e-mails, nor find a referral in an address.
    life = leaving(office, **BY_EMAIL)
    token = sent(office, life).unsubscribe_url.rpartition("/")[2]
    with office.engine.connect() as connection:
        [row] = connection.execute(select(MESSAGE)).all()
    assert row.unsubscribe_hash
    assert token not in str(tuple(row))
    assert life.id not in token


def test_the_token_of_a_message_is_always_the_same_and_no_others(keyring: Keyring) -> None:
    newer = Keyring((b"n" * 32, bytes(range(32))))
    ids = [message_id("5b1d6f3e-0000-4000-8000-000000000001", key) for key in ("a", "b")]
    assert unsubscribe_token(keyring, ids[0]) == unsubscribe_token(newer, ids[0])
    assert unsubscribe_token(keyring, ids[0]) != unsubscribe_token(keyring, ids[1])
    assert unsubscribe_token(keyring, ids[0]) != unsubscribe_token(Keyring((b"o" * 32,)), ids[0])


def test_what_is_no_token_finds_nobody(office: Office) -> None:
    store = UnsubscribeStore(office.engine, office.keyring)
    assert [store.referral_of(token) for token in ("", "A" * 24, "A" * 25, "é" * 24, "\x00" * 24)] == [
        None
    ] * 5
