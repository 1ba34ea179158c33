"""What a process is equipped with: live where a provider has a key, simulated where it has none."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.callback_ports import Callback
from domain.errors import NotGenuine
from domain.vocabulary import Channel
from providers.email_sendgrid import SendGridProvider
from providers.letter_print_room import PrintRoom
from providers.notify_govuk import NotifyProvider
from providers.simulated import SimulatedProvider
from providers.sms_twilio import TwilioProvider
from simulator.keys import Keys
from tests.builders import NOW
from wiring.histories import WORKFLOWS
from wiring.outfit import NotEquipped, Outfit, stop_address
from wiring.settings import ROOT, Settings, load_settings

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def is_(**variables: str) -> None:
        for field in Settings.model_fields.values():
            monkeypatch.delenv(str(field.validation_alias), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return is_


def an_outfit(environment: Callable[..., None], **variables: str) -> Outfit:
    environment(HOLDFAST_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", HOLDFAST_KEYS=KEY, **variables)
    return Outfit.of(load_settings())


def names(activities: list[Callable[..., Any]]) -> list[str]:
    return [activity.__temporal_activity_definition.name for activity in activities]


def test_without_a_database_or_a_key_nothing_is_equipped(environment: Callable[..., None]) -> None:
    environment(HOLDFAST_KEYS=KEY)
    with pytest.raises(NotEquipped, match="HOLDFAST_DATABASE_URL"):
        Outfit.of(load_settings())
    environment(HOLDFAST_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NotEquipped, match="HOLDFAST_KEYS"):
        Outfit.of(load_settings())


def test_a_provider_without_a_key_is_simulated(environment: Callable[..., None]) -> None:
    providers = an_outfit(environment).providers()
    assert set(providers) == set(Channel)
    assert all(provider.simulated for provider in providers.values())


NOTIFY = {"NOTIFY_API_KEY": f"ours-{UUID(int=1)}-{UUID(int=2)}"}
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+447700900000"}
SENDGRID = {"SENDGRID_API_KEY": "SG.test"}
TEMPLATES = {"NOTIFY_EMAIL_TEMPLATE_ID": "e", "NOTIFY_TEXT_TEMPLATE_ID": "t"}


@pytest.mark.parametrize(
    ("variables", "letter", "email", "text"),
    [
        ({}, SimulatedProvider, SimulatedProvider, SimulatedProvider),
        (SENDGRID, SimulatedProvider, SendGridProvider, SimulatedProvider),
        (TWILIO, SimulatedProvider, SimulatedProvider, TwilioProvider),
        (NOTIFY, NotifyProvider, SimulatedProvider, SimulatedProvider),
        (NOTIFY | TEMPLATES, NotifyProvider, NotifyProvider, NotifyProvider),
        (NOTIFY | TEMPLATES | TWILIO | SENDGRID, NotifyProvider, SendGridProvider, TwilioProvider),
        (TEMPLATES, SimulatedProvider, SimulatedProvider, SimulatedProvider),
        ({"TWILIO_ACCOUNT_SID": "AC1"}, SimulatedProvider, SimulatedProvider, SimulatedProvider),
    ],
)
def test_a_provider_with_all_it_needs_is_live(
    environment: Callable[..., None], variables: dict[str, str], letter: type, email: type, text: type
) -> None:
    chosen = {Channel.LETTER: letter, Channel.EMAIL: email, Channel.TEXT: text}
    providers = an_outfit(environment, **variables).providers()
    assert {channel: type(way) for channel, way in providers.items()} == chosen
    for way in providers.values():
        assert way.simulated is isinstance(way, SimulatedProvider)


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+447700900000"}, "TWILIO_ACCOUNT_SID is not"),
        ({"TWILIO_AUTH_TOKEN": "t", "TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_FROM is not"),
        (TWILIO | {"TWILIO_FROM": "The Hub"}, "TWILIO_FROM is neither a number"),
        (TWILIO | {"TWILIO_FROM": "MGshort"}, "TWILIO_FROM is neither a number"),
        (TWILIO | {"TWILIO_BASE_URL": "http://twilio.example"}, "TWILIO_BASE_URL has to begin with https"),
        (SENDGRID | {"SENDGRID_BASE_URL": "http://10.0.0.7"}, "SENDGRID_BASE_URL has to begin with https"),
        (NOTIFY | {"NOTIFY_BASE_URL": "http://notify.example"}, "NOTIFY_BASE_URL has to begin with https"),
        ({"NOTIFY_API_KEY": "s3cr3t"}, "NOTIFY_API_KEY is not a key"),
        ({"SENDGRID_WEBHOOK_PUBLIC_KEY": "s3cr3t"}, "SENDGRID_WEBHOOK_PUBLIC_KEY is not a public key"),
    ],
)
def test_a_provider_with_half_of_what_it_needs_is_refused_when_the_service_starts(
    environment: Callable[..., None], variables: dict[str, str], why: str
) -> None:
    # Simulated instead, what was meant for a victim would look sent.
    with pytest.raises(NotEquipped, match=why) as refused:
        an_outfit(environment, **variables)
    assert "s3cr3t" not in str(refused.value)


INVENTED = Keys.invented().environment(
    sendgrid_url="http://127.0.0.1:8011",
    twilio_url="http://127.0.0.1:8012",
    notify_url="http://127.0.0.1:8013",
    trades_url="http://127.0.0.1:8014",
)


@pytest.mark.parametrize("provider", ["SENDGRID", "TWILIO", "NOTIFY"])
def test_the_simulator_cannot_pass_for_a_provider_outside_a_rehearsal(
    environment: Callable[..., None], provider: str
) -> None:
    variables = {name: value for name, value in INVENTED.items() if name.startswith(provider)}
    with pytest.raises(NotEquipped, match=f"{provider}_.* is the provider simulator's"):
        an_outfit(environment, **variables)
    rehearsed = an_outfit(environment, HOLDFAST_PROFILE="profiles/rehearsal.toml", **variables)
    assert not all(way.simulated for way in rehearsed.providers().values())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_what_stands_on_this_very_machine_needs_no_tls(environment: Callable[..., None], host: str) -> None:
    outfit = an_outfit(environment, SENDGRID_BASE_URL=f"http://{host}:8011", **SENDGRID)
    assert isinstance(outfit.providers()[Channel.EMAIL], SendGridProvider)


def test_a_service_that_prints_its_letters_hands_them_to_nobody(
    environment: Callable[..., None], tmp_path: Path
) -> None:
    text = (ROOT / "profiles/cambridgeshire.toml").read_text()
    profile = tmp_path / "service.toml"
    profile.write_text(text.replace("[letters]\n", '[letters]\nprinted_by = "service"\n'))
    outfit = an_outfit(environment, HOLDFAST_PROFILE=str(profile), **NOTIFY)
    assert isinstance(outfit.providers()[Channel.LETTER], PrintRoom)
    assert outfit.report_sources() == {}


def test_only_letters_of_notify_have_to_be_asked_about(environment: Callable[..., None]) -> None:
    # Of e-mails and texts it tells by itself.
    assert an_outfit(environment, **SENDGRID, **TWILIO).report_sources() == {}
    assert set(an_outfit(environment, **NOTIFY, **TEMPLATES).report_sources()) == {Channel.LETTER}


def test_there_is_a_reader_for_every_provider_that_calls_and_without_keys_it_believes_nobody(
    environment: Callable[..., None],
) -> None:
    readers = an_outfit(environment).callback_readers()
    assert set(readers) == {"sendgrid", "twilio", "notify", "trades"}
    headers = {
        "authorization": "Bearer ",
        "x-twilio-signature": "x",
        "x-twilio-email-event-webhook-signature": "x",
        "x-twilio-email-event-webhook-timestamp": "1",
    }
    for reader in readers.values():
        with pytest.raises(NotGenuine):
            reader.read(Callback(body=b"[]", headers=headers, url="https://hub.example/", received_at=NOW))


def test_every_activity_a_workflow_asks_for_is_there_under_a_name_of_its_own(
    environment: Callable[..., None],
) -> None:
    given = names(an_outfit(environment).activities())
    assert len(given) == len(set(given))
    assert {
        "take_up_referral",
        "read_correction",
        "project_referral",
        "send_message",
        "take_up_support",
        "project_support",
        "take_up_repair",
        "project_repair",
        "read_month_spend",
        "reserve_offers",
        "tell_tradesperson",
    } <= set(given)


def test_the_register_names_every_workflow_there_is() -> None:
    written = "".join(path.read_text() for path in Path("workflows").glob("*.py"))
    assert written.count("@workflow.defn") == len(WORKFLOWS)


@pytest.mark.parametrize(
    ("public_url", "named"),
    [
        ("https://hub.example", "hub.example/stop"),
        ("https://hub.example/service/", "hub.example/service/stop"),
        ("http://127.0.0.1:8000", ""),
    ],
)
def test_ordinary_letters_name_where_writing_can_be_stopped_if_anybody_can_reach_it(
    public_url: str, named: str
) -> None:
    assert stop_address(public_url) == named
