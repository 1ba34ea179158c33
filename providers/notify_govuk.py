"""E-mails, texts and letters through GOV.UK Notify's own client.

Notify has no idempotency either, but it can be asked by our reference, and it is asked before anything is handed over:
a message it has is never sent twice, and one that cannot be asked about is not sent.
Source: docs/providers.md#govuk-notify.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from notifications_python_client.base import logger as clients_logger
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient
from requests import RequestException, Response

from domain.callback_ports import ProviderReport
from domain.message_ports import Delivery, Outgoing, Verdict
from domain.vocabulary import Channel, DeliveryReport
from providers.notify_statuses import report_of, told
from providers.permission import must_be_permitted
from providers.proof import TIMEOUT_SECONDS, of_failure, of_status, unknown, wait_asked

# It logs what Notify says of an error, which may repeat a number or an address.
clients_logger.setLevel(logging.CRITICAL)

WHO = "GOV.UK Notify"
_A_MINUTE = timedelta(minutes=1)
"""For the limit of requests, which is counted over sixty seconds."""
_AN_HOUR = timedelta(hours=1)
"""For the limit of a day; asked again so often, because nobody says when the day ends."""
_OF_A_DAY = "TooManyRequestsError"
_TOO_MANY = 429
_BAD_REQUEST = 400
_FOUND, _CREATED = 200, 201
_ABOUT_THE_ADDRESS = ("phone_number ", "email_address ")
"""How the words of a `ValidationError` begin: with the field, which does not change as the words may."""

_Call = Callable[[NotificationsAPIClient], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyAccount:
    """Where Notify is and how we get in."""

    api_key: str = field(repr=False)
    base_url: str

    @contextmanager
    def client(self) -> Iterator[NotificationsAPIClient]:
        """Make a client for one call: it is not safe among threads, and a connection kept open may die unseen."""
        made = NotificationsAPIClient(self.api_key, base_url=self.base_url, timeout=TIMEOUT_SECONDS)
        made.request_session.hooks["response"] = [_as_documented]
        with made.request_session:
            yield made


def _as_documented(response: Response, **_: object) -> None:
    """Let no redirect be followed, and no other success be believed: the client would take either for one."""
    wanted = _CREATED if response.request.method == "POST" else _FOUND
    if response.ok and response.status_code != wanted:
        raise RequestException(response=response)


class _Unanswered(Exception):
    """Notify did not say what it was asked; carries what that proves of a message handed over in the same breath."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(delivery.why)
        self.delivery = delivery


class NotifyProvider:
    """Hands one message over, unless Notify has it already."""

    simulated = False
    collects = False

    def __init__(self, *, channel: Channel, account: NotifyAccount, template_id: str = "") -> None:
        self._channel = channel
        self._account = account
        self._template_id = template_id

    def send(self, outgoing: Outgoing) -> Delivery:
        """Ask whether Notify has it; if not, hand it over.  Raises `NotPermitted`."""
        must_be_permitted(outgoing, self._channel)
        try:
            known = self._found(outgoing.key)
        except _Unanswered as error:
            # Nothing was handed over yet, so whatever went wrong, nothing of this try was taken.
            why = f"{WHO} could not be asked whether it has this already. {error.delivery.why}"
            return Delivery(verdict=Verdict.NOT_TRIED, why=why, retry_after=error.delivery.retry_after)
        return known or self._hand_over(outgoing)

    def reconcile(self, key: str) -> Delivery:
        """Ask what became of a message.

        That Notify does not have it is proof once the request that handed it over has ended, which a step's timeout
        sees to, and as long as Notify keeps messages (seven days, unless the service chose otherwise).
        """
        try:
            known = self._found(key)
        except _Unanswered as error:
            return unknown(f"It is not known whether it left. {error.delivery.why}")
        return known or Delivery(verdict=Verdict.NOT_TRIED, why=f"{WHO} does not have it: it had not left.")

    def reports(self, key: str) -> tuple[ProviderReport, ...]:
        """Ask what became of a message; empty when Notify does not say (ask again later)."""
        try:
            found = self._ask(key)
        except _Unanswered:
            return ()
        return tuple(report for one in found if (report := told(one, self._channel)))

    def _found(self, key: str) -> Delivery | None:
        """What Notify says of a message it has; of several, the one that is on its way."""
        judged = [self._judge(one) for one in self._ask(key)]
        on_their_way = [one for one in judged if one.verdict is Verdict.ACCEPTED]
        return next(iter(on_their_way or judged), None)

    def _judge(self, notification: Mapping[str, Any]) -> Delivery:
        name, status = str(notification.get("id") or ""), str(notification.get("status"))
        report = report_of(self._channel, status)
        if report is not None and report.failed:
            why = f"{WHO} had it, and it failed: {status}."
            return Delivery(verdict=Verdict.REJECTED, provider_id=name, why=why, report=report)
        return Delivery(verdict=Verdict.ACCEPTED, provider_id=name, why=f"{WHO} has it.")

    def _ask(self, key: str) -> list[Mapping[str, Any]]:
        answer = self._call(lambda notify: notify.get_all_notifications(reference=key))
        found = answer.get("notifications")
        if not isinstance(found, list):
            raise _Unanswered(unknown(f"{WHO} gave an answer nobody understands."))
        # Looked at again: a search that did not filter would make every message look sent.
        return [one for one in found if isinstance(one, dict) and one.get("reference") == key]

    def _hand_over(self, outgoing: Outgoing) -> Delivery:
        try:
            answer = self._call(lambda notify: self._post(notify, outgoing))
        except _Unanswered as error:
            return error.delivery
        name = answer.get("id")
        if not isinstance(name, str) or not name:
            return unknown(f"{WHO} gave it no name; it may have taken it.")
        return Delivery(verdict=Verdict.ACCEPTED, provider_id=name, why=f"Taken by {WHO}.")

    def _post(self, notify: NotificationsAPIClient, outgoing: Outgoing) -> Any:
        written = outgoing.written
        match self._channel:
            case Channel.EMAIL:
                return notify.send_email_notification(
                    email_address=outgoing.to,
                    template_id=self._template_id,
                    personalisation={"subject": written.subject, "body": written.text},
                    reference=outgoing.key,
                    one_click_unsubscribe_url=outgoing.unsubscribe_url or None,
                )
            case Channel.TEXT:
                return notify.send_sms_notification(
                    phone_number=outgoing.to,
                    template_id=self._template_id,
                    personalisation={"body": written.text},
                    reference=outgoing.key,
                )
            case Channel.LETTER:
                return notify.send_precompiled_letter_notification(
                    reference=outgoing.key, pdf_file=BytesIO(written.pdf)
                )

    def _call(self, call: _Call) -> Mapping[str, Any]:
        """Call once.

        Raises:
            _Unanswered: It failed, or answered what nobody understands.
        """
        try:
            with self._account.client() as notify:
                answer = call(notify)
        except APIError as error:
            raise _Unanswered(_of_error(error)) from None
        except RequestException as error:  # an answer that broke off while the client read what was wrong
            raise _Unanswered(of_failure(error, who=WHO)) from None
        if not isinstance(answer, dict):
            raise _Unanswered(unknown(f"{WHO} gave an answer nobody understands."))
        return answer


def _of_error(error: APIError) -> Delivery:
    """Judge by the answer over the wire: without one the client says 503 all the same."""
    if error.response is None:
        return of_failure(error, who=WHO)
    status, said = error.response.status_code, _errors(error)
    wait = wait_asked(error.response.headers, datetime.now(UTC))
    if status == _TOO_MANY and wait is None:
        wait = _AN_HOUR if any(one.get("error") == _OF_A_DAY for one in said) else _A_MINUTE
    report = DeliveryReport.BOUNCED if status == _BAD_REQUEST and any(map(_is_about_address, said)) else None
    return of_status(status, who=WHO, retry_after=wait, report=report)


def _errors(error: APIError) -> list[Mapping[str, Any]]:
    said: object = error.message
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _is_about_address(said: Mapping[str, Any]) -> bool:
    return said.get("error") == "ValidationError" and str(said.get("message")).startswith(_ABOUT_THE_ADDRESS)
