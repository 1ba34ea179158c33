"""No way out takes a message that the gate did not allow."""

import pytest

from domain.gate import NotPermitted
from domain.message_ports import MessageProvider, Verdict
from domain.vocabulary import Channel
from providers.email_sendgrid import SendGridProvider
from providers.letter_print_room import PrintRoom
from providers.notify_govuk import NotifyAccount, NotifyProvider
from providers.simulated import SimulatedProvider
from providers.sms_twilio import TwilioProvider
from tests.providers.loopback import KEY, Loopback, a_permit, an_outgoing


def ways_out(url: str) -> list[tuple[Channel, MessageProvider]]:
    account = NotifyAccount(api_key="k" * 80, base_url=url)
    return [
        (Channel.EMAIL, SendGridProvider(api_key="k", base_url=url, sender="a@hub.example")),
        (
            Channel.TEXT,
            TwilioProvider(
                account_sid="AC1", auth_token="t", sender="+447700900000", base_url=url, public_url=url
            ),
        ),
        *(
            (channel, NotifyProvider(channel=channel, account=account, template_id="t"))
            for channel in Channel
        ),
        *((channel, SimulatedProvider(channel=channel)) for channel in Channel),
        (Channel.LETTER, PrintRoom()),
    ]


@pytest.mark.parametrize("number", range(len(ways_out(""))))
def test_a_message_without_its_own_permit_is_refused_before_anything_leaves(
    loopback: Loopback, number: int
) -> None:
    channel, way = ways_out(loopback.url)[number]
    others = [other for other in Channel if other is not channel]
    wrong = [None, object(), a_permit(channel, "another:information:1:1"), *map(a_permit, others)]
    for permit in wrong:
        with pytest.raises(NotPermitted):
            way.send(an_outgoing(channel, permit=permit))
    assert loopback.asked == []


def test_a_simulated_provider_of_any_channel_still_wants_the_permit_of_this_message() -> None:
    with pytest.raises(NotPermitted):
        SimulatedProvider().send(an_outgoing(Channel.TEXT, permit=a_permit(Channel.TEXT, "another")))
    assert SimulatedProvider().send(an_outgoing(Channel.TEXT)).verdict is Verdict.ACCEPTED


def test_the_print_room_lets_no_letter_leave_on_its_own() -> None:
    room = PrintRoom()
    assert (room.collects, room.simulated) == (True, False)
    assert room.send(an_outgoing(Channel.LETTER)).verdict is Verdict.NOT_TRIED
    # It may lie in an envelope already: what is in a batch is never called safe to print again.
    assert room.reconcile(KEY).verdict is Verdict.UNKNOWN
