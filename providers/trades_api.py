"""Tradespeople through the system of their firm: offers, confirmations and cancellations over HTTP.

Every request bears the notice's key as `Idempotency-Key` and is signed, so that saying it twice does no harm and nobody
else can say it.  What comes back is a status and nothing more: answers come to `/webhooks/trades`.
Source: docs/trades-api.md, docs/reference/trades-openapi.json.
"""

import logging
import threading
from datetime import UTC, datetime
from typing import Final

import httpx2

from domain.gate import Permit
from domain.repair_dispatch.kinds import NoticeVerdict
from domain.repair_dispatch.ports import Told, TradeNotice
from providers.patience import Patience
from providers.permission import must_be_permitted_to_tell
from providers.trades_signature import signature_of
from providers.trades_wire import body_of, path_of, shown

# It logs every address it calls, with the offer's id.
logging.getLogger("httpx2").setLevel(logging.WARNING)

WHO: Final = "The tradespeople's system"
TIMEOUT: Final = httpx2.Timeout(8, connect=4)
"""Seconds; together less than the step that waits for it, and short: somebody stands before an open door."""

MOST_AT_ONCE: Final = 6
"""Requests to one firm's system at the same time: should it hang, the other ways still have threads."""
PLACE_WITHIN: Final = 1.0
"""Seconds a request waits until one of those before it has been answered."""

_NOT_NOW: Final = frozenset({429, 503})
"""It says itself that it took nothing."""
_NOBODY_KNOWS: Final = frozenset({408, 425})
"""Of the refusals those that say nothing of what was said."""
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout)


class TradesApi:
    """Tells a firm's system, once each time it is asked to."""

    simulated = False

    def __init__(self, *, base_url: str, key: str) -> None:
        """Prepare to tell.

        Args:
            base_url: Of the firm's system; may have a path.
            key: Of which `providers.trades_signature` makes the secret.

        Raises:
            UnusableKey: The key cannot sign.
        """
        self._base_url = base_url.rstrip("/")
        self._signature = signature_of(key)
        self._patience = Patience()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        # Read once: the certificates of the whole world take longer to read than an offer to be made.
        self._trusted = httpx2.create_ssl_context()

    def tell(self, notice: TradeNotice, permit: Permit) -> Told:
        """Hand a notice over, on a connection of its own, because one kept open may have died.

        Raises:
            NotPermitted: The gate did not allow it.
        """
        must_be_permitted_to_tell(notice.known_as, permit)
        if not self._places.acquire(timeout=PLACE_WITHIN):
            return Told(verdict=NoticeVerdict.NOT_TRIED, why=f"{WHO} has enough to answer just now.")
        try:
            if not self._patience.may_try():
                return Told(verdict=NoticeVerdict.NOT_TRIED, why=f"{WHO} lets everybody wait.")
            return self._told(notice)
        finally:
            self._places.release()

    def _told(self, notice: TradeNotice) -> Told:
        try:
            status = self._post(notice)
        except _NEVER_SENT as error:
            self._learn(error)
            return Told(verdict=NoticeVerdict.NOT_TRIED, why=f"{WHO} could not be reached.")
        except httpx2.HTTPError as error:
            self._learn(error)
            return Told(verdict=NoticeVerdict.UNKNOWN, why=f"{WHO} did not answer as it should.")
        self._patience.answered()
        verdict = verdict_of(status)
        return Told(verdict=verdict, why=_WORDS[verdict].format(status=status), shown=shown(notice))

    def _learn(self, error: httpx2.HTTPError) -> None:
        """Only who lets us wait is left alone: a refused connection holds nobody up."""
        if isinstance(error, httpx2.TimeoutException):
            self._patience.waited_in_vain()
        else:
            self._patience.answered()

    def _post(self, notice: TradeNotice) -> int:
        """Say it; the body of the answer means nothing and is not waited for."""
        body = body_of(notice)
        with (
            httpx2.Client(timeout=TIMEOUT, verify=self._trusted, follow_redirects=False) as client,
            client.stream(
                "POST", self._base_url + path_of(notice), content=body, headers=self._signed(notice.key, body)
            ) as response,
        ):
            return response.status_code

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        at = datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": "Holdfast",
            "Idempotency-Key": key,
            "webhook-id": key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signature.sign(key, at, body.decode()),
        }


def verdict_of(status: int) -> NoticeVerdict:
    """Say what a status proves.  Source: docs/trades-api.md#what-a-status-means."""
    if httpx2.codes.is_success(status):
        return NoticeVerdict.TOLD
    if status in _NOT_NOW:
        return NoticeVerdict.NOT_TRIED
    if httpx2.codes.is_client_error(status) and status not in _NOBODY_KNOWS:
        return NoticeVerdict.REJECTED
    return NoticeVerdict.UNKNOWN


_WORDS = {
    NoticeVerdict.TOLD: f"{WHO} has it.",
    NoticeVerdict.NOT_TRIED: f"{WHO} takes nothing just now ({{status}}).",
    NoticeVerdict.REJECTED: f"{WHO} refused it ({{status}}).",
    NoticeVerdict.UNKNOWN: f"{WHO} failed ({{status}}); it may have it.",
}
