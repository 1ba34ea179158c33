"""Texts through Twilio's own client.

Facts of the wire, tried against the client: no idempotency; 201 with a `sid` on success; 429 is documented as never
processed; the client has no timeout and no base address of its own.  Source: docs/providers.md#twilio.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from requests import RequestException
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from typing_extensions import override

from domain.message_ports import Delivery, Outgoing, Verdict
from domain.vocabulary import Channel, DeliveryReport
from providers.permission import must_be_permitted
from providers.proof import TIMEOUT_SECONDS, not_let_in, of_failure, of_status, unknown, wait_asked

# It logs every address it calls, with the account's id.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)

WHO = "The text provider"
STATUS_PATH = "/webhooks/twilio/status"
"""Below the public address; the message's public id follows, so that a report finds its message although the answer
that named it was never seen."""
VALID_FOR = timedelta(hours=1)
"""A text that waits longer in the provider's queue is not sent: it would arrive at an hour nobody judged."""

_SERVICE = "MG"
"""How the id of a messaging service begins."""
_CREATED = 201
_REFUSALS: Final = range(400, 500)

REPORTS_BY_CODE: Final = {
    21211: DeliveryReport.BOUNCED,  # no telephone number
    21217: DeliveryReport.BOUNCED,
    21614: DeliveryReport.BOUNCED,  # no mobile
    30005: DeliveryReport.BOUNCED,  # unknown at its network
    30006: DeliveryReport.BOUNCED,  # a landline
    21610: DeliveryReport.COMPLAINED,  # the reader's STOP, which Twilio kept to itself
    21612: DeliveryReport.UNDELIVERED,  # not from this number of ours
}
"""What Twilio's codes say of a number, in a refusal as in a status callback."""
_OURS: Final = frozenset({
    21212, 21601, 21603, 21606, 21607, 21659, 21660, 21661,  # our number
    21701, 21703, 21704, 21705,  # our messaging service
    21609,  # our callback address
    30029, 30030,  # message redaction, which the account has not
})  # fmt: skip
"""Codes about our sender, account or settings: the text must not be lost for them."""
_LATER: Final = frozenset({14107, 20429, 21611})
"""Codes of a full queue."""


class TwilioProvider:
    """Hands one text over; whatever is ambiguous is `unknown`, never tried again on its own."""

    simulated = False
    collects = False

    def __init__(
        self, *, account_sid: str, auth_token: str, sender: str, base_url: str, public_url: str
    ) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._sender = sender
        self._base_url = base_url
        self._public_url = public_url.rstrip("/")

    def send(self, outgoing: Outgoing) -> Delivery:
        """Hand a text over, on a connection of its own: one kept open may have died unseen.  Raises `NotPermitted`."""
        must_be_permitted(outgoing, Channel.TEXT)
        http = TwilioHttp(self._base_url)
        with http.connections:
            try:
                taken = self._client(http).messages.create(to=outgoing.to, **self._details(outgoing))
            except TwilioException as error:
                return _of_refusal(http, getattr(error, "code", None))
            except RequestException as error:
                return of_failure(error, who=WHO)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                return of_failure(error, who=WHO)  # an answer the client cannot read
        if not taken.sid or http.answered is None or http.answered.status_code != _CREATED:
            return unknown(f"{WHO} did not answer as it should; it may have taken it.")
        return Delivery(
            verdict=Verdict.ACCEPTED, provider_id=str(taken.sid), why="Taken by the text provider."
        )

    def reconcile(self, key: str) -> Delivery:
        """Twilio cannot be asked by our key: only its status callback may tell later."""
        return unknown("It is not known whether it left; the text provider may still tell.")

    def _client(self, http: "TwilioHttp") -> Client:
        return Client(self._account_sid, self._auth_token, http_client=http)

    def _details(self, outgoing: Outgoing) -> dict[str, Any]:
        """Nothing is kept of words and number once it is delivered; STOP is answered by us."""
        named = {"messaging_service_sid" if self._sender.startswith(_SERVICE) else "from_": self._sender}
        if outgoing.message_id:
            named["status_callback"] = (
                f"{self._public_url}{STATUS_PATH}/{quote(outgoing.message_id, safe='')}"
            )
        return named | {
            "body": outgoing.written.text,
            "content_retention": "discard",
            "address_retention": "obfuscate",
            "validity_period": int(VALID_FOR.total_seconds()),
        }


class TwilioHttp(TwilioHttpClient):  # type: ignore[misc]
    """Calls the address of the settings, tries once, and remembers the answer: the client's errors do not keep it."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS, max_retries=0)
        self._base = urlsplit(base_url)
        self.answered: Response | None = None

    @property
    def connections(self) -> Any:
        """To be closed."""
        return self.session

    @override
    def request(self, method: str, url: str, *rest: Any, **named: Any) -> Response:
        asked = urlsplit(url)
        path = self._base.path.rstrip("/") + asked.path
        there = urlunsplit((self._base.scheme, self._base.netloc, path, asked.query, ""))
        self.answered = super().request(method, there, *rest, **named)
        return self.answered


def _of_refusal(http: TwilioHttp, code: object) -> Delivery:
    """Judge by the status that came over the wire; a code speaks only where the status says `refused`."""
    if http.answered is None:
        return unknown(f"{WHO} did not answer as it should; it may have taken it.")
    status = int(http.answered.status_code)
    wait = wait_asked(http.answered.headers, datetime.now(UTC))
    if status in _REFUSALS and code in _OURS:
        return not_let_in(
            f"{WHO} refuses our account, sender or settings (code {code}): mend them, and it leaves."
        )
    if status in _REFUSALS and code in _LATER:
        return Delivery(verdict=Verdict.NOT_TRIED, why=f"{WHO} asked us to slow down.", retry_after=wait)
    report = REPORTS_BY_CODE.get(code) if isinstance(code, int) else None
    return of_status(status, who=WHO, retry_after=wait, report=report)
