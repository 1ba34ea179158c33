"""BOING against our own courier and our own reader: whatever a firm does, both sides keep to what is published."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from cli.processes import wait_until
from domain.callback_ports import Callback, TradeCallback
from domain.gate import permit_notice
from domain.repair_dispatch.kinds import NoticeKind, NoticeVerdict, TradeAnswer, TradeDeclineReason, Urgency
from domain.repair_dispatch.ports import TradeNotice
from providers.trades_api import TradesApi
from providers.trades_callbacks import TradeCallbacks
from simulator.running import Simulator
from simulator.script import Provider, Trouble
from simulator.trades_boing_book import Job, Standing
from simulator.trades_boing_firms import DOZEN, Temper
from simulator.world import Outage
from tests.providers.trades_protocol import a_notice, faults
from tests.simulator.service import Called, Service

TRADES = "/webhooks/trades"
CONFIRMED = {
    "address_lines": ("1 Example Street",),
    "postcode": "CT1 2AB",
    "access": "",
    "code_word": "bluebell",
}
Tell = Callable[..., NoticeVerdict]


@pytest.fixture
def tell(simulator: Simulator) -> Tell:
    """Tell a firm something, as the service does."""
    environment = simulator.environment()
    way = TradesApi(base_url=environment["TRADES_API_URL"], key=environment["TRADES_API_KEY"])

    def told(notice: TradeNotice, kind: NoticeKind = NoticeKind.OFFER) -> NoticeVerdict:
        more = CONFIRMED if kind is NoticeKind.CONFIRMATION else {}
        said = replace(notice, kind=kind, key=f"{notice.offer_id}:{kind}", **more)
        return way.tell(said, permit_notice(said.known_as)).verdict

    return told


def an_offer(firm_id: str, *, seconds: float = 5, **changes: Any) -> TradeNotice:
    now = datetime.now(UTC)
    return a_notice(
        offer_id=str(uuid4()),
        firm_id=firm_id,
        answer_by=now + timedelta(seconds=seconds),
        on_site_by=now + timedelta(minutes=15),
        **changes,
    )


def firm_of(temper: Temper) -> str:
    return next(firm.id for firm in DOZEN.values() if firm.temper is temper)


def heard(service: Service, simulator: Simulator, calls: list[Called] | None = None) -> list[TradeCallback]:
    """What the service was told, through its own reader, and held against the published protocol."""
    reader = TradeCallbacks(simulator.keys.trades_api_key)
    found = []
    for call in calls if calls is not None else service.to(TRADES):
        assert faults("Answer", json.loads(call.body)) == []
        headers = {name.lower(): value for name, value in call.headers.items()}
        callback = Callback(body=call.body, headers=headers, url="", received_at=datetime.now(UTC))
        found += reader.read(callback)
    return found


def answers(service: Service, simulator: Simulator) -> list[str]:
    return [str(one.answer) for one in heard(service, simulator)]


def job_of(simulator: Simulator, notice: TradeNotice) -> Job:
    job = simulator.world.boing.job(notice.offer_id)
    assert job
    return job


def test_there_are_a_dozen_firms_and_hardly_two_are_alike() -> None:
    assert list(DOZEN) == [f"firm-{place:02}" for place in range(1, 13)]
    assert len({firm.temper for firm in DOZEN.values()}) >= 11


def test_a_fast_firm_accepts_waits_for_our_word_and_does_the_whole_job(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    offer = an_offer("firm-01")
    assert tell(offer) is NoticeVerdict.TOLD
    service.wait_for(TRADES)
    simulator.wait_until_told()
    assert answers(service, simulator) == ["accepted"], "it set out before it was confirmed"
    assert job_of(simulator, offer).address == ""
    assert tell(offer, NoticeKind.CONFIRMATION) is NoticeVerdict.TOLD
    service.wait_for(TRADES, 5)
    told = heard(service, simulator)
    assert [one.answer for one in told] == [
        TradeAnswer.ACCEPTED,
        TradeAnswer.ON_THE_WAY,
        TradeAnswer.ARRIVED,
        TradeAnswer.MADE_SAFE,
        TradeAnswer.COMPLETED,
    ]
    assert {one.offer_id for one in told} == {offer.offer_id}
    assert told[0].eta_at
    assert told[1].eta_at
    assert (told[-1].cost_pence, told[-1].invoice_reference) == (12_000, "K7PM-4T2Q-firm-01")
    assert len({one.event_id for one in told}) == 5
    assert job_of(simulator, offer).address == "1 Example Street, CT1 2AB"


def test_what_can_be_planned_is_not_made_safe_first(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    offer = an_offer("firm-01", urgency=Urgency.PLANNED)
    tell(offer)
    service.wait_for(TRADES)
    tell(offer, NoticeKind.CONFIRMATION)
    service.wait_for(TRADES, 4)
    simulator.wait_until_told()
    assert "made_safe" not in answers(service, simulator)


@pytest.mark.parametrize(
    ("temper", "offered", "worked"),
    [
        (Temper.SILENT, [], ["on_the_way", "arrived", "made_safe", "completed"]),
        (Temper.DECLINES, ["declined"], []),
        (Temper.KNOWS_PARTY, ["declined"], []),
        (Temper.ACCEPTS_TWICE, ["accepted", "accepted"], ["on_the_way", "arrived", "made_safe", "completed"]),
        (Temper.GIVES_BACK, ["accepted"], ["declined"]),
        (Temper.ACCESS_FAILED, ["accepted"], ["on_the_way", "arrived", "access_failed"]),
        (Temper.SECOND_VISIT, ["accepted"], ["on_the_way", "arrived", "made_safe", "second_visit"]),
        (Temper.REFUSED_ON_SITE, ["accepted"], ["on_the_way", "arrived", "refused_on_site"]),
        (Temper.STALLS, ["accepted"], ["on_the_way"]),
    ],
)
def test_each_firm_does_what_its_temper_is(
    simulator: Simulator, service: Service, tell: Tell, temper: Temper, offered: list[str], worked: list[str]
) -> None:
    simulator.firm("firm-13", temper)
    offer = an_offer("firm-13")
    assert tell(offer) is NoticeVerdict.TOLD
    simulator.wait_until_told()
    assert answers(service, simulator) == offered
    declined = "declined" in offered
    confirmed = tell(offer, NoticeKind.CONFIRMATION)
    assert confirmed is (NoticeVerdict.REJECTED if declined else NoticeVerdict.TOLD)
    simulator.wait_until_told()
    assert answers(service, simulator)[len(offered) :] == worked


def test_whoever_has_to_come_again_completes_the_second_time(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    name = firm_of(Temper.SECOND_VISIT)
    for visit in (1, 2):
        offer = an_offer(name)
        tell(offer)
        tell(offer, NoticeKind.CONFIRMATION)
        simulator.wait_until_told()
        assert answers(service, simulator)[-1] == ("second_visit" if visit == 1 else "completed")


def test_who_may_know_somebody_says_so_and_no_more(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    simulator.firm("firm-05", Temper.KNOWS_PARTY)
    tell(an_offer("firm-05"))
    service.wait_for(TRADES)
    assert heard(service, simulator)[0].reason is TradeDeclineReason.KNOWS_PARTY


def test_two_acceptances_at_one_moment_are_two_events(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    # By their ids nobody could tell that they are one: only whoever decides can.
    tell(an_offer(firm_of(Temper.ACCEPTS_TWICE)))
    service.wait_for(TRADES, 2)
    assert len({one.event_id for one in heard(service, simulator)}) == 2


def test_a_late_firm_answers_after_the_deadline_and_a_slow_one_just_before_it(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    late, slow = (an_offer(firm_of(temper), seconds=1) for temper in (Temper.ANSWERS_LATE, Temper.SLOW))
    for offer in (late, slow):
        tell(offer)
    service.wait_for(TRADES, 2)
    simulator.wait_until_told()
    # The wire has milliseconds.
    assert job_of(simulator, late).said[0].at > late.answer_by - timedelta(milliseconds=1)
    assert job_of(simulator, slow).said[0].at < slow.answer_by


def test_a_firm_that_is_down_takes_nothing_and_the_others_go_on(simulator: Simulator, tell: Tell) -> None:
    down = an_offer(firm_of(Temper.DOWN))
    assert tell(down) is NoticeVerdict.NOT_TRIED
    assert simulator.world.boing.job(down.offer_id) is None
    assert tell(an_offer("firm-01")) is NoticeVerdict.TOLD


def test_a_firm_nobody_knows_is_no_firm(tell: Tell) -> None:
    assert tell(an_offer("firm-99")) is NoticeVerdict.REJECTED


def test_what_is_said_twice_is_done_once(simulator: Simulator, service: Service, tell: Tell) -> None:
    offer = an_offer("firm-01")
    for _ in range(3):
        assert tell(offer) is NoticeVerdict.TOLD
    service.wait_for(TRADES)
    for _ in range(3):
        assert tell(offer, NoticeKind.CONFIRMATION) is NoticeVerdict.TOLD
    service.wait_for(TRADES, 5)
    simulator.wait_until_told()
    assert answers(service, simulator) == ["accepted", "on_the_way", "arrived", "made_safe", "completed"]
    assert job_of(simulator, offer).repeated == 4
    # Long after it is done, too: we may have been killed before we could note that they know.
    assert tell(offer, NoticeKind.CONFIRMATION) is NoticeVerdict.TOLD


@pytest.mark.parametrize("kind", [NoticeKind.TAKEN, NoticeKind.WITHDRAWAL])
def test_whoever_was_told_that_it_is_over_says_nothing_more(
    simulator: Simulator, service: Service, tell: Tell, kind: NoticeKind
) -> None:
    simulator.firm("firm-01", Temper.FAST, answers_after=0.2)
    offer = an_offer("firm-01")
    tell(offer)
    assert tell(offer, kind) is NoticeVerdict.TOLD
    simulator.wait_until_told()
    assert service.to(TRADES) == []
    assert job_of(simulator, offer).heard == ["offer", str(kind)]


def test_an_end_that_overtakes_its_offer_holds(simulator: Simulator, service: Service, tell: Tell) -> None:
    offer = an_offer("firm-01")
    assert tell(offer, NoticeKind.WITHDRAWAL) is NoticeVerdict.TOLD
    assert tell(offer) is NoticeVerdict.TOLD
    simulator.wait_until_told()
    assert service.to(TRADES) == []


def test_a_cancelled_job_is_left_where_it_is(simulator: Simulator, service: Service, tell: Tell) -> None:
    simulator.firm("firm-01", Temper.FAST, arrives_after=0.3)
    offer = an_offer("firm-01")
    tell(offer)
    service.wait_for(TRADES)
    tell(offer, NoticeKind.CONFIRMATION)
    service.wait_for(TRADES, 2)
    assert tell(offer, NoticeKind.CANCELLATION) is NoticeVerdict.TOLD
    simulator.wait_until_told()
    assert answers(service, simulator) == ["accepted", "on_the_way"]
    assert tell(an_offer("firm-01") and offer, NoticeKind.CONFIRMATION) is NoticeVerdict.TOLD, (
        "said again only"
    )
    assert job_of(simulator, offer).standing is Standing.OVER


def test_a_confirmation_of_an_offer_that_never_came_is_refused(tell: Tell) -> None:
    assert tell(an_offer("firm-01"), NoticeKind.CONFIRMATION) is NoticeVerdict.REJECTED


def test_an_address_that_is_put_right_arrives(simulator: Simulator, tell: Tell) -> None:
    offer = an_offer("firm-04")
    tell(offer)
    tell(offer, NoticeKind.CONFIRMATION)
    environment = simulator.environment()
    way = TradesApi(base_url=environment["TRADES_API_URL"], key=environment["TRADES_API_KEY"])
    again = replace(offer, kind=NoticeKind.CONFIRMATION, key=f"{offer.offer_id}:{NoticeKind.CONFIRMATION}")
    way.tell(
        replace(again, address_lines=("2 Example Street",), postcode="CT1 2AB"), permit_notice(again.known_as)
    )
    assert job_of(simulator, offer).address == "2 Example Street, CT1 2AB"


# --- what goes wrong


@pytest.mark.parametrize(
    ("trouble", "verdict", "taken"),
    [
        (Trouble.RATE_LIMITED, NoticeVerdict.NOT_TRIED, False),
        (Trouble.REFUSED, NoticeVerdict.REJECTED, False),
        (Trouble.SERVER_ERROR, NoticeVerdict.UNKNOWN, False),
        (Trouble.RESET_BEFORE_ACCEPTANCE, NoticeVerdict.UNKNOWN, False),
        (Trouble.SERVER_ERROR_AFTER_ACCEPTANCE, NoticeVerdict.UNKNOWN, True),
        (Trouble.RESET_AFTER_ACCEPTANCE, NoticeVerdict.UNKNOWN, True),
    ],
)
def test_an_offer_whose_answer_is_lost_is_safe_to_repeat(
    simulator: Simulator, service: Service, tell: Tell, trouble: Trouble, verdict: NoticeVerdict, taken: bool
) -> None:
    offer = an_offer("firm-01")
    simulator.next(Provider.TRADES, trouble)
    assert tell(offer) is verdict
    assert (simulator.world.boing.job(offer.offer_id) is not None) is taken
    assert tell(offer) is NoticeVerdict.TOLD
    simulator.wait_until_told()
    assert answers(service, simulator) == ["accepted"]


@pytest.mark.parametrize(
    ("how", "verdict"),
    [
        (Outage.UNAVAILABLE, NoticeVerdict.NOT_TRIED),
        (Outage.SLOW_DOWN, NoticeVerdict.NOT_TRIED),
        (Outage.REFUSED, NoticeVerdict.NOT_TRIED),
    ],
)
def test_all_of_boing_can_be_away_and_come_back(
    simulator: Simulator, tell: Tell, how: Outage, verdict: NoticeVerdict
) -> None:
    offer = an_offer("firm-01")
    simulator.outage(Provider.TRADES, how)
    assert tell(offer) is verdict
    simulator.outage(Provider.TRADES, None)
    assert tell(offer) is NoticeVerdict.TOLD


def test_events_come_twice_late_out_of_order_or_never(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    offer = an_offer("firm-01")
    simulator.next(Provider.TRADES, Trouble.DUPLICATED)
    tell(offer)
    service.wait_for(TRADES, 2)
    twice = heard(service, simulator)
    assert [one.event_id for one in twice] == [twice[0].event_id] * 2
    simulator.next(Provider.TRADES, Trouble.REORDERED, Trouble.DELAYED)
    tell(offer, NoticeKind.CONFIRMATION)
    service.wait_for(TRADES, 6)
    assert answers(service, simulator)[2:] == ["completed", "made_safe", "arrived", "on_the_way"]
    simulator.next(Provider.TRADES, Trouble.SILENT)
    silent = an_offer("firm-02")
    tell(silent)
    simulator.wait_until_told()
    assert job_of(simulator, silent).said == []


def test_an_event_the_service_could_not_take_is_said_again_signed_anew(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    service.answers.extend([503, 500])
    tell(an_offer("firm-01"))
    service.wait_for(TRADES, 3)
    simulator.wait_until_told()
    told = heard(service, simulator)
    assert len({one.event_id for one in told}) == 1
    assert simulator.offers()[0].has_said("accepted")


def test_an_event_the_service_does_not_understand_is_not_said_again(
    simulator: Simulator, service: Service, tell: Tell
) -> None:
    service.answers.extend([422])
    tell(an_offer("firm-01"))
    service.wait_for(TRADES)
    simulator.wait_until_told()
    assert len(service.to(TRADES)) == 1
    assert not simulator.offers()[0].has_said("accepted")


# --- who may say anything


def post(simulator: Simulator, body: bytes, **headers: str) -> int:
    url = simulator.providers[Provider.TRADES]
    return httpx2.post(f"{url}/v1/offers", content=body, headers=headers, trust_env=False).status_code


def test_nobody_without_the_key_offers_anything(simulator: Simulator) -> None:
    assert post(simulator, b"{}") == 401
    stranger = TradesApi(
        base_url=simulator.providers[Provider.TRADES], key="another-secret-of-32-bytes-length"
    )
    offer = an_offer("firm-01")
    assert stranger.tell(offer, permit_notice(offer.known_as)).verdict is NoticeVerdict.REJECTED
    assert simulator.offers() == []


def signed(simulator: Simulator, document: object, *, key: str | None = "k-1") -> dict[str, Any]:
    from simulator.trades_boing_wire import signature_of

    body, at = json.dumps(document), datetime.now(UTC)
    headers = {
        "webhook-id": "k-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature_of(simulator.world).sign("k-1", at, body),
    }
    return {"body": body.encode(), **headers, **({"idempotency-key": key} if key else {})}


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({}, "k-1"),
        ({"type": "notice.taken", "data": {"offer_id": "o", "firm_id": "firm-01", "reference": "r"}}, "k-1"),
        ({"type": "notice.offer", "data": {"offer_id": "o", "firm_id": "firm-01", "reference": "r"}}, "k-1"),
        ({"type": "notice.offer", "data": {}}, None),
        ({"type": "notice.offer", "data": {}}, "another"),
    ],
)
def test_what_is_signed_and_not_of_the_protocol_is_refused(
    simulator: Simulator, document: object, key: str | None
) -> None:
    assert post(simulator, **signed(simulator, document, key=key)) == 400


# --- the doors of tests and visitors


@pytest.fixture
def control(simulator: Simulator) -> httpx2.Client:
    with httpx2.Client(base_url=f"{simulator.address}/_control/trades", trust_env=False) as made:
        yield made


def test_another_process_may_change_firms_and_see_what_they_did(
    service: Service, control: httpx2.Client, tell: Tell
) -> None:
    assert len(control.get("/firms").json()["items"]) == 12
    founded = control.post("/firms", json={"id": "firm-13", "temper": "declines", "answers_after": 0.01})
    assert (founded.json()["temper"], founded.json()["cost_pence"]) == ("declines", 12_000)
    assert control.post("/firms", json={"id": "firm-13", "cost_pence": 5}).json()["temper"] == "declines"
    for wrong in ({"id": "firm-13", "temper": "cross"}, {"temper": "fast"}, {"id": "f", "mood": "fast"}):
        assert control.post("/firms", json=wrong).status_code == 422
    offer = an_offer("firm-13")
    tell(offer)
    service.wait_for(TRADES)
    assert wait_until(lambda: control.get("/offers").json()["items"][0]["said"], seconds=5)
    [shown] = control.get("/offers", params={"reference": "K7PM-4T2Q"}).json()["items"]
    assert (shown["heard"], shown["said"][0]["answer"], shown["standing"]) == (["offer"], "declined", "over")
    assert control.get("/offers", params={"reference": "another"}).json() == {"items": []}


def test_a_firm_can_be_made_to_say_anything(
    simulator: Simulator, service: Service, control: httpx2.Client, tell: Tell
) -> None:
    offer = an_offer(firm_of(Temper.SILENT))
    tell(offer)
    asked = {"offer_id": offer.offer_id, "answer": "accepted", "eta_in": 600}
    assert control.post("/answers", json=asked).json() == {"arrived": "204"}
    [told] = heard(service, simulator)
    assert told.answer is TradeAnswer.ACCEPTED
    assert told.eta_at > datetime.now(UTC) + timedelta(minutes=9)
    assert control.post("/answers", json=asked | {"offer_id": "none"}).status_code == 404
    assert simulator.answer(job_of(simulator, offer), "completed", cost_pence=1) == "204"


def test_only_this_machine_may_change_firms() -> None:
    from simulator import trades_boing_control
    from simulator.guard import loopback

    assert [one.dependency for one in trades_boing_control.router.dependencies] == [loopback]


def test_forgetting_forgets_offers_and_keeps_firms(simulator: Simulator, tell: Tell) -> None:
    tell(an_offer(firm_of(Temper.SILENT)))
    httpx2.post(f"{simulator.address}/_control/forget", trust_env=False)
    assert simulator.offers() == []
    assert len(simulator.world.boing.firms) == 12


def test_a_visitor_sees_what_every_firm_did(simulator: Simulator, service: Service, tell: Tell) -> None:
    url = f"{simulator.address}/boing"
    assert "No offer has come" in httpx2.get(url, trust_env=False).text
    offer = an_offer("firm-01")
    tell(offer)
    service.wait_for(TRADES)
    tell(offer, NoticeKind.CONFIRMATION)
    service.wait_for(TRADES, 5)
    simulator.wait_until_told()
    page = httpx2.get(url, trust_env=False).text
    assert "K7PM-4T2Q to firm-01: over" in page
    assert "board up, locks near CT1, open property" in page
    assert "accepted (204), on the way (204), arrived (204), made safe (204), completed (204)" in page
    assert 'href="/boing"' in httpx2.get(simulator.address, trust_env=False).text
