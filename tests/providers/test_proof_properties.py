"""Whatever a provider answers, a message is only tried again on proof that it was not taken.

The oracle below knows nothing of the rules: it says what a server can have done by the time it answers so.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.message_ports import MessageProvider, Verdict
from domain.vocabulary import Channel
from providers.email_sendgrid import SendGridProvider
from providers.notify_govuk import NotifyAccount, NotifyProvider
from providers.sms_twilio import TwilioProvider
from tests.providers.loopback import KEY, Answer, Asked, Break, Loopback, an_outgoing

WITHOUT_A_LOOK_AT_THE_MESSAGE = {401, 402, 403, 404, 405, 407, 429}
"""Statuses by which a server turns a caller away."""
OF_OUR_ACCOUNT = {
    14107,
    20429,
    21212,
    21601,
    21603,
    21606,
    21607,
    21609,
    21611,
    21659,
    21660,
    21661,
    21701,
    21703,
    21704,
    21705,
    30029,
    30030,
}
"""Twilio's codes that are not about the number."""
NOTHING = Answer.of(200, {"notifications": [], "links": {}})
NOTIFY_KEY = "k-" + "0" * 8 + "-0000-4000-8000-000000000001-" + "0" * 8 + "-0000-4000-8000-000000000002"


@dataclass(frozen=True, slots=True)
class Way:
    channel: Channel
    make: Callable[[str], MessageProvider]
    takes_with: int
    asks_first: bool = False


def notify(channel: Channel) -> Callable[[str], MessageProvider]:
    def make(url: str) -> MessageProvider:
        account = NotifyAccount(api_key=NOTIFY_KEY, base_url=url)
        return NotifyProvider(channel=channel, account=account, template_id="t")

    return make


WAYS = {
    "SendGrid": Way(
        Channel.EMAIL, lambda url: SendGridProvider(api_key="k", base_url=url, sender="a@hub.example"), 202
    ),
    "Twilio": Way(
        Channel.TEXT,
        lambda url: TwilioProvider(
            account_sid="AC1",
            auth_token="t",
            sender="+447700900000",
            base_url=url,
            public_url="https://h.example",
        ),
        201,
    ),
    "Notify's texts": Way(Channel.TEXT, notify(Channel.TEXT), 201, asks_first=True),
    "Notify's letters": Way(Channel.LETTER, notify(Channel.LETTER), 201, asks_first=True),
}

codes = st.sampled_from(sorted(OF_OUR_ACCOUNT | {21211, 21610, 99999, 429, 503}))
bodies = st.one_of(
    st.binary(max_size=30),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.text(max_size=8) | st.none(),
            "sid": st.text(max_size=8) | st.none(),
            "code": codes,
            "status": st.integers(200, 599),
            "type": st.just("about:blank"),
            "title": st.just("no"),
            "message": st.text(max_size=8),
            "errors": st.lists(
                st.fixed_dictionaries({"error": st.sampled_from(["ValidationError", "RateLimitError"])}),
                max_size=2,
            ),
            "notifications": st.lists(st.integers(), max_size=2),
        },
    ).map(lambda value: json.dumps(value).encode()),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Retry-After": st.sampled_from(["0", "7", "-3", "soon", "1e400", "Mon, 23 Nov 2026 10:00:00 GMT"]),
        "X-RateLimit-Reset": st.sampled_from(["0", "1763900000", "never", "9" * 30, "nan"]),
        "X-Message-Id": st.just("sg-1"),
        "Location": st.just("/elsewhere"),
    },
)
answers = st.builds(Answer, status=st.integers(200, 599), body=bodies, headers=headers)
failures = st.builds(Answer, status=st.integers(201, 599), body=bodies, headers=headers)
breaks = st.sampled_from([how for how in Break if how is not Break.NOT_IN_TIME])
playing = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def may_be_taken(answer: Answer | Break, way: Way) -> bool:
    """Whether a server that answers so may have taken the message."""
    if isinstance(answer, Break):
        return True
    if answer.status in WITHOUT_A_LOOK_AT_THE_MESSAGE:
        return False
    is_refusal = 400 <= answer.status < 500 and answer.status != 408
    return not is_refusal


def is_of_us(answer: Answer | Break) -> bool:
    if isinstance(answer, Break):
        return False
    if answer.status in WITHOUT_A_LOOK_AT_THE_MESSAGE:
        return True
    try:
        said = json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(said, Mapping) and said.get("code") in OF_OUR_ACCOUNT


@pytest.mark.parametrize("name", WAYS)
@playing
@given(answer=answers | breaks)
def test_it_is_never_called_safe_to_repeat_unless_it_was_certainly_not_taken(
    loopback: Loopback, name: str, answer: Answer | Break
) -> None:
    way = WAYS[name]
    loopback.answer = lambda asked: NOTHING if way.asks_first and asked.method == "GET" else answer
    verdict = way.make(loopback.url).send(an_outgoing(way.channel)).verdict
    match verdict:
        case Verdict.NOT_TRIED:
            assert not may_be_taken(answer, way)
            assert is_of_us(answer)
        case Verdict.REJECTED:
            assert not may_be_taken(answer, way)
        case Verdict.ACCEPTED:
            assert isinstance(answer, Answer)
            assert answer.status == way.takes_with
        case Verdict.UNKNOWN:
            assert may_be_taken(answer, way)


@playing
@given(taken=st.booleans(), answer=answers | breaks, looked_up=failures | breaks, tries=st.integers(1, 4))
def test_notify_is_never_given_a_message_twice_whatever_breaks(
    loopback: Loopback, *, taken: bool, answer: Answer | Break, looked_up: Answer | Break, tries: int
) -> None:
    # It takes the message or not before the answer breaks; every other question about it breaks too.
    has: list[Asked] = []
    questions = 0

    def notify_would(asked: Asked) -> Answer | Break:
        nonlocal questions
        if asked.method == "POST":
            if taken and may_be_taken(answer, WAYS["Notify's letters"]):
                has.append(asked)
            return answer
        questions += 1
        if questions % 2 == 0:
            return looked_up
        found = [{"id": "n", "reference": KEY, "status": "sending"}] if has else []
        return Answer.of(200, {"notifications": found, "links": {}})

    loopback.answer = notify_would
    letters = notify(Channel.LETTER)(loopback.url)
    for _ in range(tries):
        if letters.send(an_outgoing(Channel.LETTER)).verdict is Verdict.REJECTED:
            break
    assert len(has) <= 1
