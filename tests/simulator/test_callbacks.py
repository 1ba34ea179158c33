"""What the simulator tells is what Holdfast's own readers believe and understand, to the last call."""

from datetime import UTC, datetime

import pytest

from domain.callback_ports import Callback, InboundText, ProviderReport
from domain.errors import NotGenuine
from domain.vocabulary import DeliveryReport
from providers.notify_callbacks import NotifyCallbacks
from providers.sendgrid_events import SendGridEvents
from providers.twilio_callbacks import TwilioCallbacks
from simulator.running import Simulator, running
from simulator.script import Provider, Trouble
from tests.simulator import test_email_sendgrid as sendgrid
from tests.simulator import test_govuk_notify as notify
from tests.simulator import test_text_twilio as twilio
from tests.simulator.service import Service


def readers(simulator: Simulator) -> dict:
    keys = simulator.keys
    return {
        "sendgrid": SendGridEvents(keys.sendgrid_public_key),
        "twilio": TwilioCallbacks(keys.twilio_auth_token),
        "notify": NotifyCallbacks(keys.notify_callback_token),
    }


def read(simulator: Simulator, service: Service) -> list[ProviderReport | InboundText]:
    simulator.wait_until_told()
    found = []
    for call in service.calls:
        headers = {name.lower(): value for name, value in call.headers.items()}
        url = f"{service.url}{call.path}"
        callback = Callback(body=call.body, headers=headers, url=url, received_at=datetime.now(UTC))
        found += readers(simulator)[call.path.split("?")[0].split("/")[2]].read(callback)
    return found


def reports(found: list) -> list[DeliveryReport]:
    return [one.report for one in found]


@pytest.mark.parametrize(
    ("fate", "end"),
    [
        (Trouble.BOUNCED, DeliveryReport.BOUNCED),
        (Trouble.OPTED_OUT, DeliveryReport.COMPLAINED),
        (Trouble.COMPLAINED, DeliveryReport.COMPLAINED),
        (Trouble.DEFERRED, DeliveryReport.DELIVERED),
        (Trouble.DUPLICATED, DeliveryReport.DELIVERED),
    ],
)
def test_events_of_an_e_mail(
    simulator: Simulator, service: Service, fate: Trouble, end: DeliveryReport
) -> None:
    simulator.next(Provider.SENDGRID, fate)
    taken = sendgrid.client(simulator).send(sendgrid.mail("m-1"))
    found = read(simulator, service)
    assert reports(found)[-1] is end
    assert {one.provider_id for one in found} == {taken.headers["X-Message-Id"]}
    assert len({one.event_id for one in found}) == len(found) // (2 if fate is Trouble.DUPLICATED else 1)


@pytest.mark.parametrize(
    ("fate", "end"),
    [
        (Trouble.BOUNCED, DeliveryReport.BOUNCED),
        (Trouble.FAILED, DeliveryReport.FAILED),
        (Trouble.DEFERRED, DeliveryReport.DELIVERED),
    ],
)
def test_statuses_of_a_text(
    simulator: Simulator, service: Service, fate: Trouble, end: DeliveryReport
) -> None:
    simulator.next(Provider.TWILIO, fate)
    taken = twilio.send(simulator, service)
    found = read(simulator, service)
    assert reports(found)[-1] is end
    assert {one.provider_id for one in found} == {taken.sid}


@pytest.mark.parametrize("provider", [Provider.TWILIO, Provider.NOTIFY])
def test_a_text_that_comes_in(simulator: Simulator, service: Service, provider: Provider) -> None:
    answer = simulator.write(twilio.ADA, "Kia ora ē & more", provider=provider, times=2)
    one, again = read(simulator, service)
    assert (one.sender, one.words, one.event_id) == (twilio.ADA, "Kia ora ē & more", answer.id)
    assert again.event_id == one.event_id


@pytest.mark.parametrize(
    ("fate", "end"),
    [(Trouble.BOUNCED, DeliveryReport.BOUNCED), (Trouble.FAILED, DeliveryReport.UNDELIVERED)],
)
def test_the_receipt_of_a_text_at_notify(
    simulator: Simulator, service: Service, fate: Trouble, end: DeliveryReport
) -> None:
    simulator.next(Provider.NOTIFY, fate)
    notify.text(simulator, "m-7")
    [found] = read(simulator, service)
    assert (found.report, found.message_key) == (end, "m-7")


def test_a_letter_that_comes_back(simulator: Simulator, service: Service) -> None:
    notify.letter(simulator, "m-8")
    simulator.return_letter(simulator.messages()[0])
    [found] = read(simulator, service)
    assert (found.report, found.message_key) == (DeliveryReport.RETURNED, "m-8")


def test_nothing_of_another_simulator_is_believed(simulator: Simulator, service: Service) -> None:
    with running(public_url=service.url) as stranger:
        stranger.write(twilio.ADA, "STOP")
        sendgrid.client(stranger).send(sendgrid.mail())
        notify.text(stranger)
        stranger.wait_until_told()
    for call in list(service.calls):
        service.calls[:] = [call]
        with pytest.raises(NotGenuine):
            read(simulator, service)
