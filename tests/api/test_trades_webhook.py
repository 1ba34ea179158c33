"""What firms answer by the tradesperson API: genuine or nothing, stored before it is answered, once."""

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from standardwebhooks import Webhook

from api.services import Services
from domain.callback_ports import Callback, TradeCallback
from domain.errors import NotGenuine, NotUnderstood
from domain.repair_dispatch.kinds import RepairStage, TradeAnswer, TradeChannel, TradeDeclineReason
from providers.trades_callbacks import TradeCallbacks
from store.command_row import COMMAND
from store.repair_dispatch.row import REPAIR_OFFER, TRADE_EVENT
from tests.api.trade_lives import Firm

ADDRESS = "/webhooks/trades"
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests, long enough").decode()
NOBODYS = "5b1d6f3e-0000-4000-8000-000000000001"


class Reader:
    """A fake of the firms' reader: believes the body `signed`, and tells what it was told to."""

    def __init__(self) -> None:
        self.tells: tuple[TradeCallback, ...] = ()

    def read(self, callback: Callback) -> tuple[TradeCallback, ...]:
        if callback.body == b"odd":
            raise NotUnderstood("no event we know")
        if callback.body != b"signed":
            raise NotGenuine("a wrong signature, or too old")
        return self.tells


_ids = itertools.count(1)


def told(offer: str, answer: TradeAnswer, *, event: str = "", **more) -> TradeCallback:
    return TradeCallback(
        event_id=event or f"msg_{next(_ids)}", offer_id=offer, answer=answer, at=datetime.now(UTC), **more
    )


@pytest.fixture
def firm(app: FastAPI, services: Services) -> Firm:
    return Firm(app, services)


@pytest.fixture
def reader(services: Services) -> Reader:
    made = Reader()
    object.__setattr__(services, "callback_readers", {"trades": made})
    return made


def asked_by_api(firm: Firm, number: int = 1) -> list[str]:
    offers = [trade.offer_id for trade in firm.asks(number)]
    with firm.services.engine.begin() as connection:
        connection.execute(update(REPAIR_OFFER).values(channel=TradeChannel.API))
    return offers


def kept(services: Services) -> tuple[int, int]:
    """Events and commands."""
    with services.engine.connect() as connection:
        events = connection.scalar(select(func.count()).select_from(TRADE_EVENT))
        commands = connection.scalar(select(func.count()).where(COMMAND.c.kind == "trade_answer"))
    return events or 0, commands or 0


async def test_an_acceptance_confirms_the_firm(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader
) -> None:
    [offer] = asked_by_api(firm)
    eta = firm.repair.now + timedelta(minutes=12)
    reader.tells = (told(offer, TradeAnswer.ACCEPTED, eta_at=eta),)
    answer = await client.post(ADDRESS, content=b"signed")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (firm.repair.state.confirmed, firm.repair.state.eta_at) == (offer, eta)


@pytest.mark.parametrize("body", [b"", b"forged", b"signed "])
async def test_what_nobody_signed_is_refused_and_nothing_is_kept(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, services: Services, body: bytes
) -> None:
    [offer] = asked_by_api(firm)
    reader.tells = (told(offer, TradeAnswer.ACCEPTED),)
    answer = await client.post(ADDRESS, content=body)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:holdfast:problem:not-genuine"
    assert kept(services) == (0, 0)


async def test_without_a_key_no_firm_is_believed(
    client: httpx2.AsyncClient, firm: Firm, services: Services
) -> None:
    asked_by_api(firm)
    assert (await client.post(ADDRESS, content=b"signed")).status_code == 403
    assert kept(services) == (0, 0)


async def test_a_genuine_call_of_an_unknown_shape_is_refused_aloud(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, services: Services
) -> None:
    asked_by_api(firm)
    assert (await client.post(ADDRESS, content=b"odd")).status_code == 422
    assert kept(services) == (0, 0)


async def test_an_event_that_comes_again_changes_nothing(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, services: Services
) -> None:
    [offer] = asked_by_api(firm)
    reader.tells = (told(offer, TradeAnswer.ACCEPTED, event="msg_same"),) * 2
    for _ in range(3):
        assert (await client.post(ADDRESS, content=b"signed")).status_code == 204
    assert kept(services) == (1, 1)


async def test_two_firms_that_accept_at_once_are_never_both_confirmed(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader
) -> None:
    one, other = asked_by_api(firm, 2)
    reader.tells = (told(one, TradeAnswer.ACCEPTED), told(other, TradeAnswer.ACCEPTED))
    await client.post(ADDRESS, content=b"signed")
    assert firm.repair.state.confirmed == one


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_events_may_come_in_any_order(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, order: tuple[int, ...]
) -> None:
    [offer] = asked_by_api(firm)
    events = (
        told(offer, TradeAnswer.ACCEPTED),
        told(offer, TradeAnswer.ON_THE_WAY, eta_at=firm.repair.now + timedelta(minutes=9)),
        told(offer, TradeAnswer.COMPLETED, cost_pence=9_900, invoice_reference="A 1"),
    )
    for place in order:
        reader.tells = (events[place],)
        assert (await client.post(ADDRESS, content=b"signed")).status_code == 204
    assert firm.repair.state.confirmed in {None, offer}
    if order == (0, 1, 2):
        assert firm.repair.state.stage is RepairStage.FINISHED
        assert firm.repair.state.committed_pence == 9_900


@pytest.mark.parametrize("offer", [NOBODYS, "no id of ours", ""])
async def test_an_offer_that_is_not_ours_is_answered_alike_and_leads_to_nothing(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, services: Services, offer: str
) -> None:
    asked_by_api(firm)
    reader.tells = (told(offer, TradeAnswer.ACCEPTED),)
    answer = await client.post(ADDRESS, content=b"signed")
    assert (answer.status_code, answer.content) == (204, b"")
    assert kept(services) == (1, 0)


async def test_another_event_under_an_id_that_was_used_is_not_lost(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, services: Services
) -> None:
    # A firm's counter began anew: that their "no" vanished would leave somebody at an open door.
    [offer] = asked_by_api(firm)
    for answer in (TradeAnswer.ACCEPTED, TradeAnswer.ACCEPTED, TradeAnswer.DECLINED):
        reader.tells = (told(offer, answer, event="msg_again"),)
        assert (await client.post(ADDRESS, content=b"signed")).status_code == 204
    assert kept(services) == (2, 2)
    assert firm.repair.state.confirmed is None


async def test_nobody_answers_by_the_api_for_somebody_who_has_a_link(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, services: Services
) -> None:
    [trade] = firm.asks()
    reader.tells = (told(trade.offer_id, TradeAnswer.DECLINED, reason=TradeDeclineReason.BUSY),)
    assert (await client.post(ADDRESS, content=b"signed")).status_code == 204
    assert kept(services) == (1, 0)


async def test_while_the_engine_is_away_an_answer_waits_for_it(
    client: httpx2.AsyncClient, firm: Firm, reader: Reader, services: Services
) -> None:
    [offer] = asked_by_api(firm)
    firm.away = True
    reader.tells = (told(offer, TradeAnswer.ACCEPTED),)
    assert (await client.post(ADDRESS, content=b"signed")).status_code == 204
    assert firm.repair.state.confirmed is None
    firm.comes_back()
    assert firm.repair.state.confirmed == offer


async def test_while_the_database_is_away_the_firm_is_told_to_come_again(
    client: httpx2.AsyncClient,
    firm: Firm,
    reader: Reader,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("away"))

    [offer] = asked_by_api(firm)
    reader.tells = (told(offer, TradeAnswer.ACCEPTED),)
    monkeypatch.setattr(services.trade_events, "take_in", away)
    assert (await client.post(ADDRESS, content=b"signed")).status_code == 503


def signed(offer: str, *, at: datetime, key: str = SECRET) -> dict[str, Any]:
    """A call as a firm makes it."""
    body = json.dumps({"type": "answer.accepted", "timestamp": at.isoformat(), "data": {"offer_id": offer}})
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key).sign("msg_1", at, body),
    }
    return {"content": body, "headers": headers}


async def test_what_a_firm_signed_with_our_secret_is_believed_while_it_is_fresh(
    client: httpx2.AsyncClient, firm: Firm, services: Services
) -> None:
    [offer] = asked_by_api(firm)
    object.__setattr__(services, "callback_readers", {"trades": TradeCallbacks(SECRET)})
    now = datetime.now(UTC)
    forged = signed(
        offer, at=now, key="whsec_" + base64.b64encode(b"another secret of some length!!").decode()
    )
    for refused in (signed(offer, at=now - timedelta(minutes=6)), forged):
        assert (await client.post(ADDRESS, **refused)).status_code == 403
    changed = signed(offer, at=now)
    changed["content"] = changed["content"].replace("accepted", "declined")
    assert (await client.post(ADDRESS, **changed)).status_code == 403
    assert kept(services) == (0, 0)
    for _ in range(2):
        assert (await client.post(ADDRESS, **signed(offer, at=now))).status_code == 204
    assert kept(services) == (1, 1)
    assert firm.repair.state.confirmed == offer
