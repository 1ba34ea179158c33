"""What `holdfast doctor` says of the providers: docs/providers.md."""

from pathlib import Path
from uuid import UUID

import pytest

from cli import doctor
from cli.data_directory import DataDirectory
from cli.doctor import Patient
from domain.errors import HoldfastError
from simulator.keys import Keys
from wiring.settings import ROOT, Settings

NOTIFY = {"NOTIFY_API_KEY": f"ours-{UUID(int=1)}-{UUID(int=2)}"}
HEARING = {"NOTIFY_CALLBACK_TOKEN": "a-token-we-chose"}
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+447700900000"}
TRADES = {
    "TRADES_API_URL": "https://trades.example/holdfast",
    "TRADES_API_KEY": "a-secret-of-at-least-24-bytes",
}
PUBLIC = {"HOLDFAST_PUBLIC_URL": "https://hub.example"}
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54"
    "WK84zV2sxXs7LtkBoN79R9Q=="
)
"""Of the curve's own generator: nobody's."""


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def of(**variables: str) -> Patient:
        for field in Settings.model_fields.values():
            monkeypatch.delenv(str(field.validation_alias), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Patient(Settings(), DataDirectory(tmp_path / "var"), None)

    return of


@pytest.mark.parametrize(
    ("check", "variables", "says"),
    [
        ("e-mail", {}, "simulated: nothing leaves"),
        (
            "e-mail",
            {"SENDGRID_API_KEY": "k"},
            "live, but SENDGRID_WEBHOOK_PUBLIC_KEY is not set: its news are refused",
        ),
        ("e-mail", {"SENDGRID_API_KEY": "k", "SENDGRID_WEBHOOK_PUBLIC_KEY": PUBLIC_KEY}, "live"),
        (
            "e-mail",
            {**NOTIFY, "NOTIFY_EMAIL_TEMPLATE_ID": "e"},
            "through GOV.UK Notify: live, but NOTIFY_CALLBACK_TOKEN is not set: its news are refused",
        ),
        ("e-mail", {**NOTIFY, **HEARING, "NOTIFY_EMAIL_TEMPLATE_ID": "e"}, "through GOV.UK Notify: live"),
        ("texts", {}, "simulated: nothing leaves"),
        ("texts", TWILIO | PUBLIC, "live"),
        ("texts", TWILIO, "live, but HOLDFAST_PUBLIC_URL is not an https address: its news may never come"),
        ("texts", {**NOTIFY, **HEARING, "NOTIFY_TEXT_TEMPLATE_ID": "t"}, "through GOV.UK Notify: live"),
        ("post", {}, "simulated: nothing leaves"),
        ("post", NOTIFY | HEARING, "live"),
        ("trades", {}, "simulated: nothing leaves"),
        ("trades", TRADES | PUBLIC, "live"),
        (
            "trades",
            TRADES,
            "live, but HOLDFAST_PUBLIC_URL is not an https address: its answers may never come",
        ),
        (
            "trades",
            TRADES | {"TRADES_API_URL": "http://127.0.0.1:9"},
            "not the provider: http://127.0.0.1:9 is this machine",
        ),
    ],
)
def test_doctor_says_who_sends_what(patient, check: str, variables: dict[str, str], says: str) -> None:
    assert doctor._CHECKS[check](patient(**variables)) == says


SIMULATED = Keys.invented().environment(
    sendgrid_url="http://127.0.0.1:8011",
    twilio_url="http://127.0.0.1:8012",
    notify_url="http://127.0.0.1:8013",
    trades_url="http://127.0.0.1:8014",
)


@pytest.mark.parametrize("check", ["e-mail", "texts", "post", "trades"])
def test_doctor_says_when_a_simulator_is_in_a_providers_place(patient, check: str) -> None:
    rehearsal = patient(HOLDFAST_PROFILE="profiles/rehearsal.toml", **SIMULATED)
    assert doctor._CHECKS[check](rehearsal) == "a simulator: nothing leaves"
    with pytest.raises(HoldfastError, match="is the provider simulator's: only a rehearsal may use it"):
        doctor._CHECKS[check](patient(**SIMULATED))


def test_doctor_says_when_somebody_else_is_in_a_providers_place(patient) -> None:
    stand_in = patient(SENDGRID_API_KEY="k", SENDGRID_BASE_URL="http://127.0.0.1:8011")
    assert doctor._CHECKS["e-mail"](stand_in) == "not the provider: http://127.0.0.1:8011 is this machine"


@pytest.mark.parametrize(
    ("host", "tells"),
    [("hub.example", False), ("victims-hub.example", True), ("victimshub.org", True)],
)
def test_doctor_says_when_the_public_address_tells_what_we_do(patient, host: str, tells: bool) -> None:
    proxies = {"HOLDFAST_TRUSTED_PROXIES": "127.0.0.1"}
    said = doctor._CHECKS["public address"](patient(HOLDFAST_PUBLIC_URL=f"https://{host}", **proxies))
    assert ("its name tells what we do" in said) is tells


@pytest.mark.parametrize(
    ("check", "variables", "says"),
    [
        ("texts", TWILIO | {"TWILIO_FROM": "The Hub"}, "TWILIO_FROM is neither a number"),
        ("texts", TWILIO | {"TWILIO_FROM": "07700900000"}, "TWILIO_FROM is neither a number"),
        (
            "texts",
            TWILIO | {"TWILIO_BASE_URL": "http://a.example"},
            "TWILIO_BASE_URL has to begin with https",
        ),
        (
            "e-mail",
            {"NOTIFY_EMAIL_TEMPLATE_ID": "e"},
            "NOTIFY_EMAIL_TEMPLATE_ID is set, but NOTIFY_API_KEY is not",
        ),
        ("e-mail", {"SENDGRID_WEBHOOK_PUBLIC_KEY": "s3cr3t"}, "is not a public key"),
        (
            "texts",
            {"NOTIFY_TEXT_TEMPLATE_ID": "t"},
            "NOTIFY_TEXT_TEMPLATE_ID is set, but NOTIFY_API_KEY is not",
        ),
        ("texts", {"TWILIO_AUTH_TOKEN": "t"}, "half configured: TWILIO_ACCOUNT_SID, TWILIO_FROM is not set"),
        ("post", {"NOTIFY_API_KEY": "s3cr3t"}, "is not a key of GOV.UK Notify"),
        ("trades", {"TRADES_API_KEY": "s3cr3t"}, "half configured: TRADES_API_URL is not set"),
        ("trades", {"TRADES_API_URL": "https://a.example"}, "half configured: TRADES_API_KEY is not set"),
        ("trades", TRADES | {"TRADES_API_KEY": "s3cr3t"}, "TRADES_API_KEY cannot sign"),
        ("trades", TRADES | {"TRADES_API_URL": "http://a.example"}, "TRADES_API_URL has to begin with https"),
    ],
)
def test_doctor_finds_what_is_half_configured(
    patient, check: str, variables: dict[str, str], says: str
) -> None:
    with pytest.raises(HoldfastError, match=says) as broken:
        doctor._CHECKS[check](patient(**variables))
    assert "s3cr3t" not in str(broken.value)


def test_doctor_says_that_a_service_prints_its_own_letters(patient, tmp_path: Path) -> None:
    text = (ROOT / "profiles/cambridgeshire.toml").read_text()
    profile = tmp_path / "service.toml"
    profile.write_text(text.replace("[letters]\n", '[letters]\nprinted_by = "service"\n'))
    told = doctor._CHECKS["post"](patient(HOLDFAST_PROFILE=str(profile), **NOTIFY))
    assert told == "printed by the service itself: letters wait for a batch"
