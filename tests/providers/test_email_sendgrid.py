"""The official client against a server on loopback that speaks SendGrid's wire format."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from domain.ports import Outgoing, Verdict, Written
from providers import email_sendgrid
from providers.email_sendgrid import SendGridProvider
from tests.servers import free_port

WRITTEN = Written(text="Hello Ada", subject="A message from The Hub", html="<p>Hello Ada</p>")
OUTGOING = Outgoing(key="0b6c:information:1:1", to="ada@example.org", written=WRITTEN)


class SendGrid:
    """Answers every mail with one status, as slowly as told, and keeps what it was sent."""

    def __init__(self, status: int, slow: float = 0.0) -> None:
        self.status, self.slow = status, slow
        self.seen: list[tuple[str, dict[str, str], dict]] = []


@contextlib.contextmanager
def running(sendgrid: SendGrid) -> Iterator[SendGridProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sendgrid.seen.append((self.path, dict(self.headers), body))
            time.sleep(sendgrid.slow)
            with contextlib.suppress(OSError):
                self.send_response(sendgrid.status)
                self.send_header("X-Message-Id", "sg-1")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def provider(port: int) -> SendGridProvider:
    return SendGridProvider(
        api_key="SG.test", base_url=f"http://127.0.0.1:{port}", sender="hello@hub.example"
    )


def test_an_e_mail_is_handed_over_with_tracking_off_and_nothing_but_an_opaque_key() -> None:
    sendgrid = SendGrid(202)
    with running(sendgrid) as mail:
        delivery = mail.send(OUTGOING)
    assert (delivery.verdict, delivery.provider_id) == (Verdict.ACCEPTED, "sg-1")
    [(path, headers, body)] = sendgrid.seen
    assert path == "/v3/mail/send"
    assert headers["Authorization"] == "Bearer SG.test"
    assert body["from"]["email"] == "hello@hub.example"
    assert body["personalizations"][0]["to"] == [{"email": "ada@example.org"}]
    assert "Ada" not in json.dumps({k: v for k, v in body.items() if k != "content"})
    assert {part["type"] for part in body["content"]} == {"text/plain", "text/html"}
    tracking = body["tracking_settings"]
    assert tracking["click_tracking"] == {"enable": False, "enable_text": False}
    assert tracking["open_tracking"]["enable"] is False
    assert tracking["subscription_tracking"]["enable"] is False
    arguments = body.get("custom_args") or body["personalizations"][0]["custom_args"]
    assert arguments == {"key": OUTGOING.key}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (429, Verdict.NOT_TRIED),
        (400, Verdict.REJECTED),
        (401, Verdict.REJECTED),
        (500, Verdict.UNKNOWN),
        (503, Verdict.UNKNOWN),
    ],
)
def test_only_what_proves_that_it_was_not_taken_is_tried_again(status: int, verdict: Verdict) -> None:
    with running(SendGrid(status)) as mail:
        delivery = mail.send(OUTGOING)
    assert delivery.verdict is verdict
    assert "ada" not in delivery.why.casefold()


def test_a_provider_that_is_not_there_has_taken_nothing() -> None:
    assert provider(free_port()).send(OUTGOING).verdict is Verdict.NOT_TRIED


def test_no_answer_in_time_is_unknown_and_never_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_sendgrid, "TIMEOUT_SECONDS", 0.3)
    sendgrid = SendGrid(202, slow=1.0)
    with running(sendgrid) as mail:
        began = time.monotonic()
        delivery = mail.send(OUTGOING)
        assert time.monotonic() - began < 0.9, "it waited longer than its timeout"
    assert delivery.verdict is Verdict.UNKNOWN
    assert len(sendgrid.seen) == 1
    assert mail.reconcile(OUTGOING.key).verdict is Verdict.UNKNOWN
