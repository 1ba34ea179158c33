"""Asks Twilio which texts came in: it calls us once for each, and not again if our database was away.

Source: docs/providers.md#twilio.
"""

import re
from datetime import datetime
from typing import Any

import structlog
from requests import RequestException
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from domain.callback_ports import InboundText
from providers.sms_twilio import TwilioHttp

MOST = 1000
"""Of one look, the newest: one page as Twilio gives them."""
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_COMING_IN = "inbound"
_NO_ANSWER = (TwilioException, RequestException, ValueError, LookupError, TypeError, AttributeError)
"""The last four: an answer the client cannot read."""

_log = structlog.get_logger(__name__)


class TwilioInbound:
    """The texts that came to one number of ours."""

    def __init__(self, *, account_sid: str, auth_token: str, number: str, base_url: str) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._number = number
        self._base_url = base_url

    def texts_since(self, since: datetime) -> tuple[InboundText, ...]:
        """List what came, oldest first; empty when Twilio does not say (ask again later)."""
        http = TwilioHttp(self._base_url)
        with http.connections:
            try:
                client = Client(self._account_sid, self._auth_token, http_client=http)
                listed = client.messages.list(to=self._number, date_sent_after=since, limit=MOST)
                found = [text for one in listed if (text := _text(one)) is not None]
            except _NO_ANSWER as error:
                _log.warning("texts_not_listed", error=type(error).__name__)
                return ()
        if len(listed) == MOST:
            _log.warning("more_texts_than_listed", most=MOST)
        found.reverse()  # the newest came first, and their times are of whole seconds
        return tuple(sorted(found, key=lambda text: text.received_at))


def _text(listed: Any) -> InboundText | None:
    """Read one; `None`: it is no text to us, or of a number that was obscured."""
    came_at = listed.date_sent or listed.date_created
    if not str(listed.direction).startswith(_COMING_IN) or came_at is None:
        return None
    if not _NUMBER.fullmatch(str(listed.from_)):
        _log.warning("text_of_an_obscured_number")
        return None
    return InboundText(
        event_id=str(listed.sid), sender=str(listed.from_), words=listed.body or "", received_at=came_at
    )
