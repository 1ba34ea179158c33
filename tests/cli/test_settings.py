"""What the environment says."""

import base64
import os
from pathlib import Path

import pytest

from tests.servers import clean_environment
from wiring import settings
from wiring.settings import InvalidSettings, load_settings, locate


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)


def key(byte: int, length: int = 32) -> str:
    return base64.urlsafe_b64encode(bytes([byte]) * length).rstrip(b"=").decode()


def test_a_stranger_needs_to_set_nothing() -> None:
    told = load_settings()
    assert told.database_url is None
    assert told.keys() == ()
    assert told.profile_path().name == "cambridgeshire.toml"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", "")
    monkeypatch.setenv("HOLDFAST_PROFILE", "")
    told = load_settings()
    assert told.sendgrid_api_key is None
    assert told.profile == settings.DEFAULT_PROFILE


def test_keys_come_newest_first_with_or_without_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_KEYS", f"{key(0xFE)}=, {key(1)}")
    assert load_settings().keys() == (b"\xfe" * 32, b"\x01" * 32)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (key(1, 31), "key 1 is 31 bytes long, not 32"),
        (f"{key(1)},{key(1, 16)}", "key 2 is 16 bytes long, not 32"),
        (f"{key(1)},", "key 2 is 0 bytes long, not 32"),
        ("sécret" * 8, "key 1 is not base64url"),
    ],
)
def test_a_broken_key_is_named_by_its_place_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, keys: str, why: str
) -> None:
    monkeypatch.setenv("HOLDFAST_KEYS", keys)
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert str(refused.value) == f"HOLDFAST_KEYS: {why}"


@pytest.mark.parametrize("name", ["SENDGRID_BASE_URL", "TWILIO_BASE_URL", "NOTIFY_BASE_URL"])
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("api.eu.sendgrid.com", "has to begin with https://"),
        ("ftp://a.example", "has to begin with https://"),
        ("https:///v3", "has to begin with https://"),
        ("https://a.example/v3", "without a path"),
        ("https://me:s3cr3t@a.example", "without a path"),
        ("https://a.example?region=eu", "without a path"),
        ("https://[s3cr3t", "Invalid IPv6 URL"),
    ],
)
def test_an_address_of_a_provider_is_a_scheme_and_a_host(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str, why: str
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(InvalidSettings, match=f"^{name}: .*{why}") as refused:
        load_settings()
    assert "s3cr3t" not in str(refused.value)


def test_a_slash_at_the_end_of_an_address_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDGRID_BASE_URL", "https://api.eu.sendgrid.com/")
    assert load_settings().sendgrid_base_url == "https://api.eu.sendgrid.com"


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    names = (
        "HOLDFAST_DATABASE_URL",
        "SENDGRID_API_KEY",
        "TWILIO_AUTH_TOKEN",
        "NOTIFY_API_KEY",
        "TRADES_API_KEY",
    )
    for name in (*names, "NOTIFY_CALLBACK_TOKEN"):
        monkeypatch.setenv(name, "s3cr3t")
    monkeypatch.setenv("HOLDFAST_KEYS", key(7))
    told = load_settings()
    assert "s3cr3t" not in repr(told)
    assert key(7) not in repr(told)


def test_a_profile_is_looked_for_here_and_then_where_holdfast_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "ROOT", tmp_path / "installed")
    (tmp_path / "installed/profiles").mkdir(parents=True)
    installed = tmp_path / "installed/profiles/a.toml"
    installed.write_text("")
    assert locate(Path("profiles/a.toml")) == installed
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/a.toml").write_text("")
    assert locate(Path("profiles/a.toml")) == tmp_path / "profiles/a.toml"


def test_every_setting_is_described_for_the_reference_page() -> None:
    assert [name for name, told in settings.Settings.model_fields.items() if not told.description] == []
