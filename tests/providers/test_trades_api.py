"""Telling a firm's system, against a server on loopback and the published protocol."""

import json
import logging
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx2
import pytest
from openapi_spec_validator import validate
from standardwebhooks import Webhook, WebhookVerificationError

from domain.gate import NotPermitted
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    RepairKind,
    TradeAnswer,
    TradeDeclineReason,
    Urgency,
)
from providers import trades_api
from providers.patience import MOST_TIMEOUTS
from providers.trades_api import MOST_AT_ONCE, TradesApi
from providers.trades_signature import UnusableKey, signature_of
from providers.trades_simulated import SimulatedTrades
from providers.trades_text import WITHOUT_LINK
from tests.providers.loopback import Answer, Asked, Break, Loopback
from tests.providers.trades_protocol import KEY, LINK, OFFER, a_notice, a_permit, faults, protocol, schema_at
from tests.servers import free_port

TAKEN = Answer(status=202, body=b"")
SECRETS = ("1 Example Street", "Canterbury", "CT1 2AB", "side door", "bluebell")


def courier(url: str) -> TradesApi:
    return TradesApi(base_url=url, key=KEY)


def tell(way, kind: NoticeKind = NoticeKind.OFFER):
    notice = a_notice(kind)
    return way.tell(notice, a_permit(notice))


def headers(asked: Asked) -> dict[str, str]:
    return {name.lower(): value for name, value in asked.headers.items()}


@pytest.mark.parametrize("kind", NoticeKind)
def test_what_a_firm_is_told_is_what_the_published_protocol_says(
    loopback: Loopback, kind: NoticeKind
) -> None:
    # A firm that built its system from the document would refuse anything else.
    loopback.answer = TAKEN
    assert tell(courier(loopback.url), kind).verdict is NoticeVerdict.TOLD
    [asked] = loopback.asked
    assert asked.method == "POST"
    assert asked.path == ("/v1/offers" if kind is NoticeKind.OFFER else f"/v1/offers/{OFFER}/{kind}")
    schema = schema_at(asked.path)
    assert faults(schema, asked.json()) == []
    described = protocol()["components"]["schemas"][schema]["properties"]["data"]
    assert set(asked.json()["data"]) == set(described["properties"]), "it says more or less than is published"


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_header_the_protocol_asks_for_is_there(loopback: Loopback, kind: NoticeKind) -> None:
    loopback.answer = TAKEN
    tell(courier(loopback.url), kind)
    told = headers(loopback.asked[0])
    for parameter in protocol()["paths"]["/v1/offers"]["post"]["parameters"]:
        name = protocol()["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]["name"]
        assert told[name.lower()]
    assert told["idempotency-key"] == told["webhook-id"] == f"{OFFER}:{kind}"


def test_a_firm_can_verify_with_any_library_that_it_was_us(loopback: Loopback) -> None:
    loopback.answer = TAKEN
    tell(courier(loopback.url), NoticeKind.CONFIRMATION)
    [asked] = loopback.asked
    Webhook(KEY.encode()).verify(asked.body, headers(asked))
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY.encode()).verify(asked.body.replace(b"bluebell", b"bluebird"), headers(asked))


def test_what_is_said_twice_has_the_same_key_and_the_same_words(loopback: Loopback) -> None:
    # Otherwise a notice that is repeated after a crash would be a second job to the firm.
    loopback.answer = TAKEN
    way = courier(loopback.url)
    tell(way)
    tell(way)
    first, second = loopback.asked
    assert first.body == second.body
    assert headers(first)["idempotency-key"] == headers(second)["idempotency-key"]


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind is not NoticeKind.CONFIRMATION])
def test_only_who_has_the_job_learns_the_address_and_the_word_at_the_door(
    loopback: Loopback, kind: NoticeKind
) -> None:
    loopback.answer = TAKEN
    notice = a_notice(
        kind,
        address_lines=("1 Example Street", "Canterbury"),
        postcode="CT1 2AB",
        access="By the side door",
        code_word="bluebell",
    )
    courier(loopback.url).tell(notice, a_permit(notice))
    said = loopback.asked[0].body.decode()
    assert [secret for secret in SECRETS if secret in said] == []


def test_nobody_is_told_who_the_coordinator_or_the_referral_is(loopback: Loopback) -> None:
    loopback.answer = TAKEN
    tell(courier(loopback.url), NoticeKind.CONFIRMATION)
    said = loopback.asked[0].body.decode()
    assert a_notice().repair_id not in said
    assert "+447700900456" not in said


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, NoticeVerdict.TOLD),
        (202, NoticeVerdict.TOLD),
        (204, NoticeVerdict.TOLD),
        (429, NoticeVerdict.NOT_TRIED),
        (503, NoticeVerdict.NOT_TRIED),
        (400, NoticeVerdict.REJECTED),
        (401, NoticeVerdict.REJECTED),
        (404, NoticeVerdict.REJECTED),
        (409, NoticeVerdict.REJECTED),
        (422, NoticeVerdict.REJECTED),
        (408, NoticeVerdict.UNKNOWN),
        (302, NoticeVerdict.UNKNOWN),
        (500, NoticeVerdict.UNKNOWN),
        (502, NoticeVerdict.UNKNOWN),
        (504, NoticeVerdict.UNKNOWN),
    ],
)
def test_a_status_proves_no_more_than_it_says(
    loopback: Loopback, status: int, verdict: NoticeVerdict
) -> None:
    loopback.answer = Answer(status=status, body=b"1 Example Street", headers={"Location": "/elsewhere"})
    told = tell(courier(loopback.url), NoticeKind.CONFIRMATION)
    assert told.verdict is verdict
    assert told.why
    assert [secret for secret in (*SECRETS, KEY) if secret in told.why] == []
    assert len(loopback.asked) == 1, "it was said more than once, or a redirect was followed"


def test_a_firm_that_is_not_there_has_heard_nothing() -> None:
    assert tell(courier(f"http://127.0.0.1:{free_port()}")).verdict is NoticeVerdict.NOT_TRIED
    assert tell(courier("http://nowhere.invalid")).verdict is NoticeVerdict.NOT_TRIED


@pytest.mark.parametrize("how", [Break.WITHOUT_A_WORD, Break.BY_A_RESET, Break.WITHIN_THE_STATUS])
def test_a_connection_that_breaks_leaves_it_unknown_and_nothing_is_said_again(
    loopback: Loopback, how: Break
) -> None:
    loopback.answer = how
    assert tell(courier(loopback.url)).verdict is NoticeVerdict.UNKNOWN
    assert len(loopback.asked) == 1


def test_the_body_of_an_answer_is_not_waited_for(loopback: Loopback) -> None:
    loopback.answer = Break.WITHIN_THE_BODY  # 202, and then silence
    assert tell(courier(loopback.url)).verdict is NoticeVerdict.TOLD


def test_nobody_at_an_open_door_waits_for_a_silent_system(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trades_api, "TIMEOUT", httpx2.Timeout(0.3))
    loopback.answer = Break.NOT_IN_TIME
    began = time.monotonic()
    assert tell(courier(loopback.url)).verdict is NoticeVerdict.UNKNOWN
    assert time.monotonic() - began < 3


def test_an_address_of_a_home_goes_to_nobody_whose_certificate_is_not_theirs() -> None:
    trusted = courier("https://trades.example")._trusted
    assert (trusted.verify_mode, trusted.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_address_of_a_firm_may_have_a_path(loopback: Loopback) -> None:
    loopback.answer = TAKEN
    tell(courier(f"{loopback.url}/repairs/"))
    assert loopback.asked[0].path == "/repairs/v1/offers"


@pytest.mark.parametrize("way", [TradesApi(base_url="http://127.0.0.1:9", key=KEY), SimulatedTrades()])
def test_nobody_is_told_anything_without_the_gates_permit_for_it(way) -> None:
    notice = a_notice()
    for wrong in (None, "allowed", a_permit(replace(notice, key="another"))):
        with pytest.raises(NotPermitted):
            way.tell(notice, wrong)


def test_no_key_and_no_address_of_a_home_is_written_into_a_log(
    loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    loopback.answer = Answer(status=500)
    tell(courier(loopback.url), NoticeKind.CONFIRMATION)
    assert [secret for secret in (*SECRETS, KEY, LINK, OFFER) if secret in caplog.text] == []


def test_what_is_kept_of_an_offer_that_left_has_no_link_with_which_anybody_could_answer(
    loopback: Loopback,
) -> None:
    loopback.answer = TAKEN
    told = tell(courier(loopback.url))
    assert loopback.asked[0].json()["data"]["page"] == LINK
    assert LINK not in told.shown
    assert json.loads(told.shown.partition("\n\n")[2])["data"]["page"] == WITHOUT_LINK
    assert LINK in tell(SimulatedTrades()).shown, "it never left, and whoever tries the service out needs it"


def test_a_system_that_is_slow_has_six_requests_at_once_and_no_more(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trades_api, "TIMEOUT", httpx2.Timeout(2))
    monkeypatch.setattr(trades_api, "PLACE_WITHIN", 0.1)
    loopback.answer = Break.NOT_IN_TIME
    way = courier(loopback.url)
    with ThreadPoolExecutor(MOST_AT_ONCE + 4) as threads:
        verdicts = list(threads.map(lambda _: tell(way).verdict, range(MOST_AT_ONCE + 4)))
    assert verdicts.count(NoticeVerdict.UNKNOWN) == MOST_AT_ONCE
    assert verdicts.count(NoticeVerdict.NOT_TRIED) == 4


def test_a_system_that_hangs_is_left_alone_until_one_try_has_an_answer(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trades_api, "TIMEOUT", httpx2.Timeout(0.1))
    loopback.answer = Break.NOT_IN_TIME
    way = courier(loopback.url)
    assert [tell(way).verdict for _ in range(MOST_TIMEOUTS)] == [NoticeVerdict.UNKNOWN] * MOST_TIMEOUTS
    assert tell(way).verdict is NoticeVerdict.NOT_TRIED
    assert len(loopback.asked) == MOST_TIMEOUTS


def test_a_firm_without_a_system_is_shown_what_it_would_have_been_told() -> None:
    told = tell(SimulatedTrades(), NoticeKind.CONFIRMATION)
    assert told.verdict is NoticeVerdict.TOLD
    assert told.shown.startswith(f"POST /v1/offers/{OFFER}/confirmation\n")
    assert json.loads(told.shown.partition("\n\n")[2])["data"]["code_word"] == "bluebell"
    assert SimulatedTrades.simulated


def test_the_simulated_way_can_be_told_to_fail() -> None:
    for verdict in NoticeVerdict:
        assert tell(SimulatedTrades(answer=verdict)).verdict is verdict


# --- the secret


def test_a_key_is_a_secret_in_base64_or_the_secret_itself() -> None:
    as_base64 = "whsec_YS1zZWNyZXQtb2YtdGhlLXRlc3RzLW9mLTMyLWJ5dGVz"
    signed = [signature_of(key).sign("m", a_notice().on_site_by, "{}") for key in (KEY, as_base64)]
    assert signed[0] == signed[1]


@pytest.mark.parametrize(
    "key", ["", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_no base64 %%%%%%%%%%%%%%%%%%%%"]
)
def test_a_key_that_anybody_could_guess_or_that_was_not_copied_whole_signs_nothing(key: str) -> None:
    with pytest.raises(UnusableKey) as refused:
        signature_of(key)
    assert not key or key not in str(refused.value)


# --- the document


def test_the_published_protocol_is_openapi() -> None:
    validate(protocol())


def test_the_published_lists_are_the_lists_of_the_code() -> None:
    schemas = protocol()["components"]["schemas"]
    assert schemas["Kind"]["enum"] == list(RepairKind)
    assert schemas["Urgency"]["enum"] == list(Urgency)
    assert schemas["DeclineReason"]["enum"] == list(TradeDeclineReason)
    named = [one["$ref"].rpartition("/")[2] for one in schemas["Answer"]["oneOf"]]
    assert {schemas[name]["properties"]["type"]["const"] for name in named} == {
        f"answer.{answer}" for answer in TradeAnswer
    }
    paths = {path.rpartition("/")[2] for path in protocol()["paths"]}
    assert paths == {"offers", *(str(kind) for kind in NoticeKind if kind is not NoticeKind.OFFER)}
