"""What firms tell us: only theirs is believed, and only what the published protocol knows."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook

from domain.callback_ports import Callback, TradeCallback
from domain.errors import NotGenuine, NotUnderstood
from domain.repair_dispatch.kinds import TradeAnswer, TradeDeclineReason
from providers.trades_callbacks import TradeCallbacks
from providers.trades_signature import UnusableKey
from tests.providers.trades_protocol import KEY, OFFER, faults

MINUTE = timedelta(minutes=1)


def now() -> datetime:
    """Signatures are judged by the real clock."""
    return datetime.now(UTC).replace(microsecond=0)


def soon(after: timedelta = 12 * MINUTE) -> str:
    return (now() + after).isoformat()


def an_event(answer: str, **data: object) -> dict[str, object]:
    return {"type": f"answer.{answer}", "timestamp": now().isoformat(), "data": {"offer_id": OFFER, **data}}


def signed(
    body: bytes, *, key: str = KEY, event_id: str = "e-1", at: datetime | None = None, **headers
) -> Callback:
    at = at or now()
    told = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key.encode()).sign(event_id, at, body.decode()),
    }
    return Callback(
        body=body,
        headers={name: value for name, value in (told | headers).items() if value is not None},
        url="https://hub.example/webhooks/trades",
        received_at=at,
    )


def read(event: object, **how) -> TradeCallback:
    [told] = TradeCallbacks(KEY).read(signed(json.dumps(event).encode(), **how))
    return told


EVENTS = {
    TradeAnswer.ACCEPTED: {"eta_at": soon()},
    TradeAnswer.DECLINED: {"reason": "too_far"},
    TradeAnswer.ON_THE_WAY: {"eta_at": soon()},
    TradeAnswer.ARRIVED: {},
    TradeAnswer.MADE_SAFE: {"cost_pence": 6000},
    TradeAnswer.COMPLETED: {"cost_pence": 12000, "invoice_reference": "B-17"},
    TradeAnswer.ACCESS_FAILED: {},
    TradeAnswer.SECOND_VISIT: {"cost_pence": 0},
    TradeAnswer.REFUSED_ON_SITE: {},
}


@pytest.mark.parametrize("answer", TradeAnswer)
def test_everything_a_firm_may_tell_is_understood_as_it_is_published(answer: TradeAnswer) -> None:
    event = an_event(answer, **EVENTS[answer])
    assert faults("Answer", event) == []
    at = now()
    told = read(event, at=at)
    assert (told.answer, told.offer_id, told.event_id, told.at) == (answer, OFFER, "e-1", at)


def test_what_an_event_says_is_kept() -> None:
    arrival = soon()
    accepted = read(an_event("accepted", eta_at=arrival))
    assert accepted.eta_at == datetime.fromisoformat(arrival)
    declined = read(an_event("declined", reason="knows_party"))
    assert declined.reason is TradeDeclineReason.KNOWS_PARTY
    completed = read(an_event("completed", cost_pence=12000, invoice_reference=" B-17\n\u200b"))
    assert (completed.cost_pence, completed.invoice_reference) == (12000, "B-17")


@pytest.mark.parametrize(
    "words", ["Mrs Ada Example, beaten by husband", "Mrs Example beaten by husband", "\x00 \u202e", "9" * 81]
)
def test_words_about_a_person_are_no_invoice_and_the_rest_of_the_event_stands(words: str) -> None:
    # The ledger is only ever added to: what gets into it can never be taken out again.
    event = an_event("completed", cost_pence=12000, invoice_reference=words)
    told = read(event)
    assert (told.answer, told.cost_pence, told.invoice_reference) == (TradeAnswer.COMPLETED, 12000, "")
    assert faults("Answer", event) != []


def test_null_is_the_same_as_absent() -> None:
    told = read(an_event("completed", cost_pence=None, eta_at=None, reason=None, invoice_reference=None))
    assert (told.cost_pence, told.eta_at, told.reason, told.invoice_reference) == (None, None, None, "")


def test_a_time_of_arrival_elsewhere_is_the_same_moment() -> None:
    arrival = now() + 12 * MINUTE
    there = arrival.astimezone(timezone(12 * 60 * MINUTE)).isoformat()
    assert read(an_event("on_the_way", eta_at=there)).eta_at == arrival
    assert read(an_event("on_the_way", eta_at=arrival.isoformat().replace("+00:00", "Z"))).eta_at == arrival


def test_a_field_nobody_here_knows_is_passed_over() -> None:
    # A firm may say more one day, and its acceptance must not be lost for that.
    assert read(an_event("arrived", van="blue") | {"id": 7}).answer is TradeAnswer.ARRIVED


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "another-secret-of-32-bytes-length"},
        {"webhook-signature": None},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v2,c2lnbmVk"},
        {"webhook-id": None},
        {"webhook-id": "e-2"},
        {"webhook-timestamp": None},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e300"},
        {"webhook-timestamp": "1767225600"},
        {"off_by": -6 * MINUTE},
        {"off_by": 6 * MINUTE},
    ],
    ids=str,
)
def test_what_is_not_signed_with_our_secret_for_this_moment_is_not_believed(changes: dict) -> None:
    body = json.dumps(an_event("accepted")).encode()
    how = {name: value for name, value in changes.items() if name != "off_by"}
    at = now() + changes.get("off_by", timedelta())
    with pytest.raises(NotGenuine):
        TradeCallbacks(KEY).read(signed(body, at=at, **how))


def test_words_that_were_changed_on_the_way_are_not_believed() -> None:
    callback = signed(json.dumps(an_event("completed", cost_pence=12000)).encode())
    dearer = Callback(
        body=callback.body.replace(b"12000", b"92000"),
        headers=callback.headers,
        url=callback.url,
        received_at=callback.received_at,
    )
    with pytest.raises(NotGenuine):
        TradeCallbacks(KEY).read(dearer)


def test_a_body_that_is_no_text_is_not_believed() -> None:
    callback = signed(b"{}")
    with pytest.raises(NotGenuine):
        TradeCallbacks(KEY).read(
            Callback(body=b"\xff\xfe", headers=callback.headers, url=callback.url, received_at=now())
        )


def test_while_a_secret_changes_one_of_several_signatures_is_enough() -> None:
    body = json.dumps(an_event("arrived")).encode()
    at = now()
    ours = Webhook(KEY.encode()).sign("e-1", at, body.decode())
    theirs = Webhook(b"another-secret-of-32-bytes-length").sign("e-1", at, body.decode())
    callback = signed(body, at=at, **{"webhook-signature": f"{theirs} {ours}"})
    assert TradeCallbacks(KEY).read(callback)


def test_without_a_key_nobody_is_believed() -> None:
    with pytest.raises(NotGenuine):
        TradeCallbacks(None).read(signed(json.dumps(an_event("accepted")).encode()))


def test_a_key_that_cannot_sign_is_refused_at_once() -> None:
    with pytest.raises(UnusableKey):
        TradeCallbacks("short")


@pytest.mark.parametrize(
    "event",
    [
        [],
        {},
        {"type": "answer.accepted"},
        {"type": "notice.offer", "data": {"offer_id": OFFER}},
        an_event("vanished"),
        an_event("accepted", offer_id="17"),
        an_event("accepted", offer_id=None),
        an_event("accepted", eta_at="soon"),
        an_event("accepted", eta_at="2026-11-23T09:00:00"),
        an_event("accepted", eta_at=1_800_000_000),
        an_event("accepted", eta_at="9999-12-31T23:59:59-23:59"),
        an_event("declined", reason="the victim's husband is my brother"),
        an_event("completed", cost_pence=-1),
        an_event("completed", cost_pence=120.5),
        an_event("completed", cost_pence="12000"),
        an_event("completed", cost_pence=True),
        an_event("completed", cost_pence=10**9),
        an_event("completed", invoice_reference=17),
    ],
)
def test_what_nobody_knows_is_refused_and_never_repeated(event: object) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read(event)
    assert "brother" not in str(refused.value)


@pytest.mark.parametrize("after", [timedelta(days=91), -timedelta(days=2)])
def test_an_arrival_in_another_season_is_a_slip_of_the_finger(after: timedelta) -> None:
    with pytest.raises(NotUnderstood):
        read(an_event("accepted", eta_at=soon(after)))


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[" * 100_000], ids=["nothing", "words", "deep"])
def test_what_is_no_json_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        TradeCallbacks(KEY).read(signed(body))


def test_a_name_of_an_event_that_is_a_novel_is_not_understood() -> None:
    with pytest.raises(NotUnderstood):
        read(an_event("arrived"), event_id="e" * 300)
