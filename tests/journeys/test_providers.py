"""The whole service against providers that duplicate, reorder, break off and refuse: once, safely, or to a person."""

import itertools
from collections.abc import Callable, Iterator

import httpx2
import psycopg
import pytest

from simulator.kept import Message
from simulator.running import Simulator, running
from simulator.script import Provider, Script, Trouble
from tests.journeys.hurting import database_of
from tests.journeys.people import People, eventually, throughout
from tests.servers import Tree

_people = itertools.count(1)
UNSAFE_POST = {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "no"}
EX_PARTNER = [{"relationship": "ex_partner", "shares_address": "no"}]
MAILBOX = "victim.referrals@force.example"


@pytest.fixture(scope="module")
def providers() -> Iterator[Simulator]:
    with running(script=Script(pace=0.05, delay=4.0)) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def live(
    make_tree: Callable[..., Tree], slower_rehearsal: Callable[..., object], providers: Simulator
) -> Tree:
    profile = slower_rehearsal(minimum_gap="PT1S", wait_after="PT8S", unknown_after="PT6S")
    tree = make_tree(profile=profile, environment=providers.environment())
    providers.calls_back(tree.base_url)
    return tree.start()


@pytest.fixture(scope="module")
def there(live: Tree, people_at: Callable[[Tree], People]) -> People:
    return people_at(live)


class Somebody:
    """A victim with a number and an address of their own, and what reached them."""

    def __init__(self, people: People, providers: Simulator, **changes: object) -> None:
        number = next(_people)
        self.people, self.providers = people, providers
        self.phone = f"+4477009{number:05d}"
        self.email = f"somebody-{number}@example.org"
        victim: dict[str, object] = {
            "victim__phones": [{"number": self.phone, "safe": "yes"}],
            "victim__emails": [{"address": self.email, "safe": "yes"}],
            "victim__address": UNSAFE_POST,
        }
        self.referral = people.force.refer(**(victim | changes))

    def is_silent(self) -> "Somebody":
        self.people.coordinator.ring_in_vain(self.referral)
        return self

    def got(self, *, to: str | None = None) -> list[Message]:
        return [m for m in self.providers.messages() if m.to in ({to} if to else {self.phone, self.email})]

    def gets(self, count: int = 1) -> list[Message]:
        return eventually(
            lambda: found if len(found := self.got()) >= count else None,
            30,
            or_else=lambda: f"{self.got()}\n{self.story}",
        )

    def message(self, channel: str) -> dict:
        return next(m for m in self.people.coordinator.messages(self.referral) if m["channel"] == channel)

    def shows(self, channel: str, state: str) -> None:
        eventually(
            lambda: self.message(channel)["state"] == state,
            30,
            or_else=lambda: f"{self.people.coordinator.messages(self.referral)}\n{self.story}",
        )

    def becomes(self, **wanted: object) -> dict:
        return self.people.coordinator.wait_for(self.referral, 40, **wanted)

    @property
    def story(self) -> str:
        return self.people.coordinator.story(self.referral)


def nothing_more(one: Somebody, than: int) -> None:
    assert len(one.got()) == than, one.story


@pytest.fixture(autouse=True)
def _fresh(live: Tree) -> None:
    """What one test broke is not left alone for the sake of the next."""
    with psycopg.connect(database_of(live), autocommit=True) as connection:
        connection.execute("DELETE FROM channel_pace")


@pytest.fixture
def somebody(there: People, providers: Simulator) -> Callable[..., Somebody]:
    return lambda **changes: Somebody(there, providers, **changes)


def test_an_e_mail_leaves_through_the_real_sdk_and_its_report_is_believed(somebody) -> None:
    one = somebody().is_silent()
    (message,) = one.gets()
    assert message.provider is Provider.SENDGRID
    assert message.one_click
    one.shows("email", "sent")
    assert not one.message("email")["simulated"]


def test_duplicates_and_any_order_of_reports_change_nothing(somebody, providers) -> None:
    providers.next(Provider.SENDGRID, Trouble.DUPLICATED, Trouble.REORDERED)
    one = somebody().is_silent()
    one.gets()
    providers.wait_until_told()
    one.shows("email", "sent")
    assert one.story.count("The e-mail left.") == 1
    assert len(one.got()) == 1


def test_an_e_mail_that_bounces_moves_to_the_next_safe_channel(somebody, providers) -> None:
    providers.next(Provider.SENDGRID, Trouble.BOUNCED)
    one = somebody().is_silent()
    mail, text = one.gets(2)
    assert (mail.to, text.to) == (one.email, one.phone)
    assert text.provider is Provider.TWILIO
    assert "bounced" in one.story


def test_a_connection_that_breaks_after_acceptance_is_no_second_message(somebody, providers) -> None:
    providers.next(Provider.SENDGRID, Trouble.RESET_AFTER_ACCEPTANCE, Trouble.DELAYED)
    one = somebody().is_silent()
    one.gets()
    one.shows("email", "unknown")
    one.shows("email", "sent")
    assert len(one.got()) == 1
    assert "may have left; it is not known" in one.story


def test_what_nobody_ever_reports_is_a_persons_question_after_the_wait(somebody, providers) -> None:
    providers.next(Provider.SENDGRID, Trouble.RESET_AFTER_ACCEPTANCE, Trouble.SILENT)
    one = somebody().is_silent()
    shown = one.becomes(stage="held")
    assert shown["hold"]["kind"] == "message_unknown"
    assert len(one.got()) == 1


def test_a_provider_that_asks_us_to_slow_down_gets_the_message_once_later(somebody, providers) -> None:
    providers.next(Provider.SENDGRID, Trouble.RATE_LIMITED)
    one = somebody().is_silent()
    one.gets()
    one.shows("email", "sent")
    assert len(one.got()) == 1


def test_a_worker_killed_while_it_hands_a_message_over_sends_it_once(somebody, providers, live) -> None:
    providers.next(Provider.SENDGRID, Trouble.SLOW_ANSWER)
    one = somebody().is_silent()
    one.gets()
    live.wait_for_another("worker", live.kill("worker"))
    one.shows("email", "sent")
    assert len(one.got()) == 1


def test_stop_by_text_stops_texts_and_asks_a_coordinator_and_is_not_declined(somebody, providers) -> None:
    one = somebody(victim__emails=[]).is_silent()
    (text,) = one.gets()
    assert text.to == one.phone
    assert providers.write(one.phone, "STOP").arrived
    shown = one.becomes(stage="contacting", next="decide")
    assert shown["outcome"] is None
    assert "asked to stop texts" in one.story
    throughout(3, lambda: nothing_more(one, 1))


def test_a_late_reply_by_text_opens_the_same_referral_again(somebody, providers) -> None:
    one = somebody(victim__emails=[]).is_silent()
    one.gets()
    one.becomes(stage="closed", outcome="not_reached")
    providers.write(one.phone, "Sorry I missed you. Could you ring me after six?")
    shown = one.becomes(stage="contacting", next="call")
    assert shown["id"] == one.referral


def test_who_is_this_is_answered_neutrally_on_the_same_number(somebody, providers) -> None:
    one = somebody(victim__emails=[]).is_silent()
    (first,) = one.gets()
    providers.write(one.phone, "who is this?")
    answer = one.gets(2)[-1]
    assert answer.to == one.phone
    for told in ("Victims", "police", "crime", "Cambridgeshire"):
        assert told not in answer.text
        assert told not in first.text


def test_one_click_in_an_e_mail_stops_e_mails_and_asks_a_coordinator(somebody, providers) -> None:
    one = somebody().is_silent()
    (message,) = one.gets()
    assert providers.unsubscribe(message).startswith("2")
    one.becomes(stage="contacting", next="decide")
    assert "asked to stop e-mails" in one.story


def test_somebody_else_answering_recalls_everything_and_asks_the_referrer_without_a_word_about_the_victim(
    there, providers, somebody
) -> None:
    one = somebody(suspects=EX_PARTNER, source__reply_to=MAILBOX, victim__given_name="Philippa")
    before = len(one.got(to=MAILBOX))
    there.coordinator.ring(one.referral, "third_party_answered")
    one.becomes(stage="held")
    question = eventually(
        lambda: asked[-1] if len(asked := one.got(to=MAILBOX)) > before else None,
        20,
        or_else=lambda: one.story,
    )
    for told in ("Philippa", "Example", one.phone, one.email, "CB1"):
        assert told not in question.subject + question.text + question.html
    assert one.got() == []


def test_what_is_not_signed_is_refused_and_nothing_of_it_is_kept(live, somebody) -> None:
    one = somebody(victim__emails=[]).is_silent()
    one.gets()
    forged = {"From": one.phone, "To": "+447700900000", "Body": "STOP", "MessageSid": "SM" + "0" * 32}
    answer = httpx2.post(f"{live.base_url}/webhooks/twilio", data=forged)
    assert answer.status_code == 403
    assert "asked to stop" not in one.story


def test_a_letter_through_notify_is_found_by_its_reference_and_not_sent_again(somebody, providers) -> None:
    safe = {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "yes"}
    providers.next(Provider.NOTIFY, Trouble.RESET_AFTER_ACCEPTANCE)
    one = somebody(victim__address=safe).is_silent()
    one.shows("letter", "sent")
    reference = one.message("letter")["id"]
    taken = [m for m in providers.messages(Provider.NOTIFY) if m.reference == reference]
    assert len(taken) == 1


def test_a_letter_that_comes_back_wakes_its_referral(somebody, providers) -> None:
    safe = {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "yes"}
    one = somebody(victim__address=safe).is_silent()
    one.becomes(stage="closed", outcome="not_reached")
    name = one.message("letter")["id"]
    letter = next(m for m in providers.messages(Provider.NOTIFY) if m.reference == name)
    assert providers.return_letter(letter).startswith("2")
    one.becomes(stage="contacting", next="decide")
    assert "came back" in one.story


def test_a_contact_plan_changed_at_the_last_moment_keeps_the_message_back(there, somebody) -> None:
    one = somebody(victim__phones=[{"number": "+447700900999", "safe": "yes", "texts": "no"}])
    there.coordinator.ring_in_vain(one.referral)
    patch = {"emails": [{"address": one.email, "safe": "no"}]}
    answer = there.coordinator.http.patch(f"/referrals/{one.referral}/contact-plan", json=patch)
    assert answer.status_code == 200, answer.text
    throughout(4, lambda: nothing_more(one, 0))
