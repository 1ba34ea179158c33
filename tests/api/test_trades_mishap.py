"""What a tradesperson sees when something goes wrong behind their link: little, in their words, and what to do."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from api.problems import Kind
from api.rate_limit import TRADE_GUESSES
from api.services import Services
from api.trades.mishap import mishap_of
from tests.api.browser import form_of
from tests.api.trade_lives import Firm

IN_A_BROWSER = {"accept": "text/html"}


@pytest.fixture
def firm(app: FastAPI, services: Services) -> Firm:
    return Firm(app, services)


def is_theirs(page) -> bool:
    """Whether a page is of the small kind, and leads to nothing that tells what we do."""
    leads_to = re.findall(r'(?:href|src|action)="([^"]*)"', page.text)
    ours = ("/trades/", "/assets/trades.css", "/assets/icon.svg", "tel:", "#main-content")
    return (
        page.headers["x-robots-tag"] == "noindex, nofollow"
        and len(page.content) < 4_000
        and all(address.startswith(ours) for address in leads_to)
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_mishap_has_words_that_no_machine_would_use(kind: Kind) -> None:
    mishap = mishap_of(kind)
    assert mishap.title != kind.title
    assert not re.search(r"JSON|body|request|method|token", mishap.text)


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("PUT", "", 405, "open the link in your text again"),
        ("POST", "", 415, "open the link in your text again"),
        ("GET", "/photo", 405, "open the link in your text again"),
        ("POST", "/photo", 415, "open the link in your text again"),
        ("GET", "/more", 404, "This link does not work"),
    ],
)
async def test_what_no_page_of_ours_sends_is_answered_in_their_words(
    firm: Firm, method: str, path: str, status: int, told: str
) -> None:
    [trade] = firm.asks()
    if path == "/photo":
        await trade.sends("accepted", eta="10")
    page = await trade.client.request(method, trade.link + path, headers=IN_A_BROWSER)
    assert page.status_code == status
    assert told in page.text
    assert is_theirs(page)


async def test_who_guesses_too_much_is_asked_to_wait(firm: Firm) -> None:
    [trade] = firm.asks()
    for _ in range(TRADE_GUESSES.amount):
        await trade.client.get("/trades/" + "A" * 24)
    page = await trade.client.get("/trades/" + "A" * 24, headers=IN_A_BROWSER)
    assert (page.status_code, page.headers["retry-after"]) == (429, "300")
    assert "Please wait a few minutes" in page.text
    assert is_theirs(page)


async def test_while_the_database_is_away_an_answer_can_be_sent_again_with_one_press(
    firm: Firm, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("away"))

    [trade] = firm.asks()
    with monkeypatch.context() as patch:
        patch.setattr(services.offer_pages, "open", away)
        looked = await trade.client.get(trade.link, headers=IN_A_BROWSER)
        typed = {"answer": "accepted", "form_once": "once", "eta": "10"}
        kept = await trade.client.post(trade.link, data=typed, headers=IN_A_BROWSER)
    for page in (looked, kept):
        assert (page.status_code, page.headers["retry-after"]) == (503, "2")
        assert "does not answer just now" in page.text
        assert is_theirs(page)
    assert "<form" not in looked.text
    form = form_of(kept, trade.link)
    assert form.fields == {"answer": ["accepted"], "form_once": ["once"], "eta": ["10"]}
    await trade.client.post(trade.link, data=form.fields)
    assert firm.repair.state.confirmed == trade.offer_id


async def test_a_mistake_of_ours_is_called_no_fault_of_theirs(
    firm: Firm, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a mistake")

    [trade] = firm.asks()
    monkeypatch.setattr(services.offer_pages, "open", broken)
    page = await trade.client.get(trade.link, headers=IN_A_BROWSER)
    assert page.status_code == 500
    assert "does not answer just now" in page.text
    assert "logged" not in page.text
    assert is_theirs(page)
